//! The state gauges: plain rows in, text out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::family;
use super::text::{Series, Text};
use crate::model::{Account, ExceptionState, RolePresence, Severity, Verdict};

/// How a collector stands with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorRow {
    /// The account.
    pub account: Account,
    /// The collector.
    pub collector: String,
    /// Whether its last attempt was complete.
    pub up: bool,
    /// When an attempt was last complete.
    pub last_success: Option<Timestamp>,
}

impl CollectorRow {
    fn labels(&self) -> [&str; 3] {
        [provider(&self.account), &self.account.id, &self.collector]
    }
}

/// How far a trail source has been read for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatermarkRow {
    /// The account.
    pub account: Account,
    /// The source.
    pub source: String,
    /// Read up to here.
    pub at: Timestamp,
}

/// How many places of an account could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapsRow {
    /// The account.
    pub account: Account,
    /// The places.
    pub gaps: u64,
}

/// Whether a role is there, and what was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictRow {
    /// The account.
    pub account: Account,
    /// Profile id.
    pub profile: String,
    /// The role.
    pub role: RolePresence,
    /// The judgement.
    pub verdict: Verdict,
}

/// Stores of a profile in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoresRow {
    /// The account.
    pub account: Account,
    /// Profile id.
    pub profile: String,
    /// State, in our own words: the providers' are without bound.
    pub state: String,
    /// How many.
    pub stores: u64,
}

/// Successful assumptions of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumptionsRow {
    /// The account.
    pub account: Account,
    /// Profile id.
    pub profile: String,
    /// By a trusted principal.
    pub trusted: bool,
    /// How many.
    pub assumptions: u64,
}

/// Open findings of one rule and severity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingsRow {
    /// The account.
    pub account: Account,
    /// Rule id.
    pub rule: String,
    /// Severity.
    pub severity: Severity,
    /// How many.
    pub open: u64,
    /// When the oldest of them was opened.
    pub oldest: Option<Timestamp>,
}

/// The exceptions, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExceptionsRow {
    /// How many are in force.
    pub in_force: u64,
    /// When the first of those ends.
    pub next_expiry: Option<Timestamp>,
    /// All of them by state; a state that is not here has none.
    pub by_state: BTreeMap<ExceptionState, u64>,
}

/// A rule and the severities that its findings can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSeverities {
    /// Rule id.
    pub rule: String,
    /// Its severities.
    pub severities: Vec<Severity>,
}

/// Everything that the state gauges show. Rows of one metric must differ in their labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Every known account: each gets a zero where nothing is wrong.
    pub accounts: Vec<Account>,
    /// Every known rule.
    pub rules: Vec<RuleSeverities>,
    /// Collectors.
    pub collectors: Vec<CollectorRow>,
    /// Trail sources.
    pub watermarks: Vec<WatermarkRow>,
    /// Whether the digests of an account's trails verified.
    pub digests: Vec<(Account, bool)>,
    /// Gaps.
    pub gaps: Vec<GapsRow>,
    /// Roles and verdicts.
    pub verdicts: Vec<VerdictRow>,
    /// Stores.
    pub stores: Vec<StoresRow>,
    /// Assumptions.
    pub assumptions: Vec<AssumptionsRow>,
    /// Open findings that no exception covers.
    pub findings: Vec<FindingsRow>,
    /// Findings that an exception covers.
    pub excepted: Vec<FindingsRow>,
    /// Exceptions.
    pub exceptions: ExceptionsRow,
}

impl State {
    /// The state part of the metrics page.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = Text::default();
        self.collection(&mut text);
        self.roles_and_stores(&mut text);
        self.findings(&mut text);
        self.exceptions(&mut text);
        let dropped = text.dropped();
        text.family(&family::SERIES_DROPPED, vec![([], count(dropped as u64))]);
        text.finish()
    }

    fn collection(&self, text: &mut Text) {
        let up = self.collectors.iter().map(|row| (row.labels(), flag(row.up))).collect();
        text.family(&family::COLLECTOR_UP, up);
        let successes = self.collectors.iter().filter_map(|row| Some((row.labels(), seconds(row.last_success?))));
        text.family(&family::COLLECTOR_LAST_SUCCESS, successes.collect());
        let marks = self.watermarks.iter();
        let marks = marks.map(|row| ([provider(&row.account), &row.account.id, &row.source], seconds(row.at)));
        text.family(&family::TRAIL_WATERMARK, marks.collect());
        let digests = self.digests.iter();
        let digests = digests.map(|(account, verified)| ([provider(account), account.id.as_str()], flag(*verified)));
        text.family(&family::TRAIL_DIGEST_VERIFIED, digests.collect());
        // A row of the data comes before the zero of the same account, and the first of the same labels is kept.
        let gaps = self.gaps.iter().map(|row| ([provider(&row.account), row.account.id.as_str()], count(row.gaps)));
        let zeros = self.accounts.iter().map(|account| ([provider(account), account.id.as_str()], 0.0));
        text.family(&family::COVERAGE_GAPS, gaps.chain(zeros).collect());
    }

    fn roles_and_stores(&self, text: &mut Text) {
        let roles = self.verdicts.iter().filter_map(|row| {
            let present = match row.role {
                RolePresence::Present => 1.0,
                RolePresence::Absent => 0.0,
                RolePresence::Unknown => return None,
            };
            Some(([provider(&row.account), &*row.account.id, &*row.profile], present))
        });
        text.family(&family::ROLE_PRESENT, roles.collect());
        let verdicts = self.verdicts.iter().flat_map(|row| {
            Verdict::ALL.into_iter().map(|verdict| {
                let labels = [provider(&row.account), &*row.account.id, &*row.profile, verdict.as_str()];
                (labels, flag(verdict == row.verdict))
            })
        });
        text.family(&family::VERDICT, verdicts.collect());
        let stores = self
            .stores
            .iter()
            .map(|row| ([provider(&row.account), &*row.account.id, &*row.profile, &*row.state], count(row.stores)));
        text.family(&family::KEY_STORES, stores.collect());
        let assumptions = self.assumptions.iter().map(|row| {
            let trusted = if row.trusted { "true" } else { "false" };
            ([provider(&row.account), &*row.account.id, &*row.profile, trusted], count(row.assumptions))
        });
        text.family(&family::ROLE_ASSUMPTIONS, assumptions.collect());
    }

    fn findings(&self, text: &mut Text) {
        let mut open: Vec<Series<'_, 4>> = Vec::new();
        let mut oldest: BTreeMap<[&str; 3], Timestamp> = BTreeMap::new();
        for row in &self.findings {
            let [provider, account, rule] = [provider(&row.account), &*row.account.id, &*row.rule];
            open.push(([provider, account, rule, row.severity.as_str()], count(row.open)));
            if let Some(at) = row.oldest.filter(|_| row.open != 0) {
                oldest.entry([provider, account, rule]).and_modify(|first| *first = at.min(*first)).or_insert(at);
            }
        }
        let found: BTreeSet<_> = open.iter().map(|(labels, _)| *labels).collect();
        for account in &self.accounts {
            for rule in &self.rules {
                for severity in &rule.severities {
                    let labels = [provider(account), &*account.id, &*rule.rule, severity.as_str()];
                    if !found.contains(&labels) {
                        open.push((labels, 0.0));
                    }
                }
            }
        }
        text.family(&family::FINDINGS_OPEN, open);
        let oldest = oldest.into_iter().map(|(labels, at)| (labels, seconds(at)));
        text.family(&family::FINDING_OLDEST_OPEN, oldest.collect());
    }
}

impl State {
    fn exceptions(&self, text: &mut Text) {
        let ExceptionsRow { in_force, next_expiry, by_state } = &self.exceptions;
        text.family(&family::EXCEPTIONS_ACTIVE, vec![([], count(*in_force))]);
        let next = next_expiry.map(|at| ([], seconds(at)));
        text.family(&family::EXCEPTION_NEXT_EXPIRY, next.into_iter().collect());
        let number = |state| count(by_state.get(&state).copied().unwrap_or_default());
        let states = ExceptionState::ALL.map(|state| ([state.as_str()], number(state)));
        text.family(&family::EXCEPTIONS, states.to_vec());
        let excepted = self.excepted.iter().map(|row| {
            ([provider(&row.account), &*row.account.id, &*row.rule, row.severity.as_str()], count(row.open))
        });
        text.family(&family::FINDINGS_EXCEPTED, excepted.collect());
    }
}

fn provider(account: &Account) -> &'static str {
    account.provider.as_str()
}

fn flag(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// A time as Prometheus has it; seconds since 1970 stay far below the 2^53 that a value of the format holds exactly.
#[allow(clippy::cast_precision_loss)]
pub(super) fn seconds(time: Timestamp) -> f64 {
    time.as_second() as f64 + f64::from(time.subsec_millisecond()) / 1_000.0
}

/// Exact up to 2^53, as every value of the format is.
#[allow(clippy::cast_precision_loss)]
pub(super) fn count(number: u64) -> f64 {
    number as f64
}
