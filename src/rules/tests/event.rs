//! Trail events for scenes.

use crate::model::{Actor, Concern, ConcernKind, EventOutcome, Provider, StoreEffect, TrailEvent};

/// An event in the making.
#[derive(Debug, Clone)]
pub(in crate::rules) struct EventBuilder {
    pub(super) event: TrailEvent,
    pub(super) kind: Option<ConcernKind>,
    pub(super) trusted: bool,
    pub(super) concerned: String,
}

impl EventBuilder {
    pub(super) fn new(provider: Provider, account: &str, region: &str, id: String, time: &str) -> Self {
        let event = TrailEvent {
            provider,
            account: account.to_owned(),
            region: Some(region.to_owned()),
            id,
            time: time.parse().expect("the test's own time"),
            delivered_at: None,
            name: String::new(),
            source: String::new(),
            actor: Actor::default(),
            role: None,
            role_id: None,
            store: None,
            store_type: None,
            deletion_task: None,
            outcome: EventOutcome::Allowed,
            error_code: None,
            error_message: None,
            source_ip: Some("198.51.100.7".to_owned()),
            user_agent: None,
            shared_id: None,
            replaces: None,
            object: "trail.json".to_owned(),
            sha256: String::new(),
            raw: String::new(),
            concerns: Vec::new(),
        };
        let builder = Self { event, kind: None, trusted: false, concerned: account.to_owned() };
        builder.by("arn:aws:iam::111122223333:user/alice")
    }

    fn named(mut self, name: &str, kind: ConcernKind) -> Self {
        name.clone_into(&mut self.event.name);
        self.kind = Some(kind);
        self
    }

    pub(in crate::rules) fn assumes(self) -> Self {
        self.named("AssumeRole", ConcernKind::Assumption)
    }

    pub(in crate::rules) fn session_call(self, name: &str) -> Self {
        self.named(name, ConcernKind::SessionActivity)
    }

    pub(in crate::rules) fn creates_role(self) -> Self {
        self.named("CreateServiceLinkedRole", ConcernKind::RoleCreation)
    }

    pub(in crate::rules) fn deletes_role(self) -> Self {
        self.named("DeleteServiceLinkedRole", ConcernKind::RoleDeletion)
    }

    pub(in crate::rules) fn service_checks_deletion(self) -> Self {
        self.named("CheckServiceLinkedRoleForDeleting", ConcernKind::DeletionCheck)
    }

    pub(in crate::rules) fn polls_deletion(self) -> Self {
        self.named("GetServiceLinkedRoleDeletionStatus", ConcernKind::DeletionCheck)
    }

    pub(in crate::rules) fn tampers(self, name: &str) -> Self {
        self.named(name, ConcernKind::RoleTampering)
    }

    pub(in crate::rules) fn edits_role(self) -> Self {
        self.named("UpdateRoleDescription", ConcernKind::RoleEdit)
    }

    pub(in crate::rules) fn store_call(mut self, store: &str, effect: StoreEffect) -> Self {
        self.event.store = Some(store.to_owned());
        let name = match (self.event.provider, effect) {
            (Provider::Aws, StoreEffect::Created) => "CreateCustomKeyStore",
            (Provider::Aws, StoreEffect::Deleted) => "DeleteCustomKeyStore",
            (Provider::Alibaba, StoreEffect::Created) => "CreateKmsInstance",
            (Provider::Alibaba, StoreEffect::Deleted) => "ReleaseKmsInstance",
            _ => "UpdateCustomKeyStore",
        };
        self.named(name, ConcernKind::Store(effect))
    }

    pub(in crate::rules) fn creates_store(self, store: &str) -> Self {
        self.store_call(store, StoreEffect::Created)
    }

    pub(in crate::rules) fn deletes_store(self, store: &str) -> Self {
        self.store_call(store, StoreEffect::Deleted)
    }

    pub(in crate::rules) fn typed(mut self, store_type: &str) -> Self {
        self.event.store_type = Some(store_type.to_owned());
        self
    }

    pub(in crate::rules) fn by(mut self, arn: &str) -> Self {
        self.event.actor = Actor { arn: Some(arn.to_owned()), ..Actor::default() };
        self
    }

    pub(in crate::rules) fn invoked_by(mut self, principal: &str) -> Self {
        self.event.actor.invoked_by = Some(principal.to_owned());
        self
    }

    pub(in crate::rules) fn trusted(mut self) -> Self {
        self.trusted = true;
        self
    }

    pub(in crate::rules) fn refused(mut self, code: &str) -> Self {
        self.event.outcome = EventOutcome::Denied;
        self.event.error_code = Some(code.to_owned());
        self
    }

    pub(in crate::rules) fn failed(mut self, code: &str) -> Self {
        self.event.outcome = EventOutcome::Failed;
        self.event.error_code = Some(code.to_owned());
        self
    }

    pub(in crate::rules) fn id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.event.id);
        self
    }

    pub(in crate::rules) fn replacing(mut self, id: &str) -> Self {
        self.event.replaces = Some(id.to_owned());
        self
    }

    pub(in crate::rules) fn shared(mut self, id: &str) -> Self {
        self.event.shared_id = Some(id.to_owned());
        self
    }

    pub(in crate::rules) fn recorded_in(mut self, account: &str) -> Self {
        account.clone_into(&mut self.event.account);
        self
    }

    pub(in crate::rules) fn concerning(mut self, account: &str) -> Self {
        account.clone_into(&mut self.concerned);
        self
    }

    pub(in crate::rules) fn nameless(mut self, role_id: &str) -> Self {
        self.event.role = None;
        self.event.role_id = Some(role_id.to_owned());
        self
    }

    /// The event, concerning every profile of `profiles`.
    pub(super) fn finish<'a>(self, profiles: impl Iterator<Item = &'a str>) -> TrailEvent {
        let Self { mut event, kind, trusted, concerned } = self;
        event.concerns = profiles
            .filter_map(|profile| kind.map(|kind| (profile, kind)))
            .map(|(profile, kind)| Concern { profile: profile.to_owned(), kind, trusted, account: concerned.clone() })
            .collect();
        event
    }
}
