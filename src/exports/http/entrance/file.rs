//! The web configuration as it is written: the format of the Prometheus exporter toolkit.
//!
//! Format and defaults are those of its `docs/web-configuration.md` and `web/tls_config.go`. A file that it takes is
//! taken, one that it refuses is refused, with these exceptions, each refused with a sentence: what rustls does not
//! have, and what asks for protection and would silently get none.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use tokio_rustls::rustls::crypto::SupportedKxGroup;
use tokio_rustls::rustls::{CipherSuite, ProtocolVersion, SupportedCipherSuite};
use zeroize::Zeroizing;

use super::fields::{Fields, Report};
use super::words::{self, ClientAuth, Refusal};
use super::yaml::{self, At};
use crate::config::{Place, Problem, nearest};

/// Costs of bcrypt (its own bounds).
const COSTS: std::ops::RangeInclusive<u32> = 4..=31;

/// Headers that may be set, with the values that are allowed where there are few.
const HEADERS: [(&str, &[&str]); 5] = [
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
    ("Content-Security-Policy", &[]),
];

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(Zeroizing<String>);

impl Secret {
    pub(super) fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Where a certificate or key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pem {
    /// In a file.
    File(PathBuf),
    /// In the web configuration itself.
    Inline(Secret),
}

/// A certificate or key, and what named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) key: &'static str,
    pub(super) place: Place,
    pub(super) pem: Pem,
}

/// `tls_server_config`.
#[derive(Debug, Clone)]
pub(super) struct Tls {
    pub(super) certificate: Named,
    pub(super) key: Named,
    pub(super) authorities: Option<Named>,
    pub(super) clients: ClientAuth,
    pub(super) allowed_sans: Option<Vec<String>>,
    pub(super) versions: Vec<ProtocolVersion>,
    /// Those of every version; empty for the usual ones.
    pub(super) suites: Vec<SupportedCipherSuite>,
    pub(super) groups: Vec<&'static dyn SupportedKxGroup>,
    pub(super) prefer_server: bool,
}

/// `rate_limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RateLimit {
    pub(super) interval: Duration,
    pub(super) burst: u32,
}

/// Users and the bcrypt hashes of their passwords.
pub(super) type Users = BTreeMap<String, Secret>;

/// A whole web configuration.
#[derive(Debug, Clone)]
pub(super) struct WebFile {
    pub(super) tls: Option<Tls>,
    pub(super) http2: bool,
    /// Headers of every answer; one without a value is left out.
    pub(super) headers: Vec<(HeaderName, Option<HeaderValue>)>,
    pub(super) users: Users,
    pub(super) rate_limit: Option<RateLimit>,
}

/// Reads a text that stands at `file`: paths in it are relative to that.
pub(super) fn parse(text: &str, file: &Path) -> Result<WebFile, Vec<Problem>> {
    let report = Report::new(file);
    let read = match yaml::parse(text) {
        Ok(root) => Some(read(Fields::new(&report, "", &root), file.parent().unwrap_or(Path::new("")))),
        Err(flaw) => {
            report.add_flaw(flaw);
            None
        }
    };
    let problems = report.into_problems();
    match read {
        Some(read) if problems.is_empty() => Ok(read),
        _ => Err(problems),
    }
}

fn read(mut root: Fields<'_>, directory: &Path) -> WebFile {
    let tls = root.section("tls_server_config").filter(|fields| !fields.is_empty());
    let (http2, headers) = root.section("http_server_config").map_or_else(|| (true, Vec::new()), http);
    let tls = tls.and_then(|fields| tls_of(fields, directory, http2));
    let users = users(&mut root);
    let rate_limit = root.section("rate_limit").and_then(rate_limit);
    root.finish();
    WebFile { tls, http2, headers, users, rate_limit }
}

fn tls_of(mut fields: Fields<'_>, directory: &Path, http2: bool) -> Option<Tls> {
    let certificate = required(pem(&mut fields, "cert_file", "cert", directory), &fields, "cert_file", "cert");
    let key = required(pem(&mut fields, "key_file", "key", directory), &fields, "key_file", "key");
    let authorities = pem(&mut fields, "client_ca_file", "client_ca", directory);
    let clients = clients(&mut fields, authorities.as_ref());
    let allowed_sans = allowed_sans(&mut fields, clients);
    let versions = versions(&mut fields);
    let suites = suites(&mut fields, &versions, http2);
    let groups = words(&mut fields, "curve_preferences", words::curve);
    let prefer_server = fields.switch("prefer_server_cipher_suites", true);
    fields.finish();
    let (certificate, key) = (certificate?, key?);
    Some(Tls { certificate, key, authorities, clients, allowed_sans, versions, suites, groups, prefer_server })
}

/// Of a file and the text itself the file counts, as in the toolkit.
fn pem(fields: &mut Fields<'_>, file: &'static str, inline: &'static str, directory: &Path) -> Option<Named> {
    let (in_file, text) = (fields.text(file), fields.text(inline));
    let named = |key, at, pem| Named { key, place: fields.report.place(at), pem };
    let in_file = in_file.map(|(at, path)| named(file, at, Pem::File(directory.join(path))));
    in_file.or_else(|| text.map(|(at, text)| named(inline, at, Pem::Inline(Secret::new(text)))))
}

fn required(named: Option<Named>, fields: &Fields<'_>, file: &str, inline: &str) -> Option<Named> {
    if named.is_none() {
        fields.problem(fields.at, file, "is missing", format!("name a PEM file, or put its text into {inline}"));
    }
    named
}

fn clients(fields: &mut Fields<'_>, authorities: Option<&Named>) -> ClientAuth {
    const KEY: &str = "client_auth_type";
    let written = fields.text(KEY);
    let clients = written.and_then(|(at, word)| taken(fields, KEY, at, words::client_auth(word)));
    let clients = clients.unwrap_or(ClientAuth::None);
    match (clients, authorities) {
        (ClientAuth::None, Some(authorities)) => {
            let at = At { line: authorities.place.line, column: authorities.place.column };
            let remedy = "write client_auth_type: RequireAndVerifyClientCert beside it";
            fields.problem(at, authorities.key, "nobody is asked for a certificate of these authorities", remedy);
        }
        (ClientAuth::RequireAndVerify, None) => {
            let at = written.map_or(fields.at, |(at, _)| at);
            let message = "there is no authority to verify certificates by (those of the system are not used: they \
                           would let in whoever has a certificate of a public one)";
            fields.problem(at, KEY, message, "name the PEM file of your own authority in client_ca_file");
        }
        _ => {}
    }
    clients
}

/// An empty list lets nobody in; none lets in whom the authorities vouch for.
fn allowed_sans(fields: &mut Fields<'_>, clients: ClientAuth) -> Option<Vec<String>> {
    const KEY: &str = "client_allowed_sans";
    let names = fields.list(KEY)?;
    if clients == ClientAuth::None {
        let at = names.first().map_or(fields.at, |(at, _)| *at);
        let remedy = "write client_auth_type: RequireAndVerifyClientCert beside it";
        fields.problem(at, KEY, "nobody is asked for a certificate with these names", remedy);
    }
    Some(names.into_iter().map(|(_, name)| name.to_owned()).collect())
}

fn versions(fields: &mut Fields<'_>) -> Vec<ProtocolVersion> {
    const ALL: [ProtocolVersion; 2] = [ProtocolVersion::TLSv1_2, ProtocolVersion::TLSv1_3];
    let mut bound = |key, default| {
        let (at, word) = fields.text(key)?;
        Some((at, taken(fields, key, at, words::version(word)).unwrap_or(default)))
    };
    let (least, most) = (bound("min_version", ALL[0]), bound("max_version", ALL[1]));
    let (from, to) = (least.map_or(ALL[0], |(_, version)| version), most.map_or(ALL[1], |(_, version)| version));
    let versions: Vec<_> =
        ALL.into_iter().filter(|version| rank(from) <= rank(*version) && rank(*version) <= rank(to)).collect();
    if let (Some((at, _)), true) = (least, versions.is_empty()) {
        fields.problem(at, "min_version", "is above max_version", "write TLS12, or leave both out");
    }
    versions
}

fn rank(version: ProtocolVersion) -> u16 {
    version.into()
}

fn suites(fields: &mut Fields<'_>, versions: &[ProtocolVersion], http2: bool) -> Vec<SupportedCipherSuite> {
    const KEY: &str = "cipher_suites";
    let at = fields.take(KEY).map_or(fields.at, |node| node.at);
    let suites = words(fields, KEY, words::suite);
    if suites.is_empty() || !versions.contains(&ProtocolVersion::TLSv1_2) {
        return suites;
    }
    // RFC 9113, section 9.2.2; Go's server refuses to start without one of them.
    let needed =
        [CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];
    if http2 && !suites.iter().any(|suite| needed.contains(&suite.suite())) {
        let message = "HTTP/2 needs TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
        fields.problem(at, KEY, message, "add one, or write http2: false under http_server_config");
    }
    let usable = |suite: &SupportedCipherSuite| versions.contains(&suite.version().version);
    if !suites.iter().any(usable) {
        fields.problem(at, KEY, "none of these is of TLS 1.2", "add one, or raise max_version");
    }
    suites
}

/// A list of words; those that are not known are reported.
fn words<T>(fields: &mut Fields<'_>, key: &'static str, meaning: fn(&str) -> Result<T, Refusal>) -> Vec<T> {
    let list = fields.list(key).unwrap_or_default();
    list.into_iter().filter_map(|(at, word)| taken(fields, key, at, meaning(word))).collect()
}

fn taken<T>(fields: &Fields<'_>, key: &str, at: At, meaning: Result<T, Refusal>) -> Option<T> {
    meaning.map_err(|(message, remedy)| fields.problem(at, key, message, remedy)).ok()
}

fn http(mut fields: Fields<'_>) -> (bool, Vec<(HeaderName, Option<HeaderValue>)>) {
    let http2 = fields.switch("http2", true);
    let mut headers = Vec::new();
    for (key, value) in fields.map("headers") {
        match header(&key.name, value) {
            Ok(header) => headers.push(header),
            Err((message, remedy)) => fields.problem(key.at, &format!("headers.{}", key.name), message, remedy),
        }
    }
    fields.finish();
    (http2, headers)
}

fn header(name: &str, value: &str) -> Result<(HeaderName, Option<HeaderValue>), Refusal> {
    let Some((_, allowed)) = HEADERS.iter().find(|(known, _)| *known == name) else {
        let known = HEADERS.map(|(known, _)| known);
        let near = nearest(name, &known).unwrap_or_default();
        let remedy = format!("did you mean {near:?}? Those that can be set: {}", known.join(", "));
        return Err(("this header cannot be set".to_owned(), remedy));
    };
    if !allowed.is_empty() && !allowed.contains(&value) {
        return Err((format!("{value:?} is no value of this header"), format!("write {}", allowed.join(" or "))));
    }
    let unfit = || ("the value has characters that no header can have".to_owned(), "keep it on one line".to_owned());
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit())?;
    let value = HeaderValue::from_str(value).map_err(|_| unfit())?;
    Ok((name, Some(value).filter(|value| !value.is_empty())))
}

fn users(root: &mut Fields<'_>) -> Users {
    const KEY: &str = "basic_auth_users";
    let mut users = Users::new();
    for (name, hash) in root.map(KEY) {
        let key = format!("{KEY}.{}", name.name);
        if name.name.contains(':') {
            let message = "a name with a colon cannot be sent by basic authentication";
            root.problem(name.at, &key, message, "choose a name without one");
        }
        let cost = hash.parse::<bcrypt::HashParts>().map(|parts| parts.get_cost());
        if cost.is_ok_and(|cost| COSTS.contains(&cost)) {
            users.insert(name.name.clone(), Secret::new(hash));
        } else {
            let remedy = "make one with: htpasswd -nBC 10 \"\" | tr -d ':\\n'";
            root.problem(name.at, &key, "is no bcrypt hash", remedy);
        }
    }
    users
}

fn rate_limit(mut fields: Fields<'_>) -> Option<RateLimit> {
    let interval = match fields.text("interval").map(|(at, text)| (at, words::period(text))) {
        None => Duration::ZERO,
        Some((_, Some(interval))) => interval,
        Some((at, None)) => {
            fields.problem(at, "interval", "is no period", "write one as Go does, such as 100ms, 1s or 1m30s");
            Duration::ZERO
        }
    };
    let burst = match fields.text("burst").map(|(at, text)| (at, text.parse::<u32>())) {
        None => 0,
        Some((_, Ok(burst))) => burst,
        Some((at, Err(_))) => {
            fields.problem(at, "burst", "is no number of requests", "write a whole number, such as 20");
            0
        }
    };
    fields.finish();
    (!interval.is_zero()).then_some(RateLimit { interval, burst })
}
