//! Leaves: what one transaction says about itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rows::{RowNote, list};
use super::tree::{Hash, leaf_hash};
use crate::model::SourceSummary;

/// The version of the payload's shape.
const VERSION: u32 = 1;

/// What a leaf is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The log begins.
    Genesis,
    /// Rows that stood in the history when the log began.
    Inherited,
    /// A run begins.
    RunBegan,
    /// Rows were written.
    Rows,
    /// A run has ended.
    RunFinished,
}

/// A run, as the leaves at its begin and its end tell it. Times are milliseconds since 1970, as in the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Whether everything that was expected could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<bool>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<i64>,
    /// Its number.
    pub id: i64,
    /// What kind of run.
    pub kind: String,
    /// When it began.
    pub started_at: i64,
    /// Counts of objects, records and bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<SourceSummary>,
}

/// What a leaf says. Its text is written once, with the keys in this order, and hashed as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// The leaf's number.
    pub leaf: u64,
    /// Origin of the checkpoint that is made with the leaf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// Hash of the leaf before it; of the first one nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// How many rows are in the list, by table.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, u64>,
    /// SHA-256 of the list of rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_sha256: Option<String>,
    /// The run that begins or ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<RunRecord>,
    /// Version of this shape.
    pub version: u32,
    /// What the leaf is about.
    pub what: What,
}

/// What a transaction says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// What it is about.
    pub what: What,
    /// The run that begins or ends.
    pub run: Option<RunRecord>,
    /// Origin of the checkpoint that is made with the leaf.
    pub origin: Option<String>,
}

impl Occasion {
    /// An occasion of which nothing else is to be said.
    #[must_use]
    pub fn of(what: What) -> Self {
        Self { what, run: None, origin: None }
    }
}

/// A leaf, ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its hash.
    pub hash: Hash,
    /// Its payload.
    pub payload: String,
    /// Its rows.
    pub rows: Option<Vec<u8>>,
}

impl Leaf {
    /// The leaf of that number behind another one. `name` tells a table's name by its number.
    #[must_use]
    pub fn new(
        (number, previous): (u64, Option<Hash>),
        occasion: Occasion,
        notes: &[RowNote],
        name: impl Fn(u8) -> &'static str,
    ) -> Self {
        let mut rows: BTreeMap<String, u64> = BTreeMap::new();
        for note in notes {
            *rows.entry(name(note.table).to_owned()).or_default() += 1;
        }
        let list = (!notes.is_empty()).then(|| list(notes));
        let payload = Payload {
            leaf: number,
            origin: occasion.origin,
            previous: previous.map(|hash| hash.to_string()),
            rows,
            rows_sha256: list.as_deref().map(|list| Hash::of(list).to_string()),
            run: occasion.run,
            version: VERSION,
            what: occasion.what,
        };
        // Numbers, words and maps with text for keys: nothing in it can fail to be written.
        let payload = serde_json::to_string(&payload).unwrap_or_default();
        Self { hash: leaf_hash(payload.as_bytes()), payload, rows: list }
    }
}
