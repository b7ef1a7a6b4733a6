//! From `tls_server_config` to a TLS server.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{NoServerSessionStorage, WantsServerCert};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ConfigBuilder, ProtocolVersion, ServerConfig, SupportedProtocolVersion};
use zeroize::Zeroizing;

use super::certificate;
use super::clients::ClientCheck;
use super::file::{Named, Pem, Tls};
use super::watch;
use super::words::ClientAuth;
use crate::config::Problem;

/// HTTP/2 and HTTP/1.1 as ALPN names them (RFC 7301).
pub(in super::super) const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// A TLS server, and what else its files say.
pub(super) struct Loaded {
    pub(super) server: Arc<ServerConfig>,
    /// When the certificate ends.
    pub(super) expires: Option<Timestamp>,
    /// The authorities of clients.
    pub(super) authorities: Vec<CertificateDer<'static>>,
}

/// Reads certificates and keys, and makes a server of them.
pub(super) fn load(tls: &Tls, http2: bool) -> Result<Loaded, Problem> {
    let chain = certificates(&tls.certificate)?;
    let key = private_key(&tls.key)?;
    let authorities = tls.authorities.as_ref().map_or(Ok(Vec::new()), certificates)?;
    let expires = chain.first().and_then(|first| certificate::read(first)).map(|first| first.until);
    let provider = Arc::new(provider(tls));
    let builder = with_clients(tls, &authorities, &provider)?;
    let mut server = builder.with_single_cert(chain, key).map_err(|error| unusable(&tls.certificate, &error))?;
    server.ignore_client_order = tls.prefer_server;
    if tls.clients != ClientAuth::None {
        // A session that is taken up again would bring a certificate that nobody looks at any more.
        server.session_storage = Arc::new(NoServerSessionStorage {});
    }
    server.alpn_protocols = if http2 { vec![HTTP2.to_vec(), HTTP1.to_vec()] } else { vec![HTTP1.to_vec()] };
    Ok(Loaded { server: Arc::new(server), expires, authorities })
}

/// The usual cryptography with the suites and curves of the file. As with Go, a list of suites is one for TLS 1.2:
/// those of TLS 1.3 are all good.
fn provider(tls: &Tls) -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    if !tls.suites.is_empty() {
        provider.cipher_suites.retain(|suite| suite.version().version == ProtocolVersion::TLSv1_3);
        let older = tls.suites.iter().filter(|suite| suite.version().version == ProtocolVersion::TLSv1_2);
        provider.cipher_suites.extend(older);
    }
    if !tls.groups.is_empty() {
        provider.kx_groups.clone_from(&tls.groups);
    }
    provider
}

fn with_clients(
    tls: &Tls,
    authorities: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ServerConfig, WantsServerCert>, Problem> {
    let versions: Vec<&SupportedProtocolVersion> =
        [&TLS12, &TLS13].into_iter().filter(|version| tls.versions.contains(&version.version)).collect();
    let builder = ServerConfig::builder_with_provider(Arc::clone(provider));
    let builder = builder.with_protocol_versions(&versions).map_err(|error| unusable(&tls.certificate, &error))?;
    if tls.clients == ClientAuth::None {
        return Ok(builder.with_no_client_auth());
    }
    let check = ClientCheck::new(tls.clients, authorities, tls.allowed_sans.as_deref(), provider);
    let named = tls.authorities.as_ref().unwrap_or(&tls.certificate);
    let check = check.map_err(|error| {
        problem(
            named,
            &format!("{}holds no authority: {error}", whence(named)),
            "name a PEM file of X.509 v3 certificates",
        )
    })?;
    Ok(builder.with_client_cert_verifier(Arc::new(check)))
}

fn certificates(named: &Named) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let text = text(named)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match read {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err(broken(named, &PemError::NoItemsFound, "certificate", "CERTIFICATE")),
        Err(error) => Err(broken(named, &error, "certificate", "CERTIFICATE")),
    }
}

fn private_key(named: &Named) -> Result<PrivateKeyDer<'static>, Problem> {
    const ENCRYPTED: &[u8] = b"ENCRYPTED";
    let text = text(named)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| {
        if text.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED) {
            let message = format!("{}holds a key with a passphrase, which nobody could type", whence(named));
            return problem(
                named,
                &message,
                "take it off with: openssl pkey -in KEY -out KEY.plain, readable for the service alone",
            );
        }
        broken(named, &error, "private key", "PRIVATE KEY")
    })
}

fn text(named: &Named) -> Result<Zeroizing<Vec<u8>>, Problem> {
    match &named.pem {
        Pem::Inline(text) => Ok(Zeroizing::new(text.reveal().as_bytes().to_vec())),
        Pem::File(path) => watch::read(path).map(Zeroizing::new).map_err(|error| {
            let message = format!("cannot read {}: {error}", path.display());
            problem(named, &message, "name a file that is there and that the service may read")
        }),
    }
}

fn broken(named: &Named, error: &PemError, what: &str, label: &str) -> Problem {
    let message = match error {
        PemError::NoItemsFound => format!("{}holds no {what}", whence(named)),
        error => format!("{}holds no {what} that can be read: {error}", whence(named)),
    };
    problem(named, &message, &format!("give PEM: a line -----BEGIN {label}-----, base64, and its END"))
}

/// Certificate and key are named both: either may be the wrong one, or not renewed yet.
fn unusable(named: &Named, error: &tokio_rustls::rustls::Error) -> Problem {
    use tokio_rustls::rustls::{Error, InconsistentKeys};
    let message = match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            format!("{}is not the certificate of the private key", whence(named))
        }
        error => format!("{}cannot be served: {error}", whence(named)),
    };
    problem(named, &message, "give a certificate (X.509 v3, its chain after it) and the key that belongs to it")
}

fn problem(named: &Named, message: &str, remedy: &str) -> Problem {
    let key = format!("tls_server_config.{}", named.key);
    Problem { place: Some(named.place.clone()), ..Problem::new(key, message, remedy) }
}

/// The file, to begin a sentence with; the text within the web configuration has its place anyway.
fn whence(named: &Named) -> String {
    match &named.pem {
        Pem::File(path) => format!("{} ", path.display()),
        Pem::Inline(_) => String::new(),
    }
}

/// The files that a configuration names.
pub(super) fn files(tls: &Tls) -> impl Iterator<Item = &Path> {
    let named = [Some(&tls.certificate), Some(&tls.key), tls.authorities.as_ref()];
    named.into_iter().flatten().filter_map(|named| match &named.pem {
        Pem::File(path) => Some(path.as_path()),
        Pem::Inline(_) => None,
    })
}
