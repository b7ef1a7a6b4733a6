//! Signatures of API calls: ACS3-HMAC-SHA256 (Alibaba Cloud SDK, "V3 request structure and signature").

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha2::{Digest, Sha256};

use super::credentials::Credentials;

/// The name of the scheme, which begins the text that is signed and the header that has the signature.
const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// How calls are made; every one of ours may be.
const METHOD: &str = "POST";

/// The form of a body with parameters.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// What is percent-encoded: everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A call, as its signature sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    /// Host as sent, with its port where that is not the usual one.
    pub host: &'a str,
    /// Path as sent.
    pub path: &'a str,
    /// Name of the call.
    pub action: &'a str,
    /// Version of the product's API.
    pub version: &'a str,
    /// Parameters of the URL, as [`canonical`] writes them.
    pub query: &'a str,
    /// Parameters in the body, written the same way.
    pub form: Option<&'a str>,
}

/// The headers of a call, its signature included. A pure function: date and nonce are the caller's.
pub(super) fn sign(
    credentials: &Credentials,
    request: &Request<'_>,
    date: Timestamp,
    nonce: &str,
) -> Vec<(&'static str, String)> {
    let headers = headers(credentials, request, date, nonce);
    let signed = names(&headers);
    let text = format!("{ALGORITHM}\n{}", sha256(canonical_request(request, &headers).as_bytes()));
    let signature = hex::encode(hmac(credentials.secret.expose().as_bytes(), &text));
    let authorization =
        format!("{ALGORITHM} Credential={},SignedHeaders={signed},Signature={signature}", credentials.key_id);
    headers.into_iter().chain([("authorization", authorization)]).collect()
}

/// Parameters, sorted and encoded, as they are signed and as they are sent.
pub(super) fn canonical<K: AsRef<str>, V: AsRef<str>>(parameters: &[(K, V)]) -> String {
    let mut pairs: Vec<_> =
        parameters.iter().map(|(key, value)| (encoded(key.as_ref()), encoded(value.as_ref()))).collect();
    pairs.sort();
    pairs.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
}

fn headers(
    credentials: &Credentials,
    request: &Request<'_>,
    date: Timestamp,
    nonce: &str,
) -> BTreeMap<&'static str, String> {
    let mut headers = BTreeMap::from([
        ("host", request.host.to_owned()),
        ("x-acs-action", request.action.to_owned()),
        ("x-acs-version", request.version.to_owned()),
        ("x-acs-date", date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        ("x-acs-signature-nonce", nonce.to_owned()),
        ("x-acs-content-sha256", sha256(request.form.unwrap_or_default().as_bytes())),
    ]);
    if request.form.is_some() {
        headers.insert("content-type", FORM.to_owned());
    }
    if let Some(token) = &credentials.token {
        headers.insert("x-acs-accesskey-id", credentials.key_id.clone());
        headers.insert("x-acs-security-token", token.expose().to_owned());
    }
    headers
}

fn canonical_request(request: &Request<'_>, headers: &BTreeMap<&'static str, String>) -> String {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let body = &headers["x-acs-content-sha256"];
    format!("{METHOD}\n{}\n{}\n{lines}\n{}\n{body}", request.path, request.query, names(headers))
}

fn names(headers: &BTreeMap<&'static str, String>) -> String {
    headers.keys().copied().collect::<Vec<_>>().join(";")
}

/// Text in the percent-encoding of both signature schemes.
pub(super) fn encoded(text: &str) -> String {
    percent_encode(text.as_bytes(), RESERVED).to_string()
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(super) fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::alibaba::credentials::Secret;

    const NONCE: &str = "0123456789abcdef0123456789abcdef";
    const DATE: &str = "2026-01-02T03:04:05Z";

    fn credentials(key_id: &str, secret: &str, token: Option<&str>) -> Credentials {
        Credentials {
            key_id: key_id.to_owned(),
            secret: Secret::new(secret),
            token: token.map(Secret::new),
            expires: None,
        }
    }

    /// Checks a published or independently computed signature, and the canonical request on the way to it.
    #[track_caller]
    fn check(
        credentials: &Credentials,
        request: &Request<'_>,
        date: &str,
        nonce: &str,
        hash: &str,
        authorization: &str,
    ) {
        let date = date.parse().expect("a time");
        let canonical = canonical_request(request, &headers(credentials, request, date, nonce));
        assert_eq!(sha256(canonical.as_bytes()), hash, "{canonical}");
        let signed = sign(credentials, request, date, nonce);
        assert_eq!(signed.last(), Some(&("authorization", authorization.to_owned())));
    }

    #[test]
    fn the_providers_own_example_gives_its_signature() {
        let query = canonical(&[
            ("RegionId", "cn-shanghai"),
            ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
        ]);
        let request = Request {
            host: "ecs.cn-shanghai.aliyuncs.com",
            path: "/",
            action: "RunInstances",
            version: "2014-05-26",
            query: &query,
            form: None,
        };
        check(
            &credentials("YourAccessKeyId", "YourAccessKeySecret", None),
            &request,
            "2023-10-26T10:22:32Z",
            "3156853299f313e23d1673dc12e1703d",
            "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259",
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,\
             SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
             Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
        );
    }

    #[test]
    fn lists_and_odd_characters_are_signed_as_they_are_sent() {
        let parameters = [
            ("Direction", "FORWARD"),
            ("StartTime", "2026-01-01T00:00:00Z"),
            ("EndTime", "2026-01-02T00:00:00Z"),
            ("MaxResults", "50"),
            ("LookupAttribute.1.Key", "RoleName"),
            ("LookupAttribute.1.Value", "AliyunServiceRoleForKMSKeyStore"),
            ("LookupAttribute.2.Key", "EventName"),
            ("LookupAttribute.2.Value", "AssumeRole*~ +"),
        ];
        let query = canonical(&parameters);
        assert_eq!(
            query,
            "Direction=FORWARD&EndTime=2026-01-02T00%3A00%3A00Z&LookupAttribute.1.Key=RoleName\
             &LookupAttribute.1.Value=AliyunServiceRoleForKMSKeyStore&LookupAttribute.2.Key=EventName\
             &LookupAttribute.2.Value=AssumeRole%2A~%20%2B&MaxResults=50&StartTime=2026-01-01T00%3A00%3A00Z"
        );
        let request = Request {
            host: "actiontrail.cn-hangzhou.aliyuncs.com",
            path: "/",
            action: "LookupEvents",
            version: "2020-07-06",
            query: &query,
            form: None,
        };
        check(
            &credentials("testAccessKeyId", "testAccessKeySecret", None),
            &request,
            DATE,
            NONCE,
            "84f135b9d5f54260f701cef40197b0147f0e732e17216fbc6d7a994829c16c2c",
            "ACS3-HMAC-SHA256 Credential=testAccessKeyId,\
             SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
             Signature=e807d7774e2cffe5e16e3df98ce02836ef88bd4759b6eefd086116a6635ae31a",
        );
    }

    #[test]
    fn a_token_and_a_form_are_part_of_the_signature() {
        let form = canonical(&[("RegionId", "cn-hangzhou"), ("PageSize", "20"), ("CurrentPage", "1")]);
        assert_eq!(sha256(form.as_bytes()), "b775270b71fe313a991b9296b3fc72f60e8da7bf10baa132223d30bf14343ef1");
        let request = Request {
            host: "hsm.aliyuncs.com",
            path: "/",
            action: "ListClusters",
            version: "2023-11-13",
            query: "",
            form: Some(&form),
        };
        check(
            &credentials("STS.testAccessKeyId", "testAccessKeySecret", Some("testSecurityToken==")),
            &request,
            DATE,
            NONCE,
            "04c53ba247ef774182e7a5ff260cf44961d95dd07f1f724cc0976f4c7bd993bf",
            "ACS3-HMAC-SHA256 Credential=STS.testAccessKeyId,\
             SignedHeaders=content-type;host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;\
             x-acs-security-token;x-acs-signature-nonce;x-acs-version,\
             Signature=0c3092cfa850dda9a6b98ad45e1ec650abf1d5801f1f756124c2a49a499f26ed",
        );
    }

    #[test]
    fn a_value_that_is_empty_keeps_its_equals_sign_and_other_scripts_are_encoded_as_utf_8() {
        assert_eq!(canonical(&[("b", ""), ("a", "é/"), ("B", "%")]), "B=%25&a=%C3%A9%2F&b=");
        assert_eq!(canonical::<&str, &str>(&[]), "");
    }
}
