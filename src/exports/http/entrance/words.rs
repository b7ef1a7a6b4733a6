//! The words of the format, and what they mean here. The toolkit takes the names of Go's `crypto/tls`.

use std::time::Duration;

use tokio_rustls::rustls::crypto::SupportedKxGroup;
use tokio_rustls::rustls::crypto::aws_lc_rs::{cipher_suite, kx_group};
use tokio_rustls::rustls::{ProtocolVersion, SupportedCipherSuite};

use crate::config::nearest;

/// What a client has to show, in the words of `client_auth_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClientAuth {
    /// Nothing is asked for.
    None,
    /// A certificate is asked for; none, or any, will do.
    Request,
    /// Any certificate will do.
    RequireAny,
    /// A certificate that is shown must be of one of the authorities.
    VerifyIfGiven,
    /// A certificate of one of the authorities must be shown.
    RequireAndVerify,
}

impl ClientAuth {
    const WORDS: [(&str, Self); 6] = [
        ("NoClientCert", Self::None),
        ("RequestClientCert", Self::Request),
        ("RequireAnyClientCert", Self::RequireAny),
        ("VerifyClientCertIfGiven", Self::VerifyIfGiven),
        ("RequireAndVerifyClientCert", Self::RequireAndVerify),
        // The toolkit's older word.
        ("RequireClientCert", Self::RequireAny),
    ];

    /// Whether a client without a certificate is sent away.
    pub(super) fn is_mandatory(self) -> bool {
        matches!(self, Self::RequireAny | Self::RequireAndVerify)
    }

    /// Whether a certificate must be of one of the authorities.
    pub(super) fn verifies(self) -> bool {
        matches!(self, Self::VerifyIfGiven | Self::RequireAndVerify)
    }
}

/// Why a word is not taken: what is wrong, what to write instead.
pub(super) type Refusal = (String, String);

pub(super) fn client_auth(word: &str) -> Result<ClientAuth, Refusal> {
    one_of(word, &ClientAuth::WORDS, "client_auth_type")
}

/// The version of TLS that a word means.
pub(super) fn version(word: &str) -> Result<ProtocolVersion, Refusal> {
    if ["TLS10", "TLS11"].contains(&word) {
        let message = format!("{word} is too old to be safe and is not offered");
        return Err((message, "write TLS12 or TLS13".to_owned()));
    }
    one_of(word, &[("TLS12", ProtocolVersion::TLSv1_2), ("TLS13", ProtocolVersion::TLSv1_3)], "version of TLS")
}

/// Suites by their names. The first three are those of TLS 1.3, whose names Go and the standard share.
fn suites() -> [(&'static str, SupportedCipherSuite); 9] {
    [
        ("TLS_AES_128_GCM_SHA256", cipher_suite::TLS13_AES_128_GCM_SHA256),
        ("TLS_AES_256_GCM_SHA384", cipher_suite::TLS13_AES_256_GCM_SHA384),
        ("TLS_CHACHA20_POLY1305_SHA256", cipher_suite::TLS13_CHACHA20_POLY1305_SHA256),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
        (
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        ),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
    ]
}

/// The suite of a name of Go's `tls.CipherSuites`.
pub(super) fn suite(word: &str) -> Result<SupportedCipherSuite, Refusal> {
    if let Some(begin) = word.strip_suffix("_CBC_SHA").filter(|begin| begin.starts_with("TLS_ECDHE_")) {
        let hash = if begin.ends_with("256") { "SHA384" } else { "SHA256" };
        let message = format!("{word} is a CBC suite, which this server does not offer");
        return Err((message, format!("write {begin}_GCM_{hash} instead")));
    }
    one_of(word, &suites(), "cipher suite")
}

/// The curve of a name of Go's `tls.CurveID`.
pub(super) fn curve(word: &str) -> Result<&'static dyn SupportedKxGroup, Refusal> {
    if word == "CurveP521" {
        let message = "CurveP521 is not offered by this server's TLS".to_owned();
        return Err((message, "write CurveP384 instead".to_owned()));
    }
    let curves =
        [("X25519", kx_group::X25519), ("CurveP256", kx_group::SECP256R1), ("CurveP384", kx_group::SECP384R1)];
    one_of(word, &curves, "curve")
}

fn one_of<T: Copy>(word: &str, words: &[(&str, T)], kind: &str) -> Result<T, Refusal> {
    if let Some((_, meaning)) = words.iter().find(|(known, _)| *known == word) {
        return Ok(*meaning);
    }
    let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
    let near = nearest(word, &known).unwrap_or_default();
    let message = format!("{word:?} is no {kind} that is known here");
    Err((message, format!("did you mean {near:?}? Known: {}", known.join(", "))))
}

/// A period as Go writes it: `1s`, `1m30s`, `2.5ms`; a bare number is nanoseconds, as in the toolkit. One below zero
/// is as good as zero.
pub(super) fn period(text: &str) -> Option<Duration> {
    if let Ok(nanoseconds) = text.parse::<i64>() {
        return Some(Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0)));
    }
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let mut sum = Duration::ZERO;
    loop {
        let number = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let unit = rest[number..].find(|character: char| character.is_ascii_digit() || character == '.');
        let (this, next) = rest.split_at(unit.map_or(rest.len(), |unit| number + unit));
        sum = sum.checked_add(part(&this[..number], &this[number..])?)?;
        rest = next;
        if rest.is_empty() {
            break;
        }
    }
    Some(if negative { Duration::ZERO } else { sum })
}

/// Seconds are exact enough as binary fractions: this only spaces requests.
fn part(number: &str, unit: &str) -> Option<Duration> {
    let scale = match unit {
        "ns" => 1e-9,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * scale).ok()
}
