//! How the daemon is told to end: signals outside, a flag inside.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Signals waiting to be handled. More at once mean nothing that these do not.
const SIGNALS_WAITING: usize = 8;

/// Tells work under way to stop. Every clone is the same flag.
#[derive(Debug, Clone, Default)]
pub struct Stop(CancellationToken);

impl Stop {
    /// Whether to stop. Work asks before each step that it can leave undone.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }

    /// The same flag, for work that waits for it.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.0.clone()
    }

    /// Asks to stop; there is no way back.
    pub fn request(&self) {
        self.0.cancel();
    }
}

/// What the daemon is asked to do from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End: SIGTERM or SIGINT. The second one ends at once.
    End,
    /// Read the configuration again: SIGHUP.
    Reload,
}

/// Listens to the process's signals. From now on they do not end the process by themselves.
///
/// # Errors
/// The system's error when a handler cannot be installed.
pub fn listen() -> io::Result<mpsc::Receiver<Signal>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let (sender, receiver) = mpsc::channel(SIGNALS_WAITING);
    tokio::spawn(async move {
        loop {
            let heard = tokio::select! {
                Some(()) = terminate.recv() => Signal::End,
                Some(()) = interrupt.recv() => Signal::End,
                Some(()) = hangup.recv() => Signal::Reload,
                else => break,
            };
            if sender.send(heard).await.is_err() {
                break;
            }
        }
    });
    Ok(receiver)
}
