//! A web configuration in force: made whole or not at all, and never changed.

use std::path::Path;
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};
use jiff::Timestamp;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_util::sync::CancellationToken;

use super::super::listen::Protection;
use super::file::{self, Users, WebFile};
use super::rate::Bucket;
use super::tls::{self, Loaded};
use super::watch::{self, Seen};
use super::words::ClientAuth;
use crate::config::{ConfigError, Problem};

/// What names the web configuration.
const NAMED_BY: &str = "[web] config_file";

/// A web configuration in force. Without one there is neither TLS nor a password.
#[derive(Default)]
pub(in super::super) struct Rules {
    pub(in super::super) tls: Option<Arc<ServerConfig>>,
    /// When the certificate ends.
    pub(super) expires: Option<Timestamp>,
    /// Headers of every answer; one without a value is left out.
    pub(super) headers: Vec<(HeaderName, Option<HeaderValue>)>,
    pub(super) bucket: Option<Arc<Bucket>>,
    pub(super) access: Access,
    /// Told when connections that came in by these rules should come again.
    pub(in super::super) retired: CancellationToken,
}

/// Who may read.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Access {
    tls: bool,
    pub(super) users: Users,
    clients: Option<ClientAuth>,
    authorities: Vec<CertificateDer<'static>>,
    allowed_sans: Option<Vec<String>>,
}

impl Rules {
    /// Reads a web configuration and the files that it names; `seen` notes all that was looked at, whatever comes of
    /// it. `old` are the rules before: whoever has used up a limit of requests has done so under the new ones too.
    pub(super) fn load(path: &Path, old: Option<&Self>, seen: &mut Seen) -> Result<Self, ConfigError> {
        seen.note(path);
        let file = read(path)?;
        let loaded = match &file.tls {
            None => None,
            Some(tls) => {
                tls::files(tls).for_each(|path| seen.note(path));
                let loaded = tls::load(tls, file.http2);
                Some(loaded.map_err(|problem| ConfigError::Invalid { problems: vec![problem] })?)
            }
        };
        Ok(Self::new(file, loaded, old))
    }

    fn new(file: WebFile, loaded: Option<Loaded>, old: Option<&Self>) -> Self {
        let (server, expires, authorities) = match loaded {
            None => (None, None, Vec::new()),
            Some(Loaded { server, expires, authorities }) => (Some(server), expires, authorities),
        };
        let access = Access {
            tls: server.is_some(),
            users: file.users,
            clients: file.tls.as_ref().map(|tls| tls.clients),
            authorities,
            allowed_sans: file.tls.and_then(|tls| tls.allowed_sans),
        };
        let kept = old.and_then(|old| old.bucket.clone());
        let bucket = file
            .rate_limit
            .map(|limit| kept.filter(|kept| kept.limit() == limit).unwrap_or_else(|| Arc::new(Bucket::new(limit))));
        let retired = CancellationToken::new();
        Self { tls: server, expires, headers: file.headers, bucket, access, retired }
    }

    /// What guards the pages.
    pub(super) fn protection(&self) -> Protection {
        let password = !self.access.users.is_empty();
        match (self.access.tls, password || self.access.clients == Some(ClientAuth::RequireAndVerify)) {
            (true, true) => Protection::Guarded,
            (false, true) => Protection::ClearPassword,
            (_, false) => Protection::None,
        }
    }
}

fn read(path: &Path) -> Result<WebFile, ConfigError> {
    let bytes = watch::read(path).map_err(|source| {
        let path = path.to_owned();
        ConfigError::Read { path, named_by: NAMED_BY, source }
    })?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| ConfigError::NotText { path: path.to_owned(), offset: error.valid_up_to() })?;
    file::parse(text, path).map_err(|problems: Vec<Problem>| ConfigError::Invalid { problems })
}
