//! What Resource Management says of the deletion of a service-linked role.

use serde::Deserialize;

use super::calls::Call;
use super::regions::HOME;
use super::{Failure, Hub, answer, roles};
use crate::model::{DeletionTask, Provider, TaskStatus, TaskUsage, api};
use crate::sources::live::{Deletions, Hub as _, Patience, forgotten};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    status: String,
    reason: Option<Reason>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reason {
    #[serde(default, deserialize_with = "answer::optional_text")]
    message: Option<String>,
    #[serde(default, deserialize_with = "answer::optional_list")]
    role_usages: Vec<Usage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Usage {
    #[serde(default, deserialize_with = "answer::optional_text")]
    region: Option<String>,
    #[serde(default, deserialize_with = "answer::optional_list")]
    resources: Vec<String>,
}

impl Deletions for Hub {
    const PROVIDER: Provider = Provider::Alibaba;
    const CALL: &'static str = api::ALIBABA_DELETION_STATUS;

    async fn stands(&self, task: &DeletionTask, patience: Patience) -> Result<DeletionTask, Failure> {
        let session = self.enter(&task.account).await?;
        let parameters = [("DeletionTaskId", task.id.clone())];
        match session.ask::<Answer>(Call::GetServiceLinkedRoleDeletionStatus, HOME, &parameters).await {
            Ok(answer) => answer.told(task, patience),
            // Which code an unknown task has is not documented; those of things that are not there are alike.
            Err(failure) if failure.code.as_deref().is_some_and(|code| code.starts_with("EntityNotExist")) => {
                Ok(forgotten(task, roles::created(&session, role_of(task)).await?, patience))
            }
            Err(failure) => Err(failure),
        }
    }
}

impl Answer {
    fn told(self, task: &DeletionTask, patience: Patience) -> Result<DeletionTask, Failure> {
        let status = TaskStatus::from_word(&self.status);
        if status == TaskStatus::Unknown {
            return Err(Failure::protocol(format!("{:?} is no status of a deletion", self.status)));
        }
        let (reason, usage) = self.reason.map(|reason| (reason.message, reason.role_usages)).unwrap_or_default();
        let usage = usage.into_iter().map(|usage| TaskUsage { region: usage.region, resources: usage.resources });
        let (checked_at, usage) = (Some(patience.now), usage.collect());
        Ok(DeletionTask { status, checked_at, reason, usage, ..task.clone() })
    }
}

/// The role's name in the task's id: `task/acs-service-role/SERVICE/ROLE/UUID`, as the documentation of
/// `GetServiceLinkedRoleDeletionStatus` shows it.
fn role_of(task: &DeletionTask) -> &str {
    task.id.rsplit('/').nth(1).unwrap_or_default()
}
