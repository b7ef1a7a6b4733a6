//! Role tampering.
//!
//! # What it finds
//! An attempt to change the role, to attach something to it or detach something from it, or to delete it, by the ordinary
//! role APIs.
//!
//! # Why it matters
//! Service-linked roles are protected: these calls cannot succeed. Somebody who tries does not know that, or is looking
//! for a way to widen the role. Where one succeeds, the protection failed.
//!
//! # When it stays silent
//! - The provider allows the change to customers: the description, tags.
//! - The deletion was asked for by the service-linked-role API: that is ordinary, see failed-role-deletion.
//!
//! # What to do
//! Refused: ask the caller, or the owner of the pipeline, what was meant. Accepted: treat it as an incident, compare the
//! trust policy and the permissions, and ask the provider's support.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::case::{call_names, counted, name_of};
use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{ConcernKind, EventOutcome, Finding, Severity, TrailEvent};

static DOC: LazyLock<RuleDoc> =
    LazyLock::new(|| RuleDoc::of("role-tampering", Severity::Critical, include_str!("role_tampering.rs")));

/// The rule.
pub(super) struct RoleTampering;

impl Rule for RoleTampering {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        let mut groups: BTreeMap<_, Vec<&TrailEvent>> = BTreeMap::new();
        for (event, ..) in case.role_events().filter(|(_, kind, _)| *kind == ConcernKind::RoleTampering) {
            // Whether it was the role's protection or the caller's rights that refused, the attempt is the same.
            let outcome =
                if event.outcome == EventOutcome::Allowed { EventOutcome::Allowed } else { EventOutcome::Denied };
            let actor = event.actor.label().map(str::to_owned);
            groups.entry((outcome, actor, case.role_apart(event))).or_default().push(event);
        }
        let findings =
            groups.into_iter().map(|((outcome, actor, role), events)| finding(case, actor, outcome, role, &events));
        Ruling { findings: findings.collect(), ..Ruling::default() }
    }
}

fn finding(
    case: &Case<'_>,
    actor: Option<String>,
    outcome: EventOutcome,
    apart: Option<&str>,
    events: &[&TrailEvent],
) -> Finding {
    let (who, role) = (name_of(actor.as_deref()), case.name_of_role(apart));
    let what = format!("{} on role {role} ({})", call_names(events), counted(events.len(), "call"));
    let (severity, summary, how) = if outcome == EventOutcome::Allowed {
        let how = "Treat it as an incident: compare the role's trust policy and policies with the provider's \
                   (`roletrail roles`), disable the caller's credentials, and ask the provider's support."
            .to_owned();
        (Severity::Critical, format!("{who} carried out {what}, which no customer can."), how)
    } else {
        let how = format!(
            "Ask {who} what was meant. A role that shall go is deleted with DeleteServiceLinkedRole; nothing else about it \
             can be changed by a customer."
        );
        (Severity::High, format!("{who} tried {what} and was refused."), how)
    };
    Draft::new(case, &DOC, severity, summary)
        .actor(actor)
        .outcome(outcome)
        .role_apart(apart)
        .events(events.iter().copied())
        .fix(how, "it stays as long as its events are in the history; an exception covers it after review")
}

#[cfg(test)]
mod tests {
    use crate::model::{EventOutcome, Severity};
    use crate::rules::tests::{EventBuilder, Scene, check, fires, silent};

    const ID: &str = "role-tampering";
    const DAY: &str = "2026-06-01T00:00:00Z";

    #[test]
    fn attempts_of_one_actor_are_one_finding_that_names_the_calls() {
        let scene = Scene::aws()
            .event(DAY, |event| event.tampers("AttachRolePolicy").refused("UnmodifiableEntityException"))
            .event(DAY, |event| event.tampers("UpdateAssumeRolePolicy").refused("UnmodifiableEntityException"))
            .event(DAY, |event| event.tampers("DeleteRole").failed("NoSuchEntityException"));
        let found = check(ID, &scene, fires(1));
        assert_eq!((found[0].severity, found[0].outcome), (Severity::High, Some(EventOutcome::Denied)));
        assert_eq!(found[0].count, 3);
        assert!(found[0].summary.contains("AttachRolePolicy, DeleteRole, UpdateAssumeRolePolicy"));
    }

    #[test]
    fn a_call_that_succeeded_is_critical() {
        let scene = Scene::aws().event(DAY, |event| event.tampers("AttachRolePolicy"));
        let found = check(ID, &scene, fires(1));
        assert_eq!((found[0].severity, found[0].outcome), (Severity::Critical, Some(EventOutcome::Allowed)));
    }

    #[test]
    fn edits_that_customers_may_make_are_not_tampering() {
        check(ID, &Scene::aws().event(DAY, EventBuilder::edits_role), silent());
        check(ID, &Scene::aws().event(DAY, EventBuilder::deletes_role), silent());
    }
}
