//! A report for the tests of the formats: everything in it that is text from outside is what the test asks for.

// Beside this file wherever it is read from: other tests read it by its path.
#[path = "sample_life.rs"]
mod life;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::report::*;
use crate::exports::json::{
    AssumptionsJson, ChangeJson, ControlJson, CoverageJson, FindingExceptionJson, FindingJson, FixJson, MissingJson,
    StoresJson, VerdictCoverageJson, VerdictJson,
};
use crate::model::{
    Basis, EventOutcome, FindingChange, FindingStatus, Fixer, Outcome, Provider, RolePresence, Severity, Verdict,
};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A report of October 2026 over two accounts, with `text` wherever text comes from outside.
pub(super) fn sample(text: &str) -> Report {
    let period = ReportPeriod { from: time("2026-10-01T00:00:00Z"), to: time("2026-11-01T00:00:00Z") };
    let gap = CoverageJson {
        run: "12".to_owned(),
        provider: Provider::Alibaba,
        account: Some("1000200030004005".to_owned()),
        region: Some("cn-shanghai".to_owned()),
        api: "kms:ListKmsInstances".to_owned(),
        subject: None,
        outcome: Outcome::Denied,
        detail: text.to_owned(),
        from: time("2026-10-31T23:45:00Z"),
        to: time("2026-10-31T23:45:00Z"),
    };
    Report {
        schema: 1,
        id: "r-0123456789abcdef".to_owned(),
        title: "Service-linked roles of key stores: compliance report".to_owned(),
        period,
        data_as_of: time("2026-10-31T23:45:03Z"),
        tool: tool(),
        scope: scope(text),
        method: method(text),
        population: population(period, gap),
        integrity: Integrity {
            objects: 744,
            objects_hashed: 744,
            trails_validated: 1,
            trails: 1,
            evidence_log: Some(evidence_log(text)),
            statements: vec!["ActionTrail has no digest chain: objects are hashed when they are read.".to_owned()],
        },
        proof: vec![proof()],
        verdicts: vec![
            verdict(Provider::Aws, "111122223333", "aws-kms-custom-key-stores", Verdict::Clean, text),
            verdict(Provider::Alibaba, "1000200030004005", "alibaba-kms-key-store", Verdict::Unknown, text),
        ],
        controls: controls(),
        findings: findings(text),
        role_lives: life::lives(period, text),
        exceptions: vec![exception(text)],
        changes: changes(),
        evidence: vec![EvidenceItem {
            kind: "event".into(),
            id: text.to_owned(),
            time: time("2026-10-19T04:50:00Z"),
            provider: Provider::Aws,
            account: "111122223333".into(),
            source: text.into(),
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            found_sha256: None,
            findings: vec!["5e685f7700000001".into()],
        }],
    }
}

fn tool() -> Tool {
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned();
    Tool {
        name: "roletrail".to_owned(),
        version: "0.1.0".to_owned(),
        rules: vec!["orphaned-role".to_owned(), "unexpected-assumer".to_owned()],
        configuration_sha256: hash.clone(),
        profiles_sha256: hash.clone(),
        controls_sha256: hash.clone(),
        exceptions_sha256: hash,
        command: "roletrail report --from 2026-10-01T00:00:00Z --to 2026-11-01T00:00:00Z".to_owned(),
    }
}

fn scope(text: &str) -> Scope {
    let account = |provider, account: &str, included, because: &str| ScopeAccount {
        provider,
        account: account.to_owned(),
        included,
        because: because.to_owned(),
    };
    Scope {
        name: "organization".to_owned(),
        accounts: vec![
            account(Provider::Aws, "111122223333", true, "read"),
            account(Provider::Aws, "444455556666", false, "SUSPENDED"),
            account(Provider::Alibaba, "1000200030004005", true, text),
        ],
        profiles: vec![ScopeProfile {
            id: "aws-kms-custom-key-stores".to_owned(),
            provider: Provider::Aws,
            role: "AWSServiceRoleForKeyManagementServiceCustomKeyStores".to_owned(),
            trusted: vec!["cks.kms.amazonaws.com".to_owned()],
            primary: true,
        }],
        sources: vec![text.to_owned()],
    }
}

fn method(text: &str) -> Method {
    Method {
        steps: vec!["Roles and key stores are listed in every Region of every account.".to_owned()],
        limits: vec!["Event histories reach back 90 days.".to_owned()],
        definitions: vec![Definition {
            term: "orphaned".to_owned(),
            meaning: "the role is there, no store is".to_owned(),
        }],
        identities: vec![IdentityUsed {
            provider: Provider::Aws,
            identity: text.to_owned(),
            first_used: time("2026-10-01T00:00:00Z"),
            last_used: time("2026-10-31T23:45:00Z"),
        }],
        calls: vec![CallTotals {
            provider: Provider::Aws,
            api: "iam:GetRole".to_owned(),
            requests: 5_952,
            throttled: 3,
            errors: 0,
        }],
    }
}

fn population(period: ReportPeriod, gap: CoverageJson) -> Population {
    Population {
        complete: false,
        accounts_expected: 2,
        accounts_complete: 1,
        regions_expected: 20,
        regions_complete: 19,
        runs: 2_976,
        runs_incomplete: 4,
        events: 1_204,
        records_rejected: 1,
        objects_rejected: 0,
        trails: vec![TrailCoverage {
            provider: Provider::Aws,
            account: "111122223333".to_owned(),
            source: "trail:s3".to_owned(),
            outcome: Outcome::Complete,
            covered_seconds: 2_674_800,
            period_seconds: 2_678_400,
            uncovered: vec![ReportPeriod { from: time("2026-10-31T23:00:00Z"), to: period.to }],
        }],
        gaps: vec![gap],
    }
}

fn proof() -> Proof {
    Proof {
        profile: "aws-kms-custom-key-stores".to_owned(),
        provider: Provider::Aws,
        accounts: 1,
        accounts_of: 1,
        assumptions: 1_204,
        by_trusted: 1_204,
        regions_complete: 17,
        regions_expected: 17,
        sentence: "In 2026-10, 1,204 assumptions of the role in 1 account, all by cks.kms.amazonaws.com; 17 of 17 \
                   Regions complete."
            .to_owned(),
    }
}

fn verdict(provider: Provider, account: &str, profile: &str, verdict: Verdict, text: &str) -> VerdictRow {
    let missing = (verdict == Verdict::Unknown).then(|| MissingJson {
        provider: None,
        account: None,
        region: Some("cn-shanghai".to_owned()),
        api: "kms:ListKmsInstances".to_owned(),
        outcome: Outcome::Denied,
        detail: text.to_owned(),
    });
    VerdictRow {
        verdict: VerdictJson {
            provider,
            account: account.to_owned(),
            profile: profile.to_owned(),
            role: RolePresence::Present,
            stores: StoresJson { needing_role: 1, by_region: BTreeMap::from([("us-east-1".to_owned(), 1)]) },
            verdict,
            basis: Basis::Observed,
            coverage: VerdictCoverageJson {
                regions_expected: 17,
                regions_complete: 17 - u64::from(verdict == Verdict::Unknown),
                missing: missing.into_iter().collect(),
            },
            assumptions: AssumptionsJson { since: "2026-10-01T00:00:00Z".to_owned(), total: 602, by_trusted: 602 },
        },
        at_start: Some("clean".to_owned()),
        read_after_period: false,
        not_asked: false,
    }
}

fn controls() -> Vec<ControlResult> {
    let quiet = |framework: &str, id: &str, status| ControlResult {
        framework: framework.to_owned(),
        id: id.to_owned(),
        supports: "shows roles that somebody else used".to_owned(),
        rules: vec!["unexpected-assumer".to_owned()],
        status,
        open: Vec::new(),
        excepted: Vec::new(),
        resolved: Vec::new(),
    };
    let found = ControlResult {
        framework: "PCI DSS 4.0.1".to_owned(),
        id: "7.2.5.1".to_owned(),
        supports: "shows service-linked roles that nothing needs any more".to_owned(),
        rules: vec!["orphaned-role".to_owned()],
        status: ControlStatus::Findings,
        open: vec!["5e685f7700000001".into(), "5e685f7700000004".into()],
        excepted: vec!["5e685f7700000002".into()],
        resolved: vec!["5e685f7700000003".into()],
    };
    let accepted = ControlResult {
        excepted: vec!["5e685f7700000002".into()],
        ..quiet("SOC 2 TSC 2017", "CC6.1", ControlStatus::OnlyExcepted)
    };
    vec![
        found,
        accepted,
        quiet("NIST SP 800-53 r5", "AC-2(3)", ControlStatus::NoFindings),
        quiet("NIST SP 800-53 r5", "AC-2(j)", ControlStatus::Unknown),
        quiet("CIS AWS 7.0.0", "5.4", ControlStatus::NotApplicable),
    ]
}

fn findings(text: &str) -> Vec<ReportFinding> {
    let states = [
        ("5e685f7700000001", Severity::Critical, FindingStatus::Open, Movement::New),
        ("5e685f7700000002", Severity::Medium, FindingStatus::Excepted, Movement::Continuing),
        ("5e685f7700000003", Severity::Low, FindingStatus::Resolved, Movement::Resolved),
    ];
    let on_aws =
        states.into_iter().map(|(id, severity, status, movement)| finding(id, severity, status, movement, text));
    on_aws.chain([orphan(text)]).collect()
}

/// A finding of the other provider, about how things are, inferred, and there since before the period.
fn orphan(text: &str) -> ReportFinding {
    let found = finding("5e685f7700000004", Severity::Info, FindingStatus::Open, Movement::Reopened, text);
    let at = |at: &str, change| ChangeJson { at: time(at), run: "7".into(), change };
    ReportFinding {
        finding: FindingJson {
            rule: "orphaned-role".into(),
            provider: Provider::Alibaba,
            account: "1000200030004005".into(),
            region: None,
            profile: Some("alibaba-kms-key-store".into()),
            role: None,
            store: Some(text.into()),
            actor: None,
            outcome: None,
            basis: Basis::Inferred,
            summary: text.into(),
            events: Vec::new(),
            stale: true,
            ..found.finding
        },
        title: "Orphaned role".into(),
        found_after_period: true,
        life: vec![
            at("2026-09-19T05:00:00Z", FindingChange::Opened),
            at("2026-09-20T05:00:00Z", FindingChange::Resolved { because: text.to_owned() }),
            at("2026-10-19T05:00:00Z", FindingChange::Reopened),
        ],
        ..found
    }
}

fn finding(id: &str, severity: Severity, status: FindingStatus, movement: Movement, text: &str) -> ReportFinding {
    let exception = (status == FindingStatus::Excepted).then(|| FindingExceptionJson {
        id: "legacy".to_owned(),
        owner: text.to_owned(),
        reason: text.to_owned(),
        ticket: "SEC-1".to_owned(),
        expires: time("2026-12-31T00:00:00Z"),
    });
    let resolved = status == FindingStatus::Resolved;
    ReportFinding {
        finding: FindingJson {
            id: id.into(),
            rule: "unexpected-assumer".into(),
            severity,
            status,
            provider: Provider::Aws,
            account: "111122223333".into(),
            region: Some("us-east-1".into()),
            profile: Some("aws-kms-custom-key-stores".into()),
            role: Some(text.into()),
            store: None,
            actor: Some(text.into()),
            outcome: Some(EventOutcome::Allowed),
            basis: Basis::Observed,
            summary: text.into(),
            first_seen: time("2026-10-19T04:50:00Z"),
            last_seen: time("2026-10-19T04:50:00Z"),
            count: 1,
            events: vec![text.to_owned()],
            fix: FixJson { who: Fixer::Customer, how: "End the session.".into() },
            controls: [ControlJson {
                framework: "PCI DSS 4.0.1".to_owned(),
                id: "7.2.5.1".to_owned(),
                unverified: false,
            }]
            .into(),
            stale: false,
            opened_at: time("2026-10-19T05:00:00Z"),
            resolved_at: resolved.then(|| time("2026-10-20T05:00:00Z")),
            resolved_because: resolved.then(|| text.to_owned()),
            clears_when: "its events have left the history".into(),
            exception: exception.map(Arc::new),
        },
        movement,
        age_days: 12,
        found_after_period: false,
        resolved_later: None,
        title: "Unexpected assumer".into(),
        matters: "Nobody but the service may assume the role.".into(),
        life: Vec::new(),
    }
}

fn exception(text: &str) -> ExceptionEntry {
    ExceptionEntry {
        id: "legacy".to_owned(),
        scope: BTreeMap::from([
            ("rule".to_owned(), "unexpected-assumer".to_owned()),
            ("actor".to_owned(), text.to_owned()),
        ]),
        owner: text.to_owned(),
        reason: text.to_owned(),
        ticket: "SEC-1".to_owned(),
        approver: None,
        compensating_control: Some(text.to_owned()),
        created: Some(time("2026-09-01T00:00:00Z")),
        expires: time("2026-12-31T00:00:00Z"),
        state: ExceptionState::Active,
        covers: vec!["5e685f7700000002".into()],
    }
}

fn changes() -> Changes {
    Changes {
        since_report: None,
        new: BTreeMap::from([(Severity::Critical, 1)]),
        reopened: BTreeMap::new(),
        resolved: BTreeMap::from([(Severity::Low, 1)]),
        remaining: BTreeMap::from([(Severity::Critical, 1), (Severity::Medium, 1)]),
        verdicts: vec![VerdictChange {
            provider: Provider::Alibaba,
            account: "1000200030004005".to_owned(),
            profile: "alibaba-kms-key-store".to_owned(),
            from: "clean".to_owned(),
            to: "unknown".to_owned(),
            basis: Basis::Observed,
        }],
    }
}

fn evidence_log(text: &str) -> EvidenceLog {
    let root = "3f".repeat(32);
    EvidenceLog {
        size: 4711,
        root,
        origin: text.to_owned(),
        made_at: time("2026-10-31T23:45:03Z"),
        in_period: true,
        signed_by: Some(text.to_owned()),
        checkpoint: format!("{text}\n4711\nPz8/\n"),
        verified: true,
        problems: 0,
        inherited_rows: 0,
    }
}
