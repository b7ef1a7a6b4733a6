//! Which rows the evidence log speaks about, and what of them.
//!
//! Numbers of tables stand in stored lists: a table keeps its place in [`COVERED`], and new ones come at the end.

use crate::evidence::Law;

/// A table whose rows the log speaks about. Columns are expressions in which `$` stands before each name of a column, for
/// whatever the row is called in a statement.
pub(super) struct Covered {
    pub(super) law: Law,
    /// What tells its rows apart.
    pub(super) key: &'static [&'static str],
    /// What the log vouches for.
    pub(super) columns: &'static [&'static str],
    /// What it vouches for once a column has a value: until then these go on with every observation, which must not
    /// cost a leaf.
    pub(super) settled: Option<(&'static str, &'static [&'static str])>,
}

/// Rows are added and never touched again.
const fn added(name: &'static str) -> Law {
    Law { name, changes: false, removals: false }
}

/// Rows are added, and come to hold something else.
const fn changed(name: &'static str) -> Law {
    Law { name, changes: true, removals: false }
}

/// Rows are added and removed, and hold the same in between.
const fn removed(name: &'static str) -> Law {
    Law { name, changes: false, removals: true }
}

/// Anything is done to rows.
const fn free(name: &'static str) -> Law {
    Law { name, changes: true, removals: true }
}

/// What the log does not speak about, in sentences.
pub(super) const NOT_COVERED: [&str; 4] = [
    "Of states, coverage and findings that still stand: when they were last seen. How far a trail was read, and its digests checked, counts to the day.",
    "Of verdicts: the list of what is missing, which coverage has, and the time.",
    "Counters and working state: totals of records, how far readings of event histories have come, what is due.",
    "What was written before the log began counts as it stood then.",
];

/// The laws, by number of table.
pub(super) static LAWS: [Law; COVERED.len()] = laws();

const fn laws() -> [Law; COVERED.len()] {
    let mut laws = [added(""); COVERED.len()];
    let mut place = 0;
    while place < COVERED.len() {
        laws[place] = COVERED[place].law;
        place += 1;
    }
    laws
}

/// The number of the table of objects.
pub(in crate::store) const OBJECTS: u8 = 2;

/// The number of the table of events.
pub(in crate::store) const EVENTS: u8 = 4;

/// Tables whose new rows come by the thousand, each from one statement that hands them over itself ([`Notes::add`]).
///
/// [`Notes::add`]: super::notes::Notes::add
pub(super) const HANDED_OVER: [u8; 2] = [OBJECTS, EVENTS];

/// Every table that the log speaks about.
pub(super) const COVERED: [Covered; 21] = [
    Covered { law: changed("accounts"), key: &["$id"], columns: &["$provider", "$account", "$own"], settled: None },
    Covered {
        law: changed("runs"),
        key: &["$id"],
        columns: &["$kind", "$started_at", "$finished_at", "$complete", "$summary", "$identities", "$calls"],
        settled: None,
    },
    Covered {
        law: changed("objects"),
        key: &["$id"],
        columns: &[
            "$name",
            "$size",
            "$version",
            "$fate",
            "$rejected_records",
            "$summary",
            "$run_id",
            "$read_at",
            "$sha256",
            "$sha256_uncompressed",
        ],
        settled: None,
    },
    Covered {
        law: removed("rejects"),
        key: &["$id"],
        columns: &["$object", "$record", "$byte_offset", "$reason", "$raw", "$run_id", "$rejected_at"],
        settled: None,
    },
    Covered {
        law: removed("events"),
        key: &["$id"],
        columns: &[
            "$account_id",
            "$time",
            "$id_key",
            "$event_id",
            "$delivered_at",
            "$ingested_at",
            "$region",
            "$name",
            "$source",
            "$actor_type",
            "$actor_arn",
            "$actor_invoked_by",
            "$actor_account",
            "$actor_principal_id",
            "$role",
            "$role_id",
            "$store",
            "$store_type",
            "$deletion_task",
            "$outcome",
            "$error_code",
            "$error_message",
            "$source_ip",
            "$user_agent",
            "$shared_id",
            "$replaces",
            "$object",
            "$sha256",
            "$concerns",
            "$raw",
        ],
        settled: None,
    },
    Covered {
        law: removed("event_concerns"),
        key: &["$account_id", "$profile", "$time", "$event", "$ordinal"],
        columns: &["$kind", "$trusted", "$routine"],
        settled: None,
    },
    Covered {
        law: added("replaced_events"),
        key: &["$account_id", "$event_id"],
        columns: &["$account_id", "$event_id"],
        settled: None,
    },
    Covered {
        law: free("role_use"),
        key: &["$account_id", "$profile", "$role", "$day"],
        columns: &[
            "$routine",
            "$first_routine",
            "$last_routine",
            "$last_role_id",
            "$last_role_id_at",
            "$assumptions",
            "$trusted_assumptions",
        ],
        settled: None,
    },
    Covered {
        law: free("role_states"),
        key: &["$id"],
        columns: &["$account_id", "$profile", "$arn", "$state", "$valid_from", "$valid_to"],
        settled: Some(("$valid_to", &["$last_seen", "$last_used_at", "$last_used_region"])),
    },
    Covered {
        law: free("store_states"),
        key: &["$id"],
        columns: &["$account_id", "$kind", "$region", "$store", "$word", "$state", "$valid_from", "$valid_to"],
        settled: Some(("$valid_to", &["$last_seen"])),
    },
    Covered {
        law: free("trail_states"),
        key: &["$id"],
        columns: &["$account_id", "$arn", "$state", "$valid_from", "$valid_to"],
        settled: Some(("$valid_to", &["$last_seen"])),
    },
    Covered {
        law: changed("deletion_tasks"),
        key: &["$id"],
        columns: &["$account_id", "$profile", "$task", "$submitted_at", "$submitted_by", "$event_id"],
        settled: None,
    },
    Covered {
        law: changed("deletion_task_statuses"),
        key: &["$task_id", "$first_checked"],
        columns: &["$status", "$reason", "$usage"],
        settled: None,
    },
    Covered {
        law: free("coverage"),
        key: &["$id"],
        columns: &[
            "$provider",
            "$account",
            "$region",
            "$api",
            "$subject",
            "$outcome",
            "$detail",
            "$since",
            "$outcome_since",
            "$until",
            // Claims about trails rest on their spans; each reading moves the end a little.
            "CASE WHEN $api LIKE 'trail%' THEN $covers_from END",
            "CASE WHEN $api LIKE 'trail%' THEN $covers_to / 86400000 END",
        ],
        settled: Some(("$until", &["$covers_from", "$covers_to", "$checked_at", "$last_complete", "$run_id"])),
    },
    Covered {
        law: changed("findings"),
        key: &["$id"],
        columns: &[
            "$account_id",
            "$rule",
            "$severity",
            "$region",
            "$profile",
            "$role",
            "$store",
            "$actor",
            "$outcome",
            "$subject",
            "$basis",
            "$summary",
            "$first_seen",
            "$count",
            "$fix_who",
            "$fix_how",
            "$clears_when",
            "$status",
            "$opened_at",
            "$resolved_at",
            "$resolved_because",
            "$stale",
        ],
        settled: Some(("$resolved_at", &["$last_seen"])),
    },
    Covered {
        law: removed("finding_events"),
        key: &["$finding_id", "$time", "$event_id"],
        columns: &["$finding_id", "$time", "$event_id"],
        settled: None,
    },
    Covered {
        law: added("finding_changes"),
        key: &["$id"],
        columns: &[
            "$finding_id",
            "$changed_at",
            "$run_id",
            "$change",
            "$because",
            "$severity",
            "$count",
            "$last_seen",
        ],
        settled: None,
    },
    Covered {
        law: added("reports"),
        key: &["$id"],
        columns: &[
            "$report",
            "$scope",
            "$period_from",
            "$period_to",
            "$directory",
            "$manifest_sha256",
            "$formats",
            "$slot",
            "$written_at",
            "$checkpoint",
        ],
        settled: None,
    },
    // What is missing is told by coverage, and the time by the run.
    Covered {
        law: free("verdicts"),
        key: &["$account_id", "$profile"],
        columns: &["$role", "$verdict", "$basis", "$stores", "$regions_expected", "$regions_complete"],
        settled: None,
    },
    // As with coverage, the end of what was checked counts to the day.
    Covered {
        law: changed("digest_chains"),
        key: &["$id"],
        columns: &[
            "$account_id",
            "$bucket",
            "$region",
            "$trail",
            "$home_region",
            "$kind",
            "$since",
            "$checked_from",
            "$checked_to / 86400000",
        ],
        settled: None,
    },
    Covered {
        law: changed("digest_problems"),
        key: &["$id"],
        columns: &["$chain_id", "$kind", "$object", "$reason", "$begins", "$found_at", "$cleared_at"],
        settled: Some(("$cleared_at", &["$ends"])),
    },
];

impl Covered {
    /// The values of the key, of a row that is called `row`.
    pub(super) fn key_of(&self, row: &str) -> String {
        self.key.join(", ").replace('$', row)
    }

    /// The values that are hashed, of a row that is called `row`.
    pub(super) fn values_of(&self, row: &str) -> String {
        let settled = self.settled.iter().flat_map(|(by, columns)| {
            columns.iter().map(move |column| format!("CASE WHEN {by} IS NOT NULL THEN {column} END"))
        });
        let values: Vec<_> = self.columns.iter().map(|column| (*column).to_owned()).chain(settled).collect();
        values.join(", ").replace('$', row)
    }

    /// A condition that finds one row by its key.
    pub(super) fn place(&self) -> String {
        let places =
            (1..).zip(self.key).map(|(number, column)| format!("{} = ?{number}", column.trim_start_matches('$')));
        places.collect::<Vec<_>>().join(" AND ")
    }
}
