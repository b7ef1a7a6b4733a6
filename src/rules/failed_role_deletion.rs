//! Failed role deletion.
//!
//! # What it finds
//! - A deletion task of the role that ended `FAILED` or `INTERNAL_ERROR`.
//! - A call of `DeleteServiceLinkedRole` that was refused.
//! - A deletion that was accepted, and the same role still there after the grace time.
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
        for task in deletions(case) {
            match Fate::of(case, &task) {
                Fate::Failed => ruling.findings.push(task_finding(case, &task)),
                Fate::StillThere => ruling.findings.push(still_there(case, &task)),
                Fate::TooEarly => ruling.recheck(task.submitted_at + case.evidence.settings.grace),
                Fate::NotObserved => {
                    ruling.undecided =
                        Some("a deletion was accepted and nobody has looked for the role since".to_owned());
                }
                Fate::Well => {}
            }
        }
        ruling.findings = newest_of_each(ruling.findings);
        ruling
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
    accepted_finding(case, task, summary, &holders)
}

fn still_there(case: &Case<'_>, task: &DeletionTask) -> Finding {
    let summary = format!(
        "The deletion of role {} was accepted at {:.0}, no answer tells how its task ended, and the same role is \
         still there.",
        case.profile.role_name(),
        task.submitted_at
    );
    accepted_finding(case, task, summary, "")
}

/// A finding about a deletion that was accepted and did not happen.
fn accepted_finding(case: &Case<'_>, task: &DeletionTask, summary: String, holders: &str) -> Finding {
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
    finding.events = task.event_id.iter().map(event).collect();
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
}
