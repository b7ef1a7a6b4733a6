//! The running fake.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use hyper::Response;

use super::answer::{Errors, Refusal};
use super::faults::{Effect, Fault};
use super::ledger::{Call, Ledger};
use super::wire::{Received, Reset, Server, header};

/// A world that can be served.
pub trait Served: Send + Sized + 'static {
    /// Answers one request.
    fn respond(
        received: Received,
        shared: Arc<Shared<Self>>,
    ) -> impl Future<Output = Result<Response<Body>, Reset>> + Send;

    /// The environment for a program that is to talk to this address with the hub's key, and to look for no other.
    fn environment(&self, url: &str) -> Vec<(&'static str, String)>;
}

/// Whose request it is.
#[derive(Debug, Clone)]
pub struct Identity {
    pub account: String,
    /// ARN of the user or of the session.
    pub arn: String,
    pub session: bool,
}

/// Why a request is not answered as it should be.
#[derive(Debug)]
pub enum Stop {
    Refused(Refusal),
    /// The connection is to be reset.
    Reset,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// What the server's tasks share.
pub struct Shared<W> {
    pub world: Mutex<W>,
    pub ledger: Mutex<Ledger>,
    faults: Mutex<Vec<Fault>>,
    /// Microseconds before every answer.
    latency: AtomicU64,
    /// Whether every call is kept, or only counted.
    keep_calls: AtomicBool,
    requests: AtomicU64,
}

/// Locks; a test that failed while it held the lock must not hide its own message behind ours.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends a call in the ledger, however it ends.
pub struct UnderWay<'a> {
    ledger: &'a Mutex<Ledger>,
    account: String,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        lock(self.ledger).end(&self.account);
    }
}

impl<W> Shared<W> {
    /// The number of one more request.
    pub fn count(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    /// Notes that a call begins, and has it wait as long as every call does.
    pub async fn begin(&self, call: Call) -> UnderWay<'_> {
        let account = call.account.clone();
        lock(&self.ledger).begin(call, self.keep_calls.load(Ordering::Relaxed));
        let under_way = UnderWay { ledger: &self.ledger, account };
        let latency = self.latency.load(Ordering::Relaxed);
        if latency != 0 {
            tokio::time::sleep(Duration::from_micros(latency)).await;
        }
        under_way
    }

    /// What goes wrong with a call, if anything does. `place` is its action, account and Region.
    ///
    /// # Errors
    /// Where it is not answered for that.
    pub async fn strike(
        &self,
        place: (&str, &str, &str),
        protocol: impl Errors,
        caller: &str,
    ) -> Result<Option<Effect>, Stop> {
        let (action, account, region) = place;
        let strikes = |fault: &mut Fault| fault.strikes(action, account, region);
        let effect = lock(&self.faults).iter_mut().find_map(strikes);
        if let Some(refusal) = effect.as_ref().and_then(|effect| effect.refusal(protocol, caller, action)) {
            return Err(Stop::Refused(refusal));
        }
        match &effect {
            Some(Effect::Hang) => std::future::pending().await,
            Some(Effect::Reset) => return Err(Stop::Reset),
            Some(Effect::Delay(late)) => tokio::time::sleep(*late).await,
            _ => {}
        }
        Ok(effect)
    }

    /// Keeps a refusal of what a correct client does not ask. `header` names the operation.
    pub fn note(&self, incoming: &Received, named_by: &str, refusal: &Refusal) {
        if refusal.malformed {
            let name = header(&incoming.parts.headers, named_by);
            let what = format!("{} {} {name}", incoming.parts.method, incoming.parts.uri);
            let body = String::from_utf8_lossy(&incoming.body);
            lock(&self.ledger).refusals.push(format!("{}: {} ({what}: {body})", refusal.code, refusal.message));
        }
    }
}

/// The fake on a thread of its own; it ends when this is dropped.
pub struct Cloud<W> {
    shared: Arc<Shared<W>>,
    server: Server,
}

impl<W: Served> Cloud<W> {
    /// Serves a world on a free port of loopback; answers when it listens.
    pub fn start(world: W) -> Self {
        Self::start_on(world, 0)
    }

    /// Serves a world on a port of loopback.
    pub fn start_on(world: W, port: u16) -> Self {
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            ledger: Mutex::default(),
            faults: Mutex::default(),
            latency: AtomicU64::new(0),
            keep_calls: AtomicBool::new(true),
            requests: AtomicU64::new(0),
        });
        let answering = Arc::clone(&shared);
        let server = Server::start(port, move |received| W::respond(received, Arc::clone(&answering)));
        Self { shared, server }
    }

    /// Where it listens, as an endpoint URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// The environment for a program that is to talk to it with the hub's key, and to look for no other.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        lock(&self.shared.world).environment(&self.url())
    }

    /// Changes the world while it is served.
    pub fn change<T>(&self, change: impl FnOnce(&mut W) -> T) -> T {
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
