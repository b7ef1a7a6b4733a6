//! The HTTP side: `/metrics`, health, readiness and a start page, read only.
//!
//! Nothing here asks a cloud, and nothing waits for the store: pages are made beforehand. The connections are served
//! by hyper itself rather than by axum's own loop, because that one has no limit for clients that send or read
//! slowly, greet with endless headers, or come by the thousand.

mod listen;
mod pages;
mod runbooks;
mod stall;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

pub use listen::{ListenError, bind, check};
pub use pages::{Health, Site};
use stall::StallGuard;

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

/// Serves the pages until `shutdown` completes, then ends what is under way within [`Limits::closing_time`].
pub async fn serve(listener: TcpListener, site: Site, limits: Limits, shutdown: impl Future<Output = ()>) {
    let router = pages::router(site);
    let slots = Arc::new(Semaphore::new(limits.connections));
    let (closing, closed) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            accepted = accept(&listener, &slots) => {
                if let Some((stream, slot)) = accepted {
                    connections.spawn(converse(stream, router.clone(), limits, closed.clone(), slot));
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
async fn converse(
    stream: TcpStream,
    router: Router,
    limits: Limits,
    mut closed: watch::Receiver<()>,
    _slot: OwnedSemaphorePermit,
) {
    let stream = TokioIo::new(StallGuard::new(stream, limits.stall_time));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes)
        .max_headers(limits.headers)
        .serve_connection(stream, TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = closed.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Clients vanish all the time; only somebody who looks for it wants to read that.
        tracing::debug!(%error, "a connection ended early");
    }
}
