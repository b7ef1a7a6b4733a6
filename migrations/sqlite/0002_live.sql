-- Live collection: version 2.

-- States of trails, as their settings show them.
CREATE TABLE trail_states (
    -- Row number.
    id INTEGER PRIMARY KEY,
    -- The account that was asked.
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- ARN of the trail; an organization's trail has the ARN of the account that owns it.
    arn TEXT NOT NULL,
    -- The settings, JSON.
    state TEXT NOT NULL,
    -- First observation of this state.
    valid_from INTEGER NOT NULL,
    -- First observation of another state or of its absence; NULL while it holds.
    valid_to INTEGER,
    -- Last observation of this state.
    last_seen INTEGER NOT NULL
) STRICT;
CREATE INDEX trail_states_place ON trail_states (account_id, arn, valid_from);

-- How far readings of the event history have come that are not complete yet. The rows of one account and Region share
-- one window, and go when all of it is read.
CREATE TABLE lookup_progress (
    -- The account.
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- Region.
    region TEXT NOT NULL,
    -- The query, as its source names it.
    query TEXT NOT NULL,
    -- Begin of the window.
    window_from INTEGER NOT NULL,
    -- End of the window.
    window_to INTEGER NOT NULL,
    -- Time of the oldest event that was read, newest first; NULL before the first.
    reached INTEGER,
    -- 1 where everything in the window is stored.
    done INTEGER NOT NULL CHECK (done IN (0, 1)),
    PRIMARY KEY (account_id, region, query)
) STRICT, WITHOUT ROWID;

-- Version 1 noted that a list of trails was read, and did not keep the list: such a row must not say that there is none.
DELETE FROM coverage WHERE api = 'cloudtrail:DescribeTrails';
