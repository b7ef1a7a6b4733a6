//! What IAM says of the deletion of a service-linked role.

use aws_sdk_iam::types::DeletionTaskFailureReasonType;
use jiff::Timestamp;

use super::calls::Call;
use super::{Failure, Hub, roles};
use crate::model::{DeletionTask, Provider, TaskStatus, TaskUsage, api};
use crate::sources::live::{Deletions, Hub as _, Patience, forgotten};

impl Deletions for Hub {
    const PROVIDER: Provider = Provider::Aws;
    const CALL: &'static str = api::AWS_DELETION_STATUS;

    async fn stands(&self, task: &DeletionTask, patience: Patience) -> Result<DeletionTask, Failure> {
        let session = self.enter(&task.account).await?;
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
            Err(failure) if failure.is("NoSuchEntity") => {
                Ok(forgotten(task, roles::created(&session, role_of(task)).await?, patience))
            }
            Err(failure) => Err(failure),
        }
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

/// The role's name in the task's id: `task/aws-service-role/PRINCIPAL/ROLE/UUID` (IAM API Reference,
/// `DeleteServiceLinkedRole`).
fn role_of(task: &DeletionTask) -> &str {
    task.id.rsplit('/').nth(1).unwrap_or_default()
}
