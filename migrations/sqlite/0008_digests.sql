-- Digests of CloudTrail's trails: version 8.

-- Digest chains, and how far they were checked.
CREATE TABLE digest_chains (
    -- Row number.
    id INTEGER PRIMARY KEY,
    -- The account of whose log files the digests tell.
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- The bucket in which they lie.
    bucket TEXT NOT NULL,
    -- Region.
    region TEXT NOT NULL,
    -- Name of the trail; empty where no digest tells.
    trail TEXT NOT NULL,
    -- The trail's home Region.
    home_region TEXT NOT NULL,
    -- standard or backfill.
    kind TEXT NOT NULL,
    -- Begin of the time that the checked digests cover; NULL before the first.
    checked_from INTEGER,
    -- Its end.
    checked_to INTEGER,
    -- Key of the newest digest that was checked; NULL before the first.
    link_key TEXT,
    -- SHA-256 of its content, in hex; NULL where it could not be trusted.
    link_hash TEXT,
    -- Its signature, in hex; NULL where it could not be trusted.
    link_signature TEXT,
    -- The end of the time that it covers.
    link_end INTEGER,
    -- Digests that verified.
    digests INTEGER NOT NULL,
    -- Log files that were as the digests say.
    logs INTEGER NOT NULL,
    -- When it was checked first.
    since INTEGER NOT NULL,
    -- When it was checked last.
    checked_at INTEGER NOT NULL,
    UNIQUE (account_id, bucket, region, trail, home_region, kind)
) STRICT;

-- What is or was wrong in digest chains.
CREATE TABLE digest_problems (
    -- Row number.
    id INTEGER PRIMARY KEY,
    -- The chain.
    chain_id INTEGER NOT NULL REFERENCES digest_chains (id),
    -- invalid, missing, gap or unread.
    kind TEXT NOT NULL,
    -- Key of the object; the folder of the digests for what is missing at the end.
    object TEXT NOT NULL,
    -- What is wrong, and what to do.
    reason TEXT NOT NULL,
    -- Begin of the time that it concerns.
    begins INTEGER NOT NULL,
    -- End of the time that it concerns.
    ends INTEGER NOT NULL,
    -- When it was found.
    found_at INTEGER NOT NULL,
    -- When it was found to be right again; NULL while it is wrong.
    cleared_at INTEGER
) STRICT;
CREATE INDEX digest_problems_chain ON digest_problems (chain_id, cleared_at);
