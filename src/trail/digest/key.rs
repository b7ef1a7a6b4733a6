//! Public keys of `CloudTrail`, and what is signed with them.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::Digest;

/// A public key of `CloudTrail`. Each Region has its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// How digests name it.
    pub fingerprint: String,
    /// DER: PKCS#1, as the documentation says, or `SubjectPublicKeyInfo`, as one of its samples has it.
    pub der: Vec<u8>,
    /// The time in which digests are signed with it, as far as that was told.
    pub valid: Option<(Timestamp, Timestamp)>,
}

impl PublicKey {
    /// Whether `signature`, in hex, was made of `text` with the private half.
    #[must_use]
    pub fn signed(&self, text: &str, signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.der);
        hex::decode(signature).is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok())
    }

    /// Whether it was in use at some time of a stretch.
    #[must_use]
    pub fn in_use(&self, (from, to): (Timestamp, Timestamp)) -> bool {
        self.valid.is_none_or(|(begin, end)| begin <= to && from <= end)
    }
}

/// What a digest's signature is made of. `hash` is the SHA-256 of its content, in hex.
#[must_use]
pub fn signed_text(digest: &Digest, hash: &str) -> String {
    let Digest { end_text, bucket, object, previous, .. } = digest;
    // A starting digest is signed with the word.
    let before = previous.as_ref().map_or("null", |previous| &previous.signature);
    format!("{end_text}\n{bucket}/{object}\n{hash}\n{before}")
}

/// Why a file of public keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}; save there what `aws cloudtrail list-public-keys --start-time … --end-time …` prints")]
pub struct KeyListError(String);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    public_key_list: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    value: String,
    fingerprint: String,
    validity_start_time: Option<Value>,
    validity_end_time: Option<Value>,
}

/// Reads what `aws cloudtrail list-public-keys` prints: one answer, or several one after the other, as for several
/// Regions.
///
/// # Errors
/// What is wrong, and where.
pub fn read_keys(text: &[u8]) -> Result<Vec<PublicKey>, KeyListError> {
    let mut keys = Vec::new();
    for list in serde_json::Deserializer::from_slice(text).into_iter::<List>() {
        let list = list.map_err(|error| KeyListError(format!("it is no list of public keys: {error}")))?;
        for (at, listed) in list.public_key_list.into_iter().enumerate() {
            let of = |what: String| KeyListError(format!("PublicKeyList[{at}]: {what}"));
            let der = STANDARD.decode(&listed.value).map_err(|error| of(format!("Value is no base64: {error}")))?;
            let valid = match (moment(listed.validity_start_time), moment(listed.validity_end_time)) {
                (Some(from), Some(to)) => Some((from, to)),
                _ => None,
            };
            keys.push(PublicKey { fingerprint: listed.fingerprint, der, valid });
        }
    }
    if keys.is_empty() { Err(KeyListError("it holds no public key".to_owned())) } else { Ok(keys) }
}

/// A time as the versions of the command print it: in text, or in seconds since 1970.
fn moment(value: Option<Value>) -> Option<Timestamp> {
    match value? {
        Value::String(text) => text.parse().ok(),
        // Fractions do not matter here: keys are valid for days.
        #[allow(clippy::cast_possible_truncation)]
        Value::Number(seconds) => Timestamp::from_second(seconds.as_f64()? as i64).ok(),
        _ => None,
    }
}
