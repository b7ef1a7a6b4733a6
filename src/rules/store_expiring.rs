//! Store expiring.
//!
//! # What it finds
//! An Alibaba Cloud instance ends within the notice time (default 30 days), or has ended and is in the 15 days before its
//! release.
//!
//! # Why it matters
//! An instance that ends is disabled at once and released on the 16th day, with every key in it. What was encrypted with
//! those keys is then lost.
//!
//! # When it stays silent
//! - The instance ends later, or has no end (pay-as-you-go).
//! - Its time is over and it is released.
//! - Its Region did not answer: unknown.
//!
//! # What to do
//! Renew the instance, or move the keys and then let it end on purpose.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};

use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{Basis, Finding, Severity, StoreSpan};

static DOC: LazyLock<RuleDoc> =
    LazyLock::new(|| RuleDoc::of("store-expiring", Severity::Medium, include_str!("store_expiring.rs")));

/// The rule.
pub(super) struct StoreExpiring;

impl Rule for StoreExpiring {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        let Some(days) = case.profile.store.as_ref().and_then(|kind| kind.release_days) else {
            return Ruling::silent();
        };
        if !case.speaks_for_stores() {
            return Ruling::silent();
        }
        if case.standing.basis == Basis::Inferred {
            return Ruling::undecided("there is no inventory, and no event tells when an instance ends");
        }
        let mut ruling = Ruling::silent();
        for span in case.current_stores() {
            let Some(ends) = span.store.expires else { continue };
            let released = ends + SignedDuration::from_hours(24 * days);
            let noticed = ends - case.evidence.settings.expiry_notice;
            if let Some(next) = [noticed, ends, released].into_iter().find(|next| case.as_of() < *next) {
                ruling.recheck(next);
            }
            if noticed <= case.as_of() && case.as_of() < released {
                ruling.findings.push(finding(case, span, (noticed, ends, released)));
            }
        }
        if !case.standing.regions.is_complete() {
            ruling.undecided = Some(case.standing.what_is_missing());
        }
        ruling
    }
}

fn finding(
    case: &Case<'_>,
    span: &StoreSpan,
    (noticed, ends, released): (Timestamp, Timestamp, Timestamp),
) -> Finding {
    let store = &span.store;
    let label = case.profile.store.as_ref().map_or("store", |kind| kind.label.as_str());
    let what = if case.as_of() < ends {
        format!("ends at {ends:.0} and is released at {released:.0}")
    } else {
        format!("ended at {ends:.0}, is disabled, and is released with its keys at {released:.0}")
    };
    let summary = format!("{label} {} in {} {what}.", store.id, store.region);
    Draft::new(case, &DOC, Severity::Medium, summary)
        .store(Some(store.id.clone()))
        .region(Some(store.region.clone()))
        .seen(noticed.max(span.valid_from), span.last_seen)
        .fix(
            format!("Renew instance {} before {released:.0}, or move its keys and let it end on purpose.", store.id),
            "the instance is renewed, or it is released",
        )
}

#[cfg(test)]
mod tests {
    use crate::model::{Outcome, Severity};
    use crate::rules::tests::{Scene, check, fires, silent, unknown};

    const ID: &str = "store-expiring";

    fn ending(at: &str) -> Scene {
        Scene::alibaba().role().regions(Outcome::Complete).ending_store("kst-1", at)
    }

    #[test]
    fn notice_is_given_before_the_end_and_in_the_days_of_grace() {
        assert_eq!(check(ID, &ending("2026-07-20T00:00:00Z"), fires(1))[0].severity, Severity::Medium);
        let ended = check(ID, &ending("2026-06-20T00:00:00Z"), fires(1));
        assert!(ended[0].summary.contains("ended at 2026-06-20"), "{}", ended[0].summary);
    }

    #[test]
    fn an_end_far_away_or_long_ago_is_silent_and_looked_at_in_time() {
        let far = ending("2026-09-01T00:00:00Z");
        check(ID, &far, silent());
        assert_eq!(far.recheck(ID), Some("2026-08-02T00:00:00Z".parse().expect("a time")));
        check(ID, &ending("2026-06-01T00:00:00Z"), silent());
        check(ID, &Scene::aws().role().regions(Outcome::Complete), silent());
    }

    #[test]
    fn a_region_that_did_not_answer_leaves_it_unknown() {
        check(ID, &ending("2026-07-20T00:00:00Z").region("cn-hangzhou", Outcome::Error), unknown());
    }
}
