//! A history of a few events: what the report says of it, word for word, and what of it stays when more is known.

use jiff::SignedDuration;

use super::*;
use crate::exports::reports::{ControlStatus, EvidenceItem, Movement};
use crate::model::{
    Account, AccountVerdict, Actor, Basis, Concern, ConcernKind, EventOutcome, FindingStatus, Provider, RolePresence,
    StoreCount, TrailEvent, Verdict,
};
use crate::store::{HistoryFilter, ObjectFate, ObjectIdentity};

const ACCOUNT: &str = "111122223333";
const PROFILE: &str = "aws-kms-custom-key-stores";
const ROLE: &str = "arn:aws:iam::111122223333:role/aws-service-role/cks.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceCustomKeyStores";
const PERSON: &str = "arn:aws:iam::111122223333:user/mallory";

/// A verdict that says nothing is wrong with a profile.
pub(super) fn verdict(profile: &str) -> AccountVerdict {
    AccountVerdict {
        account: Account::new(Provider::Aws, ACCOUNT),
        profile: profile.to_owned(),
        role: RolePresence::Present,
        stores: StoreCount::default(),
        verdict: Verdict::Clean,
        basis: Basis::Observed,
        regions_expected: 1,
        regions_complete: 1,
        missing: Vec::new(),
        judged_at: Timestamp::UNIX_EPOCH,
    }
}

fn assumption(id: &str, at: &str, trusted: bool) -> TrailEvent {
    let actor = if trusted {
        Actor {
            kind: Some("AWSService".to_owned()),
            invoked_by: Some("cks.kms.amazonaws.com".to_owned()),
            ..Actor::default()
        }
    } else {
        Actor {
            kind: Some("IAMUser".to_owned()),
            arn: Some(PERSON.to_owned()),
            account: Some(ACCOUNT.to_owned()),
            ..Actor::default()
        }
    };
    TrailEvent {
        provider: Provider::Aws,
        account: ACCOUNT.to_owned(),
        region: Some("eu-central-1".to_owned()),
        id: id.to_owned(),
        time: time(at),
        delivered_at: None,
        name: "AssumeRole".to_owned(),
        source: "sts.amazonaws.com".to_owned(),
        actor,
        role: Some(ROLE.to_owned()),
        role_id: None,
        store: None,
        store_type: None,
        deletion_task: None,
        outcome: EventOutcome::Allowed,
        error_code: None,
        error_message: None,
        source_ip: Some("198.51.100.7".to_owned()),
        user_agent: Some("tests".to_owned()),
        shared_id: None,
        replaces: None,
        object: "AWSLogs/1.json.gz".to_owned(),
        sha256: crate::exports::reports::sha256(id),
        raw: format!("{{\"eventID\":\"{id}\"}}"),
        concerns: vec![Concern {
            profile: PROFILE.to_owned(),
            kind: ConcernKind::Assumption,
            trusted,
            account: ACCOUNT.to_owned(),
        }],
    }
}

impl History {
    fn add(&self, object: &str, events: &[TrailEvent]) {
        self.run(|run| {
            let mut batch = self.context.store.batch(run, self.context.now()).expect("a batch");
            let mut writer = batch.object().expect("an object");
            for event in events {
                writer.add_event(event).expect("stored");
            }
            let identity = ObjectIdentity { name: object.to_owned(), size: 10, version: "1".to_owned() };
            let counts = SourceSummary { objects_read: 1, ..SourceSummary::default() };
            writer.finish(&identity, ObjectFate::Read, Some(Provider::Aws), &counts).expect("finished");
            batch.commit().expect("committed");
        });
    }

    fn judge(&self) {
        self.run(|run| {
            analyze(&self.context, run, false).expect("judged");
        });
    }
}

/// The service at its work in September and October, and a person in October.
fn events() -> Vec<TrailEvent> {
    vec![
        assumption("s-1", "2026-09-20T08:00:00Z", true),
        assumption("o-1", "2026-10-05T08:00:00Z", true),
        assumption("o-2", "2026-10-19T04:50:00Z", false),
        assumption("o-3", "2026-10-20T08:00:00Z", true),
    ]
}

const SEPTEMBER: (&str, &str) = ("2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z");
const OCTOBER: (&str, &str) = ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z");
const NOVEMBER: (&str, &str) = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");

fn of(month: (&str, &str)) -> ReportPeriod {
    period(month.0, month.1)
}

fn text(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("plain data") + "\n"
}

/// To renew it after a change that is meant: replace `golden.json` with what the failure prints.
#[test]
fn the_report_of_a_small_history_is_the_golden_one() {
    let history = History::new("2026-10-21T00:00:00Z");
    history.add("AWSLogs/1.json.gz", &events());
    history.judge();
    let report = text(&history.report(of(OCTOBER)));
    // The version, and with it the hash of the profiles' and controls' files, are those of a release.
    let settled = settled(&report);
    assert!(settled == include_str!("golden.json"), "{settled}");
}

/// The report without what every release or change of data changes.
fn settled(report: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(report).expect("JSON");
    for member in ["version", "rules", "configuration_sha256", "profiles_sha256", "controls_sha256"] {
        value["tool"][member] = "…".into();
    }
    value["id"] = "…".into();
    // What the log says of a transaction is not the business of reports.
    value["integrity"]["evidence_log"] = "…".into();
    if let Some(statements) = value["integrity"]["statements"].as_array_mut() {
        statements.retain(|statement| !statement.as_str().is_some_and(|text| text.contains("root")));
    }
    for member in ["controls", "method"] {
        value[member] = "…".into();
    }
    value["findings"][0]["controls"] = "…".into();
    serde_json::to_string_pretty(&value).expect("JSON") + "\n"
}

#[test]
fn an_archive_that_is_read_today_hides_nothing_of_a_month_long_ago() {
    let history = History::new("2027-06-01T00:00:00Z");
    history.add("AWSLogs/1.json.gz", &events());
    history.judge();
    let october = history.report(of(OCTOBER));
    let [finding] = &october.findings[..] else { panic!("{:?}", october.findings) };
    assert_eq!((finding.movement, finding.found_after_period), (Movement::New, true));
    assert_eq!(finding.finding.status, FindingStatus::Open);
    let verdict = october.verdicts.iter().find(|row| row.verdict.profile == PROFILE).expect("a verdict");
    assert_eq!(verdict.verdict.verdict, Verdict::Findings);
    assert_eq!((verdict.verdict.assumptions.total, verdict.verdict.assumptions.by_trusted), (3, 2));
    let november = history.report(of(NOVEMBER));
    assert_eq!(november.findings[0].movement, Movement::Continuing);
    assert_eq!(november.findings[0].age_days, 42);
    // What had not happened yet is no finding; nor is it proof of anything.
    let september = history.report(of(SEPTEMBER));
    assert_eq!(september.findings, []);
    for report in [&september, &october, &november] {
        assert!(!report.population.complete);
        assert!(report.verdicts.iter().all(|row| row.verdict.verdict != Verdict::Clean));
        assert!(report.controls.iter().all(|control| control.status != ControlStatus::NoFindings));
        assert!(report.proof.iter().all(|proof| proof.accounts == 0));
    }
}

#[test]
fn the_same_history_gives_the_same_report_whenever_it_is_made() {
    let history = History::new("2026-10-21T00:00:00Z");
    history.add("AWSLogs/1.json.gz", &events());
    history.judge();
    let request = ReportRequest { period: of(OCTOBER), account: None, all_evidence: true };
    let parts = |gathered: Gathered| {
        let files: Vec<_> =
            gathered.parameters.iter().map(|file| (file.name.clone(), file.bytes().expect("a file"))).collect();
        (gathered.report, files)
    };
    let first = parts(history.gathered(&request));
    assert_eq!(parts(history.gathered(&request)), first);
    let history = history.opened_again("2031-01-01T00:00:00Z");
    assert_eq!(parts(history.gathered(&request)), first);
    let scheduled = JobContext { scheduled: true, ..history.context.clone() };
    assert_eq!(gather(&scheduled, &request).expect("gathered").map(parts), Some(first));
}

#[test]
fn more_data_changes_what_it_should_and_nothing_else() {
    let history = History::new("2026-10-21T00:00:00Z");
    history.add("AWSLogs/1.json.gz", &events());
    history.judge();
    let before = history.report(of(OCTOBER));
    // Later runs, and later events of the same actor and of others.
    history.wait(SignedDuration::from_hours(24 * 60));
    history.add(
        "AWSLogs/2.json.gz",
        &[assumption("d-1", "2026-12-05T08:00:00Z", false), assumption("d-2", "2026-12-06T08:00:00Z", true)],
    );
    history.judge();
    assert_eq!(history.report(of(OCTOBER)), before);
    // An event of the period that came late.
    history.add("AWSLogs/3.json.gz", &[assumption("o-4", "2026-10-30T08:00:00Z", true)]);
    history.judge();
    let after = history.report(of(OCTOBER));
    assert_eq!(after.population.events, before.population.events + 1);
    assert_eq!(after.findings, before.findings);
    assert_ne!(after.id, before.id);
}

#[test]
fn each_event_in_the_index_has_the_hash_of_what_the_history_gives_out() {
    let history = History::new("2026-10-21T00:00:00Z");
    history.add("AWSLogs/1.json.gz", &events());
    history.judge();
    let report = history.report(of(OCTOBER));
    let [EvidenceItem { kind, id, sha256, found_sha256, findings, .. }] = &report.evidence[..] else {
        panic!("{:?}", report.evidence)
    };
    assert_eq!((kind.as_ref(), id.as_str()), ("event", "o-2"));
    assert_eq!(findings, &[report.findings[0].finding.id.clone()]);
    let mut raw = None;
    let mut visit = |row: crate::store::EventRow| {
        raw = raw.take().or((row.event.id == *id).then_some(row.event));
        true
    };
    history.context.store.events(&HistoryFilter::default(), &mut visit).expect("listed");
    let event = raw.expect("it is there");
    assert_eq!(*sha256, crate::exports::reports::sha256(&event.raw));
    assert_eq!(found_sha256.as_deref(), Some(event.sha256.as_str()));
}

#[test]
fn the_report_before_is_named_and_the_report_itself_is_not() {
    let history = History::new("2026-10-21T00:00:00Z");
    history.add("AWSLogs/1.json.gz", &events());
    history.judge();
    let october = history.report(of(OCTOBER));
    let noted = crate::store::WrittenReport {
        report: october.id.clone(),
        scope: october.scope.name.clone(),
        from: october.period.from,
        to: october.period.to,
        directory: "reports/x".to_owned(),
        manifest_sha256: "ab".repeat(32),
        formats: vec!["json".to_owned()],
        slot: None,
        written_at: history.context.now(),
        checkpoint: None,
    };
    history.context.store.note_report(&noted).expect("noted");
    assert_eq!(history.report(of(OCTOBER)), october);
    let november = history.report(of(NOVEMBER));
    assert_eq!(november.changes.since_report.expect("the one before").id, october.id);
    assert_eq!(history.report(of(SEPTEMBER)).changes.since_report, None);
}
