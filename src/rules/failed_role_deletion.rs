//! Failed role deletion.
//!
//! # What it finds
//! - A deletion task of the role that ended `FAILED` or `INTERNAL_ERROR`.
//! - A call of `DeleteServiceLinkedRole` that was refused.
//! - A deletion that was accepted, and the same role still there after the grace time.
//! - A deletion of which the trail shows only that the service was asked whether the role may go (Alibaba Cloud,
//!   `CheckServiceLinkedRoleForDeleting`), and the same role still there after the grace time.
//!
//! # Why it matters
//! The deletion of a service-linked role is accepted at once and decided later, and no trail records the decision. A
//! pipeline that stops at the accepted call believes the role gone while it stands.
//!
//! # When it stays silent
//! - The role is gone: a task that the provider no longer knows then ended well.
//! - The task is under way, or accepted less than the grace time ago.
//! - Nobody observed the role after the deletion was accepted: unknown.
//! - The refusal says that there is no such role.
//!
//! # What to do
//! Delete the stores and resources that the task names, in the Regions that it names, and ask again. With no store left
//! on AWS it is an expected limitation, because AWS documents no procedure for this role: record it as an exception.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::Timestamp;

use super::case::{by_actor, counted, name_of};
use super::standing::Tasks;
use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{
    Basis, ConcernKind, DeletionTask, EventOutcome, Finding, FindingEvent, FindingId, Provider, RolePresence,
    Severity, TaskStatus, TrailEvent,
};

static DOC: LazyLock<RuleDoc> =
    LazyLock::new(|| RuleDoc::of("failed-role-deletion", Severity::Medium, include_str!("failed_role_deletion.rs")));

const CLEARS: &str = "the role is gone";

/// The call of Alibaba Cloud by which a service is asked whether a role that is linked to it may go. Nobody makes it but
/// for a deletion.
const SERVICE_CHECK: &str = "CheckServiceLinkedRoleForDeleting";

/// The rule.
pub(super) struct FailedRoleDeletion;

impl Rule for FailedRoleDeletion {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        let mut ruling = Ruling::silent();
        if case.standing.presence == RolePresence::Absent {
            ruling.clear(case, &DOC, None, "the role is gone");
            return ruling;
        }
        ruling.findings = refused_calls(case);
        let known = deletions(case);
        let tried = attempts(case, &known);
        for task in &known {
            follow(case, task, still_there, &mut ruling);
        }
        for task in &tried {
            follow(case, task, still_there_after_check, &mut ruling);
        }
        ruling.findings = newest_of_each(ruling.findings);
        ruling
    }
}

/// Says what became of a deletion; `still_there` makes the finding where it did not happen.
fn follow(
    case: &Case<'_>,
    task: &DeletionTask,
    still_there: fn(&Case<'_>, &DeletionTask) -> Finding,
    ruling: &mut Ruling,
) {
    match Fate::of(case, task) {
        Fate::Failed => ruling.findings.push(task_finding(case, task)),
        Fate::StillThere => ruling.findings.push(still_there(case, task)),
        Fate::TooEarly => ruling.recheck(task.submitted_at + case.evidence.settings.grace),
        Fate::NotObserved => {
            ruling.undecided = Some("a deletion was asked for and nobody has looked for the role since".to_owned());
        }
        Fate::Well => {}
    }
}

/// Refused calls, unless they were about a role that has been deleted and made again since.
fn refused_calls(case: &Case<'_>) -> Vec<Finding> {
    let refused = case
        .role_events()
        .filter(|(event, kind, _)| *kind == ConcernKind::RoleDeletion && event.outcome != EventOutcome::Allowed)
        .map(|(event, ..)| event)
        .filter(|event| !says_no_such_role(event) && case.standing.created <= Some(event.time));
    by_actor(refused).into_iter().map(|((actor, outcome), events)| refusal(case, actor, outcome, &events)).collect()
}

/// AWS spells it `NoSuchEntity` or `NoSuchEntityException`, Alibaba Cloud `EntityNotExist.Role`.
fn says_no_such_role(event: &TrailEvent) -> bool {
    let code = event.error_code.as_deref().unwrap_or_default();
    code.starts_with("NoSuchEntity") || code == "EntityNotExist.Role"
}

fn refusal(case: &Case<'_>, actor: Option<String>, outcome: EventOutcome, events: &[&TrailEvent]) -> Finding {
    let code = events.last().and_then(|event| event.error_code.as_deref()).unwrap_or("no error code");
    let who = name_of(actor.as_deref());
    let summary = format!(
        "{who} asked for the deletion of role {} ({}) and was refused: {code}.",
        case.profile.role_name(),
        counted(events.len(), "time")
    );
    let how = match outcome {
        EventOutcome::Denied => format!(
            "If the role shall go, let a principal with iam:DeleteServiceLinkedRole (ram:DeleteServiceLinkedRole) ask \
             for it; if not, ask {who} why it was tried."
        ),
        EventOutcome::Allowed | EventOutcome::Failed => format!("Remove the cause ({code}) and ask again."),
    };
    Draft::new(case, &DOC, Severity::Medium, summary)
        .actor(actor)
        .outcome(outcome)
        .events(events.iter().copied())
        .fix(how, CLEARS)
}

/// Every deletion that was accepted: the tasks that are known, and accepted calls of which no task is.
fn deletions(case: &Case<'_>) -> Vec<DeletionTask> {
    let of_role = || case.evidence.tasks.iter().filter(|task| task.profile == case.profile.id);
    let known = Tasks::of(of_role());
    let accepted = case
        .role_events()
        .filter(|(event, kind, _)| *kind == ConcernKind::RoleDeletion && event.outcome == EventOutcome::Allowed)
        .map(|(event, ..)| event);
    // A deletion that is asked for again while its task runs is answered with the same task.
    let mut seen = BTreeSet::new();
    let unknown = accepted
        .filter(|event| known.of_event(event).is_none())
        .filter(|event| event.deletion_task.as_deref().is_none_or(|task| seen.insert(task)))
        .map(|event| task_of(case, event));
    let mut tasks: Vec<_> = of_role().cloned().chain(unknown).collect();
    tasks.sort_by(|left, right| (left.submitted_at, &left.id).cmp(&(right.submitted_at, &right.id)));
    tasks
}

/// The service's checks whether the role may go.
fn service_checks<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a TrailEvent> {
    case.role_events()
        .filter(|(event, kind, _)| *kind == ConcernKind::DeletionCheck && event.name == SERVICE_CHECK)
        .map(|(event, ..)| event)
}

/// Whether two moments are those of one deletion.
fn belong_together(case: &Case<'_>, one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() <= case.evidence.settings.grace
}

/// Deletions that show in the service's checks alone: no call and no task of the time around them is known.
fn attempts(case: &Case<'_>, known: &[DeletionTask]) -> Vec<DeletionTask> {
    let calls = case.role_events().filter(|(_, kind, _)| *kind == ConcernKind::RoleDeletion);
    let mut explained: Vec<_> = known.iter().map(|task| task.submitted_at).collect();
    explained.extend(calls.map(|(event, ..)| event.time));
    let mut attempts = Vec::new();
    for event in service_checks(case) {
        if !explained.iter().any(|time| belong_together(case, *time, event.time)) {
            explained.push(event.time);
            attempts.push(task_of(case, event));
        }
    }
    attempts
}

fn task_of(case: &Case<'_>, event: &TrailEvent) -> DeletionTask {
    DeletionTask {
        account: case.evidence.account.id.clone(),
        profile: case.profile.id.clone(),
        id: event.deletion_task.clone().unwrap_or_default(),
        submitted_at: event.time,
        submitted_by: event.actor.label().map(str::to_owned),
        event_id: Some(event.id.clone()),
        status: TaskStatus::Unknown,
        checked_at: None,
        reason: None,
        usage: Vec::new(),
    }
}

/// What became of a deletion.
enum Fate {
    Failed,
    StillThere,
    TooEarly,
    NotObserved,
    Well,
}

impl Fate {
    fn of(case: &Case<'_>, task: &DeletionTask) -> Self {
        let (standing, due) = (case.standing, task.submitted_at + case.evidence.settings.grace);
        let is_of_another_role = standing.created.is_some_and(|created| task.submitted_at < created);
        if is_of_another_role || task.status == TaskStatus::Succeeded {
            return Self::Well;
        }
        if task.status.is_failure() {
            return Self::Failed;
        }
        if matches!(task.status, TaskStatus::NotStarted | TaskStatus::InProgress) || standing.basis == Basis::Inferred
        {
            return Self::Well;
        }
        match standing.presence {
            RolePresence::Present if Some(due) < standing.last_seen => Self::StillThere,
            _ if case.as_of() < due => Self::TooEarly,
            _ => Self::NotObserved,
        }
    }
}

fn task_finding(case: &Case<'_>, task: &DeletionTask) -> Finding {
    let reason = task.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
    let holders = holders(task);
    let held = if holders.is_empty() { String::new() } else { format!(" It is held by {holders}.") };
    let summary = format!(
        "The deletion of role {} that was accepted at {:.0} ended {}{}.{held}",
        case.profile.role_name(),
        task.submitted_at,
        task.status.as_str(),
        reason.trim_end_matches('.')
    );
    unfulfilled(case, task, summary, &holders)
}

fn still_there(case: &Case<'_>, task: &DeletionTask) -> Finding {
    let summary = format!(
        "The deletion of role {} was accepted at {:.0}, no answer tells how its task ended, and the same role is \
         still there.",
        case.profile.role_name(),
        task.submitted_at
    );
    unfulfilled(case, task, summary, "")
}

fn still_there_after_check(case: &Case<'_>, task: &DeletionTask) -> Finding {
    let summary = format!(
        "Somebody tried to delete role {} at {:.0}: its service was asked whether it may go ({SERVICE_CHECK}, recorded \
         for {}). No record tells what came of it, and the same role is still there.",
        case.profile.role_name(),
        task.submitted_at,
        name_of(task.submitted_by.as_deref())
    );
    unfulfilled(case, task, summary, "")
}

/// A finding about a deletion that was asked for and did not happen.
fn unfulfilled(case: &Case<'_>, task: &DeletionTask, summary: String, holders: &str) -> Finding {
    let standing = case.standing;
    let stores: Vec<_> = standing.needing().map(|store| format!("{} in {}", store.id, store.region)).collect();
    let nothing_left = holders.is_empty() && stores.is_empty() && standing.regions.is_complete();
    let limitation = nothing_left && case.profile.provider == Provider::Aws;
    let severity = if limitation { Severity::Low } else { Severity::Medium };
    let held_by = if holders.is_empty() { stores.join(", ") } else { holders.to_owned() };
    let how = match (limitation, held_by.as_str()) {
        (true, _) => format!("No store is left: an expected limitation. {}", case.profile.deletion_note),
        (false, "") => "Look for stores in every Region (`roletrail stores`), delete them, and ask again.".to_owned(),
        (false, held_by) => format!("Delete {held_by}, then ask for the role's deletion again."),
    };
    let last = task.checked_at.or(standing.last_seen).unwrap_or(task.submitted_at);
    let mut finding = Draft::new(case, &DOC, severity, summary)
        .actor(task.submitted_by.clone())
        .outcome(EventOutcome::Failed)
        .subject(Some("task".to_owned()))
        .seen(task.submitted_at, last)
        .fix(how, CLEARS);
    let event = |id: &String| FindingEvent { time: task.submitted_at, id: id.clone() };
    let checks = service_checks(case).filter(|check| belong_together(case, check.time, task.submitted_at));
    let checks = checks.map(|check| FindingEvent { time: check.time, id: check.id.clone() });
    finding.events = task.event_id.iter().map(event).chain(checks).collect();
    finding
}

/// Regions and resources that hold the role, as the task lists them.
fn holders(task: &DeletionTask) -> String {
    let usages = task.usage.iter().map(|usage| {
        let region = usage.region.as_deref().unwrap_or("an unnamed Region");
        if usage.resources.is_empty() {
            format!("resources in {region}")
        } else {
            format!("{} in {region}", usage.resources.join(", "))
        }
    });
    usages.collect::<Vec<_>>().join("; ")
}

/// Several tasks of one actor are one finding: the newest speaks, and its count and events are those of all.
fn newest_of_each(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: BTreeMap<FindingId, Finding> = BTreeMap::new();
    for mut finding in findings {
        let id = finding.id();
        if let Some(earlier) = merged.remove(&id) {
            finding.count += earlier.count;
            finding.first_seen = finding.first_seen.min(earlier.first_seen);
            finding.events.extend(earlier.events);
        }
        merged.insert(id, finding);
    }
    let mut merged: Vec<_> = merged.into_values().collect();
    for finding in &mut merged {
        finding.events.sort_by(|left, right| right.cmp(left));
        finding.events.dedup();
    }
    merged
}

#[cfg(test)]
mod tests {
    use crate::model::{EventOutcome, Outcome, Severity, StoreNeed, TaskStatus};
    use crate::rules::tests::{EventBuilder, Scene, check, fires, silent, unknown};

    const ID: &str = "failed-role-deletion";
    const DAY: &str = "2026-06-01T00:00:00Z";

    fn observed() -> Scene {
        Scene::aws().role().regions(Outcome::Complete)
    }

    #[test]
    fn a_failed_task_names_what_holds_the_role() {
        let scene = observed().store("cks-1", StoreNeed::Needed).task(DAY, TaskStatus::Failed, &["cks-1"]);
        let found = check(ID, &scene, fires(1));
        assert_eq!((found[0].severity, found[0].outcome), (Severity::Medium, Some(EventOutcome::Failed)));
        assert!(found[0].summary.contains("cks-1 in eu-west-1"), "{}", found[0].summary);
        assert!(found[0].fix.how.contains("cks-1"), "{}", found[0].fix.how);
    }

    #[test]
    fn with_no_store_left_it_is_an_expected_limitation_of_aws() {
        let failed = |scene: Scene| scene.role().regions(Outcome::Complete).task(DAY, TaskStatus::Failed, &[]);
        assert_eq!(check(ID, &failed(Scene::aws()), fires(1))[0].severity, Severity::Low);
        assert_eq!(check(ID, &failed(Scene::alibaba()), fires(1))[0].severity, Severity::Medium);
        let gap = Scene::aws().role().region("eu-west-1", Outcome::Error).task(DAY, TaskStatus::InternalError, &[]);
        assert_eq!(check(ID, &gap, fires(1))[0].severity, Severity::Medium);
    }

    #[test]
    fn a_refused_call_is_found_and_one_for_no_role_is_not() {
        let refused = |code: &'static str| Scene::aws().event(DAY, move |event| event.deletes_role().refused(code));
        let found = check(ID, &refused("AccessDenied"), fires(1));
        assert_eq!(found[0].outcome, Some(EventOutcome::Denied));
        check(ID, &refused("NoSuchEntityException"), silent());
    }

    #[test]
    fn an_accepted_deletion_counts_once_the_role_was_seen_after_the_grace_time() {
        let accepted = |at: &'static str| observed().event(at, EventBuilder::deletes_role);
        check(ID, &accepted(DAY), fires(1));
        check(ID, &accepted("2026-06-30T12:00:00Z"), silent());
        check(ID, &accepted(DAY).role_answer(Outcome::Denied), unknown());
        check(ID, &Scene::aws().event(DAY, EventBuilder::deletes_role), silent());
        check(ID, &observed().task(DAY, TaskStatus::InProgress, &[]), silent());
    }

    #[test]
    fn a_role_that_is_gone_clears_it() {
        let scene = Scene::aws().no_role().regions(Outcome::Complete).task(DAY, TaskStatus::Unknown, &[]);
        check(ID, &scene, silent());
        assert_eq!(scene.cleared(ID), ["the role is gone"]);
    }

    #[test]
    fn what_happened_to_an_earlier_role_of_the_same_name_does_not_count() {
        let scene = observed()
            .event("2025-06-01T00:00:00Z", |event| event.deletes_role().refused("AccessDenied"))
            .event("2025-06-01T00:00:00Z", EventBuilder::deletes_role);
        check(ID, &scene, silent());
    }

    #[test]
    fn the_services_check_is_a_sign_of_a_deletion() {
        let present = || Scene::alibaba().role().regions(Outcome::Complete);
        let tried = |scene: Scene| scene.event(DAY, EventBuilder::service_checks_deletion);
        let again = tried(present()).event("2026-06-01T00:10:00Z", EventBuilder::service_checks_deletion);
        let found = check(ID, &again, fires(1));
        assert!(found[0].summary.contains("CheckServiceLinkedRoleForDeleting"), "{}", found[0].summary);
        assert_eq!((found[0].severity, found[0].count, found[0].events.len()), (Severity::Medium, 1, 2));
        let soon = "2026-06-30T12:00:00Z";
        let early = present().event(soon, EventBuilder::service_checks_deletion);
        check(ID, &early, silent());
        assert!(early.recheck(ID).is_some());
        check(ID, &tried(Scene::alibaba().no_role().regions(Outcome::Complete)), silent());
        check(ID, &tried(present()).role_answer(Outcome::Denied), unknown());
        check(ID, &tried(Scene::alibaba()), silent());
    }

    #[test]
    fn a_check_that_belongs_to_a_known_deletion_is_evidence_and_no_finding_of_its_own() {
        let checked = |scene: Scene| scene.event("2026-06-01T00:05:00Z", EventBuilder::service_checks_deletion);
        let present = || Scene::alibaba().role().regions(Outcome::Complete);
        let failed = check(ID, &checked(present()).task(DAY, TaskStatus::Failed, &["kst-1"]), fires(1));
        assert_eq!(failed[0].events.len(), 1, "{:?}", failed[0].events);
        let accepted = check(ID, &checked(present().event(DAY, EventBuilder::deletes_role)), fires(1));
        assert_eq!(accepted[0].events.len(), 2, "{:?}", accepted[0].events);
        check(ID, &checked(present().task(DAY, TaskStatus::InProgress, &[])), silent());
        let refused = present().event(DAY, |event| event.deletes_role().refused("NoPermission"));
        let found = check(ID, &checked(refused), fires(1));
        assert_eq!(found[0].outcome, Some(EventOutcome::Denied));
    }

    #[test]
    fn asking_how_a_deletion_stands_is_no_attempt() {
        let polled = Scene::alibaba().role().regions(Outcome::Complete).event(DAY, EventBuilder::polls_deletion);
        check(ID, &polled, silent());
    }
}
