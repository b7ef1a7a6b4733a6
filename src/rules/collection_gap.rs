//! Collection gap.
//!
//! # What it finds
//! An account, Region or API that was expected and could not be read for longer than two schedules, or that nobody has
//! tried to read for that long.
//!
//! # Why it matters
//! Where nothing is read, nothing can be found, and no verdict can be given: the verdicts that rest on it are unknown.
//!
//! # When it stays silent
//! - The account is not active.
//! - The place is switched off, not supported by the provider, or not configured.
//! - It was read completely within that time.
//! - No source asks for the account any more.
//! - The list of an organization's accounts, where it is not pinned to one of them: it is a gap of the whole run.
//! - Trail files: they are read when somebody hands them over, not on a schedule.
//!
//! # What to do
//! Give the collector the permission that the finding names, enable the endpoint, or take the place out of the
//! configuration. `roletrail doctor` checks every permission.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::standing::{is_expected, is_inactive};
use super::{Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{CoverageKey, CoverageSpan, Evidence, Finding, Outcome, Severity, api};

/// The rule's id.
pub(super) const ID: &str = "collection-gap";

static DOC: LazyLock<RuleDoc> =
    LazyLock::new(|| RuleDoc::of(ID, Severity::Medium, include_str!("collection_gap.rs")));

/// The rule.
pub(super) struct CollectionGap;

impl Rule for CollectionGap {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge_account(&self, evidence: &Evidence) -> Ruling {
        let mut ruling = Ruling::silent();
        if is_inactive(evidence) || !is_expected(evidence) {
            return ruling;
        }
        for span in evidence.coverage.iter().filter(|span| is_of_account(&span.coverage.key)) {
            let Some(unread_since) = unread_since(evidence, span) else { continue };
            let counts_from = unread_since + evidence.settings.collection_patience;
            if counts_from < evidence.as_of {
                ruling.findings.push(finding(evidence, span, unread_since));
            } else {
                ruling.recheck(counts_from + jiff::SignedDuration::from_millis(1));
            }
        }
        ruling.findings.sort_by(|left, right| left.subject.cmp(&right.subject));
        ruling
    }
}

/// Whether the place is the account's own, and read on a schedule.
fn is_of_account(key: &CoverageKey) -> bool {
    let lists = [api::AWS_LIST_ACCOUNTS, api::ALIBABA_LIST_ACCOUNTS];
    let is_list_of_accounts = lists.contains(&key.api.as_str()) && key.account.is_none();
    key.api != api::TRAIL_FILES && !is_list_of_accounts
}

/// Whether the place is about a trail: what it delivers is told by its own times, and not by when it was looked at.
fn is_trail(key: &CoverageKey) -> bool {
    api::is_trail(&key.api) || key.api == api::TRAIL_DIGEST
}

/// Since when the place is unread, if it is: since the last complete reading, or since the first failure.
fn unread_since(evidence: &Evidence, span: &CoverageSpan) -> Option<Timestamp> {
    let outcome = span.coverage.outcome;
    if is_superseded(evidence, span) {
        return None;
    }
    if outcome.is_gap() {
        return Some(span.last_complete.unwrap_or(span.since));
    }
    let was_read = matches!(outcome, Outcome::Complete | Outcome::Unsupported) && !is_trail(&span.coverage.key);
    (evidence.settings.scheduled && was_read).then_some(span.checked_at)
}

/// A row about one role, policy or instance that the newest run did not ask about: it is not there any more.
fn is_superseded(evidence: &Evidence, span: &CoverageSpan) -> bool {
    let key = &span.coverage.key;
    key.subject.is_some()
        && evidence.coverage.iter().any(|other| {
            !is_trail(&other.coverage.key)
                && other.coverage.key.region == key.region
                && other.coverage.key.account == key.account
                && span.checked_at < other.checked_at
        })
}

fn finding(evidence: &Evidence, span: &CoverageSpan, unread_since: Timestamp) -> Finding {
    let row = &span.coverage;
    let place = place(&row.key);
    let (summary, how) = if row.outcome.is_gap() {
        let detail = if row.detail.is_empty() { String::new() } else { format!(" ({})", row.detail) };
        (
            format!("{place} has not been read completely since {unread_since:.0}: {}{detail}.", row.outcome),
            remedy(row.outcome, &row.key.api),
        )
    } else {
        (
            format!("{place} has not been read since {unread_since:.0}."),
            "Check that the daemon runs and that the place is still in its configuration.".to_owned(),
        )
    };
    Draft::of_account(&evidence.account, &DOC, Severity::Medium, summary, evidence.as_of)
        .region(row.key.region.clone())
        .subject(Some(place))
        .seen(unread_since, span.checked_at)
        .fix(how, "the place is read completely, or it is no longer expected")
}

/// The place in words; it tells the gaps of an account apart.
fn place(key: &CoverageKey) -> String {
    let region = key.region.as_ref().map_or_else(String::new, |region| format!(" in {region}"));
    let subject = key.subject.as_ref().map_or_else(String::new, |subject| format!(" of {subject}"));
    let account = if key.account.is_none() { " of an unknown account" } else { "" };
    format!("{}{subject}{account}{region}", key.api)
}

fn remedy(outcome: Outcome, api: &str) -> String {
    match outcome {
        Outcome::Denied => format!("Allow {api} to the identity that collects, then collect again."),
        Outcome::Throttled => "Collect less often, or lower calls_in_flight.".to_owned(),
        Outcome::TimedOut => "Check the network path to the endpoint, or raise deadline and call_timeout.".to_owned(),
        _ => "Read the detail, remove its cause, and collect again.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Outcome, Severity, api};
    use crate::rules::tests::{Scene, check, fires, silent};

    const ID: &str = "collection-gap";
    const EARLIER: &str = "2026-06-30T20:00:00Z";

    fn gap(outcome: Outcome, since: &str) -> Scene {
        Scene::aws().place(api::AWS_KEY_STORES, Some("eu-west-1"), outcome, since)
    }

    #[test]
    fn a_place_that_stays_unread_is_found_once() {
        for outcome in Outcome::ALL.into_iter().filter(|outcome| outcome.is_gap()) {
            let found = check(ID, &gap(outcome, EARLIER), fires(1));
            assert_eq!((found[0].severity, found[0].profile.as_deref()), (Severity::Medium, None));
            assert_eq!(found[0].region.as_deref(), Some("eu-west-1"));
        }
        check(ID, &gap(Outcome::Denied, EARLIER).place(api::AWS_GET_ROLE, None, Outcome::Denied, EARLIER), fires(2));
    }

    #[test]
    fn a_fresh_gap_is_waited_for() {
        let fresh = gap(Outcome::Denied, "2026-06-30T23:50:00Z");
        check(ID, &fresh, silent());
        assert_eq!(fresh.judgement().recheck_at, Some("2026-07-01T00:20:00.001Z".parse().expect("a time")));
    }

    #[test]
    fn what_is_not_expected_is_no_gap() {
        for outcome in [Outcome::NotEnabled, Outcome::NotConfigured, Outcome::Unsupported, Outcome::Complete] {
            check(ID, &gap(outcome, EARLIER), silent());
        }
        check(ID, &Scene::aws().place(api::TRAIL_FILES, None, Outcome::Partial, EARLIER), silent());
    }

    #[test]
    fn a_place_that_nobody_tries_is_a_gap() {
        check(ID, &Scene::aws().untried(api::AWS_KEY_STORES, "eu-west-1", EARLIER), fires(1));
    }

    #[test]
    fn an_account_that_is_not_active_has_no_gaps() {
        check(ID, &gap(Outcome::Denied, EARLIER).account(Outcome::NotEnabled), silent());
    }

    #[test]
    fn an_account_that_nobody_asks_for_any_more_has_no_gaps() {
        let scene = gap(Outcome::Denied, EARLIER).untried(api::AWS_KEY_STORES, "us-east-1", EARLIER);
        check(ID, &scene, fires(2));
        check(ID, &scene.account(Outcome::NotConfigured), silent());
    }

    #[test]
    fn calls_without_which_a_verdict_stands_are_gaps_all_the_same() {
        for name in [api::AWS_DESCRIBE_TRAILS, api::AWS_DELETION_STATUS, api::AWS_LIST_REGIONS] {
            check(ID, &Scene::aws().place(name, None, Outcome::Denied, EARLIER), fires(1));
        }
    }

    #[test]
    fn a_list_of_accounts_that_failed_is_no_gap_of_each_of_them() {
        check(ID, &Scene::aws().list_of_accounts(Outcome::Denied, EARLIER), silent());
        check(ID, &Scene::aws().place(api::AWS_LIST_ACCOUNTS, None, Outcome::Denied, EARLIER), fires(1));
    }

    #[test]
    fn an_instance_that_is_not_listed_any_more_is_no_place() {
        let scene = Scene::alibaba().region("cn-hangzhou", Outcome::Complete);
        check(ID, &scene.clone().untried_instance("kst-1", EARLIER), silent());
    }
}
