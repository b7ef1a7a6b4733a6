//! What the service manager hears (systemd's `sd_notify` protocol). Without one, nothing is sent.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;

/// Takes what is sent to the service manager.
type Send = dyn Fn(&[NotifyState<'_>]) + std::marker::Send + Sync;

/// The line to the service manager.
#[derive(Clone)]
pub struct Notifier {
    send: Arc<Send>,
    watchdog: Option<Duration>,
}

impl std::fmt::Debug for Notifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notifier").field("watchdog", &self.watchdog).finish_non_exhaustive()
    }
}

impl Notifier {
    /// The service manager that started the process, if one did: it names its socket and its patience in
    /// `NOTIFY_SOCKET` and `WATCHDOG_USEC`, by systemd's protocol and not as settings of ours.
    #[must_use]
    pub fn of_service_manager() -> Self {
        let send = |states: &[NotifyState<'_>]| {
            // Losing a status line is no reason to end; losing a watchdog line ends us soon enough.
            if let Err(error) = sd_notify::notify(states) {
                tracing::warn!(%error, "the service manager could not be told");
            }
        };
        Self { send: Arc::new(send), watchdog: sd_notify::watchdog_enabled() }
    }

    /// Nobody listens.
    #[must_use]
    pub fn silent() -> Self {
        Self { send: Arc::new(|_| {}), watchdog: None }
    }

    /// Everything is up.
    pub fn ready(&self) {
        (self.send)(&[NotifyState::Ready]);
    }

    /// The configuration is being read again; [`Notifier::ready`] must follow. Time on the monotonic clock goes with
    /// it: from version 253 on systemd tells old answers from new ones by it.
    pub fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => (self.send)(&[NotifyState::Reloading, now]),
            Err(error) => tracing::warn!(%error, "the service manager could not be told of the reload"),
        }
    }

    /// The end has begun.
    pub fn stopping(&self) {
        (self.send)(&[NotifyState::Stopping]);
    }

    /// Still alive.
    pub fn alive(&self) {
        (self.send)(&[NotifyState::Watchdog]);
    }

    /// What `systemctl status` shows.
    pub fn status(&self, text: &str) {
        // A line break would begin another assignment of the protocol.
        (self.send)(&[NotifyState::Status(&text.replace(['\n', '\r'], " "))]);
    }

    /// How often [`Notifier::alive`] is wanted: half the service manager's patience, so that one late call is none
    /// too many.
    #[must_use]
    pub fn alive_every(&self) -> Option<Duration> {
        self.watchdog.map(|patience| patience / 2).filter(|half| !half.is_zero())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::sync::Mutex;

    /// Everything that was sent, a line for each state.
    pub(in crate::daemon) type Heard = Arc<Mutex<Vec<String>>>;

    /// A notifier whose words can be read, with the service manager's patience.
    pub(in crate::daemon) fn heard(watchdog: Option<Duration>) -> (Notifier, Heard) {
        let heard = Heard::default();
        let ear = Arc::clone(&heard);
        let send = move |states: &[NotifyState<'_>]| {
            ear.lock().expect("no test panics while it listens").extend(states.iter().map(ToString::to_string));
        };
        (Notifier { send: Arc::new(send), watchdog }, heard)
    }

    #[test]
    fn a_reload_is_announced_with_the_monotonic_time() {
        let (notifier, heard) = heard(None);
        notifier.reloading();
        let heard = heard.lock().expect("no test panics while it listens");
        assert_eq!(heard[0], "RELOADING=1");
        assert!(heard[1].strip_prefix("MONOTONIC_USEC=").is_some_and(|usec| usec.parse::<u64>().is_ok()));
    }

    #[test]
    fn a_status_cannot_carry_another_assignment() {
        let (notifier, heard) = heard(None);
        notifier.status("idle\nREADY=1");
        assert_eq!(*heard.lock().expect("no test panics while it listens"), ["STATUS=idle READY=1"]);
    }

    #[test]
    fn life_signs_are_due_at_half_the_patience() {
        let (notifier, _) = heard(Some(Duration::from_mins(1)));
        assert_eq!(notifier.alive_every(), Some(Duration::from_secs(30)));
        assert_eq!(Notifier::silent().alive_every(), None);
    }
}
