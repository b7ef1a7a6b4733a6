//! A connection in HTTP/1.1 or HTTP/2, from its first request to its end.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, interval_at};
use tokio_rustls::server::TlsStream;

use super::Limits;
use super::entrance::Visit;
use super::stall::StallGuard;

/// Requests at a time on one connection of HTTP/2; a browser has a handful, Prometheus has one.
const STREAMS: u32 = 16;

/// Bytes of a request's body that a client may send unasked: there is nothing to send here.
const WINDOW: u32 = 65_535;

/// Serves HTTP/1.1 until the client leaves, or `end` completes and the request under way is answered.
pub(super) async fn in_http1<S>(
    stream: S,
    visit: Visit,
    limits: Limits,
    end: impl Future<Output = ()>,
) -> hyper::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time)
        .max_buf_size(limits.head_bytes)
        .max_headers(limits.headers)
        .serve_connection(TokioIo::new(stream), visit);
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = end => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

/// The same in HTTP/2. hyper has no limit for idle connections there: one on which no byte comes or goes while
/// nothing is asked is ended, and given up when that lasts.
pub(super) async fn in_http2(
    stream: TlsStream<StallGuard<TcpStream>>,
    visit: Visit,
    limits: Limits,
    end: impl Future<Output = ()>,
) -> hyper::Result<()> {
    let moved = stream.get_ref().0.moved();
    let at_work = visit.at_work();
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .serve_connection(TokioIo::new(stream), visit);
    let (mut connection, mut end) = (pin!(connection), pin!(end));
    let mut ticks = interval_at(Instant::now() + limits.head_time, limits.head_time);
    let (mut ending, mut quiet) = (false, Duration::ZERO);
    loop {
        tokio::select! {
            ended = connection.as_mut() => return ended,
            () = &mut end, if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = ticks.tick() => {
                let is_quiet = !moved.swap(false, Ordering::Relaxed) && at_work.load(Ordering::Relaxed) == 0;
                quiet = if is_quiet { quiet + limits.head_time } else { Duration::ZERO };
            }
        }
        if limits.stall_time <= quiet {
            return Ok(());
        }
        if !quiet.is_zero() && !ending {
            ending = true;
            connection.as_mut().graceful_shutdown();
        }
    }
}
