//! Unexpected activity.
//!
//! # What it finds
//! - A call made with a session of the role that was not invoked by the trusted service.
//! - A call of the service whose action no version of the role's policy allows.
//! - Use of the role long after its last store went, while complete inventory shows none.
//!
//! # Why it matters
//! The service calls a handful of actions with this role. Anything else means that somebody else holds its session, that
//! the role can do more than it should, or that a store exists of which inventory knows nothing.
//!
//! # When it stays silent
//! - The service called an action that a policy version of that time or before allows.
//! - No policy version is known: actions are not judged.
//! - Use without a store is judged only where every expected Region answered, and after the grace time.
//!
//! # What to do
//! Not invoked by the service: treat it as an incident, revoke the role's sessions and ask the provider. Outside the
//! policy or without a store: compare the role's policies and look for stores in Regions that are not collected; if all
//! is as it should be, ask the provider's support with the event ids.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;

use super::case::{call_names, counted, name_of};
use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{
    Basis, ConcernKind, EventOutcome, Finding, FindingEvent, RolePresence, RoleUse, Severity, TrailEvent,
};

static DOC: LazyLock<RuleDoc> =
    LazyLock::new(|| RuleDoc::of("unexpected-activity", Severity::Critical, include_str!("unexpected_activity.rs")));

const CLEARS: &str = "it stays as long as its events are in the history; an exception covers it after review";

/// The rule.
pub(super) struct UnexpectedActivity;

impl Rule for UnexpectedActivity {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        let mut groups: BTreeMap<_, Vec<&TrailEvent>> = BTreeMap::new();
        for (event, kind, trusted) in case.role_events() {
            if kind == ConcernKind::SessionActivity && !trusted && is_of_the_role(case, event) {
                let invoked = case.invoked_by_service(event);
                let actor = event.actor.label().map(str::to_owned);
                groups.entry((invoked, actor, event.outcome, case.role_apart(event))).or_default().push(event);
            }
        }
        let mut findings: Vec<_> = groups
            .into_iter()
            .map(|((invoked, actor, outcome, role), events)| {
                session_finding(case, invoked, actor, outcome, role, &events)
            })
            .collect();
        findings.extend(use_without_store(case));
        Ruling { findings, ..Ruling::default() }
    }
}

/// A session's ARN has no path, so a record that names the role by it alone is of the role only where the unique id is
/// one that the role is known to have had.
fn is_of_the_role(case: &Case<'_>, event: &TrailEvent) -> bool {
    event.role.is_some() || event.role_id.as_ref().is_some_and(|id| case.standing.role_ids.contains(id))
}

fn session_finding(
    case: &Case<'_>,
    invoked: bool,
    actor: Option<String>,
    outcome: EventOutcome,
    apart: Option<&str>,
    events: &[&TrailEvent],
) -> Finding {
    let (who, role) = (name_of(actor.as_deref()), case.name_of_role(apart));
    let what = format!("{} ({}, {outcome})", call_names(events), counted(events.len(), "call"));
    let (severity, subject, summary, how) = if invoked {
        let summary = format!("The service used role {role} for what its policy does not allow: {what}.");
        let how = "Compare the role's attached policies with the provider's (`roletrail roles`); if they are as they \
                   should be, ask the provider's support with the event ids.";
        (Severity::High, "outside-policy", summary, how)
    } else {
        let summary = format!("{who} used a session of role {role} without being the trusted service: {what}.");
        let how = "Treat it as an incident: find out who assumed the role, disable those credentials and ask the \
                   provider's support with the event ids.";
        (Severity::Critical, "not-invoked-by-service", summary, how)
    };
    Draft::new(case, &DOC, severity, summary)
        .actor(actor)
        .outcome(outcome)
        .subject(Some(subject.to_owned()))
        .role_apart(apart)
        .events(events.iter().copied())
        .fix(how, CLEARS)
}

/// Use of the role by its service after the last store was gone for longer than the grace time.
fn use_without_store(case: &Case<'_>) -> Option<Finding> {
    let standing = case.standing;
    let proven = standing.basis == Basis::Observed
        && standing.presence != RolePresence::Unknown
        && case.profile.store.is_some()
        && standing.regions.is_complete()
        && standing.needing().next().is_none();
    // Where no store was ever seen to go, one may have stood until the Regions first answered that there is none.
    let since = standing.last_store_gone.or(standing.regions.complete_since).filter(|_| proven)?;
    let allowed_until = since + case.evidence.settings.grace;
    let late: Vec<_> = case
        .evidence
        .uses
        .iter()
        .filter(|used| used.profile == case.profile.id && allowed_until < used.last)
        .collect();
    let last = late.iter().map(|used| used.last).max()?;
    Some(late_use(case, &late, since, allowed_until, last))
}

fn late_use(
    case: &Case<'_>,
    late: &[&RoleUse],
    since: Timestamp,
    allowed_until: Timestamp,
    last: Timestamp,
) -> Finding {
    let mut events: Vec<_> = late
        .iter()
        .flat_map(|used| &used.recent)
        .filter(|(time, _)| allowed_until < *time)
        .map(|(time, id)| FindingEvent { time: *time, id: id.clone() })
        .collect();
    events.sort_by(|left, right| right.cmp(left));
    let first = events.last().map_or(last, |event| event.time);
    let summary = format!(
        "Role {} was used at {last:.0}, though no store has needed it since {since:.0}.",
        case.profile.role_name()
    );
    let mut finding = Draft::new(case, &DOC, Severity::High, summary)
        .subject(Some("no-store".to_owned()))
        .outcome(EventOutcome::Allowed)
        .seen(first, last)
        .count(events.len().max(1) as u64)
        .fix(
            "Look for stores in Regions that are not collected (`roletrail coverage`); if there is none, ask the \
             provider's support with the event ids.",
            CLEARS,
        );
    finding.events = events;
    finding
}

#[cfg(test)]
mod tests {
    use crate::model::{Outcome, Severity, StoreNeed};
    use crate::rules::tests::{ROLE_ID, Scene, check, fires, silent};

    const ID: &str = "unexpected-activity";
    const BOB: &str =
        "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForKeyManagementServiceCustomKeyStores/bob";
    const DAY: &str = "2026-06-01T00:00:00Z";

    #[test]
    fn a_session_in_other_hands_is_critical_and_an_action_outside_the_policy_high() {
        let scene = Scene::aws()
            .event(DAY, |event| event.session_call("GetObject").by(BOB))
            .event(DAY, |event| event.session_call("RunInstances").by(BOB).invoked_by("cks.kms.amazonaws.com"));
        let found = check(ID, &scene, fires(2));
        assert_eq!((found[0].severity, found[1].severity), (Severity::Critical, Severity::High));
        assert_ne!(found[0].id(), found[1].id());
    }

    #[test]
    fn the_services_ordinary_work_is_expected() {
        check(ID, &Scene::aws().event(DAY, |event| event.session_call("DescribeClusters").trusted()), silent());
    }

    #[test]
    fn a_record_without_the_role_counts_where_its_unique_id_is_known() {
        let nameless =
            |scene: Scene| scene.event(DAY, |event| event.session_call("GetObject").by(BOB).nameless(ROLE_ID));
        check(ID, &nameless(Scene::aws()), silent());
        check(ID, &nameless(Scene::aws().role()), fires(1));
    }

    #[test]
    fn use_without_a_store_is_high_only_where_every_region_answered() {
        let base = || Scene::aws().role().store_until("cks-1", "2026-06-01T00:00:00Z");
        let used = |scene: Scene| scene.used("2026-05-01T00:00:00Z", "2026-06-20T00:00:00Z");
        let found = check(ID, &used(base().regions(Outcome::Complete)), fires(1));
        assert_eq!((found[0].severity, found[0].count), (Severity::High, 1));
        check(ID, &used(base().region("eu-west-1", Outcome::Partial)), silent());
        check(ID, &used(base().regions(Outcome::Complete).store("cks-2", StoreNeed::Unknown)), silent());
        let before = base().regions(Outcome::Complete).used("2026-05-01T00:00:00Z", "2026-06-01T20:00:00Z");
        check(ID, &before, silent());
        check(ID, &used(Scene::aws()), silent());
    }
}
