//! Writes a benchmark archive of trail logs.
//!
//! ```text
//! cargo run --release --example corpus -- --bytes 1G --out /tmp/archive
//! ```
//! The truth about it (counts, flagged events, orphaned accounts) goes to `/tmp/archive.truth.json`.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Parser;
use roletrail::model::Provider;
use roletrail::simulation::{CorpusPlan, corpus};

/// Writes a benchmark archive of trail logs, and the truth about it beside.
#[derive(Debug, Parser)]
#[command(name = "corpus")]
struct Arguments {
    /// Size in bytes of uncompressed JSON; K, M and G stand for thousands, millions and thousands of millions
    #[arg(long, value_parser = bytes)]
    bytes: u64,
    /// Directory to write to; it must not exist or be empty
    #[arg(long)]
    out: PathBuf,
    /// aws or alibaba
    #[arg(long, default_value = "aws")]
    provider: Provider,
    /// Accounts
    #[arg(long)]
    accounts: Option<u64>,
    /// Regions of every account
    #[arg(long)]
    regions: Option<usize>,
    /// Span of time in days
    #[arg(long)]
    days: Option<i64>,
    /// Records that concern the watched role, in a million
    #[arg(long)]
    relevant_per_million: Option<u64>,
    /// Records that look as if they did, in a million
    #[arg(long)]
    decoys_per_million: Option<u64>,
    /// Size of one object that is much larger than the others, such as 50M
    #[arg(long, value_parser = bytes)]
    large_object: Option<u64>,
    /// Equal seeds give equal bytes
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let directory = &arguments.out;
    if directory.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty; name another directory", directory.display());
    }
    let truth = corpus(&plan(&arguments), directory)?;
    let mut beside = OsString::from(directory);
    beside.push(".truth.json");
    let text = serde_json::to_string_pretty(&truth)? + "\n";
    std::fs::write(&beside, &text).with_context(|| format!("cannot write {}", beside.display()))?;
    println!("{}", serde_json::to_string(&truth.written)?);
    Ok(())
}

fn plan(arguments: &Arguments) -> CorpusPlan {
    let plan = CorpusPlan::new(arguments.provider, arguments.bytes);
    CorpusPlan {
        accounts: arguments.accounts.unwrap_or(plan.accounts),
        regions: arguments.regions.unwrap_or(plan.regions),
        days: arguments.days.unwrap_or(plan.days),
        relevant_per_million: arguments.relevant_per_million.unwrap_or(plan.relevant_per_million),
        decoys_per_million: arguments.decoys_per_million.unwrap_or(plan.decoys_per_million),
        seed: arguments.seed.unwrap_or(plan.seed),
        large_object: arguments.large_object,
        ..plan
    }
}

fn bytes(text: &str) -> Result<u64, String> {
    let (number, factor) = match text.char_indices().last() {
        Some((at, 'K' | 'k')) => (&text[..at], 1_000),
        Some((at, 'M' | 'm')) => (&text[..at], 1_000_000),
        Some((at, 'G' | 'g')) => (&text[..at], 1_000_000_000),
        _ => (text, 1),
    };
    let number: f64 = number.parse().map_err(|_| "a number such as 500M or 1.5G is needed".to_owned())?;
    if !(0.0..=1e6).contains(&(number * f64::from(factor) / 1e9)) {
        return Err("out of range".to_owned());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just above")]
    let whole = (number * f64::from(factor)).round() as u64;
    Ok(whole)
}
