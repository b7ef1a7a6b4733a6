//! Signatures, verified from their published descriptions: ACS3-HMAC-SHA256 of the RPC products, and version 4 of OSS.

use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::header::{HeaderMap, HeaderName};
use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::request::time;
use crate::fake::{Received, Refusal, header, pairs};

const ACS3: &str = "ACS3-HMAC-SHA256";
const OSS4: &str = "OSS4-HMAC-SHA256";
/// What RFC 3986 leaves as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The same in paths.
const PATH: &AsciiSet = &RESERVED.remove(b'/');
/// How far a request's time may be from ours.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// An `Authorization` header taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    pub key: String,
    /// Of OSS: date, Region, product and the closing word.
    pub scope: Vec<String>,
    /// The headers in the signature; of OSS the additional ones.
    headers: Vec<String>,
    signature: String,
}

impl Authorization {
    /// Reads the header of either kind.
    pub fn read(text: &str) -> Option<Self> {
        let oss = text.starts_with(OSS4);
        let rest = text.strip_prefix(if oss { OSS4 } else { ACS3 })?.strip_prefix(' ')?;
        let part = |name: &str| rest.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        let mut scope = part("Credential")?.split('/').map(str::to_owned);
        let key = scope.next()?;
        let listed = if oss { part("AdditionalHeaders").unwrap_or_default() } else { part("SignedHeaders")? };
        let headers = listed.split(';').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Some(Self { key, scope: scope.collect(), headers, signature: part("Signature")?.to_owned() })
    }

    pub fn is_oss(text: &str) -> bool {
        text.starts_with(OSS4)
    }

    /// Checks a request of an RPC product. The path in the signature is the one that the request came with.
    pub fn verify_rpc(&self, received: &Received, secret: &str, now: Timestamp) -> Result<(), Refusal> {
        let headers = &received.parts.headers;
        self.check_headers(headers)?;
        let date = header(headers, "x-acs-date");
        check_date(date, now)?;
        if header(headers, "x-acs-content-sha256") != sha256(&received.body) {
            let message = "x-acs-content-sha256 is not the hash of the body.";
            return Err(Refusal::malformed(400, "InvalidContentSHA256", message));
        }
        let request = self.canonical_rpc(received);
        let text = format!("{ACS3}\n{}", sha256(request.as_bytes()));
        if self.signature == hex(&keyed(secret.as_bytes(), &text)) {
            return Ok(());
        }
        let message = format!(
            "Specified signature is not matched with our calculation. server string to sign is:{text} \
             server canonicalRequest is:{request}"
        );
        Err(Refusal::malformed(400, "SignatureDoesNotMatch", message))
    }

    /// The headers that must be there and signed.
    fn check_headers(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let needed = ["host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"];
        let missing = |name: &str| {
            let message = format!("The header {name} is missing, or it is not signed.");
            Err(Refusal::malformed(400, "IncompleteSignature", message))
        };
        for name in needed.into_iter().chain(["x-acs-content-sha256"]) {
            if header(headers, name).is_empty() {
                return missing(name);
            }
        }
        let signs = |name: &str| name == "host" || name == "content-type" || name.starts_with("x-acs-");
        for name in headers.keys().map(HeaderName::as_str).filter(|name| signs(name)) {
            if !self.headers.iter().any(|signed| signed == name) {
                return missing(name);
            }
        }
        if self.headers.is_sorted() { Ok(()) } else { missing("in its place") }
    }

    fn canonical_rpc(&self, received: &Received) -> String {
        let mut query: Vec<_> = pairs(received.parts.uri.query().unwrap_or_default())
            .into_iter()
            .map(|(name, value)| (encoded(&name), encoded(&value)))
            .collect();
        query.sort();
        let query: Vec<_> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers: String = self
            .headers
            .iter()
            .map(|name| format!("{name}:{}\n", header(&received.parts.headers, name).trim()))
            .collect();
        format!(
            "{}\n{}\n{}\n{headers}\n{}\n{}",
            received.parts.method,
            received.parts.uri.path(),
            query.join("&"),
            self.headers.join(";"),
            sha256(&received.body)
        )
    }

    /// Checks a request of OSS; `resource` is `/bucket/key`, decoded.
    pub fn verify_oss(
        &self,
        received: &Received,
        resource: &str,
        secret: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let headers = &received.parts.headers;
        let date = header(headers, "x-oss-date");
        let [day, region, product, closing] = &self.scope[..] else {
            return Err(Refusal::malformed(400, "InvalidArgument", "The credential has no scope."));
        };
        if product != "oss" || closing != "aliyun_v4_request" || !date.starts_with(day.as_str()) {
            return Err(Refusal::malformed(400, "InvalidArgument", "Invalid credential scope."));
        }
        let at = civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok();
        let at = at.and_then(|at| at.to_zoned(TimeZone::UTC).ok()).map(|at| at.timestamp());
        if at.is_none_or(|at| WINDOW < now.duration_since(at).abs()) {
            let message = "The difference between the request time and the current time is too large.";
            return Err(Refusal::new(403, "RequestTimeTooSkewed", message));
        }
        if header(headers, "x-oss-content-sha256") != "UNSIGNED-PAYLOAD" {
            let message = "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.";
            return Err(Refusal::malformed(400, "InvalidArgument", message));
        }
        let request = self.canonical_oss(received, resource);
        let scope = self.scope.join("/");
        let text = format!("{OSS4}\n{date}\n{scope}\n{}", sha256(request.as_bytes()));
        let key = keyed(format!("aliyun_v4{secret}").as_bytes(), day);
        let key = [region, product, closing].iter().fold(key, |key, part| keyed(&key, part));
        if self.signature == hex(&keyed(&key, &text)) {
            return Ok(());
        }
        let message = "The request signature we calculated does not match the signature you provided. Check your key and \
             signing method.";
        let refusal = Refusal::malformed(403, "SignatureDoesNotMatch", message);
        Err(refusal.with("StringToSign", text).with("CanonicalRequest", request))
    }

    fn canonical_oss(&self, received: &Received, resource: &str) -> String {
        let mut query: Vec<_> = pairs(received.parts.uri.query().unwrap_or_default())
            .into_iter()
            .map(|(name, value)| (encoded(&name), encoded(&value)))
            .collect();
        query.sort();
        let query: Vec<_> = query
            .into_iter()
            .map(|(name, value)| if value.is_empty() { name } else { format!("{name}={value}") })
            .collect();
        let headers = &received.parts.headers;
        let signs = |name: &str| {
            name.starts_with("x-oss-")
                || ["content-type", "content-md5"].contains(&name)
                || self.headers.iter().any(|more| more == name)
        };
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).filter(|name| signs(name)).collect();
        names.sort_unstable();
        let lines: String = names.iter().map(|name| format!("{name}:{}\n", header(headers, name).trim())).collect();
        format!(
            "{}\n{}\n{}\n{lines}\n{}\nUNSIGNED-PAYLOAD",
            received.parts.method,
            utf8_percent_encode(resource, PATH),
            query.join("&"),
            self.headers.join(";")
        )
    }
}

/// Checks the date of a request of an RPC product.
pub fn check_date(date: &str, now: Timestamp) -> Result<(), Refusal> {
    let Some(at) = time(date) else {
        let message = format!("Specified time stamp or date value is not well formatted: {date}.");
        return Err(Refusal::malformed(400, "InvalidTimeStamp.Format", message));
    };
    if WINDOW < now.duration_since(at).abs() {
        let message = "Specified time stamp or date value is expired.";
        return Err(Refusal::new(400, "InvalidTimeStamp.Expired", message));
    }
    Ok(())
}

/// A path without its percent signs.
pub fn decoded(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key can have any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
