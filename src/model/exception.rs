//! Exceptions: findings that somebody has accepted for a time.

use jiff::Timestamp;

/// What a part of a finding must be for an exception to cover it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// Exactly this.
    Exact(String),
    /// Anything of this form, asked for with `glob:`: `*` stands for any characters, `?` for one.
    Glob(String),
}

/// What an exception covers: the rule, and every part that is named. A part that is not named may be anything, so the
/// file's reader demands the account at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionScope {
    /// Rule id.
    pub rule: Pattern,
    /// Id of one finding, whole.
    pub finding: Option<String>,
    /// Provider, by its name.
    pub provider: Option<Pattern>,
    /// Account id.
    pub account: Option<Pattern>,
    /// Region.
    pub region: Option<Pattern>,
    /// Profile id.
    pub profile: Option<Pattern>,
    /// Id of the store.
    pub store: Option<Pattern>,
    /// Who did it.
    pub actor: Option<Pattern>,
    /// What came of it.
    pub outcome: Option<Pattern>,
}

/// A finding, or a narrow kind of findings, that somebody has accepted until a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Its name, unique in the file.
    pub id: String,
    /// What it covers.
    pub scope: ExceptionScope,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Where it was decided.
    pub ticket: String,
    /// Who approved it.
    pub approver: Option<String>,
    /// What stands in for the control meanwhile.
    pub compensating_control: Option<String>,
    /// Since when; from the beginning where nobody said.
    pub created: Option<Timestamp>,
    /// From when on it covers nothing any more.
    pub expires: Timestamp,
}
