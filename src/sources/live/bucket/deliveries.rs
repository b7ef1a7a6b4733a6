//! The trails of a source that lie in buckets, and what coverage says of each as a whole.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Bucket, keys};
use crate::model::{Coverage, CoverageKey, Outcome};
use crate::sources::live::{Failure, Found, Outlet, hand_over};

/// A trail's bucket as the configuration has it.
#[derive(Debug, Clone, Copy)]
pub(in crate::sources) struct Trail<'c> {
    pub bucket: &'c str,
    pub prefix: Option<&'c str>,
    pub since: Option<&'c str>,
}

impl Trail<'_> {
    /// Its name in coverage.
    pub(super) fn subject<B: Bucket>(&self) -> String {
        let logs = keys::root(self.prefix, B::LAYOUT.logs);
        format!("{}://{}/{}", B::LAYOUT.scheme, self.bucket, logs.trim_end_matches(B::LAYOUT.logs))
    }
}

/// What a bucket as a whole came to.
#[derive(Debug)]
pub(in crate::sources) struct Reading {
    /// Its name in coverage.
    pub(super) subject: String,
    /// The accounts of which it holds something; `None` where they could not be listed.
    pub(super) accounts: Option<BTreeSet<String>>,
}

/// Without credentials none of the buckets can be read.
pub(in crate::sources) fn closed<'c, B: Bucket>(
    trails: impl Iterator<Item = Trail<'c>>,
    failure: &Failure,
    now: Timestamp,
) -> Vec<Coverage> {
    let row =
        |trail: Trail<'_>| row::<B>(None, trail.subject::<B>(), failure.outcome, failure.detail.clone(), (now, now));
    trails.map(row).collect()
}

/// Says of which of the source's accounts a bucket holds nothing: their events are elsewhere, or nowhere.
pub(in crate::sources) async fn note_silent<B: Bucket>(
    now: Timestamp,
    accounts: &BTreeSet<String>,
    readings: Vec<Reading>,
    outlet: &Outlet,
) {
    for Reading { subject, accounts: held } in readings {
        let Some(held) = held else { continue };
        let row = |account: &String| {
            let detail = format!("{subject} holds no object of this account");
            row::<B>(Some(account), subject.clone(), Outcome::Partial, detail, (now, now))
        };
        let rows: Vec<_> = accounts.difference(&held).map(row).collect();
        hand_over(outlet, Found::Coverage(rows)).await;
    }
}

/// A place of a bucket's trail.
pub(super) fn trail_key<B: Bucket>(account: Option<&str>, subject: String) -> CoverageKey {
    CoverageKey {
        provider: B::PROVIDER,
        account: account.map(str::to_owned),
        region: None,
        api: B::TRAIL.to_owned(),
        subject: Some(subject),
    }
}

/// How reading a place of a bucket's trail ended.
pub(super) fn row<B: Bucket>(
    account: Option<&str>,
    subject: String,
    outcome: Outcome,
    detail: String,
    (from, to): (Timestamp, Timestamp),
) -> Coverage {
    Coverage { key: trail_key::<B>(account, subject), outcome, detail, from, to }
}
