//! Objects of trails, as the ledger has them.

use serde::Serialize;

use super::{BytesJson, RecordsJson};
use crate::store::LedgerRow;

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerJson {
    /// Path or URL.
    pub object: String,
    /// Size in bytes, as stored.
    pub size: u64,
    /// Entity tag, or modification time in nanoseconds.
    pub version: String,
    /// `read`, `skipped` (no log) or `rejected` (could not be read).
    pub fate: &'static str,
    /// Records.
    pub records: RecordsJson,
    /// Bytes.
    pub bytes: BytesJson,
    /// SHA-256 of its bytes as stored, in hex; null where nobody asked for it.
    pub sha256: Option<String>,
    /// SHA-256 of its content, uncompressed.
    pub sha256_uncompressed: Option<String>,
    /// When it was read.
    pub read_at: String,
}

impl From<LedgerRow> for LedgerJson {
    fn from(row: LedgerRow) -> Self {
        let (sha256, sha256_uncompressed) = row.hashes.map(|hashes| (hashes.stored, hashes.content)).unzip();
        Self {
            object: row.object.name,
            size: row.object.size,
            version: row.object.version,
            fate: row.fate.as_str(),
            records: (&row.summary).into(),
            bytes: (&row.summary).into(),
            sha256,
            sha256_uncompressed,
            read_at: row.read_at.to_string(),
        }
    }
}
