//! What a client's certificate must be.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
};

use super::certificate;
use super::words::ClientAuth;

/// Checks certificates of clients as `client_auth_type` says. That a client has the key of the certificate that it
/// shows is checked whatever that is.
pub(super) struct ClientCheck {
    auth: ClientAuth,
    /// Follows a certificate to an authority; there is none without authorities.
    chain: Option<Arc<dyn ClientCertVerifier>>,
    authorities: Vec<CertificateDer<'static>>,
    hints: Vec<DistinguishedName>,
    allowed_sans: Option<Vec<String>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientCheck {
    /// The check, or why an authority is no authority.
    pub(super) fn new(
        auth: ClientAuth,
        authorities: &[CertificateDer<'static>],
        allowed_sans: Option<&[String]>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for authority in authorities {
            roots.add(authority.clone()).map_err(|error| error.to_string())?;
        }
        let hints = roots.subjects();
        let chain = if roots.is_empty() {
            None
        } else {
            let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
            Some(builder.build().map_err(|error| error.to_string())?)
        };
        let (authorities, allowed_sans) = (authorities.to_vec(), allowed_sans.map(<[_]>::to_vec));
        let algorithms = provider.signature_verification_algorithms;
        Ok(Self { auth, chain, authorities, hints, allowed_sans, algorithms })
    }

    fn follow(
        &self,
        shown: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let Some(chain) = &self.chain else { return Err(CertificateError::UnknownIssuer.into()) };
        match chain.verify_client_cert(shown, intermediates, now) {
            Ok(_) => Ok(()),
            Err(_) if self.is_listed(shown, now) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A self-signed certificate may stand in the list of authorities itself, as with the toolkit; the rules for
    /// chains take no authority's certificate for a client's.
    fn is_listed(&self, shown: &CertificateDer<'_>, now: UnixTime) -> bool {
        let now = i64::try_from(now.as_secs()).ok().and_then(|now| Timestamp::from_second(now).ok());
        let Some((now, read)) = now.zip(certificate::read(shown)) else { return false };
        self.authorities.contains(shown) && read.from <= now && now <= read.until
    }

    fn has_allowed_name(&self, shown: &CertificateDer<'_>) -> bool {
        let Some(allowed) = &self.allowed_sans else { return true };
        certificate::read(shown).is_some_and(|read| read.names.iter().any(|name| allowed.contains(name)))
    }
}

impl fmt::Debug for ClientCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCheck").field("auth", &self.auth).finish_non_exhaustive()
    }
}

impl ClientCertVerifier for ClientCheck {
    fn client_auth_mandatory(&self) -> bool {
        self.auth.is_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if self.auth.verifies() {
            self.follow(end_entity, intermediates, now)?;
        }
        if self.has_allowed_name(end_entity) {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
