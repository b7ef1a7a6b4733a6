//! The running fake.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::catalogue::Service;
use super::faults::Fault;
use super::keys::{SECRET, key_of};
use super::ledger::{Call, Ledger};
use super::server;
use super::wire::Server;
use super::world::World;

/// What the server's tasks share.
pub struct Shared {
    pub world: Mutex<World>,
    pub ledger: Mutex<Ledger>,
    pub faults: Mutex<Vec<Fault>>,
    /// Services that another server answers, at its address.
    pub forwards: Mutex<Vec<(Service, SocketAddr)>>,
    /// Microseconds before every answer.
    pub latency: AtomicU64,
    /// Whether every call is kept, or only counted.
    pub keep_calls: AtomicBool,
    pub requests: AtomicU64,
}

/// Locks; a test that failed while it held the lock must not hide its own message behind ours.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The fake on a thread of its own; it ends when this is dropped.
pub struct Cloud {
    shared: Arc<Shared>,
    server: Server,
}

impl Cloud {
    /// Serves a world on a free port of loopback; answers when it listens.
    pub fn start(world: World) -> Self {
        Self::start_on(world, 0)
    }

    /// Serves a world on a port of loopback.
    pub fn start_on(world: World, port: u16) -> Self {
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            ledger: Mutex::default(),
            faults: Mutex::default(),
            forwards: Mutex::default(),
            latency: AtomicU64::new(0),
            keep_calls: AtomicBool::new(true),
            requests: AtomicU64::new(0),
        });
        let answering = Arc::clone(&shared);
        let server = Server::start(port, move |received| server::respond(received, Arc::clone(&answering)));
        Self { shared, server }
    }

    /// Where it listens, as an endpoint URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// The environment for a program that is to talk to it with the hub's key, and to nobody else.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let hub = key_of(&lock(&self.shared.world).management);
        let mut environment = self.environment_with(&hub, None);
        environment.extend([("AWS_REGION", "us-east-1".to_owned()), ("AWS_DEFAULT_REGION", "us-east-1".to_owned())]);
        environment
    }

    fn environment_with(&self, key: &str, token: Option<&str>) -> Vec<(&'static str, String)> {
        let mut environment = vec![
            ("AWS_ACCESS_KEY_ID", key.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ];
        environment.extend(token.map(|token| ("AWS_SESSION_TOKEN", token.to_owned())));
        environment
    }

    /// Changes the world while it is served.
    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut lock(&self.shared.world))
    }

    /// Adds a rule; of several rules for a call, the first that strikes counts.
    pub fn fault(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// Takes every rule away.
    pub fn heal(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Has another server answer services, named as requests are signed for them: `s3`, `sqs`, `sns`, `iam` ...
    pub fn forward(&self, services: &[&str], url: &str) {
        let host = url.trim_start_matches("http://").trim_end_matches('/');
        let address: SocketAddr = host.parse().expect("the URL of a server is http://ADDRESS:PORT");
        let mut forwards = lock(&self.shared.forwards);
        for name in services {
            let service = Service::of(name).expect("the fake knows the service");
            forwards.retain(|(known, _)| *known != service);
            forwards.push((service, address));
        }
    }

    /// Answers every call this much later.
    pub fn set_latency(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).expect("a latency is short");
        self.shared.latency.store(micros, Ordering::Relaxed);
    }

    /// Counts calls from now on without keeping them.
    pub fn only_count(&self) {
        self.shared.keep_calls.store(false, Ordering::Relaxed);
    }

    /// Every call, in the order in which they came.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.shared.ledger).calls.clone()
    }

    /// The calls of an action.
    pub fn calls_of(&self, action: &str) -> Vec<Call> {
        lock(&self.shared.ledger).calls.iter().filter(|call| call.action == action).cloned().collect()
    }

    /// Every action that was asked for.
    pub fn actions(&self) -> BTreeSet<String> {
        lock(&self.shared.ledger).by_action.keys().cloned().collect()
    }

    /// How many calls there were.
    pub fn total(&self) -> u64 {
        lock(&self.shared.ledger).total
    }

    /// What was refused because the request itself was wrong: empty for a correct client.
    pub fn refusals(&self) -> Vec<String> {
        lock(&self.shared.ledger).refusals.clone()
    }

    /// Forgets what was asked.
    pub fn forget(&self) {
        let mut ledger = lock(&self.shared.ledger);
        ledger.calls.clear();
        ledger.by_action.clear();
        ledger.refusals.clear();
        ledger.total = 0;
    }

    /// The most calls that were under way at once.
    pub fn most_in_flight(&self) -> usize {
        lock(&self.shared.ledger).most_in_flight
    }

    /// The most calls of one account that were under way at once.
    pub fn most_in_flight_of(&self, account: &str) -> usize {
        lock(&self.shared.ledger).most_by_account.get(account).copied().unwrap_or(0)
    }

    /// The most calls of `LookupEvents` in any second, of one account and Region.
    pub fn most_lookups_in_a_second(&self) -> usize {
        lock(&self.shared.ledger).most_lookups_in_a_second()
    }
}
