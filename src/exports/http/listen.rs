//! Where to listen, and where not.

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

/// Why the pages cannot be served where the configuration says.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Anybody who reaches the address could read everything.
    #[error(
        "[web] listen_address {address} can be reached from other machines and asks nobody for a password; listen on \
         127.0.0.1 or [::1], name a config_file with TLS and basic_auth_users or client certificates, or set \
         allow_insecure = true under [web] if something else guards it"
    )]
    Exposed {
        /// The address.
        address: SocketAddr,
    },
    /// Passwords could be read on the way.
    #[error(
        "[web] listen_address {address} can be reached from other machines and passwords would go there in clear; add \
         tls_server_config to the config_file, listen on 127.0.0.1 or [::1], or set allow_insecure = true under [web] \
         if something in front speaks TLS"
    )]
    ClearPassword {
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

/// What stands between other machines and the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protection {
    /// Nothing.
    None,
    /// A password, which crosses the network in clear.
    ClearPassword,
    /// TLS, and a password or a verified certificate of the client.
    Guarded,
}

/// Whether the pages may be served at an address.
///
/// # Errors
/// [`ListenError::Exposed`] and [`ListenError::ClearPassword`].
pub(super) fn check(address: SocketAddr, protection: Protection, allow_insecure: bool) -> Result<(), ListenError> {
    if address.ip().is_loopback() || allow_insecure {
        return Ok(());
    }
    match protection {
        Protection::Guarded => Ok(()),
        Protection::ClearPassword => Err(ListenError::ClearPassword { address }),
        Protection::None => Err(ListenError::Exposed { address }),
    }
}

/// Listens at an address; port 0 is any free port, which the listener then knows.
///
/// # Errors
/// [`ListenError`].
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse { address },
        io::ErrorKind::AddrNotAvailable => ListenError::NotHere { address },
        _ => ListenError::Refused { address, source },
    })
}
