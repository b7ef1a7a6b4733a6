//! Digest chains as `CloudTrail` writes them, signed with a key of the caller's: the real ones are not to be had.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::archive::gzip;

/// A key pair that signs.
pub struct DigestSigner<'a> {
    /// How digests name its public half.
    pub fingerprint: String,
    /// Signs: RSA PKCS#1 v1.5 with SHA-256.
    pub sign: &'a dyn Fn(&[u8]) -> Vec<u8>,
}

/// A chain while it is written.
pub struct DigestChain<'a> {
    /// Bucket.
    pub bucket: String,
    /// What stands before `AWSLogs/`, with a slash at its end; may be empty.
    pub prefix: String,
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// Name of the trail.
    pub trail: String,
    /// Whether it is the backfill chain.
    pub backfill: bool,
    /// Who signs.
    pub signer: DigestSigner<'a>,
    /// The digest before the next one; `None` begins a chain.
    pub last: Option<SignedDigest>,
}

/// A digest as it lies in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedDigest {
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// The object: gzip.
    pub bytes: Vec<u8>,
    /// The metadata `signature`, in hex.
    pub signature: String,
    /// SHA-256 of its content, in hex.
    pub hash: String,
}

/// A log file: its key, and its content uncompressed.
pub type DeliveredLog = (String, Vec<u8>);

impl DigestChain<'_> {
    /// The key of the digest that ends at `end`.
    #[must_use]
    pub fn key(&self, end: Timestamp) -> String {
        let Self { prefix, account, region, trail, .. } = self;
        let (day, time) = (end.strftime("%Y/%m/%d"), end.strftime("%Y%m%dT%H%M%SZ"));
        let kind = if self.backfill { "_backfill" } else { "" };
        format!(
            "{prefix}AWSLogs/{account}/CloudTrail-Digest/{region}/{day}/\
             {account}_CloudTrail-Digest_{region}_{trail}_{region}_{time}{kind}.json.gz"
        )
    }

    /// Writes the next digest, of the log files that were delivered from `start` to `end`.
    pub fn write(&mut self, start: Timestamp, end: Timestamp, logs: &[DeliveredLog]) -> SignedDigest {
        let key = self.key(end);
        let content = self.content(&key, (start, end), logs).to_string();
        let hash = hex::encode(Sha256::digest(&content));
        let before = self.last.as_ref().map_or("null", |last| &last.signature);
        let text = format!("{end}\n{}/{key}\n{hash}\n{before}", self.bucket);
        let signature = hex::encode((self.signer.sign)(text.as_bytes()));
        let bytes = gzip(content.as_bytes());
        let digest = SignedDigest { bucket: self.bucket.clone(), key, bytes, signature, hash };
        self.last = Some(digest.clone());
        digest
    }

    fn content(&self, key: &str, (start, end): (Timestamp, Timestamp), logs: &[DeliveredLog]) -> Value {
        let last = |of: fn(&SignedDigest) -> &String| self.last.as_ref().map(of);
        let logs: Vec<_> = logs
            .iter()
            .map(|(object, content)| {
                json!({
                    "s3Bucket": self.bucket,
                    "s3Object": object,
                    "hashValue": hex::encode(Sha256::digest(content)),
                    "hashAlgorithm": "SHA-256",
                    "newestEventTime": end.to_string(),
                    "oldestEventTime": start.to_string(),
                })
            })
            .collect();
        let seen = (!logs.is_empty()).then_some((start.to_string(), end.to_string()));
        json!({
            "awsAccountId": self.account,
            "digestStartTime": start.to_string(),
            "digestEndTime": end.to_string(),
            "digestS3Bucket": self.bucket,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": self.signer.fingerprint,
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": seen.as_ref().map(|(_, newest)| newest),
            "oldestEventTime": seen.as_ref().map(|(oldest, _)| oldest),
            "previousDigestS3Bucket": last(|last| &last.bucket),
            "previousDigestS3Object": last(|last| &last.key),
            "previousDigestHashValue": last(|last| &last.hash),
            "previousDigestHashAlgorithm": self.last.as_ref().map(|_| "SHA-256"),
            "previousDigestSignature": last(|last| &last.signature),
            "logFiles": logs,
        })
    }
}

/// An object of a log as it lies in a bucket.
#[must_use]
pub fn log_object(content: &[u8]) -> Vec<u8> {
    gzip(content)
}
