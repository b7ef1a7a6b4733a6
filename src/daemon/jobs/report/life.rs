//! The lives of the roles that findings are about.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::account::Parts;
use super::{JobError, Task};
use crate::exports::pictures::RoleLife;
use crate::exports::reports::{LifeSubject, MOST_LIVES, RoleLifetime, RoleLives};
use crate::model::{Account, RolePresence};

/// The lives of the roles with the worst findings, which stand first.
/// `known_until` is when the last fact of the report was found.
pub(super) fn lives(task: &Task<'_>, parts: &Parts, known_until: Timestamp) -> Result<RoleLives, JobError> {
    let to = end_of(task, known_until);
    let mut order = Vec::new();
    let mut findings: BTreeMap<LifeSubject, u64> = BTreeMap::new();
    for found in &parts.findings {
        let Some(profile) = &found.finding.profile else { continue };
        let (provider, account) = (found.finding.provider, found.finding.account.clone());
        let subject = LifeSubject { provider, account, profile: profile.clone() };
        let count = findings.entry(subject.clone()).or_default();
        if *count == 0 {
            order.push(subject);
        }
        *count += 1;
    }
    let left_out = order.len().saturating_sub(MOST_LIVES) as u64;
    order.truncate(MOST_LIVES);
    let told = order.into_iter().map(|subject| {
        let count = findings.get(&subject).copied().unwrap_or_default();
        life(task, parts, (subject, count), to)
    });
    Ok(RoleLives { roles: told.collect::<Result<_, _>>()?, left_out })
}

/// The end of the period, or that of what is known where nothing was read for a good part of the period.
fn end_of(task: &Task<'_>, known_until: Timestamp) -> Timestamp {
    let (from, to) = (task.moments.from, task.moments.to);
    let part = (to.duration_since(from) / 100).max(SignedDuration::from_hours(1));
    if to.duration_since(known_until) <= part { to } else { known_until.max(from) }
}

fn life(
    task: &Task<'_>,
    parts: &Parts,
    (subject, findings): (LifeSubject, u64),
    to: Timestamp,
) -> Result<RoleLifetime, JobError> {
    let is_it = |row: &&crate::exports::reports::VerdictRow| {
        (row.verdict.provider, row.verdict.account.as_str(), row.verdict.profile.as_str())
            == (subject.provider, &*subject.account, &*subject.profile)
    };
    let presence = parts.verdicts.iter().find(is_it).map_or(RolePresence::Unknown, |row| row.verdict.role);
    let account = Account::new(subject.provider, subject.account.as_ref());
    let stores = task.context.profiles.get(&subject.profile).and_then(|profile| profile.store.as_ref());
    let life = RoleLife {
        account: &account,
        profile: &subject.profile,
        stores,
        presence,
        evidence: &[],
        from: task.moments.from,
        to,
    };
    let timeline = life.read(task.store())?;
    Ok(RoleLifetime::of(subject, findings, &timeline, task.request.period))
}
