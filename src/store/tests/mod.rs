//! Tests of the store against real files.

mod digests;
mod evidence;
mod ingest;
mod inventory;
mod judging;
mod live;
mod numbers;
mod opening;
mod orders;
mod pages;
mod plans;
mod random_history;
mod tampering;
mod timeline;

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::{Access, DatabaseUrl, ObjectFate, ObjectIdentity, RunId, Store, StoreError};
use crate::model::{
    Account, Actor, Concern, ConcernKind, Coverage, CoverageKey, EventOutcome, KeyStore, Outcome, Provider, Role,
    RoleObservation, RunKind, SourceSummary, StoreNeed, StoreState, TrailEvent,
};

pub(super) const OWNER: &str = "111122223333";
pub(super) const OTHER: &str = "444455556666";
pub(super) const PROFILE: &str = "aws-kms-custom-key-stores";
pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/aws-service-role/cks.kms.amazonaws.com/R";

/// A history in a directory of its own.
pub(super) struct Fixture {
    pub(super) store: Store,
    pub(super) run: RunId,
    path: PathBuf,
    _verified: VerifiedAtEnd,
    _directory: tempfile::TempDir,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("history.db");
        let store = open(&path, Access::Write("test")).expect("a new history");
        let run = store.begin_run(RunKind::Ingest, at(0)).expect("a run");
        let verified = VerifiedAtEnd(path.clone());
        Self { store, run, path, _verified: verified, _directory: directory }
    }

    /// Stores events as one object; answers how many were new.
    pub(super) fn ingest(&self, name: &str, events: &[TrailEvent]) -> usize {
        let mut batch = self.store.batch(self.run, at(0)).expect("a batch");
        let mut object = batch.object().expect("an object");
        let mut new = 0;
        for event in events {
            new += usize::from(object.add_event(event).expect("stored"));
        }
        object
            .finish(&identity(name), ObjectFate::Read, Some(Provider::Aws), &SourceSummary::default())
            .expect("finished");
        batch.commit().expect("committed");
        new
    }

    /// Looks at the file with a connection of the test's own.
    pub(super) fn sql<T: rusqlite::types::FromSql>(&self, query: &str) -> T {
        let connection = rusqlite::Connection::open(&self.path).expect("a connection");
        connection.query_row(query, [], |row| row.get(0)).expect("one row")
    }

    /// Writes to the file behind the store's back.
    pub(super) fn sql_run(&self, statement: &str) {
        let connection = rusqlite::Connection::open(&self.path).expect("a connection");
        connection.execute_batch(statement).expect("done");
    }

    /// Every event id, oldest first.
    pub(super) fn event_ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        let mut visit = |row: super::EventRow| {
            ids.push(row.event.id);
            true
        };
        self.store.events(&super::HistoryFilter::default(), &mut visit).expect("listed");
        ids.reverse();
        ids
    }
}

/// Whatever a test wrote, and took back, the evidence log speaks for.
struct VerifiedAtEnd(PathBuf);

impl Drop for VerifiedAtEnd {
    fn drop(&mut self) {
        // Some tests destroy the file.
        let Some(store) = open(&self.0, Access::Read).ok().filter(|_| !std::thread::panicking()) else { return };
        let check = super::EvidenceCheck::default();
        let (verification, _) = store.verify_evidence(&check, &|| false).expect("read").expect("not stopped");
        assert_eq!(verification.problems, []);
    }
}

pub(super) fn open(path: &Path, access: Access) -> Result<Store, StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(Store::open(&DatabaseUrl(path.to_owned()), access))
}

/// A moment: so many minutes after the beginning of the tests' time.
pub(super) fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().expect("a time");
    start + SignedDuration::from_mins(minutes)
}

pub(super) fn owner() -> Account {
    Account::new(Provider::Aws, OWNER)
}

pub(super) fn identity(name: &str) -> ObjectIdentity {
    ObjectIdentity { name: name.to_owned(), size: 10, version: "1".to_owned() }
}

/// An event recorded in the owner's account that concerns nothing.
pub(super) fn bare_event(id: &str, minutes: i64) -> TrailEvent {
    TrailEvent {
        provider: Provider::Aws,
        account: OWNER.to_owned(),
        region: Some("eu-west-1".to_owned()),
        id: id.to_owned(),
        time: at(minutes),
        delivered_at: Some(at(minutes + 5)),
        name: "AssumeRole".to_owned(),
        source: "sts.amazonaws.com".to_owned(),
        actor: Actor {
            kind: Some("IAMUser".to_owned()),
            arn: Some("arn:aws:iam::444455556666:user/eve".to_owned()),
            invoked_by: None,
            account: Some(OTHER.to_owned()),
            principal_id: Some("AIDAEVE".to_owned()),
        },
        role: Some(ROLE.to_owned()),
        role_id: Some("AROA1".to_owned()),
        store: None,
        store_type: None,
        deletion_task: None,
        outcome: EventOutcome::Allowed,
        error_code: None,
        error_message: None,
        source_ip: Some("198.51.100.7".to_owned()),
        user_agent: Some("agent".to_owned()),
        shared_id: None,
        replaces: None,
        object: "object.json.gz".to_owned(),
        sha256: "00".repeat(32),
        raw: "{\"a\":1}".to_owned(),
        concerns: Vec::new(),
    }
}

/// An assumption of the owner's role.
pub(super) fn assumption(id: &str, minutes: i64, trusted: bool) -> TrailEvent {
    let mut event = bare_event(id, minutes);
    event.concerns = vec![Concern {
        profile: PROFILE.to_owned(),
        kind: ConcernKind::Assumption,
        trusted,
        account: OWNER.to_owned(),
    }];
    event
}

pub(super) fn role(role_id: &str) -> Role {
    Role {
        arn: ROLE.to_owned(),
        name: "R".to_owned(),
        role_id: role_id.to_owned(),
        path: None,
        created: Some(at(0)),
        trust_policy: None,
        description: None,
        attached: Some(Vec::new()),
        inline: None,
        tags: std::collections::BTreeMap::new(),
        permissions_boundary: None,
    }
}

pub(super) fn observation(role: Option<Role>) -> RoleObservation {
    RoleObservation { account: OWNER.to_owned(), profile: PROFILE.to_owned(), role, last_used: None }
}

pub(super) fn key_store(id: &str, state: StoreState) -> KeyStore {
    KeyStore {
        kind: "aws-custom-key-store".to_owned(),
        id: id.to_owned(),
        region: "eu-west-1".to_owned(),
        name: None,
        store_type: Some("AWS_CLOUDHSM".to_owned()),
        need: StoreNeed::Needed,
        state,
        provider_state: None,
        error_code: None,
        cluster: None,
        created: None,
        expires: None,
    }
}

pub(super) fn coverage(region: &str, outcome: Outcome, minutes: i64) -> Coverage {
    Coverage {
        key: CoverageKey {
            provider: Provider::Aws,
            account: Some(OWNER.to_owned()),
            region: Some(region.to_owned()),
            api: crate::model::api::AWS_KEY_STORES.to_owned(),
            subject: None,
        },
        outcome,
        detail: String::new(),
        from: at(minutes),
        to: at(minutes),
    }
}
