//! Judging a record of `CloudTrail`.

use std::borrow::Cow;

use super::json::Node;
use super::judge::{self, Judged};
use super::record::Header;
use crate::model::{Actor, ConcernKind, EventOutcome, Provider};
use crate::profiles::{Profile, Profiles, RoleArn, RoleMatch};

/// Calls of STS that assume a role.
pub const ASSUMPTIONS: [&str; 3] = ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"];

/// The console's way to assume a role.
pub const SWITCH: &str = "SwitchRole";

/// Ordinary calls of IAM that would change, attach to, detach from or delete a role.
const TAMPERING: [&str; 9] = [
    "UpdateAssumeRolePolicy",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "PutRolePolicy",
    "DeleteRolePolicy",
    "DeleteRole",
    "PutRolePermissionsBoundary",
    "DeleteRolePermissionsBoundary",
    UPDATE,
];

/// A call that only edits where it is accepted, and tries to tamper where it is refused.
const UPDATE: &str = "UpdateRole";

/// Edits that the provider allows to customers.
const EDITS: [&str; 3] = ["UpdateRoleDescription", "TagRole", "UntagRole"];

const CREATE: &str = "CreateServiceLinkedRole";
const DELETE: &str = "DeleteServiceLinkedRole";
const DELETION_STATUS: &str = "GetServiceLinkedRoleDeletionStatus";

/// Names of all calls whose object may be a role: nothing else is looked at.
pub(super) fn role_calls() -> impl Iterator<Item = &'static str> {
    ASSUMPTIONS.into_iter().chain([SWITCH]).chain(iam_calls())
}

/// Calls of IAM in the life of a role, those that only try among them.
pub fn iam_calls() -> impl Iterator<Item = &'static str> {
    [CREATE, DELETE, DELETION_STATUS].into_iter().chain(TAMPERING).chain(EDITS)
}

/// The path below which all service-linked roles lie.
const SERVICE_PATH: &str = "/aws-service-role/";

/// Partitions by the beginning of their Regions' names (botocore's `endpoints.json`); all others are `aws`.
const PARTITIONS: [(&str, &str); 8] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
    ("eu-iso-", "aws-iso-e"),
];

/// Judges a record.
pub(super) fn judge(header: &Header<'_>, record: &Node<'_>, profiles: &Profiles) -> Judged {
    let call = Call::new(header, record);
    let mut judged = Judged::new(call.actor(), call.outcome);
    match header.source.as_ref() {
        "sts.amazonaws.com" if ASSUMPTIONS.contains(&header.name.as_ref()) => call.assumption(profiles, &mut judged),
        "signin.amazonaws.com" if header.name == SWITCH => {
            call.switch(profiles, &mut judged);
            return judged;
        }
        "iam.amazonaws.com" => call.role_api(profiles, &mut judged),
        _ => {}
    }
    call.session(profiles, &mut judged);
    judged.stores(header, record, profiles);
    judged
}

/// A role as a record names it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Named<'a> {
    /// By ARN.
    Arn(Cow<'a, str>),
    /// By name; the path is not told.
    Name(&'a str),
    /// By the service that it is linked to.
    Service(&'a str),
}

struct Call<'a> {
    header: &'a Header<'a>,
    record: &'a Node<'a>,
    identity: &'a Node<'a>,
    request: &'a Node<'a>,
    response: &'a Node<'a>,
    message: Option<&'a str>,
    partition: &'static str,
    outcome: EventOutcome,
}

impl<'a> Call<'a> {
    fn new(header: &'a Header<'a>, record: &'a Node<'a>) -> Self {
        let region = header.region.as_deref().unwrap_or_default();
        let partition =
            PARTITIONS.iter().find(|(start, _)| region.starts_with(start)).map_or("aws", |(_, name)| name);
        let message = record.get("errorMessage").text();
        let response = record.get("responseElements");
        let mut outcome = judge::outcome(record.get("errorCode").text());
        if header.name == SWITCH && outcome == EventOutcome::Allowed {
            let answer = response.get("SwitchRole").text();
            if message.is_some() || answer.is_some_and(|answer| !answer.eq_ignore_ascii_case("success")) {
                outcome = EventOutcome::Denied;
            }
        }
        Self {
            header,
            record,
            identity: record.get("userIdentity"),
            request: record.get("requestParameters"),
            response,
            message,
            partition,
            outcome,
        }
    }

    fn actor(&self) -> Actor {
        let switched_from = self.record.path("additionalEventData.SwitchFrom").text();
        if self.header.name == SWITCH
            && let Some(arn) = switched_from
        {
            return Actor {
                kind: kind_of_arn(arn).map(str::to_owned),
                arn: Some(arn.to_owned()),
                account: arn.split(':').nth(4).filter(|account| !account.is_empty()).map(str::to_owned),
                ..Actor::default()
            };
        }
        let text = |key: &str| self.identity.get(key).owned_text();
        Actor {
            kind: text("type"),
            arn: text("arn"),
            invoked_by: text("invokedBy"),
            account: text("accountId"),
            principal_id: text("principalId"),
        }
    }

    /// `AssumeRole` and its variants.
    fn assumption(&self, profiles: &Profiles, judged: &mut Judged) {
        let Some(target) = self.assumption_target() else { return };
        self.assumed(target, profiles, judged);
        if !judged.concerns.is_empty() {
            let id = self.response.path("assumedRoleUser.assumedRoleId").text();
            judged.role_id = id.map(role_of_session_id).map(str::to_owned);
        }
    }

    /// A denied call tells its target in the message alone.
    fn assumption_target(&self) -> Option<&'a str> {
        self.request
            .get("roleArn")
            .text()
            .or_else(|| self.role_resource())
            .or_else(|| judge::resource_of_message(self.message?))
    }

    fn role_resource(&self) -> Option<&'a str> {
        let is_role = |resource: &&Node<'_>| resource.get("type").text().is_none_or(|kind| kind == "AWS::IAM::Role");
        let mut roles = self.record.get("resources").items().iter().filter(is_role);
        roles.find_map(|role| {
            role.get_any_case("ARN").text().filter(|arn| RoleArn::parse(Provider::Aws, arn).is_some())
        })
    }

    fn assumed(&self, arn: &str, profiles: &Profiles, judged: &mut Judged) {
        let Some(role) = RoleArn::parse(Provider::Aws, arn) else { return };
        for profile in self.profiles_of(profiles, &role) {
            let trusted = self.by_service() && self.invoked_by_trusted(profile, role.path);
            judged.concern(profile, ConcernKind::Assumption, trusted, role.account);
            judged.role = Some(arn.to_owned());
        }
    }

    /// A console role switch is recorded with the new session as identity when it succeeds.
    fn switch(&self, profiles: &Profiles, judged: &mut Judged) {
        let issuer = self.identity.path("sessionContext.sessionIssuer.arn").text();
        let told = ["additionalEventData.SwitchTo", "additionalEventData.RoleArn", "requestParameters.roleArn"]
            .iter()
            .find_map(|path| self.record.path(path).text())
            .or_else(|| judge::resource_of_message(self.message?));
        let target = if self.outcome == EventOutcome::Allowed { issuer.or(told) } else { told.or(issuer) };
        match target {
            Some(arn) => self.assumed(arn, profiles, judged),
            None => self.session_without_issuer(ConcernKind::Assumption, profiles, judged),
        }
        if !judged.concerns.is_empty() && target == issuer {
            judged.role_id = self.session_role_id();
        }
    }

    /// A call made with a session of the role.
    fn session(&self, profiles: &Profiles, judged: &mut Judged) {
        let Some(arn) = self.identity.path("sessionContext.sessionIssuer.arn").text() else {
            return self.session_without_issuer(ConcernKind::SessionActivity, profiles, judged);
        };
        let Some(role) = RoleArn::parse(Provider::Aws, arn) else { return };
        let service = self.header.source.split(".amazonaws.com").next().unwrap_or_default();
        for profile in self.profiles_of(profiles, &role) {
            let trusted = self.identity.get("type").text() == Some("AssumedRole")
                && self.invoked_by_trusted(profile, role.path)
                && judge::may_do(profile, service, &self.header.name, self.header.time);
            judged.concern(profile, ConcernKind::SessionActivity, trusted, role.account);
            judged.role.get_or_insert_with(|| arn.to_owned());
            judged.role_id = judged.role_id.take().or_else(|| self.session_role_id());
        }
    }

    /// A session's ARN has no path: by its name alone it may be a session of another role of that name. Its role's
    /// id is kept, by which the rules can tell.
    fn session_without_issuer(&self, kind: ConcernKind, profiles: &Profiles, judged: &mut Judged) {
        if self.identity.get("type").text().is_some_and(|kind| kind != "AssumedRole") {
            return;
        }
        let Some((account, name)) = self.identity.get("arn").text().and_then(|arn| session(arn, self.partition))
        else {
            return;
        };
        for profile in profiles.fitting(Provider::Aws, |profile| profile.matches_role_name(name)) {
            judged.concern(profile, kind, false, account);
            judged.role_id = judged.role_id.take().or_else(|| self.session_role_id());
        }
    }

    fn session_role_id(&self) -> Option<String> {
        let issuer = self.identity.path("sessionContext.sessionIssuer.principalId").text();
        let id = issuer.or_else(|| self.identity.get("principalId").text())?;
        Some(role_of_session_id(id).to_owned())
    }

    fn by_service(&self) -> bool {
        match self.identity.get("type").text() {
            Some(kind) => kind == "AWSService",
            None => self.identity.get("arn").text().is_none(),
        }
    }

    fn invoked_by_trusted(&self, profile: &Profile, path: Option<&str>) -> bool {
        self.identity.get("invokedBy").text().is_some_and(|principal| profile.trusts(principal, path))
    }

    fn profiles_of<'p>(&self, profiles: &'p Profiles, role: &RoleArn<'_>) -> Vec<&'p Profile> {
        profiles.fitting(Provider::Aws, |profile| profile.matches_role(role, Some(self.partition)))
    }

    /// The role APIs of IAM.
    fn role_api(&self, profiles: &Profiles, judged: &mut Judged) {
        let allowed = self.outcome == EventOutcome::Allowed;
        let (kind, role) = match self.header.name.as_ref() {
            CREATE => (ConcernKind::RoleCreation, self.created_role()),
            DELETE => (ConcernKind::RoleDeletion, self.deleted_role()),
            DELETION_STATUS => {
                let task = self.request.get("deletionTaskId").text();
                (
                    ConcernKind::DeletionCheck,
                    task.and_then(|task| self.role_of_task(task)).or_else(|| self.changed_role()),
                )
            }
            name if EDITS.contains(&name) => (ConcernKind::RoleEdit, self.changed_role()),
            UPDATE if allowed => (ConcernKind::RoleEdit, self.changed_role()),
            name if TAMPERING.contains(&name) => (ConcernKind::RoleTampering, self.changed_role()),
            _ => return,
        };
        let Some(role) = role else { return };
        self.on_role(kind, &role, profiles, judged);
        if judged.concerns.is_empty() {
            return;
        }
        judged.role_id = self.response.path("role.roleId").owned_text();
        if kind == ConcernKind::RoleDeletion && allowed {
            judged.deletion_task = self.response.get("deletionTaskId").owned_text();
        }
    }

    fn on_role(&self, kind: ConcernKind, role: &Named<'_>, profiles: &Profiles, judged: &mut Judged) {
        match role {
            Named::Arn(arn) => {
                let Some(role) = RoleArn::parse(Provider::Aws, arn) else { return };
                for profile in self.profiles_of(profiles, &role) {
                    judged.concern(profile, kind, false, role.account);
                    judged.role = Some(arn.clone().into_owned());
                }
            }
            Named::Name(_) | Named::Service(_) => {
                let fits = |profile: &Profile| match role {
                    Named::Name(name) => profile.matches_role_name(name),
                    Named::Service(service) => serves(profile, service),
                    Named::Arn(_) => false,
                };
                for profile in profiles.fitting(Provider::Aws, fits) {
                    judged.concern(profile, kind, false, &self.header.account);
                    judged.role = judged.role.take().or_else(|| self.arn_of(profile));
                }
            }
        }
    }

    /// The ARN of a profile's role in the record's partition and account.
    fn arn_of(&self, profile: &Profile) -> Option<String> {
        let RoleMatch::Named { name, path: Some(path) } = &profile.role else { return None };
        Some(format!("arn:{}:iam::{}:role{path}{name}", self.partition, self.header.account))
    }

    fn created_role(&self) -> Option<Named<'a>> {
        let service = || {
            let suffixed = self.request.get("customSuffix").text().is_some();
            self.request.get("aWSServiceName").text().filter(|_| !suffixed).map(Named::Service)
        };
        self.shown_arn().or_else(service)
    }

    fn deleted_role(&self) -> Option<Named<'a>> {
        let task = self.response.get("deletionTaskId").text();
        task.and_then(|task| self.role_of_task(task)).or_else(|| self.changed_role())
    }

    /// An ARN tells more than a name: with another path it is another role.
    fn changed_role(&self) -> Option<Named<'a>> {
        self.shown_arn().or_else(|| {
            let name = self.request.get("roleName").text();
            name.or_else(|| name_in_message(self.message?)).map(Named::Name)
        })
    }

    /// The role's ARN in the answer or in the error message.
    fn shown_arn(&self) -> Option<Named<'a>> {
        let answered = self.response.path("role.arn").text();
        let refused = || self.message.and_then(judge::resource_of_message);
        let shown = answered.or_else(refused).filter(|arn| RoleArn::parse(Provider::Aws, arn).is_some());
        shown.or_else(|| self.role_resource()).map(|arn| Named::Arn(Cow::Borrowed(arn)))
    }

    /// The role in a task's id, `task/aws-service-role/SERVICE/ROLE/UUID`.
    fn role_of_task(&self, task: &str) -> Option<Named<'a>> {
        let below = task.strip_prefix("task")?.strip_prefix(SERVICE_PATH)?;
        let (service, rest) = below.split_once('/')?;
        let name = rest.split('/').next().filter(|name| !name.is_empty())?;
        let (partition, account) = (self.partition, &self.header.account);
        Some(Named::Arn(Cow::Owned(format!("arn:{partition}:iam::{account}:role{SERVICE_PATH}{service}/{name}"))))
    }
}

/// Whether a profile's role is the one that is linked to the service.
fn serves(profile: &Profile, service: &str) -> bool {
    match &profile.role {
        RoleMatch::Named { path, .. } => path.as_deref() == Some(format!("{SERVICE_PATH}{service}/").as_str()),
        RoleMatch::ServiceLinked => true,
    }
}

/// Account and role name of a session's ARN.
fn session<'a>(arn: &'a str, partition: &str) -> Option<(&'a str, &'a str)> {
    let rest = arn.strip_prefix("arn:")?.strip_prefix(partition)?.strip_prefix(":sts::")?;
    let (account, rest) = rest.split_once(":assumed-role/")?;
    let (name, _) = rest.split_once('/')?;
    Some((account, name))
}

/// The role's id in a session's id, `ROLE_ID:SESSION`.
fn role_of_session_id(id: &str) -> &str {
    id.split(':').next().unwrap_or(id)
}

/// The role's name in "on resource: role NAME" and "the protected role 'NAME'".
fn name_in_message(message: &str) -> Option<&str> {
    if let Some((_, rest)) = message.split_once("protected role '") {
        return rest.split('\'').next();
    }
    judge::resource_of_message(message).filter(|name| !name.contains([':', '/']))
}

fn kind_of_arn(arn: &str) -> Option<&'static str> {
    [(":user/", "IAMUser"), (":assumed-role/", "AssumedRole"), (":root", "Root"), (":role/", "Role")]
        .iter()
        .find(|(part, _)| arn.contains(part))
        .map(|(_, kind)| *kind)
}
