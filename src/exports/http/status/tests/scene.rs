//! A history made for the pages.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::super::{Page, Query, Trouble, account, finding as finding_page, frame, rule, start};
use crate::exports::View;
use crate::findings::Exceptions;
use crate::model::{
    Account, AccountVerdict, Basis, Coverage, CoverageKey, EventOutcome, Finding, FindingChange, FindingEvent,
    FindingStatus, FindingUpdate, Fix, Fixer, Judgement, Outcome, Provider, RolePresence, RunKind, Severity,
    SourceSummary, StoreCount, StoredFinding, TrailEvent, Verdict,
};
use crate::rules::Controls;
use crate::store::{Access, DatabaseUrl, ObjectFate, ObjectIdentity, RunId, Store};

pub(super) const ACCOUNT: &str = "111122223333";
pub(super) const PROFILE: &str = "aws-kms-custom-key-stores";

pub(super) struct Scene {
    pub(super) store: Store,
    _directory: tempfile::TempDir,
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).expect("a valid time")
}

/// A finding by an actor, with one event.
pub(super) fn finding(rule: &str, severity: Severity, account: &str, actor: &str) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity,
        account: Account::new(Provider::Aws, account),
        region: None,
        profile: Some(PROFILE.to_owned()),
        role: None,
        store: None,
        actor: Some(actor.to_owned()),
        outcome: Some(EventOutcome::Allowed),
        subject: None,
        basis: Basis::Inferred,
        summary: format!("Something by {actor}"),
        first_seen: at(1),
        last_seen: at(2),
        count: 1,
        events: vec![FindingEvent { time: at(2), id: format!("event of {actor}") }],
        fix: Fix { who: Fixer::Customer, how: "Mend it.".to_owned() },
        clears_when: "it is mended".to_owned(),
    }
}

impl Scene {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let url = DatabaseUrl(directory.path().join("history.db"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let store = runtime.block_on(Store::open(&url, Access::Write("test"))).expect("a new history");
        Self { store, _directory: directory }
    }

    pub(super) fn begun(&self) -> RunId {
        self.store.begin_run(RunKind::Collect, at(0)).expect("a run")
    }

    pub(super) fn view(&self) -> View {
        View::new(self.store.clone(), Exceptions::default(), Controls::builtin(), at(600))
    }

    pub(super) fn verdict(verdict: Verdict, expected: u64, complete: u64, missing: &[Coverage]) -> AccountVerdict {
        AccountVerdict {
            account: Account::new(Provider::Aws, ACCOUNT),
            profile: PROFILE.to_owned(),
            role: RolePresence::Present,
            stores: StoreCount { needing_role: 1, by_region: BTreeMap::new() },
            verdict,
            basis: Basis::Observed,
            regions_expected: expected,
            regions_complete: complete,
            missing: missing.to_vec(),
            judged_at: at(5),
        }
    }

    pub(super) fn gap(region: &str, outcome: Outcome, detail: &str) -> Coverage {
        let key = CoverageKey {
            provider: Provider::Aws,
            account: Some(ACCOUNT.to_owned()),
            region: Some(region.to_owned()),
            api: crate::model::api::AWS_KEY_STORES.to_owned(),
            subject: None,
        };
        Coverage { key, outcome, detail: detail.to_owned(), from: at(3), to: at(3) }
    }

    /// Stores coverage and ends the run.
    pub(super) fn covered(&self, rows: &[Coverage]) {
        let run = self.begun();
        self.store.save_coverage(run, at(3), rows).expect("stored");
        self.store.finish_run(run, at(4), rows.is_empty(), &SourceSummary::default()).expect("ended");
    }

    pub(super) fn judged(&self, findings: &[Finding], verdicts: &[AccountVerdict]) {
        let row = Self::gap("us-east-1", Outcome::Complete, "");
        let run = self.begun();
        self.store.save_coverage(run, at(1), &[row]).expect("stored");
        let account =
            findings.first().map_or_else(|| Account::new(Provider::Aws, ACCOUNT), |one| one.account.clone());
        let judgement = Judgement {
            account,
            as_of: at(5),
            findings: Vec::new(),
            undecided: Vec::new(),
            cleared: Vec::new(),
            verdicts: verdicts.to_vec(),
            recheck_at: None,
        };
        let updates: Vec<_> = findings.iter().map(opened).collect();
        self.store.save_judgement(run, &judgement, &updates).expect("stored");
    }

    pub(super) fn ingested(&self, events: &[TrailEvent]) {
        let mut batch = self.store.batch(self.begun(), at(0)).expect("a batch");
        let mut object = batch.object().expect("an object");
        for event in events {
            object.add_event(event).expect("stored");
        }
        let identity = ObjectIdentity { name: "object".to_owned(), size: 1, version: "1".to_owned() };
        object.finish(&identity, ObjectFate::Read, Some(Provider::Aws), &SourceSummary::default()).expect("finished");
        batch.commit().expect("committed");
    }

    pub(super) fn start(&self, query: &str) -> String {
        let address = format!("/?{query}").parse().expect("an address");
        Self::whole(Query::of(&address).and_then(|query| start::page(&self.view(), &query)))
    }

    /// The query of the next page of findings.
    pub(super) fn next(page: &str) -> Option<String> {
        let (before, _) = page.split_once(">Next 100</a>")?;
        let (_, link) = before.rsplit_once("href=\"")?;
        let (link, _) = link.split_once('"')?;
        Some(link.replace("&amp;", "&").trim_start_matches("/?").trim_end_matches("#findings").to_owned())
    }

    pub(super) fn finding(&self, id: &str) -> String {
        Self::whole(finding_page::page(&self.view(), id))
    }

    pub(super) fn account(&self, account: &Account) -> String {
        Self::whole(account::page(&self.view(), account))
    }

    pub(super) fn rule(&self, id: &str) -> String {
        Self::whole(rule::page(&self.view(), id))
    }

    fn whole(page: Result<Page, Trouble>) -> String {
        match page {
            Ok(page) => frame::document(&page.title, Some(at(600)), &page.body),
            Err(trouble) => {
                let page = super::super::trouble::page(&trouble);
                unreachable!("{} {}", page.title, page.body.into_string())
            }
        }
    }
}

fn opened(finding: &Finding) -> FindingUpdate {
    let stored = StoredFinding {
        id: finding.id(),
        finding: finding.clone(),
        status: FindingStatus::Open,
        opened_at: at(5),
        resolved_at: None,
        resolved_because: None,
        stale: false,
    };
    FindingUpdate { stored, change: Some(FindingChange::Opened) }
}
