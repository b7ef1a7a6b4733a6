-- The history: version 1.
--
-- Types: TEXT, INTEGER and BLOB only, in STRICT tables, so that another dialect can follow (INTEGER is BIGINT there).
-- Times are INTEGER milliseconds since 1970-01-01T00:00:00Z. Flags are INTEGER 0 or 1. Lists and maps are JSON in TEXT.
-- Words (providers, outcomes, states) are spelled as in every output of the program.

-- Every account that anything is known of.
CREATE TABLE accounts (
    -- Number by which the other tables name the account: random text keys would widen every index.
    id INTEGER PRIMARY KEY,
    -- aws or alibaba.
    provider TEXT NOT NULL,
    -- The provider's own id of the account.
    account TEXT NOT NULL,
    -- 1 where the account is one of ours (inventory, coverage or records of its own); 0 where only a record of
    -- another account names it as the owner of a role. Only ours have verdicts.
    own INTEGER NOT NULL DEFAULT 0 CHECK (own IN (0, 1)),
    -- Goes up with every transaction that brings something new for the account.
    changes INTEGER NOT NULL DEFAULT 0,
    -- The value of changes that the last judgement knew. The account is due while the two differ.
    judged_changes INTEGER NOT NULL DEFAULT 0,
    -- When the passing of time alone makes the account due.
    recheck_at INTEGER,
    UNIQUE (provider, account)
) STRICT;

-- What the program did, and when.
CREATE TABLE runs (
    -- Number of the run.
    id INTEGER PRIMARY KEY,
    -- collect, ingest or analyze.
    kind TEXT NOT NULL,
    -- Begin.
    started_at INTEGER NOT NULL,
    -- End; NULL while it runs, and for ever if it was killed.
    finished_at INTEGER,
    -- 1 where everything that was expected could be read.
    complete INTEGER CHECK (complete IN (0, 1)),
    -- Counts of objects, records and bytes, JSON.
    summary TEXT
) STRICT;
CREATE INDEX runs_finished ON runs (finished_at);

-- The ledger: every object of a trail that was read or tried, as of the last try.
CREATE TABLE objects (
    -- Row number.
    id INTEGER PRIMARY KEY,
    -- Path or URL.
    name TEXT NOT NULL UNIQUE,
    -- Size in bytes.
    size INTEGER NOT NULL,
    -- Entity tag, or modification time in nanoseconds.
    version TEXT NOT NULL,
    -- read, skipped or rejected.
    fate TEXT NOT NULL,
    -- How many of its records were rejected.
    rejected_records INTEGER NOT NULL,
    -- Counts of its records and bytes, JSON.
    summary TEXT NOT NULL,
    -- The run that read it.
    run_id INTEGER NOT NULL,
    -- When it was read.
    read_at INTEGER NOT NULL
) STRICT;

-- Records read so far, for the metrics.
CREATE TABLE trail_totals (
    -- aws or alibaba; empty where an object did not tell.
    provider TEXT NOT NULL,
    -- kept, duplicate, irrelevant or rejected.
    result TEXT NOT NULL,
    -- How many.
    records INTEGER NOT NULL,
    PRIMARY KEY (provider, result)
) STRICT, WITHOUT ROWID;

-- Records and whole objects that could not be read, as of the last try of their object.
CREATE TABLE rejects (
    -- Row number, in order of storing.
    id INTEGER PRIMARY KEY,
    -- The object.
    object TEXT NOT NULL,
    -- Number of the record in the object, from 1; NULL where the whole object was rejected.
    record INTEGER,
    -- Offset of the trouble in the uncompressed object, in bytes.
    byte_offset INTEGER,
    -- What is wrong.
    reason TEXT NOT NULL,
    -- The first bytes of the record, at most 64 KiB.
    raw BLOB NOT NULL,
    -- The run that found it.
    run_id INTEGER NOT NULL,
    -- When it was found.
    rejected_at INTEGER NOT NULL
) STRICT;
CREATE INDEX rejects_object ON rejects (object);

-- Trail events.
CREATE TABLE events (
    -- Row number, in order of storing.
    id INTEGER PRIMARY KEY,
    -- The account that got the record.
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- When it happened.
    time INTEGER NOT NULL,
    -- The event's id in 16 bytes: a UUID as such, of any other id the first half of its SHA-256.
    id_key BLOB NOT NULL,
    -- The event's id as the record has it.
    event_id TEXT NOT NULL,
    -- When the trail delivered the object, where its name tells.
    delivered_at INTEGER,
    -- When it was stored.
    ingested_at INTEGER NOT NULL,
    -- Region of the record.
    region TEXT,
    -- Name of the call.
    name TEXT NOT NULL,
    -- Service that recorded it.
    source TEXT NOT NULL,
    -- Identity: its type in the provider's words.
    actor_type TEXT,
    -- Identity: ARN.
    actor_arn TEXT,
    -- Identity: the service on whose behalf the call was made.
    actor_invoked_by TEXT,
    -- Identity: account.
    actor_account TEXT,
    -- Identity: the provider's unique id.
    actor_principal_id TEXT,
    -- ARN of the watched role that it concerns.
    role TEXT,
    -- The provider's unique id of that role.
    role_id TEXT,
    -- Id of the store that it concerns.
    store TEXT,
    -- Type of the store.
    store_type TEXT,
    -- Id of the deletion task that it submitted.
    deletion_task TEXT,
    -- allowed, denied or failed.
    outcome TEXT NOT NULL,
    -- The provider's error code.
    error_code TEXT,
    -- The provider's error message.
    error_message TEXT,
    -- Source address or service name.
    source_ip TEXT,
    -- User agent.
    user_agent TEXT,
    -- Id shared by the two records of one cross-account call.
    shared_id TEXT,
    -- Id of the event that this one replaces.
    replaces TEXT,
    -- The object that held the record.
    object TEXT NOT NULL,
    -- SHA-256 of the record as found, in hex.
    sha256 TEXT NOT NULL,
    -- What it means for which profile, JSON.
    concerns TEXT NOT NULL,
    -- The record without credentials and session tokens, JSON.
    raw TEXT NOT NULL,
    -- One event is stored once. The time comes before the random id, so that new rows land side by side.
    UNIQUE (account_id, time, id_key)
) STRICT;
CREATE INDEX events_time ON events (time);

-- Which profiles of which role owners an event concerns: the time lines of roles.
CREATE TABLE event_concerns (
    -- The account whose role or store is concerned.
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- Profile id.
    profile TEXT NOT NULL,
    -- When the event happened.
    time INTEGER NOT NULL,
    -- Row of the event. No foreign key: it would need an index of its own to be checked on removal.
    event INTEGER NOT NULL,
    -- Number of the concern among those of the event, from 0.
    ordinal INTEGER NOT NULL,
    -- What it is, as in the JSON of concerns.
    kind TEXT NOT NULL,
    -- 1 where the trusted service did its ordinary work.
    trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
    -- 1 where that holds for every concern of the event.
    routine INTEGER NOT NULL CHECK (routine IN (0, 1)),
    PRIMARY KEY (account_id, profile, time, event, ordinal)
) STRICT, WITHOUT ROWID;
-- What the rules read: everything but ordinary work, which is counted in role_use.
CREATE INDEX event_concerns_notable ON event_concerns (account_id, time, event) WHERE routine = 0;

-- Ids of events that a later record replaced, so that the replaced record stays out when it comes (again) afterwards.
CREATE TABLE replaced_events (
    -- The account that got the records.
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- Id of the replaced event.
    event_id TEXT NOT NULL,
    PRIMARY KEY (account_id, event_id)
) STRICT, WITHOUT ROWID;

-- Use of roles by day: counting needs no scan of events.
CREATE TABLE role_use (
    -- The role's account.
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- Profile id.
    profile TEXT NOT NULL,
    -- ARN of the role; empty where records did not tell.
    role TEXT NOT NULL,
    -- Days since 1970-01-01 (UTC).
    day INTEGER NOT NULL,
    -- Events of ordinary work.
    routine INTEGER NOT NULL,
    -- First of them; NULL where there is none.
    first_routine INTEGER,
    -- Last of them.
    last_routine INTEGER,
    -- The role's unique id in the last of them that told.
    last_role_id TEXT,
    -- When that one was.
    last_role_id_at INTEGER,
    -- Successful assumptions by anybody, as recorded in the role's own account.
    assumptions INTEGER NOT NULL,
    -- Those of them by trusted principals.
    trusted_assumptions INTEGER NOT NULL,
    PRIMARY KEY (account_id, profile, role, day)
) STRICT, WITHOUT ROWID;

-- States of roles, as inventory shows them.
CREATE TABLE role_states (
    -- Row number.
    id INTEGER PRIMARY KEY,
    -- The role's account.
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- Profile id.
    profile TEXT NOT NULL,
    -- ARN of the role; empty for the absence of a role that was never seen.
    arn TEXT NOT NULL,
    -- The role, JSON; NULL for an observed absence.
    state TEXT,
    -- First observation of this state.
    valid_from INTEGER NOT NULL,
    -- First observation of another state; NULL while it holds.
    valid_to INTEGER,
    -- Last observation of this state.
    last_seen INTEGER NOT NULL,
    -- When the provider says that the role was last used.
    last_used_at INTEGER,
    -- In which Region.
    last_used_region TEXT
) STRICT;
CREATE INDEX role_states_place ON role_states (account_id, profile, arn, valid_from);

-- States of stores, as inventory shows them.
CREATE TABLE store_states (
    -- Row number.
    id INTEGER PRIMARY KEY,
    -- The store's account.
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- Kind of store, as profiles name it.
    kind TEXT NOT NULL,
    -- Region.
    region TEXT NOT NULL,
    -- The provider's id of the store.
    store TEXT NOT NULL,
    -- The common word for its state, also in the JSON.
    word TEXT NOT NULL,
    -- The store, JSON.
    state TEXT NOT NULL,
    -- First observation of this state.
    valid_from INTEGER NOT NULL,
    -- First observation of another state or of its absence; NULL while it holds.
    valid_to INTEGER,
    -- Last observation of this state.
    last_seen INTEGER NOT NULL
) STRICT;
CREATE INDEX store_states_place ON store_states (account_id, kind, region, store, valid_from);

-- Deletion tasks of roles.
CREATE TABLE deletion_tasks (
    -- Row number.
    id INTEGER PRIMARY KEY,
    -- The role's account.
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- Profile id.
    profile TEXT NOT NULL,
    -- The provider's id of the task.
    task TEXT NOT NULL,
    -- When it was submitted.
    submitted_at INTEGER NOT NULL,
    -- Who submitted it.
    submitted_by TEXT,
    -- The trail event that submitted it.
    event_id TEXT,
    UNIQUE (account_id, profile, task)
) STRICT;

-- How deletion tasks stood, each time they were asked.
CREATE TABLE deletion_task_statuses (
    -- Row of the task.
    task_id INTEGER NOT NULL REFERENCES deletion_tasks (id),
    -- First time that it stood so.
    first_checked INTEGER NOT NULL,
    -- Last time that it stood so.
    last_checked INTEGER NOT NULL,
    -- The provider's word.
    status TEXT NOT NULL,
    -- The provider's reason.
    reason TEXT,
    -- What holds the role, JSON.
    usage TEXT NOT NULL,
    PRIMARY KEY (task_id, first_checked)
) STRICT, WITHOUT ROWID;

-- What could be read and what could not. One row while a place ends the same way again and again.
CREATE TABLE coverage (
    -- Row number.
    id INTEGER PRIMARY KEY,
    -- aws or alibaba.
    provider TEXT NOT NULL,
    -- The account; empty where the trouble concerns every account of the provider.
    account TEXT NOT NULL,
    -- Region; empty for a global API.
    region TEXT NOT NULL,
    -- What was read.
    api TEXT NOT NULL,
    -- Which role or store it was about; empty where the API is asked once.
    subject TEXT NOT NULL,
    -- How it ended.
    outcome TEXT NOT NULL,
    -- The provider's error code and message, or what is missing.
    detail TEXT NOT NULL,
    -- Begin of the span that the data covers.
    covers_from INTEGER NOT NULL,
    -- End of that span.
    covers_to INTEGER NOT NULL,
    -- First run in a row that ended so, with this very detail.
    since INTEGER NOT NULL,
    -- First run in a row that ended with this outcome, whatever the detail.
    outcome_since INTEGER NOT NULL,
    -- Last run that ended so.
    checked_at INTEGER NOT NULL,
    -- When the place began to end in another way; NULL for its newest row.
    until INTEGER,
    -- Last complete run up to checked_at.
    last_complete INTEGER,
    -- Number of the last run that ended so.
    run_id INTEGER NOT NULL
) STRICT;
CREATE INDEX coverage_place ON coverage (provider, account, api, region, subject, since);
CREATE INDEX coverage_gaps ON coverage (provider, account, outcome) WHERE until IS NULL;

-- What the rules found.
CREATE TABLE findings (
    -- Id of the finding.
    id TEXT PRIMARY KEY,
    -- The account.
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- Rule id.
    rule TEXT NOT NULL,
    -- info, low, medium, high or critical.
    severity TEXT NOT NULL,
    -- Region.
    region TEXT,
    -- Profile id.
    profile TEXT,
    -- ARN of the role.
    role TEXT,
    -- Id of the store.
    store TEXT,
    -- Who did it.
    actor TEXT,
    -- allowed, denied or failed.
    outcome TEXT,
    -- What else tells it apart.
    subject TEXT,
    -- observed or inferred.
    basis TEXT NOT NULL,
    -- What was seen.
    summary TEXT NOT NULL,
    -- First time that it was so.
    first_seen INTEGER NOT NULL,
    -- Last time that it was so.
    last_seen INTEGER NOT NULL,
    -- How often.
    count INTEGER NOT NULL,
    -- Who can fix it: customer or provider.
    fix_who TEXT NOT NULL,
    -- The next step.
    fix_how TEXT NOT NULL,
    -- What would clear it.
    clears_when TEXT NOT NULL,
    -- open or resolved; exceptions are applied when read.
    status TEXT NOT NULL,
    -- When an analysis first opened it.
    opened_at INTEGER NOT NULL,
    -- When it was resolved last.
    resolved_at INTEGER,
    -- Why.
    resolved_because TEXT,
    -- 1 where it could not be judged again for want of coverage.
    stale INTEGER NOT NULL CHECK (stale IN (0, 1))
) STRICT;
CREATE INDEX findings_account ON findings (account_id);
CREATE INDEX findings_open ON findings (account_id, rule, severity, opened_at) WHERE status = 'open';

-- The events on which findings rest.
CREATE TABLE finding_events (
    -- Id of the finding.
    finding_id TEXT NOT NULL REFERENCES findings (id),
    -- When the event happened.
    time INTEGER NOT NULL,
    -- Id of the event.
    event_id TEXT NOT NULL,
    PRIMARY KEY (finding_id, time, event_id)
) STRICT, WITHOUT ROWID;

-- The life of findings.
CREATE TABLE finding_changes (
    -- Row number, in order of storing.
    id INTEGER PRIMARY KEY,
    -- Id of the finding.
    finding_id TEXT NOT NULL REFERENCES findings (id),
    -- When.
    changed_at INTEGER NOT NULL,
    -- Number of the run.
    run_id INTEGER NOT NULL,
    -- opened, seen-again, became-stale, resolved or reopened.
    change TEXT NOT NULL,
    -- Why, for became-stale and resolved.
    because TEXT,
    -- How bad it was from then on.
    severity TEXT NOT NULL,
    -- How often it had been seen by then.
    count INTEGER NOT NULL,
    -- The last time that it was so, by then.
    last_seen INTEGER NOT NULL
) STRICT;
CREATE INDEX finding_changes_finding ON finding_changes (finding_id, changed_at);

-- The verdicts of the last analysis.
CREATE TABLE verdicts (
    -- The account.
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    -- Profile id.
    profile TEXT NOT NULL,
    -- present, absent or unknown.
    role TEXT NOT NULL,
    -- clean, findings, orphaned, unknown or not-in-use.
    verdict TEXT NOT NULL,
    -- observed or inferred.
    basis TEXT NOT NULL,
    -- Stores that need the role, and their number by Region, JSON.
    stores TEXT NOT NULL,
    -- Regions that had to answer.
    regions_expected INTEGER NOT NULL,
    -- Regions that did.
    regions_complete INTEGER NOT NULL,
    -- What is missing, JSON.
    missing TEXT NOT NULL,
    -- When it was judged.
    judged_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, profile)
) STRICT, WITHOUT ROWID;
