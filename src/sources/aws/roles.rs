//! The watched roles of an account: present with all that they may do, absent, or not known.

use futures_util::future::join_all;

use super::calls::Call;
use super::policies::{self, Policies};
use super::stores::time;
use super::{Failure, Session};
use crate::model::{Outcome, PolicyDocument, Provider, Role, RoleObservation, api};
use crate::profiles::{Profile, RoleArn, RoleMatch};
use crate::sources::live::{Pages, marker_of};
use crate::sources::report::Report;
use aws_sdk_iam::types;
use jiff::Timestamp;

/// Pages of the list of roles that are read at most.
const MOST_PAGES: usize = 1_000;

/// What IAM said about the role of a profile, or about each of its roles.
pub(super) struct Answer<'p> {
    profile: &'p Profile,
    roles: Result<Vec<Present>, Failure>,
}

/// A role that is there.
struct Present {
    role: Role,
    last_used: Option<(Timestamp, Option<String>)>,
    /// `None` where nobody needs them.
    policies: Option<Policies>,
}

/// Asks for the roles of every profile, side by side.
pub(super) async fn ask<'p>(session: &Session, profiles: &[&'p Profile]) -> Vec<Answer<'p>> {
    let answers = profiles.iter().map(|&profile| async move {
        let roles = match &profile.role {
            RoleMatch::Named { name, .. } => named(session, profile, name).await,
            RoleMatch::ServiceLinked => every_service_linked(session, profile, profiles).await,
        };
        Answer { profile, roles }
    });
    join_all(answers).await
}

async fn named(session: &Session, profile: &Profile, name: &str) -> Result<Vec<Present>, Failure> {
    let Some(mut present) = one(session, name).await? else { return Ok(Vec::new()) };
    // A role of the watched name at another path is not the watched role, and leaves no room for it.
    if !is_it(profile, &present.role) {
        return Ok(Vec::new());
    }
    let policies = policies::ask(session, name).await;
    present.role.attached = policies.attached.as_ref().ok().cloned();
    present.role.inline = policies.inline.as_ref().ok().cloned();
    Ok(vec![Present { policies: Some(policies), ..present }])
}

fn is_it(profile: &Profile, role: &Role) -> bool {
    RoleArn::parse(Provider::Aws, &role.arn).is_some_and(|arn| profile.matches_role(&arn, None))
}

/// Every role of the profile that no other profile watches by name. The list leaves out tags and the last use.
async fn every_service_linked(
    session: &Session,
    profile: &Profile,
    others: &[&Profile],
) -> Result<Vec<Present>, Failure> {
    let watched = |name: &String| {
        let named = others.iter().filter(|other| other.role != RoleMatch::ServiceLinked);
        named.into_iter().any(|other| other.matches_role_name(name))
    };
    let names = list(session).await?.into_iter().filter(|name| !watched(name));
    let asked = names.map(|name| async move { one(session, &name).await });
    let roles = join_all(asked).await.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(roles.into_iter().flatten().filter(|present| is_it(profile, &present.role)).collect())
}

/// The path of every service-linked role (IAM user guide, "Using service-linked roles").
const SERVICE_LINKED: &str = "/aws-service-role/";

async fn list(session: &Session) -> Result<Vec<String>, Failure> {
    let (iam, region) = (session.iam(), session.global_region());
    let (mut names, mut pages) = (Vec::new(), Pages::of("the list of roles", MOST_PAGES));
    loop {
        let ask = || iam.list_roles().path_prefix(SERVICE_LINKED).set_marker(pages.token()).send();
        let page = session.caller.call(Call::ListRoles, region, ask).await?;
        names.extend(page.roles.into_iter().map(|role| role.role_name));
        if !pages.go_on(marker_of(page.is_truncated, page.marker)?)? {
            return Ok(names);
        }
    }
}

/// One role, or `None` where IAM says that there is none.
async fn one(session: &Session, name: &str) -> Result<Option<Present>, Failure> {
    let (iam, region) = (session.iam(), session.global_region());
    let ask = || async {
        let answer = iam.get_role().role_name(name).send().await.map_err(|error| Failure::of(&error))?;
        let Some(role) = answer.role else { return Err(Failure::protocol("an answer without a role")) };
        of_account(role, &session.account)
    };
    match session.caller.check(Call::GetRole, region, ask).await {
        Ok(role) => Ok(Some(present(role))),
        Err(failure) if failure.is("NoSuchEntity") => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// When the role of this name was created, asked now; `None` where there is none.
///
/// # Errors
/// [`Failure`] when IAM does not tell.
pub(super) async fn created(session: &Session, name: &str) -> Result<Option<Timestamp>, Failure> {
    let Some(present) = one(session, name).await? else { return Ok(None) };
    present.role.created.map(Some).ok_or_else(|| Failure::protocol("a role without a time of creation"))
}

/// An answer of another account proves nothing about this one.
fn of_account(role: types::Role, account: &str) -> Result<types::Role, Failure> {
    match RoleArn::parse(Provider::Aws, role.arn()) {
        Some(arn) if arn.account == account && !role.role_id().is_empty() => Ok(role),
        _ => Err(Failure::protocol(format!("an answer about {:?}, which is no role of the account", role.arn()))),
    }
}

fn present(role: types::Role) -> Present {
    let trust = role.assume_role_policy_document().and_then(|text| PolicyDocument::parse(text).ok());
    let last_used = role.role_last_used().and_then(|used| {
        let region = used.region().map(str::to_owned);
        Some((used.last_used_date().and_then(time)?, region))
    });
    let tags = role.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
    let boundary = role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
    let role = Role {
        created: time(role.create_date()),
        trust_policy: trust.map(|trust| trust.canonical()),
        description: role.description().filter(|text| !text.is_empty()).map(str::to_owned),
        attached: None,
        inline: None,
        tags,
        permissions_boundary: boundary.map(str::to_owned),
        path: Some(role.path),
        arn: role.arn,
        name: role.role_name,
        role_id: role.role_id,
    };
    Present { role, last_used, policies: None }
}

/// Takes the answers into the report.
pub(super) fn note(answers: Vec<Answer<'_>>, report: &mut Report) {
    for Answer { profile, roles } in answers {
        let subject = Some(profile.role_name());
        match roles {
            Err(failure) => report.failed(api::AWS_GET_ROLE, None, subject, &failure),
            Ok(roles) if roles.is_empty() => absent(profile, report),
            Ok(roles) => {
                for role in roles {
                    observe(profile, role, report);
                }
            }
        }
    }
}

/// A role that is not there has no policies: that is known without asking.
fn absent(profile: &Profile, report: &mut Report) {
    for api in [api::AWS_GET_ROLE, api::AWS_ATTACHED_POLICIES, api::AWS_INLINE_POLICIES] {
        report.complete(api, None, Some(profile.role_name()));
    }
    push(profile, None, None, report);
}

fn observe(profile: &Profile, present: Present, report: &mut Report) {
    let subject = Some(profile.role_name());
    if present.role.trust_policy.is_some() {
        report.complete(api::AWS_GET_ROLE, None, subject);
    } else {
        let detail = format!("the trust policy of {} is missing or no policy", present.role.name);
        report.row(api::AWS_GET_ROLE, None, subject, Outcome::Partial, detail);
    }
    if let Some(policies) = &present.policies {
        policies.note(profile.role_name(), report);
    }
    push(profile, Some(present.role), present.last_used, report);
}

fn push(profile: &Profile, role: Option<Role>, last_used: Option<(Timestamp, Option<String>)>, report: &mut Report) {
    let account = report.account.id.clone();
    report.collection.roles.push(RoleObservation { account, profile: profile.id.clone(), role, last_used });
}
