//! The truth about an archive: what a reader must count and find.

use serde::Serialize;

use super::super::archive::Written;
use super::super::organisation::{Act, Caller, Happening, SimulatedAccount};
use super::organisation_id;
use super::plan::CorpusPlan;
use crate::model::Provider;

/// An event that a rule must report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flagged {
    /// Account whose role or store it concerns.
    pub account: String,
    /// Its event id.
    pub event_id: String,
    /// The rule.
    pub rule: &'static str,
    /// How the call ended: `allowed`, `denied` or `failed`.
    pub outcome: &'static str,
}

/// What is in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// Version of this form.
    pub schema: u32,
    /// Provider.
    pub provider: Provider,
    /// Organisation or resource directory that the keys name.
    pub organisation: &'static str,
    /// Seed of the plan.
    pub seed: u64,
    /// Accounts in the archive.
    pub accounts: u64,
    /// Counts of objects, records and bytes.
    pub written: Written,
    /// Records that concern the watched role: what a reader keeps. None is there twice.
    pub relevant: u64,
    /// Records that look as if they did.
    pub decoys: u64,
    /// Events that rules must report; nothing else may be reported as an event.
    pub flagged: Vec<Flagged>,
    /// Accounts whose role is an inferred orphan at the archive's end.
    pub orphaned: Vec<String>,
}

impl Truth {
    /// The truth as far as it is planned; counts follow with the writing.
    pub(super) fn of(plan: &CorpusPlan, accounts: &[SimulatedAccount]) -> Self {
        let flagged = accounts
            .iter()
            .flat_map(|account| account.happenings.iter().filter_map(|happening| flag(account, happening)))
            .collect();
        let is_orphaned = |account: &&SimulatedAccount| {
            account.role.is_some() && account.stores.iter().all(|store| store.deleted.is_some())
        };
        Self {
            schema: 1,
            provider: plan.provider,
            organisation: organisation_id(plan.provider),
            seed: plan.seed,
            accounts: plan.accounts,
            written: Written::default(),
            relevant: 0,
            decoys: 0,
            flagged,
            orphaned: accounts.iter().filter(is_orphaned).map(|account| account.id.clone()).collect(),
        }
    }
}

fn flag(account: &SimulatedAccount, happening: &Happening) -> Option<Flagged> {
    let refused = happening.refusal.is_some();
    let rule = match (&happening.act, &happening.by) {
        (_, Caller::Service) => return None,
        (Act::AssumeRole, _) => "unexpected-assumer",
        (Act::UseRole(_), _) => "unexpected-activity",
        (Act::ReplaceTrust, _) => "role-tampering",
        (Act::DeleteRole, _) if refused => "failed-role-deletion",
        (Act::DeleteStore(_), _) if refused => "failed-store-deletion",
        _ => return None,
    };
    let outcome = match (refused, &happening.act) {
        (false, _) => "allowed",
        (true, Act::DeleteStore(_)) => "failed",
        (true, _) => "denied",
    };
    Some(Flagged { account: account.id.clone(), event_id: happening.event_id.clone(), rule, outcome })
}
