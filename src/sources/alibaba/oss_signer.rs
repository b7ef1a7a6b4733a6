//! Signatures of calls to OSS: OSS4-HMAC-SHA256 (OSS API reference, "Include a V4 signature in the header").

use jiff::Timestamp;

use super::credentials::Credentials;
use super::signer::{encoded, hmac, sha256};

/// The name of the scheme.
const ALGORITHM: &str = "OSS4-HMAC-SHA256";

/// Bodies are not signed: ours have none.
const PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The end of every scope.
const SCOPE_END: &str = "aliyun_v4_request";

/// A reading call, as its signature sees it. The bucket is part of it wherever it stands in the URL.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    /// Region of the bucket, without `oss-`.
    pub region: &'a str,
    /// Bucket.
    pub bucket: &'a str,
    /// Key of the object, as it is called; none for the bucket itself.
    pub key: Option<&'a str>,
    /// Parameters, as [`canonical`](super::signer::canonical) writes them, none of them empty.
    pub query: &'a str,
}

/// The headers of a GET, its signature included.
pub(super) fn sign(credentials: &Credentials, request: &Request<'_>, date: Timestamp) -> Vec<(&'static str, String)> {
    let time = date.strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = date.strftime("%Y%m%d").to_string();
    let mut headers = vec![("x-oss-content-sha256", PAYLOAD.to_owned()), ("x-oss-date", time.clone())];
    headers.extend(credentials.token.as_ref().map(|token| ("x-oss-security-token", token.expose().to_owned())));
    let scope = format!("{day}/{}/oss/{SCOPE_END}", request.region);
    let hash = sha256(canonical_request(request, &headers).as_bytes());
    let key = [request.region, "oss", SCOPE_END]
        .iter()
        .fold(hmac(format!("aliyun_v4{}", credentials.secret.expose()).as_bytes(), &day), |key, part| {
            hmac(&key, part)
        });
    let signature = hex::encode(hmac(&key, &format!("{ALGORITHM}\n{time}\n{scope}\n{hash}")));
    let authorization = format!("{ALGORITHM} Credential={}/{scope},Signature={signature}", credentials.key_id);
    headers.push(("authorization", authorization));
    headers
}

/// A path in the percent-encoding of signatures and URLs: slashes stay.
pub(super) fn encoded_path(path: &str) -> String {
    path.split('/').map(encoded).collect::<Vec<_>>().join("/")
}

fn canonical_request(request: &Request<'_>, headers: &[(&'static str, String)]) -> String {
    let path = encoded_path(request.key.unwrap_or_default());
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    // The empty line is the place of additional headers, of which there are none.
    format!("GET\n/{}/{path}\n{}\n{lines}\n\n{PAYLOAD}", request.bucket, request.query)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::alibaba::credentials::Secret;
    use crate::sources::alibaba::signer::canonical;

    const OBJECT: &str = "AliyunLogs/Actiontrail/cn-hangzhou/2026/01/02/\
                          Actiontrail_cn-hangzhou_20260102030405_1002_2_512_abc.gz";

    #[track_caller]
    fn check(token: Option<&str>, key: Option<&str>, query: &str, signature: &str) {
        let credentials = Credentials {
            key_id: "testAccessKeyId".to_owned(),
            secret: Secret::new("testAccessKeySecret"),
            token: token.map(Secret::new),
            expires: None,
        };
        let request = Request { region: "cn-hangzhou", bucket: "audit-log", key, query };
        let headers = sign(&credentials, &request, "2026-01-02T03:04:05Z".parse().expect("a time"));
        let expected = format!(
            "OSS4-HMAC-SHA256 Credential=testAccessKeyId/20260102/cn-hangzhou/oss/aliyun_v4_request,Signature={signature}"
        );
        assert_eq!(headers.last(), Some(&("authorization", expected)));
        assert!(headers.contains(&("x-oss-date", "20260102T030405Z".to_owned())));
    }

    #[test]
    fn an_object_is_signed_as_the_official_client_does() {
        check(None, Some(OBJECT), "", "ebfb43d4623641f40f3a4ef17ee0ecf3842a71c9ac3f759d9739304298881eb3");
    }

    #[test]
    fn a_token_is_part_of_the_signature() {
        check(Some("tok=="), Some(OBJECT), "", "066cbd9922a488700dea2ce57e560fd95c171aba2af8bb0431c318bc9ca80c1a");
    }

    #[test]
    fn a_listing_is_signed_with_its_parameters() {
        let prefix = "AliyunLogs/Actiontrail/cn-hangzhou/2026/01/02/";
        let query = canonical(&[("prefix", prefix), ("max-keys", "1000"), ("list-type", "2")]);
        check(None, None, &query, "83e404bee78772ce3fad7d8ff3dbd063ccfd647a1b892f65ed13a44284b98f7e");
    }

    #[test]
    fn slashes_of_a_key_stay_and_nothing_else_does() {
        assert_eq!(encoded_path("a b/ü+%/c"), "a%20b/%C3%BC%2B%25/c");
    }
}
