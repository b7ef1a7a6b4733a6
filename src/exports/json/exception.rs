//! Exceptions, as their register shows them.

use serde::Serialize;

use crate::exports::ExceptionStanding;
use crate::model::{ExceptionState, Pattern};

/// One exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExceptionJson {
    /// Its name.
    pub id: String,
    /// How it stands now.
    pub state: ExceptionState,
    /// How many findings it covers now.
    pub covers: u64,
    /// How many unresolved findings are in its scope, whether it is in force or not.
    pub in_scope: u64,
    /// Id of the one finding.
    pub finding: Option<String>,
    /// Rule id; like all parts of the scope as its file has it, `glob:` included.
    pub rule: Option<String>,
    /// Provider.
    pub provider: Option<String>,
    /// Account.
    pub account: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Profile id.
    pub profile: Option<String>,
    /// Id of the store.
    pub store: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
    /// What came of it.
    pub outcome: Option<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Where it was decided.
    pub ticket: String,
    /// Since when.
    pub created: Option<String>,
    /// When it ends.
    pub expires: String,
    /// Who approved it.
    pub approver: Option<String>,
    /// What stands in for the control meanwhile.
    pub compensating_control: Option<String>,
}

impl From<&ExceptionStanding> for ExceptionJson {
    fn from(standing: &ExceptionStanding) -> Self {
        let exception = &standing.exception;
        let scope = &exception.scope;
        let part = |part: &Option<Pattern>| part.as_ref().map(Pattern::to_string);
        Self {
            id: exception.id.clone(),
            state: standing.state,
            covers: standing.covers(),
            in_scope: standing.in_scope,
            finding: scope.finding.clone(),
            rule: part(&scope.rule),
            provider: part(&scope.provider),
            account: part(&scope.account),
            region: part(&scope.region),
            profile: part(&scope.profile),
            store: part(&scope.store),
            actor: part(&scope.actor),
            outcome: part(&scope.outcome),
            owner: exception.owner.clone(),
            reason: exception.reason.clone(),
            ticket: exception.ticket.clone(),
            created: exception.created.map(|time| time.to_string()),
            expires: exception.expires.to_string(),
            approver: exception.approver.clone(),
            compensating_control: exception.compensating_control.clone(),
        }
    }
}
