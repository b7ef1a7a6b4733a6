//! The rules: one file each, pure. A rule knows nothing but the [`Case`]; "now" is a field of the evidence.

mod standing;

use crate::model::{Cleared, Evidence, Finding, Judgement, Severity};
use crate::profiles::{Profile, Profiles};
use jiff::Timestamp;

pub use standing::Standing;

/// What a rule says about itself: its documentation is its file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleDoc {
    /// Id: the pattern found.
    pub id: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// The worst severity that it gives.
    pub severity: Severity,
    /// What it finds.
    pub finds: &'static str,
    /// Why it matters.
    pub matters: &'static str,
    /// When it stays silent.
    pub silent: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// What a rule gets to see: one account, one profile.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// All that is known of the account.
    pub evidence: &'a Evidence,
    /// The profile.
    pub profile: &'a Profile,
    /// Where the role and its stores stand.
    pub standing: &'a Standing,
    /// Where the twin role stands, for profiles that have one.
    pub twin: Option<&'a Standing>,
}

/// What a rule says about a case.
#[derive(Debug, Clone, Default)]
pub struct Ruling {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What is missing, where nothing could be said about at least a part.
    pub undecided: Option<String>,
    /// Why a finding of this rule does not hold any more.
    pub cleared: Vec<Cleared>,
    /// When time alone could change the ruling.
    pub recheck_at: Option<Timestamp>,
}

/// A rule.
pub trait Rule: Sync {
    /// Its documentation.
    fn doc(&self) -> &'static RuleDoc;
    /// Judges a case.
    fn judge(&self, case: &Case<'_>) -> Ruling;
}

/// Every rule, in the order in which they are shown.
#[must_use]
pub fn all() -> &'static [&'static dyn Rule] {
    &[]
}

/// Judges an account by every rule and profile of its provider.
#[must_use]
pub fn judge_account(_evidence: &Evidence, _profiles: &Profiles) -> Judgement {
    todo!()
}
