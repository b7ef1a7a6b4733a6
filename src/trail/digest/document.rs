//! The content of a digest.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// The one way in which digests are signed.
const SIGNATURE: &str = "SHA256withRSA";

/// The one way in which their log files are hashed.
const HASH: &str = "SHA-256";

/// Hex digits of a SHA-256.
const HASH_DIGITS: usize = 64;

/// A digest, as it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Begin of the time in which its log files were delivered.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
    /// The end, letter by letter: so it is signed.
    pub end_text: String,
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub object: String,
    /// The key by which it is signed.
    pub fingerprint: String,
    /// The digest before it; none begins a chain.
    pub previous: Option<Previous>,
    /// Its log files.
    pub logs: Vec<LogFile>,
}

/// What a digest says of the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previous {
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub object: String,
    /// SHA-256 of its content, in lower-case hex.
    pub hash: String,
    /// Its signature, letter by letter: so it is signed.
    pub signature: String,
}

/// A log file of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFile {
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub object: String,
    /// SHA-256 of its content, in lower-case hex.
    pub hash: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    digest_start_time: String,
    digest_end_time: String,
    digest_s3_bucket: String,
    digest_s3_object: String,
    digest_public_key_fingerprint: String,
    digest_signature_algorithm: Option<String>,
    previous_digest_s3_bucket: Option<String>,
    previous_digest_s3_object: Option<String>,
    previous_digest_hash_value: Option<String>,
    previous_digest_hash_algorithm: Option<String>,
    /// A starting digest says `null`, and has to say it.
    #[serde(deserialize_with = "present")]
    previous_digest_signature: Option<String>,
    log_files: Vec<WireLog>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLog {
    s3_bucket: String,
    s3_object: String,
    hash_value: String,
    hash_algorithm: Option<String>,
}

/// A member that may be null and may not be left out.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

impl Digest {
    /// Reads the content of a digest.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(content: &[u8]) -> Result<Self, String> {
        let wire: Wire = serde_json::from_slice(content).map_err(|error| format!("it is no digest: {error}"))?;
        expected("digestSignatureAlgorithm", wire.digest_signature_algorithm.as_deref(), SIGNATURE)?;
        let start = time("digestStartTime", &wire.digest_start_time)?;
        let end = time("digestEndTime", &wire.digest_end_time)?;
        if end < start {
            return Err("it ends before it begins (digestStartTime, digestEndTime)".to_owned());
        }
        let previous = previous(&wire)?;
        let logs = wire.log_files.into_iter().enumerate();
        Ok(Self {
            start,
            end,
            end_text: wire.digest_end_time,
            bucket: filled("digestS3Bucket", wire.digest_s3_bucket)?,
            object: filled("digestS3Object", wire.digest_s3_object)?,
            fingerprint: filled("digestPublicKeyFingerprint", wire.digest_public_key_fingerprint)?,
            previous,
            logs: logs.map(|(at, log)| log_file(at, log)).collect::<Result<_, _>>()?,
        })
    }

    /// Reads no more than the signature of the digest before this one, and which that is.
    #[must_use]
    pub fn signature_before(content: &[u8]) -> Option<(String, String)> {
        let previous = Self::parse(content).ok()?.previous?;
        Some((previous.object, previous.signature))
    }
}

fn previous(wire: &Wire) -> Result<Option<Previous>, String> {
    let parts = (
        &wire.previous_digest_s3_bucket,
        &wire.previous_digest_s3_object,
        &wire.previous_digest_hash_value,
        &wire.previous_digest_signature,
    );
    match parts {
        (None, None, None, None) => Ok(None),
        (Some(bucket), Some(object), Some(hash), Some(signature)) => {
            let algorithm = wire.previous_digest_hash_algorithm.as_deref();
            expected("previousDigestHashAlgorithm", algorithm, HASH)?;
            Ok(Some(Previous {
                bucket: filled("previousDigestS3Bucket", bucket.clone())?,
                object: filled("previousDigestS3Object", object.clone())?,
                hash: hash_value("previousDigestHashValue", hash)?,
                signature: signature.clone(),
            }))
        }
        _ => Err("of the members previousDigest… some are null and some are not".to_owned()),
    }
}

fn log_file(at: usize, log: WireLog) -> Result<LogFile, String> {
    let of = |member: &str| format!("logFiles[{at}].{member}");
    expected(&of("hashAlgorithm"), log.hash_algorithm.as_deref(), HASH)?;
    Ok(LogFile {
        hash: hash_value(&of("hashValue"), &log.hash_value)?,
        bucket: filled(&of("s3Bucket"), log.s3_bucket)?,
        object: filled(&of("s3Object"), log.s3_object)?,
    })
}

/// An algorithm that is left out is the one that there is.
fn expected(member: &str, found: Option<&str>, only: &str) -> Result<(), String> {
    match found {
        Some(found) if found != only => Err(format!("{member} is {found:?}, and only {only:?} is known")),
        _ => Ok(()),
    }
}

fn filled(member: &str, text: String) -> Result<String, String> {
    if text.is_empty() { Err(format!("{member} is empty")) } else { Ok(text) }
}

fn time(member: &str, text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| format!("{member} is no time: {text:?}"))
}

fn hash_value(member: &str, text: &str) -> Result<String, String> {
    let is_hash = text.len() == HASH_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { Ok(text.to_ascii_lowercase()) } else { Err(format!("{member} is no SHA-256: {text:?}")) }
}
