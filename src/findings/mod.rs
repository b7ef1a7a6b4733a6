//! The life of findings: opened, seen again, stale, resolved with a reason, reopened. Pure.

mod exceptions;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::model::{
    Cleared, Finding, FindingChange, FindingId, FindingStatus, FindingUpdate, Judgement, StoredFinding, Undecided,
};

pub use exceptions::{DEFAULT_NOTICE, Exceptions, covers, differences, holds};

/// What a judgement changes about the stored findings of its account. Judging the same again changes nothing.
///
/// A finding that the judgement does not contain is resolved only where its rule could decide: otherwise it stays as it
/// is and becomes stale. Updates come in the order of the findings' ids.
#[must_use]
pub fn reconcile(stored: &[StoredFinding], judgement: &Judgement) -> Vec<FindingUpdate> {
    let found: BTreeMap<FindingId, &Finding> =
        judgement.findings.iter().map(|finding| (finding.id(), finding)).collect();
    let known: BTreeMap<&FindingId, &StoredFinding> = stored.iter().map(|stored| (&stored.id, stored)).collect();
    let seen = found.iter().filter_map(|(id, finding)| match known.get(id) {
        None => Some(opened(id, finding, judgement)),
        Some(known) => seen_again(known, finding),
    });
    let reasons = reasons(judgement);
    let unseen = known
        .values()
        .filter(|known| !found.contains_key(&known.id) && known.status != FindingStatus::Resolved)
        .filter_map(|known| unseen(known, judgement, &reasons));
    let mut updates: Vec<_> = seen.chain(unseen).collect();
    updates.sort_by(|left, right| left.stored.id.cmp(&right.stored.id));
    updates
}

fn opened(id: &FindingId, finding: &Finding, judgement: &Judgement) -> FindingUpdate {
    let stored = StoredFinding {
        id: id.clone(),
        finding: finding.clone(),
        status: FindingStatus::Open,
        opened_at: judgement.as_of,
        resolved_at: None,
        resolved_because: None,
        stale: false,
    };
    FindingUpdate { stored, change: Some(FindingChange::Opened) }
}

fn seen_again(known: &StoredFinding, finding: &Finding) -> Option<FindingUpdate> {
    // History that was pruned, or a Region that answers again, must not make a finding younger than it is.
    let first_seen = finding.first_seen.min(known.finding.first_seen);
    let finding = Finding { first_seen, ..finding.clone() };
    let reopened = known.status == FindingStatus::Resolved;
    if !reopened && !known.stale && is_the_same(&known.finding, &finding) {
        return None;
    }
    let status = if reopened { FindingStatus::Open } else { known.status };
    let only_later = is_the_same(&Finding { last_seen: finding.last_seen, ..known.finding.clone() }, &finding);
    let change = match (reopened, known.stale, only_later) {
        (true, ..) => Some(FindingChange::Reopened),
        // A state that simply goes on would otherwise fill its life with a step for every collection.
        (false, false, true) => None,
        (false, ..) => Some(FindingChange::SeenAgain),
    };
    let stored =
        StoredFinding { finding, status, resolved_at: None, resolved_because: None, stale: false, ..known.clone() };
    Some(FindingUpdate { stored, change })
}

/// Whether two findings say the same. The order in which events are kept means nothing.
fn is_the_same(left: &Finding, right: &Finding) -> bool {
    let ordered = |finding: &Finding| {
        let mut events = finding.events.clone();
        events.sort();
        Finding { events, ..finding.clone() }
    };
    left.events.len() == right.events.len() && ordered(left) == ordered(right)
}

fn unseen(known: &StoredFinding, judgement: &Judgement, reasons: &Reasons<'_>) -> Option<FindingUpdate> {
    match why_undecided(&known.finding, judgement) {
        Some(_) if known.stale => None,
        Some(because) => Some(FindingUpdate {
            stored: StoredFinding { stale: true, ..known.clone() },
            change: Some(FindingChange::BecameStale { because }),
        }),
        None => Some(resolved(known, judgement, reasons)),
    }
}

/// Why nothing can be said about the finding, if nothing can.
fn why_undecided(finding: &Finding, judgement: &Judgement) -> Option<String> {
    let covers = |undecided: &&Undecided| {
        undecided.rule == finding.rule && (undecided.profile.is_none() || undecided.profile == finding.profile)
    };
    if let Some(undecided) = judgement.undecided.iter().find(covers) {
        return Some(undecided.because.clone());
    }
    let profile = finding.profile.as_ref()?;
    let judged = judgement.verdicts.iter().any(|verdict| verdict.profile == *profile);
    (!judged).then(|| format!("profile {profile} was not judged: it is switched off, or the account is not active"))
}

/// Why findings do not hold any more, by rule, profile and store.
type Reasons<'a> = BTreeMap<(&'a str, Option<&'a str>, Option<&'a str>), &'a str>;

fn reasons(judgement: &Judgement) -> Reasons<'_> {
    let mut reasons = Reasons::new();
    for Cleared { rule, profile, store, because } in &judgement.cleared {
        reasons.insert((rule, profile.as_deref(), store.as_deref()), because);
    }
    reasons
}

fn resolved(known: &StoredFinding, judgement: &Judgement, reasons: &Reasons<'_>) -> FindingUpdate {
    let finding = &known.finding;
    let of_store = |store| reasons.get(&(finding.rule.as_str(), finding.profile.as_deref(), store));
    // What was said about the very store is more exact than what was said about the profile.
    let reason = of_store(finding.store.as_deref()).or_else(|| of_store(None)).map(|because| (*because).to_owned());
    let because = reason.unwrap_or_else(|| format!("no longer so; it was to clear when {}", finding.clears_when));
    let stored = StoredFinding {
        status: FindingStatus::Resolved,
        resolved_at: Some(judgement.as_of),
        resolved_because: Some(because.clone()),
        stale: false,
        ..known.clone()
    };
    FindingUpdate { stored, change: Some(FindingChange::Resolved { because }) }
}
