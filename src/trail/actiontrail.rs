//! Judging a record of `ActionTrail`.
//!
//! Alibaba Cloud writes one thing in several ways: numbers for strings, keys in either case, a role's name in lower
//! case in ARNs, parameters as an object or as a string of JSON. All of them are read.

use super::json::{self, Node};
use super::judge::{self, Judged};
use super::record::Header;
use crate::model::{Actor, ConcernKind, EventOutcome, Provider};
use crate::profiles::{Profile, Profiles, RoleArn};

/// Calls that assume a role.
pub const ASSUMPTIONS: [&str; 4] = ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithOIDC", "SwitchRole"];

/// Ordinary calls of RAM that would change, attach to, detach from or delete a role.
const TAMPERING: [&str; 4] = ["AttachPolicyToRole", "DetachPolicyFromRole", "DeleteRole", UPDATE];

/// A call that only edits where it is accepted and leaves the trust policy alone.
const UPDATE: &str = "UpdateRole";

/// Edits that the provider allows to customers.
const EDITS: [&str; 2] = ["TagResources", "UntagResources"];

const CREATE: &str = "CreateServiceLinkedRole";
const DELETE: &str = "DeleteServiceLinkedRole";
const DELETION_STATUS: &str = "GetServiceLinkedRoleDeletionStatus";
const DELETION_CHECK: &str = "CheckServiceLinkedRoleForDeleting";

/// Calls in the life of a service-linked role, which are recorded under any service: the one that makes them, or the
/// one that the role is linked to.
pub const LINKED_ROLE_CALLS: [&str; 4] = [CREATE, DELETE, DELETION_STATUS, DELETION_CHECK];

/// Names of all calls whose object may be a role: nothing else is looked at.
pub(super) fn role_calls() -> impl Iterator<Item = &'static str> {
    ASSUMPTIONS.into_iter().chain(LINKED_ROLE_CALLS).chain(ram_calls())
}

/// Ordinary calls of RAM about a role, those that only try among them.
pub fn ram_calls() -> impl Iterator<Item = &'static str> {
    TAMPERING.into_iter().chain(EDITS)
}

/// Services that have the ordinary role APIs. The calls of service-linked roles are recorded under these or under
/// the product that makes them, and are told by their names alone.
const ROLE_SERVICES: [&str; 3] = ["ram", "ims", "resourcemanager"];

/// Judges a record.
pub(super) fn judge(header: &Header<'_>, record: &Node<'_>, profiles: &Profiles) -> Judged {
    let copy = parameters_from_text(record);
    let call = Call::new(header, record, copy.as_ref());
    let mut judged = Judged::new(call.actor(), call.outcome);
    call.role_api(profiles, &mut judged);
    call.session(profiles, &mut judged);
    match copy.clone() {
        Some(request) => judged.stores(header, &with_parameters(record, request), profiles),
        None => judged.stores(header, record, profiles),
    }
    judged
}

/// The parameters where only their copy in a string is there.
fn parameters_from_text(record: &Node<'_>) -> Option<Node<'static>> {
    let request = record.get("requestParameters");
    if matches!(request, Node::Map(_)) {
        return None;
    }
    let text = request.text().or_else(|| record.get("requestParameterJson").text())?;
    json::node(text).ok().map(Node::into_owned)
}

fn with_parameters<'a>(record: &Node<'a>, request: Node<'static>) -> Node<'a> {
    let others = record.members().iter().filter(|(key, _)| key != "requestParameters").cloned();
    Node::Map(others.chain([("requestParameters".into(), request)]).collect())
}

/// A role as a record names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named<'a> {
    /// By ARN.
    Arn(&'a str),
    /// By name.
    Name(&'a str),
    /// By the service that it is linked to.
    Service(&'a str),
}

struct Call<'a> {
    header: &'a Header<'a>,
    identity: &'a Node<'a>,
    request: &'a Node<'a>,
    response: &'a Node<'a>,
    source_ip: Option<&'a str>,
    message: Option<&'a str>,
    outcome: EventOutcome,
}

impl<'a> Call<'a> {
    fn new(header: &'a Header<'a>, record: &'a Node<'a>, copy: Option<&'a Node<'a>>) -> Self {
        Self {
            header,
            identity: record.get("userIdentity"),
            request: copy.unwrap_or_else(|| record.get("requestParameters")),
            response: record.get("responseElements"),
            source_ip: record.get("sourceIpAddress").text(),
            message: record.get("errorMessage").text(),
            outcome: judge::outcome(record.get("errorCode").text()),
        }
    }

    fn asked(&self, key: &str) -> Option<&'a str> {
        self.request.get_any_case(key).text()
    }

    fn answered(&self, path: &str) -> Option<&'a str> {
        self.response.path(path).text()
    }

    fn kind(&self) -> Option<&'a str> {
        self.identity.get("type").text()
    }

    fn principal(&self) -> Option<&'a str> {
        self.identity.get("principalId").text()
    }

    fn user(&self) -> Option<&'a str> {
        self.identity.get("userName").text()
    }

    /// The account of the identity; the record's own where the identity tells none.
    fn identity_account(&self) -> &'a str {
        self.identity.get("accountId").text().unwrap_or(&self.header.account)
    }

    fn actor(&self) -> Actor {
        let account = self.identity.get("accountId").text();
        let home = self.identity_account();
        let arn = match (self.kind(), self.user()) {
            (Some("root-account"), _) => Some(format!("acs:ram::{home}:root")),
            (Some("ram-user"), Some(user)) => Some(format!("acs:ram::{home}:user/{user}")),
            (Some("assumed-role"), Some(user)) => {
                Some(format!("acs:ram::{home}:role/{}", user.replacen(':', "/", 1)))
            }
            _ => None,
        };
        Actor {
            kind: self.kind().map(str::to_owned),
            arn,
            invoked_by: self.service().map(str::to_owned),
            account: account.map(str::to_owned),
            principal_id: self.principal().map(str::to_owned),
        }
    }

    /// The service that makes the call as itself: a user who bears a service's name is none.
    fn service(&self) -> Option<&'a str> {
        let id = self.principal().or_else(|| self.user())?;
        match self.kind() {
            Some("system") => Some(id),
            None => Some(id).filter(|id| id.ends_with(".aliyuncs.com")),
            Some(kind) => (kind == id).then_some(id),
        }
    }

    fn role_api(&self, profiles: &Profiles, judged: &mut Judged) {
        let Some((kind, role)) = self.role_and_kind() else { return };
        for profile in profiles.of(Provider::Alibaba) {
            let Some(account) = self.account_if_concerned(profile, role) else { continue };
            let trusted = kind == ConcernKind::Assumption
                && self.service().is_some_and(|principal| profile.trusts(principal, None));
            judged.concern(profile, kind, trusted, account);
            judged.role = Some(role_arn(profile, account));
        }
        if judged.concerns.is_empty() {
            return;
        }
        let session = self.answered("AssumedRoleUser.AssumedRoleId").and_then(|id| id.split(':').next());
        judged.role_id = session.or_else(|| self.answered("Role.RoleId")).map(str::to_owned);
        if kind == ConcernKind::RoleDeletion && self.outcome == EventOutcome::Allowed {
            judged.deletion_task = self.answered("DeletionTaskId").map(str::to_owned);
        }
    }

    fn role_and_kind(&self) -> Option<(ConcernKind, Named<'a>)> {
        let allowed = self.outcome == EventOutcome::Allowed;
        let name = self.header.name.as_ref();
        let (kind, role) = match name {
            CREATE => (ConcernKind::RoleCreation, self.created_role()),
            DELETE => (ConcernKind::RoleDeletion, self.deleted_role()),
            DELETION_STATUS => {
                (ConcernKind::DeletionCheck, self.asked("DeletionTaskId").and_then(role_of_task).map(Named::Name))
            }
            DELETION_CHECK => (ConcernKind::DeletionCheck, self.checked_role()),
            _ if ASSUMPTIONS.contains(&name) => (ConcernKind::Assumption, self.assumption_target()),
            _ if !ROLE_SERVICES.iter().any(|service| service.eq_ignore_ascii_case(&self.header.source)) => {
                return None;
            }
            _ if EDITS.contains(&name) => (ConcernKind::RoleEdit, self.tagged_role()),
            UPDATE if allowed && self.asked("NewAssumeRolePolicyDocument").is_none() => {
                (ConcernKind::RoleEdit, self.changed_role())
            }
            _ if TAMPERING.contains(&name) => (ConcernKind::RoleTampering, self.changed_role()),
            _ => return None,
        };
        Some((kind, role?))
    }

    fn assumption_target(&self) -> Option<Named<'a>> {
        self.asked("RoleArn")
            .or_else(|| self.answered("AssumedRoleUser.Arn").and_then(|arn| Some(arn.rsplit_once('/')?.0)))
            .or_else(|| judge::resource_of_message(self.message?))
            .map(Named::Arn)
    }

    fn created_role(&self) -> Option<Named<'a>> {
        let suffixed = self.asked("CustomSuffix").is_some();
        self.answered("Role.Arn")
            .map(Named::Arn)
            .or_else(|| self.answered("Role.RoleName").map(Named::Name))
            .or_else(|| self.asked("ServiceName").filter(|_| !suffixed).map(Named::Service))
    }

    fn deleted_role(&self) -> Option<Named<'a>> {
        self.asked("RoleName")
            .or_else(|| self.answered("DeletionTaskId").and_then(role_of_task))
            .map(Named::Name)
            .or_else(|| judge::resource_of_message(self.message?).map(Named::Arn))
    }

    fn checked_role(&self) -> Option<Named<'a>> {
        self.asked("RoleArn")
            .map(Named::Arn)
            .or_else(|| self.asked("RoleName").map(Named::Name))
            .or_else(|| self.asked("DeletionTaskId").and_then(role_of_task).map(Named::Name))
            .or_else(|| self.asked("ServiceName").map(Named::Service))
    }

    fn changed_role(&self) -> Option<Named<'a>> {
        self.answered("Role.Arn").map(Named::Arn).or_else(|| self.asked("RoleName").map(Named::Name))
    }

    /// `TagResources` names roles in `ResourceNames`, as a list or as `ResourceNames.1` and so on.
    fn tagged_role(&self) -> Option<Named<'a>> {
        if !self.asked("ResourceType").is_some_and(|kind| kind.eq_ignore_ascii_case("role")) {
            return None;
        }
        let of_names = |key: &str| key.to_ascii_lowercase().starts_with("resourcename");
        let mut values = self.request.members().iter().filter(|(key, _)| of_names(key)).map(|(_, value)| value);
        values.find_map(|value| value.text().or_else(|| value.items().first()?.text())).map(Named::Name)
    }

    /// The account of the profile's role, if `role` is it.
    fn account_if_concerned(&self, profile: &Profile, role: Named<'a>) -> Option<&'a str> {
        match role {
            Named::Arn(arn) => {
                let role = RoleArn::parse(Provider::Alibaba, arn)?;
                profile.matches_role(&role, None).then_some(role.account)
            }
            Named::Name(name) => profile.matches_role_name(name).then_some(&self.header.account),
            // The first trusted principal is the service itself; others were added by the user.
            Named::Service(service) => (profile.trusted_principals.first().map(String::as_str) == Some(service))
                .then_some(&self.header.account),
        }
    }

    /// A call made with a session of the role: `userName` is `ROLE:SESSION`, or the role alone.
    fn session(&self, profiles: &Profiles, judged: &mut Judged) {
        if self.kind() != Some("assumed-role") {
            return;
        }
        let Some(user) = self.user().or_else(|| self.asked("stsTokenPrincipalName")) else { return };
        let name = user.split([':', '/']).next().unwrap_or(user);
        for profile in profiles.of(Provider::Alibaba).filter(|profile| profile.matches_role_name(name)) {
            let from_service =
                self.source_ip.is_some_and(|source| profile.session_sources.iter().any(|known| known == source));
            let trusted =
                from_service && judge::may_do(profile, &self.header.source, &self.header.name, self.header.time);
            let account = self.identity_account();
            judged.concern(profile, ConcernKind::SessionActivity, trusted, account);
            judged.role.get_or_insert_with(|| role_arn(profile, account));
            let id = self.principal().and_then(|id| id.split_once(':')).map(|(role, _)| role.to_owned());
            judged.role_id = judged.role_id.take().or(id);
        }
    }
}

/// The ARN of a profile's role as Alibaba Cloud writes it: the name in lower case.
fn role_arn(profile: &Profile, account: &str) -> String {
    format!("acs:ram::{account}:role/{}", profile.role_name().to_ascii_lowercase())
}

/// The role in a task's id: `task/acs-service-role/SERVICE/ROLE/UUID`, or with `aliyun-service-role`.
fn role_of_task(task: &str) -> Option<&str> {
    let mut parts = task.split('/');
    let (task, kind, _service, role) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (task == "task" && kind.ends_with("-service-role")).then_some(role)
}
