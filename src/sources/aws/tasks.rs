//! How deletions of service-linked roles stand: accepted at once, decided later, and told by no trail.

use std::sync::Arc;

use aws_sdk_iam::types::DeletionTaskFailureReasonType;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use super::calls::Call;
use super::collect::hand_over;
use super::{Failure, Hub, Session, roles};
use crate::model::{Coverage, CoverageKey, DeletionTask, Outcome, Provider, TaskStatus, TaskUsage};
use crate::sources::live::{Found, Outlet, Patience};

/// Tasks that are asked for side by side. There are few: a role is deleted once.
const TASKS_AT_ONCE: usize = 16;

/// Asks how tasks stand, each in its account, and hands the answers over.
pub async fn ask_tasks(hub: Arc<Hub>, tasks: Vec<DeletionTask>, patience: Patience, outlet: Outlet) {
    let answers = stream::iter(tasks).map(|task| {
        let (hub, outlet) = (Arc::clone(&hub), outlet.clone());
        async move {
            let answer = stands(&hub, &task, patience).await;
            let row = row(&task, answer.as_ref().err(), patience.now);
            let found = Found::Task { account: task.account.clone(), task: answer.ok().map(Box::new), row };
            hand_over(&outlet, found).await;
        }
    });
    answers.for_each_concurrent(TASKS_AT_ONCE, |answer| answer).await;
}

async fn stands(hub: &Hub, task: &DeletionTask, patience: Patience) -> Result<DeletionTask, Failure> {
    let session = hub.enter(&task.account).await?;
    let (iam, region) = (session.iam(), session.global_region());
    let ask = || async {
        let call = iam.get_service_linked_role_deletion_status().deletion_task_id(&task.id);
        let answer = call.send().await.map_err(|error| Failure::of(&error))?;
        let status = TaskStatus::from_word(answer.status.as_str());
        if status == TaskStatus::Unknown {
            return Err(Failure::protocol(format!("{:?} is no status of a deletion", answer.status.as_str())));
        }
        Ok((status, answer.reason))
    };
    match session.caller.check(Call::GetServiceLinkedRoleDeletionStatus, region, ask).await {
        Ok((status, reason)) => Ok(told(task, status, reason, patience.now)),
        Err(failure) if failure.is("NoSuchEntity") => forgotten(&session, task, patience).await,
        Err(failure) => Err(failure),
    }
}

fn told(
    task: &DeletionTask,
    status: TaskStatus,
    reason: Option<DeletionTaskFailureReasonType>,
    now: Timestamp,
) -> DeletionTask {
    let (reason, usage) = reason.map(|reason| (reason.reason, reason.role_usage_list)).unwrap_or_default();
    let usage = usage.unwrap_or_default().into_iter();
    let usage = usage
        .map(|usage| TaskUsage { region: usage.region, resources: usage.resources.unwrap_or_default() })
        .collect();
    DeletionTask { status, checked_at: Some(now), reason, usage, ..task.clone() }
}

/// IAM forgets tasks, quick ones at once: then the role itself is asked for.
async fn forgotten(session: &Session, task: &DeletionTask, patience: Patience) -> Result<DeletionTask, Failure> {
    let created = roles::created(session, role_of(task)).await?;
    let (status, reason) = match created {
        None => (TaskStatus::Succeeded, "the task is gone, and so is the role"),
        Some(created) if task.submitted_at < created => {
            (TaskStatus::Succeeded, "the task is gone, and the role was made again since")
        }
        Some(_) if patience.now < task.submitted_at + patience.grace => {
            (TaskStatus::Unknown, "the task is gone, and the role is still there")
        }
        Some(_) => (TaskStatus::Failed, "the task is gone, and the same role is still there after the grace time"),
    };
    let reason = Some(reason.to_owned());
    Ok(DeletionTask { status, checked_at: Some(patience.now), reason, usage: Vec::new(), ..task.clone() })
}

/// The role's name in the task's id: `task/aws-service-role/PRINCIPAL/ROLE/UUID` (IAM API Reference,
/// `DeleteServiceLinkedRole`).
fn role_of(task: &DeletionTask) -> &str {
    task.id.rsplit('/').nth(1).unwrap_or_default()
}

fn row(task: &DeletionTask, trouble: Option<&Failure>, now: Timestamp) -> Coverage {
    let key = CoverageKey {
        provider: Provider::Aws,
        account: Some(task.account.clone()),
        region: None,
        api: Call::GetServiceLinkedRoleDeletionStatus.action().to_owned(),
        subject: Some(task.id.clone()),
    };
    let (outcome, detail) =
        trouble.map_or((Outcome::Complete, String::new()), |failure| (failure.outcome, failure.detail.clone()));
    Coverage { key, outcome, detail, from: now, to: now }
}
