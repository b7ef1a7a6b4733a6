-- Reports: version 5.

-- Identities with which the run asked providers, JSON; NULL where it asked none.
ALTER TABLE runs ADD COLUMN identities TEXT;

-- Requests of the run by provider and API, JSON; NULL where there were none.
ALTER TABLE runs ADD COLUMN calls TEXT;

CREATE INDEX runs_started ON runs (started_at);

-- Reports that were written.
CREATE TABLE reports (
    -- Row number, in order of writing.
    id INTEGER PRIMARY KEY,
    -- Id of the report.
    report TEXT NOT NULL,
    -- organization, or the id of the one account.
    scope TEXT NOT NULL,
    -- Begin of the period.
    period_from INTEGER NOT NULL,
    -- End of the period, which it leaves out.
    period_to INTEGER NOT NULL,
    -- Where it was written.
    directory TEXT NOT NULL,
    -- SHA-256 of its manifest, in hex.
    manifest_sha256 TEXT NOT NULL,
    -- Formats in which it was written, JSON.
    formats TEXT NOT NULL,
    -- The slot of the schedule that it serves; NULL where somebody asked for it.
    slot INTEGER,
    -- When it was written.
    written_at INTEGER NOT NULL
) STRICT;
CREATE INDEX reports_period ON reports (scope, period_to);
