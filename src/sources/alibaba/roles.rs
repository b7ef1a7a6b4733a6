//! The watched roles of an account: present with all that they may do, absent, or not known.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::Failure;
use super::calls::Call;
use super::policies::{self, Policies};
use super::ram::{Deletion, GetRole, RamRole, deletion_task};
use super::regions::HOME;
use super::session::Session;
use crate::model::{Outcome, Provider, Role, RoleObservation, api};
use crate::profiles::{Profile, RoleArn, RoleMatch};
use crate::sources::report::Report;

/// What RAM said about the role of a profile.
pub(super) struct Answer<'p> {
    profile: &'p Profile,
    role: Asked,
}

enum Asked {
    Present(Box<Present>),
    Absent,
    Failed(Failure),
    /// By a part of a name no role can be asked for.
    Nobody,
}

/// A role that is there.
struct Present {
    role: Role,
    deletion: Option<Deletion>,
    policies: Policies,
}

/// Asks for the roles of every profile, side by side.
pub(super) async fn ask<'p>(session: &Session, profiles: &[&'p Profile]) -> Vec<Answer<'p>> {
    let answers = profiles.iter().map(|&profile| async move {
        let role = match &profile.role {
            RoleMatch::Named { name, .. } => named(session, profile, name).await,
            RoleMatch::ServiceLinked => Asked::Nobody,
        };
        Answer { profile, role }
    });
    join_all(answers).await
}

async fn named(session: &Session, profile: &Profile, name: &str) -> Asked {
    let (mut role, deletion) = match one(session, name).await {
        Ok(Some(role)) if role.is_ordinary() => return Asked::Absent,
        Ok(Some(role)) => role.told(),
        Ok(None) => return Asked::Absent,
        Err(failure) => return Asked::Failed(failure),
    };
    // An answer about another role, or another account, proves nothing about this one.
    let arn = RoleArn::parse(Provider::Alibaba, &role.arn);
    if arn.is_none_or(|arn| arn.account != session.account || !profile.matches_role(&arn, None)) {
        let detail = format!("an answer about {:?}, which is not the role that was asked for", role.arn);
        return Asked::Failed(Failure::protocol(detail));
    }
    let policies = policies::ask(session, name).await;
    role.attached = policies.attached.as_ref().ok().cloned();
    Asked::Present(Box::new(Present { role, deletion, policies }))
}

/// One role, or `None` where RAM says that there is none.
async fn one(session: &Session, name: &str) -> Result<Option<RamRole>, Failure> {
    match session.ask::<GetRole>(Call::GetRole, HOME, &[("RoleName", name.to_owned())]).await {
        Ok(answer) => Ok(Some(answer.role)),
        Err(failure) if failure.is("EntityNotExist.Role") => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// When the role of this name was created, asked now; `None` where there is none.
///
/// # Errors
/// [`Failure`] when RAM does not tell.
pub(super) async fn created(session: &Session, name: &str) -> Result<Option<Timestamp>, Failure> {
    let Some(role) = one(session, name).await? else { return Ok(None) };
    let (role, _) = role.told();
    role.created.map(Some).ok_or_else(|| Failure::protocol("a role without a time of creation"))
}

/// Takes the answers into the report.
pub(super) fn note(answers: Vec<Answer<'_>>, report: &mut Report) {
    for Answer { profile, role } in answers {
        let subject = Some(profile.role_name());
        match role {
            Asked::Failed(failure) => report.failed(api::ALIBABA_GET_ROLE, None, subject, &failure),
            Asked::Nobody => {
                let detail = "roles of Alibaba Cloud can be watched by their names alone".to_owned();
                report.row(api::ALIBABA_GET_ROLE, None, subject, Outcome::NotConfigured, detail);
            }
            Asked::Absent => absent(profile, report),
            Asked::Present(present) => observe(profile, *present, report),
        }
    }
}

/// A role that is not there has no policies: that is known without asking.
fn absent(profile: &Profile, report: &mut Report) {
    for api in [api::ALIBABA_GET_ROLE, api::ALIBABA_POLICIES] {
        report.complete(api, None, Some(profile.role_name()));
    }
    push(profile, None, report);
}

fn observe(profile: &Profile, present: Present, report: &mut Report) {
    let subject = Some(profile.role_name());
    if present.role.trust_policy.is_some() {
        report.complete(api::ALIBABA_GET_ROLE, None, subject);
    } else {
        let detail = format!("the trust policy of {} is missing or no policy", present.role.name);
        report.row(api::ALIBABA_GET_ROLE, None, subject, Outcome::Partial, detail);
    }
    present.policies.note(profile.role_name(), report);
    if let Some(deletion) = &present.deletion {
        let task = deletion_task(&report.account.id, &profile.id, deletion, report.now);
        report.collection.tasks.push(task);
    }
    push(profile, Some(present.role), report);
}

fn push(profile: &Profile, role: Option<Role>, report: &mut Report) {
    let (account, profile) = (report.account.id.clone(), profile.id.clone());
    report.collection.roles.push(RoleObservation { account, profile, role, last_used: None });
}
