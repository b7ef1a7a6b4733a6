//! Unexpected assumer.
//!
//! # What it finds
//! Somebody other than a trusted service principal assumed the role, or tried to: `AssumeRole`, `AssumeRoleWithSAML`,
//! `AssumeRoleWithWebIdentity`, or a role switch in the console.
//!
//! # Why it matters
//! Only the key service may assume a service-linked role. A success means that the trust policy no longer protects the
//! role, or that a look-alike of the service got in. An attempt shows that somebody is probing the role.
//!
//! # When it stays silent
//! - The caller is the service itself, by exactly a principal that the profile trusts. A person's or role's identity
//!   that merely carries that principal, a regional or longer name, and `AWS Internal` are not trusted.
//! - A record merely mentions the role, as a key policy or a `GetRole` does.
//!
//! # What to do
//! Allowed: treat it as an incident. Read what the session did, revoke the role's sessions, compare the trust policy, and
//! find out how the caller got in. Denied: ask the caller, or the owner of the credentials, why it was tried.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::case::{counted, name_of};
use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{ConcernKind, EventOutcome, Finding, Severity, TrailEvent};

static DOC: LazyLock<RuleDoc> =
    LazyLock::new(|| RuleDoc::of("unexpected-assumer", Severity::Critical, include_str!("unexpected_assumer.rs")));

/// The rule.
pub(super) struct UnexpectedAssumer;

impl Rule for UnexpectedAssumer {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        let mut groups: BTreeMap<_, Vec<Assumption<'_>>> = BTreeMap::new();
        for assumption in assumptions(case) {
            groups
                .entry((assumption.actor(), assumption.outcome(), assumption.role_apart(case)))
                .or_default()
                .push(assumption);
        }
        let findings =
            groups.into_iter().map(|((actor, outcome, role), group)| finding(case, actor, outcome, role, &group));
        Ruling { findings: findings.collect(), ..Ruling::default() }
    }
}

/// One assumption. A cross-account one has two records with a shared id: the caller's account gets one, the role
/// owner's the other.
struct Assumption<'a> {
    records: Vec<&'a TrailEvent>,
}

impl<'a> Assumption<'a> {
    /// The more telling name: the caller's copy has its ARN, the role owner's copy merely its account.
    fn actor(&self) -> Option<String> {
        let labels = self.records.iter().filter_map(|record| record.actor.label());
        let vague = |label: &str| !label.contains(':') && !label.contains('.');
        labels.min_by_key(|label| (vague(label), *label)).map(str::to_owned)
    }

    fn role_apart(&self, case: &Case<'a>) -> Option<&'a str> {
        self.records.iter().find_map(|record| case.role_apart(record))
    }

    fn outcome(&self) -> EventOutcome {
        let allowed = self.records.iter().any(|record| record.outcome == EventOutcome::Allowed);
        if allowed { EventOutcome::Allowed } else { EventOutcome::Denied }
    }
}

fn assumptions<'a>(case: &Case<'a>) -> Vec<Assumption<'a>> {
    let mut by_id: BTreeMap<&str, Assumption<'_>> = BTreeMap::new();
    for (event, kind, trusted) in case.role_events() {
        if kind == ConcernKind::Assumption && !trusted {
            let id = event.shared_id.as_deref().unwrap_or(&event.id);
            by_id.entry(id).or_insert_with(|| Assumption { records: Vec::new() }).records.push(event);
        }
    }
    by_id.into_values().collect()
}

fn finding(
    case: &Case<'_>,
    actor: Option<String>,
    outcome: EventOutcome,
    apart: Option<&str>,
    group: &[Assumption<'_>],
) -> Finding {
    let who = name_of(actor.as_deref());
    let role = case.name_of_role(apart);
    let times = counted(group.len(), "time");
    let (severity, summary) = match outcome {
        EventOutcome::Allowed => {
            (Severity::Critical, format!("{who} assumed role {role} ({times}) and is not trusted to."))
        }
        EventOutcome::Denied | EventOutcome::Failed => {
            (Severity::Medium, format!("{who} tried to assume role {role} ({times}) and was refused."))
        }
    };
    let how = match outcome {
        EventOutcome::Allowed => format!(
            "Treat it as an incident: list what the session did (`roletrail events`), compare the trust policy of {role} \
             with the provider's, and disable the credentials of {who}."
        ),
        EventOutcome::Denied | EventOutcome::Failed => {
            format!("Ask the owner of {who} why the role was tried; disable the credentials if nobody knows.")
        }
    };
    Draft::new(case, &DOC, severity, summary)
        .actor(actor)
        .outcome(outcome)
        .role_apart(apart)
        .events(group.iter().flat_map(|assumption| assumption.records.iter().copied()))
        .count(group.len() as u64)
        .fix(how, "it stays as long as its events are in the history; an exception covers it after review")
}

#[cfg(test)]
mod tests {
    use crate::model::{EventOutcome, Severity};
    use crate::rules::tests::{ACCOUNT, Scene, check, fires, silent};

    const ID: &str = "unexpected-assumer";
    const ALICE: &str = "arn:aws:iam::999988887777:user/alice";

    #[test]
    fn a_success_is_critical_and_a_refusal_medium() {
        let scene = Scene::aws()
            .event("2026-06-01T00:00:00Z", |event| event.assumes().by(ALICE))
            .event("2026-06-02T00:00:00Z", |event| event.assumes().by(ALICE).refused("AccessDenied"))
            .event("2026-06-03T00:00:00Z", |event| event.assumes().by(ALICE).failed("RegionDisabledException"));
        let found = check(ID, &scene, fires(2));
        assert_eq!((found[0].severity, found[0].outcome), (Severity::Critical, Some(EventOutcome::Allowed)));
        assert_eq!((found[1].severity, found[1].outcome), (Severity::Medium, Some(EventOutcome::Denied)));
        assert_eq!((found[0].count, found[1].count), (1, 2));
        assert_eq!(found[0].actor.as_deref(), Some(ALICE));
    }

    #[test]
    fn the_trusted_service_is_expected() {
        let scene = Scene::aws().event("2026-06-01T00:00:00Z", |event| event.assumes().trusted());
        check(ID, &scene, silent());
    }

    #[test]
    fn both_records_of_a_cross_account_assumption_are_one_occurrence() {
        let scene = Scene::aws()
            .event("2026-06-01T00:00:00Z", |event| event.assumes().by(ALICE).recorded_in("999988887777").shared("s"))
            .event("2026-06-01T00:00:00Z", |event| event.assumes().by("999988887777").shared("s"));
        let found = check(ID, &scene, fires(1));
        assert_eq!((found[0].count, found[0].events.len()), (1, 2));
        assert_eq!((found[0].actor.as_deref(), found[0].account.id.as_str()), (Some(ALICE), ACCOUNT));
    }

    #[test]
    fn what_concerns_another_accounts_role_is_not_this_accounts() {
        let scene =
            Scene::aws().event("2026-06-01T00:00:00Z", |event| event.assumes().by(ALICE).concerning("444455556666"));
        check(ID, &scene, silent());
    }

    #[test]
    fn a_corrected_record_counts_once() {
        let scene = Scene::aws()
            .event("2026-06-01T00:00:00Z", |event| event.assumes().by(ALICE).id("first"))
            .event("2026-06-01T00:00:00Z", |event| event.assumes().by(ALICE).id("second").replacing("first"));
        assert_eq!(check(ID, &scene, fires(1))[0].count, 1);
    }
}
