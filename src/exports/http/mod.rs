//! The HTTP side: `/metrics`, health, readiness and the status page, read only.
//!
//! Nothing here asks a cloud: `/metrics` is made beforehand, and what asks the store does so on a thread that may wait. A
//! connection is accepted here, agrees on TLS in `greet`, talks in `talk`; each of its requests passes `entrance`, which
//! holds the web configuration, and is answered by `pages`. The connections are served by hyper itself rather than by
//! axum's own loop, because that one has no limit for clients that send or read slowly, greet with endless headers, or
//! come by the thousand.

mod api;
mod entrance;
mod greet;
mod listen;
mod pages;
mod runbooks;
mod stall;
mod status;
mod talk;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

pub use api::Judge;
pub use entrance::{Entrance, EntranceError, Summary};
use entrance::{Rules, Visit};
pub use listen::ListenError;
pub use pages::{Health, Site};
use stall::StallGuard;

use crate::exports::metrics::Metrics;

/// How long to wait after the system could not hand over a connection, usually for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// What a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time; further ones wait in the system's queue.
    pub connections: usize,
    /// Time for the whole head of a request, and for an idle connection until its next one.
    pub head_time: Duration,
    /// Bytes of the head, at least 8,192.
    pub head_bytes: usize,
    /// Header lines of a request.
    pub headers: usize,
    /// Time without any progress while a client does not read its answer.
    pub stall_time: Duration,
    /// Time for answers under way when the server ends.
    pub closing_time: Duration,
}

/// Prometheus sends a request of a few hundred bytes every 15 to 60 seconds; all limits are far above that.
impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            head_time: Duration::from_secs(10),
            head_bytes: 16 * 1024,
            headers: 64,
            stall_time: Duration::from_secs(30),
            closing_time: Duration::from_secs(2),
        }
    }
}

/// What every connection needs.
#[derive(Clone)]
struct House {
    entrance: Arc<Entrance>,
    metrics: Arc<Metrics>,
    router: Router,
    limits: Limits,
    closed: watch::Receiver<()>,
}

/// Serves the pages until `shutdown` completes, then ends what is under way within [`Limits::closing_time`].
pub async fn serve(
    listener: TcpListener,
    entrance: Arc<Entrance>,
    site: Site,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    entrance.announce(&site.metrics);
    let slots = Arc::new(Semaphore::new(limits.connections));
    let (closing, closed) = watch::channel(());
    let house = House { entrance, metrics: Arc::clone(&site.metrics), router: pages::router(site), limits, closed };
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = accept(&listener, &slots) => {
                if let Some((stream, slot)) = accepted {
                    connections.spawn(converse(stream, house.clone(), slot));
                }
            }
        }
    }
    drop(listener);
    drop(closing);
    // What is not done in time is cut when the set is dropped.
    let _ = timeout(limits.closing_time, async { while connections.join_next().await.is_some() {} }).await;
}

/// Waits for a free slot first: a connection beyond the limit stays with the system and costs nothing here.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, slot)),
        Err(error) => {
            tracing::warn!(%error, "no connection could be accepted");
            sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// One connection from its first byte to its end. Its slot is free again when it is over.
async fn converse(stream: TcpStream, house: House, _slot: OwnedSemaphorePermit) {
    let rules = house.entrance.rules(&house.metrics).await;
    if let Err(error) = talk_by(&rules, stream, house).await {
        // Clients vanish all the time; only somebody who looks for it wants to read that.
        tracing::debug!(error, "a connection ended early");
    }
}

/// Talks as the rules say and both sides can. The connection ends with the server, and when the rules about who may
/// read have changed; a request under way is answered before.
async fn talk_by(rules: &Arc<Rules>, stream: TcpStream, house: House) -> Result<(), String> {
    let House { entrance, router, limits, mut closed, .. } = house;
    let visit = Visit::new(entrance, Arc::clone(rules), router);
    let end = async {
        tokio::select! {
            _ = closed.changed() => {}
            () = rules.retired.cancelled() => {}
        }
    };
    let ended = match &rules.tls {
        None => talk::in_http1(StallGuard::new(stream, limits.stall_time), visit, limits, end).await,
        Some(tls) => {
            let greeted = greet::greet(stream, tls, limits).await.map_err(|error| error.to_string())?;
            if greeted.http2 {
                talk::in_http2(greeted.stream, visit, limits, end).await
            } else {
                talk::in_http1(greeted.stream, visit, limits, end).await
            }
        }
    };
    ended.map_err(|error| error.to_string())
}
