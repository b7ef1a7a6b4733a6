//! `verify store`: whether the history holds what the program wrote to it.

use clap::Args;
use serde::Serialize;

use super::output::Output;
use super::text::one_line;
use super::{Exit, Failure};
use crate::boot::Boot;
use crate::evidence::{Checkpoint, Hash, Problem, PublicKey, SignedCheckpoint, Verification};
use crate::store::{Access, EvidenceCheck};

/// Arguments of `verify store`.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(super) struct StoreArgs {
    /// A checkpoint that the log must contain: a file, the text itself, or SIZE:ROOT with the root in hex
    #[arg(long, value_name = "FILE|TEXT")]
    min_checkpoint: Option<String>,
    /// Public key that checkpoints must be signed with: a file or the text of one, PEM or NAME+ID+KEY; may be repeated
    #[arg(long, value_name = "FILE|TEXT", allow_hyphen_values = true)]
    public_key: Vec<String>,
}

const NOTES: &str = "\
Every leaf of the evidence log is read and hashed, every checkpoint compared with the leaves before it, and every row
that the log speaks about compared with what was written. Nothing is changed, and a daemon may go on beside it.
Checkpoints that reports name are compared as well. Without --public-key the keys of the configuration are taken, where
this user can read them.

What no file can prove by itself: that it is not an older copy of itself, or written anew as a whole by somebody who has
the key. A checkpoint that was kept elsewhere tells: the one in a report, or in the log lines of the daemon.

Exit codes: 0 all of it holds · 1 something was changed, added, removed or cut off · 2 something could not be checked ·
3 there is nothing to verify · 4 the history cannot be used

Examples:
  roletrail verify store
  roletrail verify store --min-checkpoint checkpoint.txt --public-key evidence.pub";

/// What is printed.
#[derive(Debug, Serialize)]
struct Verified<'a> {
    schema: u32,
    store: &'a str,
    #[serde(flatten)]
    verification: &'a Verification,
}

/// Verifies the history.
///
/// # Errors
/// [`Failure`] where an argument or the history cannot be used, or there is nothing to verify.
pub(super) fn run(boot: &Boot, output: Output, arguments: &StoreArgs) -> Result<Exit, Failure> {
    let loaded = boot.settings()?;
    let least = arguments.min_checkpoint.as_deref().map(checkpoint).transpose()?;
    let keys = match &arguments.public_key[..] {
        [] => boot.checkpoint_keys(&loaded)?,
        given => given.iter().map(|text| key(text)).collect::<Result<_, _>>()?,
    };
    let store = boot.open(&loaded, Access::Read)?;
    boot.stop_on_interrupt();
    let stop = boot.stop();
    let check = EvidenceCheck { keys, least };
    let Some((verification, _)) = store.verify_evidence(&check, &|| stop.is_requested())? else {
        return Ok(Exit::Interrupted);
    };
    let url = &loaded.settings.database.url;
    if verification.is_empty() {
        return Err(Failure::usage(format!(
            "{url}: there is nothing to verify: no run has ended since the log began"
        )));
    }
    output
        .object(&Verified { schema: 1, store: url, verification: &verification }, || describe(url, &verification))?;
    Ok(match (verification.gaps.is_empty(), verification.problems_found) {
        (false, _) => Exit::Incomplete,
        (true, 0) => Exit::Done,
        (true, _) => Exit::Findings,
    })
}

/// The text of an argument: of the file that it names, or its own.
fn text_of(argument: &str) -> Result<String, Failure> {
    match std::fs::read_to_string(argument) {
        Ok(text) => Ok(text),
        Err(_) if argument.contains(['\n', '+']) => Ok(argument.to_owned()),
        Err(error) => Err(Failure::usage(format!("{argument}: {error}"))),
    }
}

fn checkpoint(argument: &str) -> Result<Checkpoint, Failure> {
    if let Some(short) = short(argument) {
        return Ok(short);
    }
    let note = text_of(argument)?.parse::<SignedCheckpoint>().map_err(|error| {
        Failure::usage(format!("--min-checkpoint: {error}; give a file with one, its text, or SIZE:ROOT"))
    })?;
    Ok(note.checkpoint)
}

/// A checkpoint as SIZE:ROOT.
fn short(argument: &str) -> Option<Checkpoint> {
    let (size, root) = argument.trim().split_once(':')?;
    let root = Hash::from_bytes(&hex::decode(root).ok()?)?;
    Some(Checkpoint { origin: String::new(), size: size.parse().ok()?, root })
}

fn key(argument: &str) -> Result<PublicKey, Failure> {
    text_of(argument)?.parse().map_err(|error| Failure::usage(format!("--public-key {argument}: {error}")))
}

fn describe(url: &str, found: &Verification) -> String {
    let mut lines = vec![
        format!("history     {url}"),
        format!("log         {} leaves, root {}", found.size, found.root),
        format!(
            "checkpoints {}, {} of them signed; compared with {} of reports and others",
            found.checkpoints, found.signed_checkpoints, found.anchors
        ),
    ];
    if let Some(last) = &found.checkpoint {
        let after = found.leaves_after_checkpoint;
        let signature = last.signature.as_str();
        lines.push(format!(
            "newest      of {} leaves, made {}, signature {signature}; {after} leaves since",
            last.size, last.made_at
        ));
    }
    lines.push(runs(found));
    lines.push(format!(
        "rows        {} that the log vouches for{}",
        found.rows.values().sum::<u64>(),
        inherited(found)
    ));
    lines.extend(found.problems.iter().map(problem));
    lines.extend(found.gaps.iter().map(|gap| format!("unchecked   {gap}")));
    lines.extend(found.not_covered.iter().map(|text| format!("not covered {text}")));
    lines.push(match (found.problems_found, found.gaps.is_empty()) {
        (0, true) => "verified    all of it holds".to_owned(),
        (0, false) => "incomplete  what could be checked holds".to_owned(),
        (problems, _) => format!("failed      {problems} places do not hold"),
    });
    lines.iter().map(|line| one_line(line) + "\n").collect()
}

fn inherited(found: &Verification) -> String {
    match found.inherited_rows {
        0 => String::new(),
        rows => format!("; {rows} stood there before the log began, and count as they stood then"),
    }
}

fn runs(found: &Verification) -> String {
    let runs = &found.runs;
    let pause = runs.longest_pause.as_ref().map_or_else(String::new, |pause| {
        format!("; longest time without a run {} s, from {} to {}", pause.seconds, pause.from, pause.to)
    });
    format!("runs        {} ended, {} did not{pause}", runs.finished, runs.unfinished)
}

fn problem(problem: &Problem) -> String {
    let leaf = problem.leaf.map_or_else(String::new, |leaf| format!(" leaf {leaf}"));
    let row = match (&problem.table, &problem.row) {
        (Some(table), Some(row)) => format!(" {table} {row}"),
        _ => String::new(),
    };
    format!("{}{leaf}{row}: {}", problem.kind.as_str(), problem.detail)
}
