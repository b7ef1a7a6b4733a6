//! Digests that are checked with each collection.
