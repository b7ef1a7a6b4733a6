//! The first bytes of a connection to a server with TLS.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

use super::Limits;
use super::entrance::HTTP2;
use super::stall::StallGuard;

/// What somebody is told who speaks plain HTTP to a server with TLS.
const PLAIN: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n\
    this port speaks TLS: ask with https://\n";

/// Bytes to read from somebody who speaks plain HTTP; with bytes unread the system would cut the answer off.
const PLAIN_BYTES: u64 = 64 * 1024;

/// A connection that speaks TLS.
pub(super) struct Greeted {
    pub(super) stream: TlsStream<StallGuard<TcpStream>>,
    /// Whether both sides agreed on HTTP/2.
    pub(super) http2: bool,
}

/// Agrees on TLS within the time for the head of a request; plain HTTP is told to use TLS.
pub(super) async fn greet(stream: TcpStream, tls: &Arc<ServerConfig>, limits: Limits) -> io::Result<Greeted> {
    let greeted = timeout(limits.head_time, async {
        let mut first = [0];
        stream.peek(&mut first).await?;
        // TLS begins with 22, plain HTTP with the letters of a method.
        if first[0].is_ascii_alphabetic() {
            return Err(send_away(stream, limits).await);
        }
        let stream = StallGuard::new(stream, limits.stall_time);
        let stream = TlsAcceptor::from(Arc::clone(tls)).accept(stream).await?;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
        Ok(Greeted { stream, http2 })
    });
    greeted.await.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "the TLS handshake took too long")))
}

async fn send_away(mut stream: TcpStream, limits: Limits) -> io::Error {
    let told = timeout(limits.closing_time, async {
        stream.write_all(PLAIN).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(PLAIN_BYTES), &mut tokio::io::sink()).await
    });
    // Told or not, this connection is over.
    let _ = told.await;
    io::Error::new(io::ErrorKind::InvalidData, "plain HTTP on a port with TLS")
}
