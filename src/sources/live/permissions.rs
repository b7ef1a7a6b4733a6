//! The permissions behind the calls, before they are a policy: who makes each of them, and on which resources.

use std::collections::{BTreeMap, BTreeSet};

use super::Api;
use crate::model::{ExternalId, MemberRoles, Permissions, Provider, Statement};

/// The role that is assumed in other accounts unless the configuration names another.
pub(in crate::sources) const MEMBER_ROLE: &str = "roletrail-reader";

/// Where a call is made, and with whose credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Once, in the account that roletrail runs in, to find and enter the others.
    Hub,
    /// In every account that is read.
    Member,
    /// On the bucket of a trail, with the program's own credentials.
    TrailBucket,
    /// On a queue of notifications, with the program's own credentials.
    TrailQueue,
}

/// Calls that share their resources, and so a statement. The order is that of the policy.
pub(in crate::sources) trait Grant: Copy + Ord {
    /// Where its calls are made.
    fn scope(self) -> Scope;

    /// The id of the statement.
    fn sid(self) -> &'static str;
}

/// A call that somebody has to permit.
pub(in crate::sources) trait Permitted: Api + Ord + 'static {
    /// The provider.
    const PROVIDER: Provider;

    /// All of its calls.
    const CALLS: &'static [Self];

    /// How calls share statements.
    type Grant: Grant;

    /// The statement that permits it; `None` needs no permission.
    fn grant(self) -> Option<Self::Grant>;

    /// Whether the name of its action follows a rule of the provider's and stands in none of its documents.
    fn is_inferred(self) -> bool {
        false
    }
}

/// What has been asked for so far.
pub(in crate::sources) struct Needs<C: Permitted> {
    calls: BTreeSet<C>,
    resources: BTreeMap<C::Grant, BTreeSet<String>>,
    member_roles: BTreeSet<String>,
    external_ids: BTreeSet<Option<String>>,
}

impl<C: Permitted> Default for Needs<C> {
    fn default() -> Self {
        let (calls, resources) = (BTreeSet::new(), BTreeMap::new());
        Self { calls, resources, member_roles: BTreeSet::new(), external_ids: BTreeSet::new() }
    }
}

impl<C: Permitted> Needs<C> {
    /// Adds calls.
    pub(in crate::sources) fn call(&mut self, calls: impl IntoIterator<Item = C>) {
        self.calls.extend(calls);
    }

    /// Adds a resource of a statement; one without any is about all there are.
    pub(in crate::sources) fn resource(&mut self, grant: C::Grant, arn: String) {
        self.resources.entry(grant).or_default().insert(arn);
    }

    /// Adds a role of other accounts, with the external id that it asks for.
    pub(in crate::sources) fn member(&mut self, role: &str, external_id: Option<&str>) {
        self.member_roles.insert(role.to_owned());
        self.external_ids.insert(external_id.map(str::to_owned));
    }

    /// The statements, and the roles of other accounts.
    pub(in crate::sources) fn into_permissions(self) -> Permissions {
        let members = self.members();
        // Inferred names stand in statements of their own, so that they can be told from the others.
        let mut calls: BTreeMap<(C::Grant, bool), Vec<&'static str>> = BTreeMap::new();
        for call in self.calls {
            if let Some(grant) = call.grant() {
                calls.entry((grant, call.is_inferred())).or_default().push(call.action());
            }
        }
        let resources = self.resources;
        let statements = calls.into_iter().map(|((grant, inferred), actions)| Statement {
            sid: grant.sid(),
            actions,
            resources: resources
                .get(&grant)
                .map_or_else(|| vec!["*".to_owned()], |arns| arns.iter().cloned().collect()),
            in_members: grant.scope() == Scope::Member,
            inferred,
        });
        Permissions { statements: statements.collect(), members }
    }

    fn members(&self) -> Option<MemberRoles> {
        let mut ids = self.external_ids.iter();
        let external_id = match (ids.next()?, ids.next()) {
            (None, None) => ExternalId::Optional,
            (Some(id), None) => ExternalId::Known(id.clone()),
            (_, Some(_)) => ExternalId::Differs,
        };
        Some(MemberRoles { names: self.member_roles.iter().cloned().collect(), external_id })
    }
}
