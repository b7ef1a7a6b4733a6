//! What both providers' judging has in common.

use std::collections::HashSet;

use jiff::Timestamp;
use memchr::memchr;
use memchr::memmem::Finder;

use super::json::Node;
use super::record::Header;
use super::{actiontrail, cloudtrail};
use crate::model::{Actor, Concern, ConcernKind, EventOutcome, Provider};
use crate::profiles::{Profile, Profiles, RoleMatch, StoreCall};

/// What a record means for the profiles.
#[derive(Debug)]
pub(super) struct Judged {
    /// Who.
    pub actor: Actor,
    /// How the call ended.
    pub outcome: EventOutcome,
    /// The profiles that it concerns.
    pub concerns: Vec<Concern>,
    /// ARN of the role that it concerns.
    pub role: Option<String>,
    /// Unique id of that role.
    pub role_id: Option<String>,
    /// Id of the store that it concerns.
    pub store: Option<String>,
    /// Type of that store.
    pub store_type: Option<String>,
    /// Id of the deletion task that it submitted.
    pub deletion_task: Option<String>,
}

impl Judged {
    /// A record that concerns nobody yet.
    pub(super) fn new(actor: Actor, outcome: EventOutcome) -> Self {
        Self {
            actor,
            outcome,
            concerns: Vec::new(),
            role: None,
            role_id: None,
            store: None,
            store_type: None,
            deletion_task: None,
        }
    }

    /// Adds a concern; `trusted` is told for assumptions and session activity only.
    pub(super) fn concern(&mut self, profile: &Profile, kind: ConcernKind, trusted: bool, account: &str) {
        self.concerns.push(Concern { profile: profile.id.clone(), kind, trusted, account: account.to_owned() });
    }

    /// Judges the call as one in the life of a store of each profile.
    pub(super) fn stores(&mut self, header: &Header<'_>, record: &Node<'_>, profiles: &Profiles) {
        for profile in profiles.of(header.provider) {
            let calls = profile.store.iter().flat_map(|kind| &kind.calls);
            let Some(call) = calls.into_iter().find(|call| is_call(call, header)) else { continue };
            let id = call.id.iter().find_map(|path| record.path(path).text()).map(id_of_arn);
            // Where ids of a kind have a prefix, the call also makes other things: without an id it is not known
            // to be about a store.
            let fits =
                call.id_prefix.as_ref().is_none_or(|prefix| id.is_some_and(|id| id.starts_with(prefix.as_str())));
            if !fits {
                continue;
            }
            self.concern(profile, ConcernKind::Store(call.effect), false, &header.account);
            self.store = id.map(str::to_owned);
            self.store_type = call.store_type.as_ref().and_then(|path| record.path(path).owned_text());
        }
    }
}

fn is_call(call: &StoreCall, header: &Header<'_>) -> bool {
    let same_source = match header.provider {
        Provider::Aws => call.source == header.source,
        Provider::Alibaba => call.source.eq_ignore_ascii_case(&header.source),
    };
    same_source && call.name == header.name
}

/// The id at the end of an ARN; anything else is an id already.
fn id_of_arn(text: &str) -> &str {
    let arn = text.starts_with("arn:") || text.starts_with("acs:");
    if arn { text.rsplit('/').next().unwrap_or(text) } else { text }
}

/// Words in the error codes of both providers that mean a refusal for want of rights, or because the role is
/// protected; in lower case.
const REFUSALS: [&str; 7] = [
    "accessdenied",
    "unauthorized",
    "notauthorized",
    "forbidden",
    "nopermission",
    "unmodifiableentity",
    "notsupport",
];

/// How a call with this error code ended.
pub(super) fn outcome(code: Option<&str>) -> EventOutcome {
    let Some(code) = code else { return EventOutcome::Allowed };
    let code = code.to_ascii_lowercase();
    if REFUSALS.iter().any(|refusal| code.contains(refusal)) { EventOutcome::Denied } else { EventOutcome::Failed }
}

/// Whether the role's policy lets its session make the call. The versions dated at or before the call count
/// together: when the provider moved an account from one to the next is not known.
pub(super) fn may_do(profile: &Profile, service: &str, name: &str, time: Timestamp) -> bool {
    let Some(policy) = &profile.policy else { return true };
    let service = service.to_ascii_lowercase();
    let service = policy.service_names.get(&service).unwrap_or(&service);
    let action = format!("{service}:{name}");
    let mut versions = policy.versions.iter().filter(|version| version.created <= time).peekable();
    // Without a known text there is nothing to hold the call against.
    versions.peek().is_none() || versions.any(|version| version.document.allows_action(&action))
}

/// The role named in a message after "on resource: ", as an ARN or as `role NAME`.
pub(super) fn resource_of_message(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("on resource: ")?;
    let rest = rest.strip_prefix("role ").unwrap_or(rest);
    let word = rest.split_whitespace().next()?;
    Some(word.trim_matches(['"', '\'', '`', ',', ';', '.', '(', ')'])).filter(|word| !word.is_empty())
}

/// What can concern a profile at all, so that everything else need not be read whole.
#[derive(Debug)]
pub(super) struct Interest<'a> {
    names: HashSet<&'a str>,
    /// Names of the roles, whose sessions carry them in their identity; for Alibaba Cloud in lower case.
    aws_roles: Vec<Finder<'a>>,
    alibaba_roles: Vec<String>,
}

impl<'a> Interest<'a> {
    pub(super) fn new(profiles: &'a Profiles) -> Self {
        let stores = profiles.iter().filter_map(|profile| profile.store.as_ref());
        let mut names: HashSet<&'a str> = cloudtrail::role_calls().chain(actiontrail::role_calls()).collect();
        names.extend(stores.flat_map(|kind| kind.calls.iter().map(|call| call.name.as_str())));
        let aws_roles = profiles.of(Provider::Aws).flat_map(|profile| match &profile.role {
            RoleMatch::Named { name, .. } => vec![name.as_str()],
            RoleMatch::ServiceLinked => vec!["aws-service-role", "AWSServiceRoleFor"],
        });
        let alibaba_roles = profiles.of(Provider::Alibaba).map(|profile| profile.role_name().to_ascii_lowercase());
        Self { names, aws_roles: aws_roles.map(Finder::new).collect(), alibaba_roles: alibaba_roles.collect() }
    }

    /// Whether the record has to be read whole. `false` only where judging would find no concern.
    pub(super) fn in_record(&self, header: &Header<'_>) -> bool {
        if self.names.contains(header.name.as_ref()) {
            return true;
        }
        let identity = header.identity;
        // An escape may spell a role's name; without a user name the role stands elsewhere in the record.
        if memchr(b'\\', identity.as_bytes()).is_some() {
            return true;
        }
        match header.provider {
            Provider::Aws => self.aws_roles.iter().any(|role| role.find(identity.as_bytes()).is_some()),
            Provider::Alibaba => {
                let identity = identity.to_ascii_lowercase();
                identity.contains("assumed-role") && !identity.contains("\"username\"")
                    || self.alibaba_roles.iter().any(|role| identity.contains(role.as_str()))
            }
        }
    }
}
