//! Those who read the history: on threads that may wait, and few of them at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::Problem;

/// Requests that read the history at the same time: as many as connections to it are kept open.
const AT_ONCE: usize = 4;
/// How long a request waits for its turn. A page takes milliseconds, so that whoever waits longer is one of many.
const PATIENCE: Duration = Duration::from_secs(2);

/// Turns to read the history.
#[derive(Debug)]
pub(super) struct Readers {
    turns: Arc<Semaphore>,
    patience: Duration,
}

impl Default for Readers {
    fn default() -> Self {
        Self::new(AT_ONCE, PATIENCE)
    }
}

impl Readers {
    pub(super) fn new(at_once: usize, patience: Duration) -> Self {
        Self { turns: Arc::new(Semaphore::new(at_once)), patience }
    }

    /// The same turns for somebody more patient.
    #[cfg(test)]
    pub(super) fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Does `work` when its turn comes. The turn ends with the work and not with whoever waits for it: a client that goes
    /// away in the middle does not let another one in too early.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let Ok(Ok(turn)) = timeout(self.patience, Arc::clone(&self.turns).acquire_owned()).await else {
            return Err(Problem::busy());
        };
        let working = spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        working.await.unwrap_or_else(|_| Err(Problem::broken()))
    }
}
