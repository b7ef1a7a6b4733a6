//! How deletions of service-linked roles stand: accepted at once, decided later, and told by no trail.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;

use super::plan::hand_over;
use super::{Failure, Found, Outlet, Patience};
use crate::model::{Coverage, CoverageKey, DeletionTask, Outcome, Provider, TaskStatus};

/// Tasks that are asked for side by side. There are few: a role is deleted once.
const TASKS_AT_ONCE: usize = 16;

/// Whoever can be asked about deletions.
pub(in crate::sources) trait Deletions: Send + Sync {
    /// The provider.
    const PROVIDER: Provider;

    /// The call that tells.
    const CALL: &'static str;

    /// How a deletion stands.
    fn stands(
        &self,
        task: &DeletionTask,
        patience: Patience,
    ) -> impl Future<Output = Result<DeletionTask, Failure>> + Send;
}

/// Asks how tasks stand, each in its account, and hands the answers over.
pub(in crate::sources) async fn ask_tasks<D: Deletions>(
    source: Arc<D>,
    tasks: Vec<DeletionTask>,
    patience: Patience,
    outlet: Outlet,
) {
    let answers = stream::iter(tasks).map(|task| {
        let (source, outlet) = (Arc::clone(&source), outlet.clone());
        async move {
            let answer = source.stands(&task, patience).await;
            let row = row::<D>(&task, answer.as_ref().err(), patience.now);
            let found = Found::Task { account: task.account.clone(), task: answer.ok().map(Box::new), row };
            hand_over(&outlet, found).await;
        }
    });
    answers.for_each_concurrent(TASKS_AT_ONCE, |answer| answer).await;
}

/// Providers forget tasks, quick ones at once: then the role itself tells. `created` is when the role of this name was
/// created, `None` where there is none.
pub(in crate::sources) fn forgotten(
    task: &DeletionTask,
    created: Option<Timestamp>,
    patience: Patience,
) -> DeletionTask {
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
    DeletionTask { status, checked_at: Some(patience.now), reason, usage: Vec::new(), ..task.clone() }
}

fn row<D: Deletions>(task: &DeletionTask, trouble: Option<&Failure>, now: Timestamp) -> Coverage {
    let key = CoverageKey {
        provider: D::PROVIDER,
        account: Some(task.account.clone()),
        region: None,
        api: D::CALL.to_owned(),
        subject: Some(task.id.clone()),
    };
    let (outcome, detail) =
        trouble.map_or((Outcome::Complete, String::new()), |failure| (failure.outcome, failure.detail.clone()));
    Coverage { key, outcome, detail, from: now, to: now }
}
