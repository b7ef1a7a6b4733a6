//! `verify`: whether what was written is what is there.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::output::Output;
use super::text::one_line;
use super::verify_store::{self, StoreArgs};
use super::verify_trail::{self, TrailArgs};
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::exports::reports::{FileState, PackCheck, check};

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Check the history against its evidence log
    Store(StoreArgs),
    /// Check a report against its manifest
    #[command(after_help = PACK_NOTES)]
    Pack(PackArgs),
    /// Check the digest chains of a trail of AWS, and the log files by them
    Trail(TrailArgs),
}

#[derive(Debug, Args)]
struct PackArgs {
    /// Directory of the report
    directory: PathBuf,
    /// SHA-256 that the manifest must have, as `roletrail report` printed it
    #[arg(long, value_name = "SHA256")]
    expect: Option<String>,
}

const PACK_NOTES: &str = "\
Every file is read and compared with size and hash in MANIFEST.json; that with its root, with SHA256SUMS
and, where --expect is given, with the hash by which somebody knows it. A manifest is not signed: whoever
can write the whole directory can make another, which only --expect tells from the first.

Exit codes: 0 verified · 1 something was changed or added · 2 a file that is listed is missing or cannot
be read · 3 there is nothing to verify

Example:
  roletrail verify pack reports/roletrail-report-org-2026-10-01_2026-11-01";

/// Verifies what is asked for.
///
/// # Errors
/// [`Failure`] where there is nothing to verify.
pub fn run(boot: &Boot, output: Output, arguments: &VerifyArgs) -> Result<Exit, Failure> {
    match &arguments.what {
        What::Store(store) => verify_store::run(boot, output, store),
        What::Pack(pack) => verify_pack(output, pack),
        What::Trail(trail) => verify_trail::run(boot, output, trail),
    }
}

fn verify_pack(output: Output, pack: &PackArgs) -> Result<Exit, Failure> {
    let checked = check(&pack.directory, pack.expect.as_deref()).map_err(Failure::usage)?;
    output.object(&checked, || describe(&checked))?;
    Ok(match (checked.has_gap(), checked.verified) {
        (true, _) => Exit::Incomplete,
        (false, false) => Exit::Findings,
        (false, true) => Exit::Done,
    })
}

fn describe(checked: &PackCheck) -> String {
    let bad: Vec<_> = checked.files.iter().filter(|file| file.state != FileState::Ok).collect();
    let mut lines = vec![match &checked.report {
        Some(report) => format!("report    {report} in {}", checked.pack),
        None => format!("report    unknown, in {}", checked.pack),
    }];
    lines.push(format!("manifest  SHA-256 {}", checked.manifest_sha256));
    lines.extend(bad.iter().map(|file| format!("{:<9} {}: {}", file.state.as_str(), file.name, file.detail)));
    lines.push(match bad.len() {
        0 => format!("verified  {} files are as the manifest says", checked.files.len()),
        bad => format!("failed    {bad} of {} files are not as the manifest says", checked.files.len()),
    });
    lines.iter().map(|line| one_line(line) + "\n").collect()
}
