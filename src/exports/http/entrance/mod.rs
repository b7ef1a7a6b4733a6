//! The way in: TLS, passwords and limits, as `[web] config_file` says.
//!
//! Each connection takes the rules that hold when it comes, and keeps them; a change of the rules is a new set of
//! them, so that no request sees half of one. Connections that came in by other rules about who may read are asked
//! to come again.

mod auth;
#[cfg(test)]
mod cases;
mod certificate;
mod clients;
mod fields;
mod file;
mod rate;
mod rules;
#[cfg(test)]
mod tests;
mod tls;
mod visit;
mod watch;
mod words;
mod yaml;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use super::listen::{self, ListenError};
use crate::config::{ConfigError, Web};
use crate::exports::metrics::Metrics;
use auth::Checker;
pub(super) use rules::Rules;
pub(super) use tls::HTTP2;
pub(super) use visit::Visit;
use watch::Seen;

/// How often to look whether the files have changed.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// How long a connection waits for that; files may lie on a disk that does not answer.
const LOOK_TIME: Duration = Duration::from_secs(2);

/// Why nobody can be let in.
#[derive(Debug, thiserror::Error)]
pub enum EntranceError {
    /// The web configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It does not suit the address.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The system lacks something.
    #[error("passwords cannot be checked: {0}")]
    System(String),
}

/// What a web configuration says, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Whether there is TLS.
    pub tls: bool,
    /// When its certificate ends.
    pub expires: Option<Timestamp>,
    /// Users with a password.
    pub users: usize,
}

/// The way in to the pages.
pub struct Entrance {
    file: Option<PathBuf>,
    address: SocketAddr,
    allow_insecure: bool,
    rules: RwLock<Arc<Rules>>,
    /// The files as they were when they were read last. Who holds it is reading them.
    seen: Mutex<Seen>,
    looked: Mutex<Instant>,
    checker: Checker,
}

impl Entrance {
    /// Reads the web configuration that the settings name, and refuses to serve where others could read without
    /// being asked.
    ///
    /// # Errors
    /// [`EntranceError`].
    pub fn open(web: &Web) -> Result<Arc<Self>, EntranceError> {
        let mut seen = Seen::default();
        let rules = web.config_file.as_ref().map(|path| Rules::load(path, None, &mut seen));
        let rules = rules.transpose()?.unwrap_or_default();
        listen::check(web.listen_address, rules.protection(), web.allow_insecure)?;
        Ok(Arc::new(Self {
            file: web.config_file.clone(),
            address: web.listen_address,
            allow_insecure: web.allow_insecure,
            rules: RwLock::new(Arc::new(rules)),
            seen: Mutex::new(seen),
            looked: Mutex::new(Instant::now()),
            checker: Checker::new().map_err(EntranceError::System)?,
        }))
    }

    /// Listens; where that is has been checked.
    ///
    /// # Errors
    /// [`ListenError`].
    pub async fn bind(&self) -> Result<TcpListener, ListenError> {
        listen::bind(self.address).await
    }

    /// Shows what is in force on the metrics page.
    pub(super) fn announce(&self, metrics: &Metrics) {
        metrics.web_certificate_expires(self.current().expires);
    }

    /// What is in force.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let rules = self.current();
        Summary { tls: rules.tls.is_some(), expires: rules.expires, users: rules.access.users.len() }
    }

    /// Reads the web configuration again: all of it takes effect, or nothing.
    pub fn reload(&self, metrics: &Metrics) {
        self.read_again(&mut hold(&self.seen), metrics);
    }

    /// The rules for a connection that comes now.
    pub(super) async fn rules(self: &Arc<Self>, metrics: &Arc<Metrics>) -> Arc<Rules> {
        if self.is_time_to_look() {
            let (entrance, metrics) = (Arc::clone(self), Arc::clone(metrics));
            let look = spawn_blocking(move || entrance.look(&metrics));
            // Whoever does not want to wait any longer has the rules as they are.
            let _ = timeout(LOOK_TIME, look).await;
        }
        self.current()
    }

    fn current(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_time_to_look(&self) -> bool {
        if self.file.is_none() {
            return false;
        }
        let (mut looked, now) = (hold(&self.looked), Instant::now());
        let due = LOOK_EVERY <= now.duration_since(*looked);
        if due {
            *looked = now;
        }
        due
    }

    fn look(&self, metrics: &Metrics) {
        // Somebody else is reading already.
        let Ok(mut seen) = self.seen.try_lock() else { return };
        if seen.is_outdated() {
            self.read_again(&mut seen, metrics);
        }
    }

    fn read_again(&self, seen: &mut Seen, metrics: &Metrics) {
        let Some(path) = &self.file else { return };
        let old = self.current();
        let mut newly = Seen::default();
        let read = Rules::load(path, Some(&old), &mut newly).map_err(EntranceError::from).and_then(|rules| {
            listen::check(self.address, rules.protection(), self.allow_insecure)?;
            Ok(rules)
        });
        *seen = newly;
        metrics.web_reloaded(read.is_ok());
        match read {
            Ok(rules) => self.replace(&old, rules, metrics),
            Err(error) => {
                tracing::error!(reason = %error, "the web configuration is wrong; the old one stays in effect");
            }
        }
    }

    fn replace(&self, old: &Rules, new: Rules, metrics: &Metrics) {
        let same_access = old.access == new.access;
        metrics.web_certificate_expires(new.expires);
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        if !same_access {
            old.retired.cancel();
        }
        tracing::info!(file = ?self.file, "the new web configuration is in effect");
    }
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
