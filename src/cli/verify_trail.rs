//! `verify trail`: the digest chains of a trail, and its log files by them.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::Output;
use super::text::one_line;
use super::time::optional_moment;
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::daemon::jobs::{self, CheckedTrail, TrailQuery, TrailRoot, VerifyTrailError};
use crate::exports::json::{ChainJson, CheckedObjectsJson, TrailCheckJson, UnreadPlaceJson};
use crate::sources::digests::{ChainPart, Counts, KeyFile};

/// Arguments of `verify trail`.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(super) struct TrailArgs {
    /// Directory laid out like the bucket, or the bucket
    #[arg(value_name = "PATH|s3://BUCKET/PREFIX")]
    trail: PathBuf,
    /// Only this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only this Region
    #[arg(long)]
    region: Option<String>,
    /// From when on; digests that end before are left out
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Up to when; until then there have to be digests [default: a bucket, three hours ago; a directory, its newest log file]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// What `aws cloudtrail list-public-keys` printed; several answers may follow each other
    ///
    /// A directory needs them. Of a bucket they are asked for where none are named.
    #[arg(long, value_name = "FILE")]
    public_keys: Option<PathBuf>,
}

const NOTES: &str = "\
Every digest is compared with its signature and its place, every log file with the SHA-256 that its digest
tells, and every digest with what the next one says of it. Digests come every hour: a time without them is a
gap, at the end too. No bucket but the one that is named is looked into.

The signature of a digest is in the metadata of its object, which copies of a bucket lack. In a directory it
is taken from the digest after it, or from what `aws s3api head-object` printed, saved beside the digest under
its name with .metadata.json behind. The newest digest has none after it: save its metadata, or it stays unread.

Exit codes: 0 verified · 1 something is not what was signed · 2 something is missing, could not be read, or
could not be checked · 3 there is nothing to verify

Examples:
  roletrail verify trail s3://trail-logs --since 2026-10-01 --until 2026-11-01
  aws cloudtrail list-public-keys --region eu-west-1 --start-time 2026-10-01 --end-time 2026-11-01 > keys.json
  roletrail verify trail archive/ --public-keys keys.json --until 2026-11-01";

/// Verifies a trail.
///
/// # Errors
/// [`Failure`] where there is nothing to verify.
pub(super) fn run(boot: &Boot, output: Output, arguments: &TrailArgs) -> Result<Exit, Failure> {
    let loaded = boot.settings()?;
    let now = boot.now();
    let query = query(arguments, now)?;
    let stop = boot.stop_by_interrupt();
    let checked = jobs::verify_trail(boot.runtime().handle(), &loaded.settings, now, &stop, &query);
    let checked = checked.map_err(|VerifyTrailError::Nothing(why)| Failure::usage(why))?;
    if checked.chains.is_empty() && checked.unread.is_empty() && !checked.interrupted {
        return Err(Failure::usage("there is no digest of that account, Region and time; widen what is asked for"));
    }
    let json = shape(arguments.trail.to_string_lossy().into_owned(), &checked);
    output.object(&json, || describe(&json))?;
    Ok(exit_of(&checked))
}

/// What is missing wins: an incomplete answer is never only a finding.
fn exit_of(checked: &CheckedTrail) -> Exit {
    let any = |is: fn(&ChainPart) -> bool| checked.chains.iter().any(is);
    if checked.interrupted {
        Exit::Interrupted
    } else if !checked.unread.is_empty() || any(ChainPart::is_incomplete) {
        Exit::Incomplete
    } else if any(ChainPart::is_invalid) {
        Exit::Findings
    } else {
        Exit::Done
    }
}

fn query(arguments: &TrailArgs, now: jiff::Timestamp) -> Result<TrailQuery, Failure> {
    let since = optional_moment("--since", arguments.since.as_deref(), now)?;
    let until = optional_moment("--until", arguments.until.as_deref(), now)?;
    if let (Some(since), Some(until)) = (since, until)
        && until <= since
    {
        return Err(Failure::usage("--until has to be later than --since"));
    }
    let keys = arguments.public_keys.as_deref().map(KeyFile::read).transpose();
    Ok(TrailQuery {
        root: root(&arguments.trail)?,
        account: arguments.account.clone(),
        region: arguments.region.clone(),
        since,
        until,
        keys: keys.map_err(|why| Failure::usage(format!("--public-keys {why}")))?,
    })
}

fn root(trail: &Path) -> Result<TrailRoot, Failure> {
    let shown = trail.to_string_lossy();
    if shown.starts_with("oss://") {
        return Err(Failure::usage("ActionTrail writes no digests: only trails of AWS can be verified"));
    }
    let Some(place) = shown.strip_prefix("s3://") else {
        std::fs::metadata(trail).map_err(|error| Failure::usage(format!("{}: {error}", trail.display())))?;
        return Ok(TrailRoot::Directory(trail.to_owned()));
    };
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    if bucket.is_empty() {
        return Err(Failure::usage(format!("{shown}: there is no bucket in it; write s3://BUCKET/PREFIX")));
    }
    Ok(TrailRoot::Bucket(bucket.to_owned(), prefix.to_owned()))
}

fn shape(trail: String, checked: &CheckedTrail) -> TrailCheckJson {
    let unread = checked.unread.iter();
    let unread = unread.map(|one| UnreadPlaceJson { place: one.place.clone(), reason: one.reason.clone() });
    TrailCheckJson::new(trail, checked.chains.iter().map(chain).collect(), unread.collect())
}

fn chain(part: &ChainPart) -> ChainJson {
    let told = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    ChainJson {
        account: part.id.account.clone(),
        region: part.id.region.clone(),
        trail: told(&part.id.trail),
        home_region: told(&part.id.home_region),
        bucket: told(&part.bucket),
        kind: part.id.kind,
        verified: !part.is_incomplete() && !part.is_invalid(),
        from: part.span.map(|(from, _)| from),
        to: part.span.map(|(_, to)| to),
        digests: counts(&part.digests),
        logs: counts(&part.logs),
        gaps: part.gaps,
        problems: part.problems.clone(),
        more_problems: part.more_problems,
    }
}

fn counts(counts: &Counts) -> CheckedObjectsJson {
    let Counts { checked, valid, invalid, missing, unread } = *counts;
    CheckedObjectsJson { checked, valid, invalid, missing, unread }
}

/// Problems first, the chains with their counts, the whole last: what was found wrong may be a long list.
fn describe(json: &TrailCheckJson) -> String {
    let mut lines = Vec::new();
    for chain in &json.chains {
        for problem in &chain.problems {
            lines.push(format!("{:<9} {}: {}", problem.kind, problem.object, problem.reason));
        }
        if 0 < chain.more_problems {
            lines.push(format!("          {} more problems of this chain are not listed", chain.more_problems));
        }
    }
    lines.extend(json.unread.iter().map(|place| format!("unread    {}: {}", place.place, place.reason)));
    for chain in &json.chains {
        let state = if chain.verified { "verified" } else { "not" };
        let trail = chain.trail.as_deref().map_or_else(String::new, |trail| format!(" · {trail} {}", chain.kind));
        let span = match (chain.from, chain.to) {
            (Some(from), Some(to)) => format!(" · {from} to {to}"),
            _ => String::new(),
        };
        let (digests, logs) = (told(&chain.digests), told(&chain.logs));
        lines.push(format!(
            "{state:<9} {} {}{trail}{span} · digests {digests} · log files {logs}",
            chain.account, chain.region
        ));
    }
    let (digests, logs) = (told(&json.digests), told(&json.logs));
    let state = if json.verified { "verified" } else { "failed" };
    lines.push(format!("{state:<9} {} · digests {digests} · log files {logs} · {} gaps", json.trail, json.gaps));
    lines.iter().map(|line| one_line(line) + "\n").collect()
}

/// `24 of 26 (1 invalid, 1 missing)`.
fn told(counts: &CheckedObjectsJson) -> String {
    let parts = [(counts.invalid, "invalid"), (counts.missing, "missing"), (counts.unread, "unread")];
    let wrong: Vec<_> =
        parts.iter().filter(|(count, _)| 0 < *count).map(|(count, word)| format!("{count} {word}")).collect();
    let wrong = if wrong.is_empty() { String::new() } else { format!(" ({})", wrong.join(", ")) };
    format!("{} of {}{wrong}", counts.valid, counts.checked)
}
