//! Where to listen, and where not.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

/// Why the pages cannot be served where the configuration says.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The setting is no address.
    #[error(
        "[web] listen_address {text:?} is no address; write IP:PORT, for example \"127.0.0.1:9847\" or \"[::1]:9847\""
    )]
    NoAddress {
        /// The setting.
        text: String,
    },
    /// Anybody who reaches the address could read everything.
    #[error(
        "[web] listen_address {address} can be reached from other machines and asks nobody for a password; listen on \
         127.0.0.1 or [::1], or set allow_insecure = true under [web] if something else guards it"
    )]
    Exposed {
        /// The address.
        address: SocketAddr,
    },
    /// Another program has it.
    #[error("[web] listen_address {address} is in use by another program; end that one or choose another port")]
    InUse {
        /// The address.
        address: SocketAddr,
    },
    /// The machine does not have it.
    #[error("[web] listen_address {address} belongs to no interface of this machine; choose one that does")]
    NotHere {
        /// The address.
        address: SocketAddr,
    },
    /// Anything else.
    #[error("cannot listen on [web] listen_address {address}: {source}; choose another address or port")]
    Refused {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
}

/// Reads the setting. `localhost` is understood without asking anybody, other names are not: whether an address is
/// safe must not hang on an answer from the network.
///
/// # Errors
/// [`ListenError::NoAddress`] and [`ListenError::Exposed`].
pub fn check(text: &str, allow_insecure: bool) -> Result<SocketAddr, ListenError> {
    let named = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    let address = named.map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    let Some(address) = address.or_else(|| text.parse().ok()) else {
        return Err(ListenError::NoAddress { text: text.to_owned() });
    };
    if address.ip().is_loopback() || allow_insecure { Ok(address) } else { Err(ListenError::Exposed { address }) }
}

/// Listens where the setting says; port 0 is any free port, which the listener then knows.
///
/// # Errors
/// [`ListenError`].
pub async fn bind(text: &str, allow_insecure: bool) -> Result<TcpListener, ListenError> {
    let address = check(text, allow_insecure)?;
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse { address },
        io::ErrorKind::AddrNotAvailable => ListenError::NotHere { address },
        _ => ListenError::Refused { address, source },
    })
}
