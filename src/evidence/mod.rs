//! The evidence log: an append-only Merkle tree (RFC 6962) over what every transaction wrote, checkpoints of it, and their
//! verification. All of it is arithmetic on what the store hands over; nothing here reads a database.
//!
//! A leaf says what was done and commits to a list of rows: each with its table, its key and the SHA-256 of what it held.
//! Whoever reads the log from its first leaf knows what every row must hold now.

mod checkpoint;
mod key;
mod leaf;
mod pending;
mod rows;
mod tree;
mod verify;

pub use checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
pub use key::{KeyError, PublicKey, SigningKey};
pub use leaf::{Leaf, Occasion, Payload, RunRecord, What};
pub use pending::net;
pub use rows::{Act, Cell, Digester, RowNote, hash_of, key_cells, key_of, key_text, list, read_list};
pub use tree::{Hash, Tree, leaf_hash};
pub use verify::{
    Anchor, CheckpointRow, LastCheckpoint, Law, Pause, Problem, ProblemKind, RunsSeen, SignatureState, StoredLeaf,
    Verification, Verifier,
};
