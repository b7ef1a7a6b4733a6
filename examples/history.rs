//! Writes trail logs of a given number of events, all of them small and nearly all of them alike: a history for
//! `roletrail ingest` with `keep = "all"` whose size is what matters (see `benches/history.sh`).
//!
//! ```text
//! cargo run --release --example history -- --events 1000000 --out /tmp/history
//! ```
//! In every account a role and a store that needs it are made; then one event in ten is ordinary work of the role.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Parser;
use jiff::{SignedDuration, Timestamp};

#[path = "../benches/cloudtrail/mod.rs"]
mod cloudtrail;
use cloudtrail::{Act, REGION, account, delivered, gzip, record};

/// Records of an object. A busy account's trail delivers more at a time, a quiet one's fewer.
const OBJECT_RECORDS: u64 = 100;
/// One event in so many is ordinary work of the role.
const WORK_EVERY: u64 = 10;
/// The fastest level: these files are written to be read once.
const LEVEL: u32 = 1;

/// Writes trail logs of a given number of events.
#[derive(Debug, Parser)]
#[command(name = "history")]
struct Arguments {
    /// Directory to write to
    #[arg(long)]
    out: PathBuf,
    /// Events, those that make roles and findings not counted
    #[arg(long)]
    events: u64,
    /// Accounts, one object in turn for each
    #[arg(long, default_value_t = 1000)]
    accounts: u64,
    /// Persons who assume a role, each of them a finding
    #[arg(long, default_value_t = 0)]
    findings: u64,
    /// First moment
    #[arg(long, default_value = "2025-01-01T00:00:00Z")]
    from: Timestamp,
    /// Span of time in days
    #[arg(long, default_value_t = 365)]
    days: i64,
    /// Other seeds give other ids
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The roles are there already: none is made
    #[arg(long)]
    roles_exist: bool,
}

/// What was written.
#[derive(Debug, Default, serde::Serialize)]
struct Written {
    objects: u64,
    events: u64,
    bytes: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    ensure!(0 < arguments.accounts && 0 < arguments.days, "a history has accounts and days");
    let mut writer = Writer { arguments: &arguments, written: Written::default() };
    writer.make_roles()?;
    writer.pass_time()?;
    writer.intrude()?;
    println!("{}", serde_json::to_string(&writer.written)?);
    Ok(())
}

struct Writer<'a> {
    arguments: &'a Arguments,
    written: Written,
}

impl Writer<'_> {
    fn make_roles(&mut self) -> anyhow::Result<()> {
        if self.arguments.roles_exist {
            return Ok(());
        }
        for number in 0..self.arguments.accounts {
            self.object(number, 2, |place| (0, if place == 0 { Act::MakesRole } else { Act::MakesStore }))?;
        }
        Ok(())
    }

    /// Ordinary events, the accounts in turn.
    fn pass_time(&mut self) -> anyhow::Result<()> {
        let Arguments { events, accounts, days, .. } = *self.arguments;
        let span = days * 24 * 3600;
        for first in (0..events).step_by(usize::try_from(OBJECT_RECORDS)?) {
            let number = first / OBJECT_RECORDS % accounts;
            self.object(number, OBJECT_RECORDS.min(events - first), |place| {
                let event = first + place;
                let passed = i128::from(span) * i128::from(event) / i128::from(events);
                let act = match (event.is_multiple_of(WORK_EVERY), event.is_multiple_of(WORK_EVERY * 2)) {
                    (false, _) => Act::Ordinary,
                    (true, false) => Act::ServiceAssumes,
                    (true, true) => Act::ServiceCalls,
                };
                (i64::try_from(passed).unwrap_or(span), act)
            })?;
        }
        Ok(())
    }

    /// One person after the other, in the last hours.
    fn intrude(&mut self) -> anyhow::Result<()> {
        let Arguments { findings, accounts, days, .. } = *self.arguments;
        let late = days * 24 * 3600 - 3600;
        for number in 0..accounts.min(findings) {
            let persons = findings / accounts + u64::from(number < findings % accounts);
            self.object(number, persons, |place| (late, Act::PersonAssumes(number + place * accounts)))?;
        }
        Ok(())
    }

    /// One object of an account; `of` answers when (in seconds) and what.
    fn object(&mut self, number: u64, records: u64, of: impl Fn(u64) -> (i64, Act)) -> anyhow::Result<()> {
        let Arguments { from, seed, .. } = *self.arguments;
        let account = account(number);
        let first = self.written.events;
        let made = |place| {
            let (seconds, act) = of(place);
            record(&account, from + SignedDuration::from_secs(seconds), act, seed, first + place)
        };
        let texts: Vec<_> = (0..records).map(made).collect();
        let bytes = delivered(&texts);
        let delivered_at = from + SignedDuration::from_secs(of(records - 1).0 + 300);
        self.put(&account, delivered_at, &gzip(&bytes, LEVEL))?;
        self.written.objects += 1;
        self.written.events += records;
        self.written.bytes += bytes.len() as u64;
        Ok(())
    }

    fn put(&self, account: &str, at: Timestamp, bytes: &[u8]) -> anyhow::Result<()> {
        let folder = format!("AWSLogs/{account}/CloudTrail/{REGION}/{}", at.strftime("%Y/%m/%d"));
        let unique = format!("{}{:012}", self.arguments.seed, self.written.objects);
        let name = format!("{account}_CloudTrail_{REGION}_{}_{unique}.json.gz", at.strftime("%Y%m%dT%H%MZ"));
        write(&self.arguments.out.join(folder), &name, bytes)
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join(name);
    fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
