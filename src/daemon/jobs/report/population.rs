//! What was to be read of an account at the end of the period, and what was.

use std::collections::BTreeMap;

use crate::exports::json::CoverageJson;
use crate::exports::reports::{ScopeAccount, VerdictRow};
use crate::model::{Account, AccountVerdict, Coverage, CoverageKey, Evidence, Outcome, RolePresence, Verdict, api};
use crate::store::{CoverageRow, RunId};

/// Whether an account is in the scope, and why.
pub(super) fn scope(account: &Account, own: bool, read_after: bool, evidence: &Evidence) -> ScopeAccount {
    let entry = |included, because: String| ScopeAccount {
        provider: account.provider,
        account: account.id.clone(),
        included,
        because,
    };
    if !own {
        return entry(false, "only records of other accounts name it".to_owned());
    }
    let of_account = |span: &&crate::model::CoverageSpan| {
        span.coverage.key.api == api::ACCOUNT && span.coverage.key.account.is_some()
    };
    let row = evidence.coverage.iter().find(of_account).map(|span| &span.coverage);
    match row.map(|row| (row.outcome, row.detail.as_str())) {
        Some((Outcome::NotEnabled, "")) => entry(false, "not active".to_owned()),
        Some((Outcome::NotEnabled | Outcome::NotConfigured, detail)) => entry(false, detail.to_owned()),
        _ if read_after => entry(true, "its inventory was first read after the period".to_owned()),
        _ => entry(true, how_it_is_known(evidence).to_owned()),
    }
}

fn how_it_is_known(evidence: &Evidence) -> &'static str {
    let own = || evidence.coverage.iter().map(|span| &span.coverage.key).filter(|key| key.account.is_some());
    match (own().any(|key| !is_trail(&key.api)), own().any(|key| is_trail(&key.api))) {
        (true, true) => "inventory and trail are read",
        (true, false) => "inventory is read",
        (false, true) => "its trail is read",
        (false, false) => "records of the period name it",
    }
}

/// Whether an API is about trails: their events, or how they are set up.
pub(super) fn is_trail(name: &str) -> bool {
    name == api::TRAIL || name.starts_with("trail:") || api::is_optional(name)
}

/// Whether a verdict is one about a role for which nobody asks in this account.
pub(super) fn is_not_asked(verdict: &AccountVerdict, assumptions: u64) -> bool {
    let roles = [api::AWS_GET_ROLE, api::ALIBABA_GET_ROLE];
    verdict.verdict == Verdict::Unknown
        && verdict.role == RolePresence::Unknown
        && assumptions == 0
        && verdict
            .missing
            .iter()
            .any(|row| row.outcome == Outcome::NotConfigured && roles.contains(&row.key.api.as_str()))
}

/// How completely an account was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Completeness {
    /// Nothing of its inventory is missing.
    pub(super) inventory: bool,
    /// Nothing of its trails is missing, as of the end of the period.
    pub(super) trail: bool,
    /// Regions that had to answer.
    pub(super) regions_expected: u64,
    /// Regions that did.
    pub(super) regions_complete: u64,
}

/// How completely an account was read, by its verdicts; those that nobody asks for do not count.
pub(super) fn completeness(rows: &[VerdictRow]) -> Completeness {
    let counted: Vec<_> = rows.iter().filter(|row| !row.not_asked).map(|row| &row.verdict.coverage).collect();
    let missing = || counted.iter().flat_map(|coverage| &coverage.missing);
    let expected = counted.iter().map(|coverage| coverage.regions_expected).max().unwrap_or_default();
    let lost =
        counted.iter().map(|coverage| coverage.regions_expected.saturating_sub(coverage.regions_complete)).max();
    Completeness {
        inventory: !counted.is_empty() && missing().all(|row| is_trail(&row.api)),
        trail: !counted.is_empty() && missing().all(|row| !is_trail(&row.api)),
        regions_expected: expected,
        regions_complete: expected.saturating_sub(lost.unwrap_or_default()),
    }
}

/// Gaps by place: what could not be read, and what verdicts miss beyond that.
pub(super) type Gaps = BTreeMap<CoverageKey, CoverageJson>;

/// Adds the gaps of an account.
pub(super) fn add_gaps<'a>(gaps: &mut Gaps, evidence: &Evidence, verdicts: impl Iterator<Item = &'a AccountVerdict>) {
    let unread = evidence.coverage.iter().map(|span| &span.coverage).filter(|row| row.outcome.is_gap());
    for row in unread.chain(verdicts.flat_map(|verdict| &verdict.missing)) {
        add_gap(gaps, row);
    }
}

/// Adds a gap. The number of the last run that met it goes up with every later run: it is no part of a report.
pub(super) fn add_gap(gaps: &mut Gaps, row: &Coverage) {
    let json = || {
        let row = CoverageRow { run: RunId(0), coverage: row.clone(), since: row.from, checked_at: row.to };
        CoverageJson { run: String::new(), ..CoverageJson::from(&row) }
    };
    gaps.entry(row.key.clone()).or_insert_with(json);
}
