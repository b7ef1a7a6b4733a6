-- The evidence log: version 7.

-- Leaves of the log, one for each transaction that changed the history. Rows are only ever added.
CREATE TABLE evidence (
    -- Number of the leaf, from 0 and without a hole.
    leaf INTEGER PRIMARY KEY,
    -- SHA-256 of a zero byte and the payload: what RFC 6962 calls the hash of a leaf.
    hash BLOB NOT NULL,
    -- What was done, canonical JSON.
    payload TEXT NOT NULL,
    -- The rows that were written: table, act, key and SHA-256 of each. The payload has the SHA-256 of this list; NULL where
    -- it is empty.
    rows BLOB
) STRICT;

-- Checkpoints of the log: one at the end of each run.
CREATE TABLE evidence_checkpoints (
    -- Number of leaves that it speaks for.
    size INTEGER PRIMARY KEY,
    -- When the run ended.
    made_at INTEGER NOT NULL,
    -- Origin, size and root, each on a line, and the signature where there is a key.
    note TEXT NOT NULL,
    -- Hashes of the largest complete subtrees, from the left: what the next leaf is added to.
    peaks BLOB NOT NULL
) STRICT;
CREATE INDEX evidence_checkpoints_made ON evidence_checkpoints (made_at);

-- The checkpoint that the report names; NULL where there was none.
ALTER TABLE reports ADD COLUMN checkpoint TEXT;
