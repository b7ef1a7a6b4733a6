//! Every metric, declared once: its documentation here is the HELP text of the page.
//!
//! No label carries an ARN, an id of an event or the name of a person: such values are without bound, and the page
//! is read by more people than the history.

/// The type of a metric on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It can go up and down.
    Gauge,
    /// It only goes up, and starts again at zero.
    Counter,
}

impl Kind {
    /// The word of the text format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
        }
    }
}

/// A metric with `N` labels.
#[derive(Debug, Clone, Copy)]
pub struct Family<const N: usize> {
    /// Full name.
    pub name: &'static str,
    /// One sentence for people.
    pub help: &'static str,
    /// Type.
    pub kind: Kind,
    /// Label names, in the order of the values of a series.
    pub labels: [&'static str; N],
}

/// A metric without its number of labels in the type: what tables and tests read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declaration {
    /// Full name.
    pub name: &'static str,
    /// One sentence for people.
    pub help: &'static str,
    /// Type.
    pub kind: Kind,
    /// Label names.
    pub labels: &'static [&'static str],
}

macro_rules! families {
    ($list:ident: $($(#[doc = $help:literal])+ $name:ident = $kind:ident $text:literal [$($label:literal),*];)+) => {
        /// The metrics of this part, in their order.
        pub(super) const $list: &[Declaration] = &[$(Declaration {
            name: $name.name,
            help: $name.help,
            kind: $name.kind,
            labels: &$name.labels,
        }),+];
        $(
            $(#[doc = $help])+
            pub const $name: Family<{ <[&str]>::len(&[$($label),*]) }> = Family {
                name: concat!("roletrail_", $text),
                help: concat!($($help),+).trim_ascii(),
                kind: Kind::$kind,
                labels: [$($label),*],
            };
        )+
    };
}

// Kept by the process.
families! { PROCESS:
    /// Always 1; the label names the running version.
    BUILD_INFO = Gauge "build_info" ["version"];
    /// How long the last run of a collector took, in seconds.
    COLLECTOR_RUN_DURATION = Gauge "collector_run_duration_seconds" ["collector"];
    /// Runs of a collector since the start, failed ones included.
    COLLECTOR_RUNS = Counter "collector_runs_total" ["collector"];
    /// Runs of a collector that left something unread.
    COLLECTOR_RUN_FAILURES = Counter "collector_run_failures_total" ["collector"];
    /// Requests to a provider's API since the start, repeated attempts included.
    API_REQUESTS = Counter "api_requests_total" ["provider", "api"];
    /// Requests that the provider refused because there were too many.
    API_THROTTLED = Counter "api_throttled_total" ["provider", "api"];
    /// Requests that failed otherwise; that something does not exist is an answer.
    API_ERRORS = Counter "api_errors_total" ["provider", "api"];
    /// Trail records read since the start, by what became of them.
    TRAIL_RECORDS = Counter "trail_records_total" ["provider", "result"];
    /// Whether the newest attempts to read the configuration, the web configuration and the file of exceptions succeeded;
    /// after a failed one the older settings or exceptions hold.
    CONFIG_LAST_RELOAD_SUCCESSFUL = Gauge "config_last_reload_successful" [];
    /// When the certificate of the pages ends; absent without TLS.
    WEB_CERTIFICATE_EXPIRY = Gauge "web_certificate_expiry_timestamp_seconds" [];
    /// Operations on the store that failed.
    STORAGE_ERRORS = Counter "storage_errors_total" [];
    /// When a task is due next; absent when its schedule has no further slot.
    SCHEDULE_NEXT_RUN = Gauge "schedule_next_run_timestamp_seconds" ["task"];
    /// Slots of a task's schedule without a run of their own: reason late (asleep or suspended; one catch-up run
    /// stands for all of them) or busy (the task was still running).
    SCHEDULE_MISSED = Counter "schedule_missed_total" ["task", "reason"];
    /// When a run of a scheduled task failed last; absent while none has since the start.
    SCHEDULE_LAST_FAILURE = Gauge "schedule_last_failure_timestamp_seconds" ["task"];
    /// Runs of a scheduled task that ended with an error or a panic.
    SCHEDULE_RUN_FAILURES = Counter "schedule_run_failures_total" ["task"];
    /// When a report was last written, by the schedule or a command; 0 where none ever was.
    REPORT_LAST_SUCCESS = Gauge "report_last_success_timestamp_seconds" [];
    /// Leaves of the evidence log. It never becomes shorter, unless somebody cuts it or puts an older history in place.
    EVIDENCE_LOG_SIZE = Gauge "evidence_log_size" [];
    /// Whether the evidence log verified: the whole of it at the start and by its schedule, and what is new after each run;
    /// absent until it was first read. 0 stays until the whole of it verifies again.
    EVIDENCE_VERIFIED = Gauge "evidence_verified" [];
}

// Read from the store after each collection and analysis.
families! { STATE:
    /// Whether the last attempt to read an account with a collector was complete.
    COLLECTOR_UP = Gauge "collector_up" ["provider", "account", "collector"];
    /// When an account was last read completely by a collector.
    COLLECTOR_LAST_SUCCESS = Gauge "collector_last_success_timestamp_seconds" ["provider", "account", "collector"];
    /// The time up to which a trail source has been read.
    TRAIL_WATERMARK = Gauge "trail_watermark_timestamp_seconds" ["provider", "account", "source"];
    /// Whether all digests and log files of an account's trails that were checked are what the provider signed, and none
    /// is missing; absent where none was ever checked.
    TRAIL_DIGEST_VERIFIED = Gauge "trail_digest_verified" ["provider", "account"];
    /// Places (Region and API) that were expected and could not be read completely.
    COVERAGE_GAPS = Gauge "coverage_gaps" ["provider", "account"];
    /// Whether the watched role exists; absent where nobody could say.
    ROLE_PRESENT = Gauge "role_present" ["provider", "account", "profile"];
    /// Key stores that the role serves, by state.
    KEY_STORES = Gauge "key_stores" ["provider", "account", "profile", "state"];
    /// Successful assumptions of the role in the history, by a trusted principal or not.
    ROLE_ASSUMPTIONS = Counter "role_assumptions_total" ["provider", "account", "profile", "trusted"];
    /// Open findings that no exception covers; zero for every known rule and account where there is none.
    FINDINGS_OPEN = Gauge "findings_open" ["provider", "account", "rule", "severity"];
    /// When the oldest open finding of a rule that no exception covers was opened; absent where there is none.
    FINDING_OLDEST_OPEN = Gauge "finding_oldest_open_timestamp_seconds" ["provider", "account", "rule"];
    /// 1 for the verdict that holds, 0 for the others.
    VERDICT = Gauge "verdict" ["provider", "account", "profile", "verdict"];
    /// Exceptions in force: findings that they name are accepted until they end.
    EXCEPTIONS_ACTIVE = Gauge "exceptions_active" [];
    /// When the first of the exceptions in force ends; absent where none is in force.
    EXCEPTION_NEXT_EXPIRY = Gauge "exception_next_expiry_timestamp_seconds" [];
    /// All exceptions by state: pending, active, expiring, unused (in force, and no finding is one that it names) or
    /// expired.
    EXCEPTIONS = Gauge "exceptions" ["state"];
    /// Findings that still hold and that an exception covers; they do not count as open.
    FINDINGS_EXCEPTED = Gauge "findings_excepted" ["provider", "account", "rule", "severity"];
    /// Series that this page leaves out because their metric has more than its limit; above 0 the page is incomplete.
    SERIES_DROPPED = Gauge "metric_series_dropped" [];
}

/// What the values of each label are.
pub(super) const LABELS: [(&str, &str); 15] = [
    ("account", "id of the account, as the provider writes it"),
    ("api", "the call as permissions name it, such as `kms:DescribeCustomKeyStores`"),
    ("collector", "`inventory` (roles and stores), or `trail:` and the kind of the trail"),
    ("profile", "id of the role profile"),
    ("provider", "`aws` or `alibaba`"),
    ("reason", "`late` or `busy`"),
    ("result", "`kept`, `duplicate`, `irrelevant` or `rejected`"),
    ("rule", "id of the rule; `roletrail rules` lists them"),
    ("severity", "`critical`, `high`, `medium`, `low` or `info`"),
    ("source", "`trail:` and the kind of the trail"),
    (
        "state",
        "of a key store, in roletrail's own words; of an exception: `pending`, `active`, `expiring`, `unused` or `expired`",
    ),
    ("task", "the scheduled task: `collect`, `analyze`, `report`, `verify`"),
    ("trusted", "`true`: by a principal that the profile trusts"),
    ("verdict", "`clean`, `findings`, `orphaned`, `unknown` or `not-in-use`"),
    ("version", "version of the program"),
];
