-- Pages of lists: version 4. Each index has the order of a list, so that a page begins where the last one ended.

-- Findings of one severity, oldest first; with what lists are narrowed by, so that rows which do not match are not read.
CREATE INDEX findings_order ON findings (severity, opened_at, id, status, rule, account_id);

-- What could not be read, without all that could.
CREATE INDEX coverage_gap_places ON coverage (provider, account, api, region, subject, since)
    WHERE outcome IN ('partial', 'denied', 'throttled', 'timed-out', 'error');

-- Deletion tasks, oldest first.
CREATE INDEX deletion_tasks_order ON deletion_tasks (submitted_at);
