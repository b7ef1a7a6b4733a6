//! Which parts of a role's life nobody could see.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::timeline::{Gap, Hides};
use crate::model::{Outcome, api};
use crate::profiles::StoreKind;
use crate::store::{CoverageStretch, RoleHistory};

/// Parts of a trail that lie no farther apart are one: trails deliver at least so often.
const JOINT: SignedDuration = SignedDuration::from_hours(24);

/// A time from one moment to another.
type Span = (Timestamp, Timestamp);

/// The gaps between two moments.
pub(super) fn of(history: &RoleHistory, stores: Option<&StoreKind>, from: Timestamp, to: Timestamp) -> Vec<Gap> {
    let (trail, inventory): (Vec<_>, Vec<_>) = history.coverage.iter().partition(|row| is_trail(row));
    let mut gaps: Vec<Gap> = inventory.into_iter().flat_map(|row| unread(row, stores, to)).collect();
    let unrecorded = unrecorded(&trail, from, to);
    gaps.extend(unrecorded.iter().filter_map(|gap| before_inventory(gap, history)));
    gaps.extend(unrecorded);
    gaps.retain(|gap| gap.from < to && from < gap.to);
    gaps.sort_by(|left, right| {
        (left.from, left.to, left.hides, &left.what).cmp(&(right.from, right.to, right.hides, &right.what))
    });
    gaps
}

/// Stores of a time without a trail are known from the first answer of inventory on.
fn before_inventory(gap: &Gap, history: &RoleHistory) -> Option<Gap> {
    let roles = history.roles.iter().map(|span| span.valid_from);
    let first = roles.chain(history.stores.iter().map(|span| span.valid_from)).min();
    let to = first.map_or(gap.to, |first| first.min(gap.to));
    let what = "neither inventory nor a trail was read for this time".to_owned();
    (gap.from < to).then_some(Gap { from: gap.from, to, hides: Hides::Stores, what })
}

fn is_trail(row: &CoverageStretch) -> bool {
    api::is_trail(&row.coverage.key.api)
}

/// What a failed reading of inventory hides. An account that could not be entered hides everything in it.
fn unread(row: &CoverageStretch, stores: Option<&StoreKind>, to: Timestamp) -> Vec<Gap> {
    let key = &row.coverage.key;
    let everything = key.api == api::ACCOUNT
        || [api::AWS_LIST_ACCOUNTS, api::ALIBABA_LIST_ACCOUNTS, api::AWS_LIST_REGIONS].contains(&key.api.as_str());
    let of_roles = [api::AWS_GET_ROLE, api::AWS_LIST_ROLES, api::ALIBABA_GET_ROLE].contains(&key.api.as_str());
    let of_stores = stores.is_some_and(|kind| kind.api == key.api) || key.api == api::ALIBABA_REGIONS;
    let place = key.region.as_deref().map_or_else(String::new, |region| format!(" in {region}"));
    let what = format!("{}{place}: {} {}", key.api, row.coverage.outcome, row.coverage.detail).trim_end().to_owned();
    [(everything || of_roles, Hides::Role), (everything || of_stores, Hides::Stores)]
        .into_iter()
        .filter(|(hidden, _)| *hidden)
        .map(|(_, hides)| Gap { from: row.since, to: row.until.unwrap_or(to), hides, what: what.clone() })
        .collect()
}

/// The times that no trail covers. One kind of trail stands in for another; within one, every Region has to be read.
fn unrecorded(rows: &[&CoverageStretch], from: Timestamp, to: Timestamp) -> Vec<Gap> {
    let mut places: BTreeMap<&str, BTreeMap<Option<&str>, Vec<Span>>> = BTreeMap::new();
    // A row about one object or directory does not tell what time it covers.
    for row in rows.iter().filter(|row| row.coverage.key.subject.is_none()) {
        let key = &row.coverage.key;
        let spans = places.entry(&key.api).or_default().entry(key.region.as_deref()).or_default();
        if row.coverage.outcome == Outcome::Complete {
            spans.push((row.coverage.from, row.coverage.to));
        }
    }
    let missing: Vec<Vec<Span>> = places
        .into_values()
        .map(|regions| joined(regions.into_values().flat_map(|covered| outside(covered, (from, to))).collect()))
        .collect();
    let none = vec![(from, to)];
    let missing = missing.into_iter().reduce(|left, right| common(&left, &right)).unwrap_or(none);
    let what = if rows.is_empty() {
        "no trail is configured or ingested"
    } else {
        "no trail was read completely for this time"
    };
    missing.into_iter().map(|(from, to)| Gap { from, to, hides: Hides::Trail, what: what.to_owned() }).collect()
}

/// What lies between covered times, joints left out.
fn outside(mut covered: Vec<Span>, (from, to): Span) -> Vec<Span> {
    covered.sort_unstable();
    let mut missing = Vec::new();
    let mut known = from;
    for (begin, end) in covered {
        missing.push((known, begin.min(to)));
        known = known.max(end);
    }
    missing.push((known, to));
    missing.retain(|(begin, end)| JOINT < end.duration_since(*begin));
    missing
}

/// Times as few as can be.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// The times that are in both.
fn common(left: &[Span], right: &[Span]) -> Vec<Span> {
    let pairs =
        left.iter().flat_map(|left| right.iter().map(move |right| (left.0.max(right.0), left.1.min(right.1))));
    joined(pairs.filter(|(from, to)| from < to).collect())
}
