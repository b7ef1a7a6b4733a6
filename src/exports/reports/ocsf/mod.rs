//! OCSF 1.6.0, the version that AWS Security Hub takes: a Detection Finding for what somebody did, a Compliance Finding
//! for how things are. One file holds an array of them, one for each finding of the report.

mod shape;

use serde_json::json as value;

use self::shape::{
    Account, Activity, Actor, Analytic, Caption, Class, Cloud, Compliance, Data, Enrichment, Evidence, Finding, Info,
    Metadata, Product, Remediation, Resource, Span, Ticket, Unmapped, User,
};
use super::field::{Times, by_finding, control_name, is_about_events, partition, provider_name, role_name};
use super::file::{Listed, json};
use super::{EvidenceItem, Movement, Report, ReportFile, ReportFinding};
use crate::exports::json::{FindingExceptionJson, FindingJson};
use crate::model::{Basis, FindingStatus, Provider, Severity};

/// The version of the schema.
const VERSION: &str = "1.6.0";

/// What the file holds and what it does not.
pub(super) const ABOUT: &str = "OCSF 1.6.0: an array with one Detection Finding or Compliance Finding for each \
    finding. OCSF has no place for coverage or for positive proof: a short or empty array is no all-clear.";

/// Writes the findings.
pub(super) fn write(report: &Report) -> Vec<ReportFile<'_>> {
    vec![ReportFile::new(report.file_name("findings", "ocsf.json"), "application/json", move |out| {
        let evidence = by_finding(report);
        let items = |found: &ReportFinding| evidence.get(&*found.finding.id).map(Vec::as_slice).unwrap_or_default();
        let findings = || report.findings.iter().map(|found| finding(report, found, items(found)));
        json(out, &Listed::new(findings))
    })]
}

fn finding<'a>(report: &'a Report, found: &'a ReportFinding, items: &[&'a EvidenceItem]) -> Finding<'a> {
    let times = Times::of(found);
    let finding = &found.finding;
    let exception = finding.exception.as_deref();
    let class = if is_about_events(&finding.rule) { Class::DETECTION } else { Class::COMPLIANCE };
    Finding {
        activity: class.activity(activity(found.movement)),
        class,
        severity: severity(finding.severity),
        status: status(found),
        status_detail: exception
            .map(|exception| exception.reason.as_str())
            .or(finding.resolved_because.as_deref())
            .filter(|text| !text.is_empty()),
        confidence: confidence(finding.basis),
        span: Span::of(times),
        message: &finding.summary,
        count: finding.count,
        metadata: metadata(report, found),
        finding_info: info(found, times),
        cloud: cloud(finding),
        resources: resources(finding),
        evidences: evidences(finding, items),
        remediation: Remediation { desc: format!("{}: {}", finding.fix.who.as_str(), finding.fix.how) },
        compliance: (class == Class::COMPLIANCE).then(|| compliance(found)),
        enrichments: exception.map(enrichment).into_iter().collect(),
        tickets: exception.map(|exception| Ticket { uid: &exception.ticket }).into_iter().collect(),
        unmapped: unmapped(found),
    }
}

fn activity(movement: Movement) -> Activity {
    match movement {
        Movement::New => Activity::Create,
        Movement::Resolved => Activity::Close,
        Movement::Continuing | Movement::Reopened => Activity::Update,
    }
}

fn severity(severity: Severity) -> Caption {
    match severity {
        Severity::Info => Caption(1, "Informational"),
        Severity::Low => Caption(2, "Low"),
        Severity::Medium => Caption(3, "Medium"),
        Severity::High => Caption(4, "High"),
        Severity::Critical => Caption(5, "Critical"),
    }
}

fn status(found: &ReportFinding) -> Caption {
    match found.finding.status {
        FindingStatus::Open if found.movement.was_there() => Caption(2, "In Progress"),
        FindingStatus::Open => Caption(1, "New"),
        FindingStatus::Excepted => Caption(3, "Suppressed"),
        FindingStatus::Resolved => Caption(4, "Resolved"),
    }
}

/// What is concluded from trail events alone is less sure than what was seen.
fn confidence(basis: Basis) -> Caption {
    match basis {
        Basis::Observed => Caption(3, "High"),
        Basis::Inferred => Caption(2, "Medium"),
    }
}

fn metadata<'a>(report: &'a Report, found: &ReportFinding) -> Metadata<'a> {
    let tool = &report.tool;
    Metadata {
        version: VERSION,
        profiles: ["cloud", "datetime"],
        product: Product { name: &tool.name, vendor_name: &tool.name, version: &tool.version },
        uid: format!("{}/{}/{}", found.finding.id, activity(found.movement).name(), report.id),
        correlation_uid: &report.id,
    }
}

fn info(found: &ReportFinding, times: Times) -> Info<'_> {
    let finding = &found.finding;
    Info {
        uid: &finding.id,
        title: &found.title,
        desc: &found.matters,
        types: [&finding.rule],
        analytic: Analytic { type_id: 1, kind: "Rule", uid: &finding.rule, name: &found.title },
        created_time: times.opened.millis(),
        created_time_dt: times.opened.to_string(),
        modified_time: times.modified.millis(),
        modified_time_dt: times.modified.to_string(),
        first_seen_time: times.first_seen.millis(),
        first_seen_time_dt: times.first_seen.to_string(),
        last_seen_time: times.last_seen.millis(),
        last_seen_time_dt: times.last_seen.to_string(),
    }
}

fn cloud(finding: &FindingJson) -> Cloud<'_> {
    let (type_id, kind) = match finding.provider {
        Provider::Aws => (10, "AWS Account"),
        Provider::Alibaba => (99, "Alibaba Cloud Account"),
    };
    Cloud {
        provider: provider_name(finding.provider),
        account: Account { uid: &finding.account, type_id, kind },
        region: finding.region.as_deref(),
        cloud_partition: partition_of(finding),
    }
}

fn partition_of(finding: &FindingJson) -> Option<&'static str> {
    (finding.provider == Provider::Aws).then(|| partition(finding.role.as_deref()).name())
}

/// The role, the store, or the account where it is about neither.
fn resources(finding: &FindingJson) -> Vec<Resource<'_>> {
    let resource = |kind, uid, name| Resource {
        kind,
        uid,
        name,
        region: finding.region.as_deref(),
        cloud_partition: partition_of(finding),
    };
    let role_kind = match finding.provider {
        Provider::Aws => "AWS::IAM::Role",
        Provider::Alibaba => "ALIYUN::RAM::Role",
    };
    let role = finding.role.as_deref().map(|arn| resource(role_kind, arn, role_name(arn)));
    let store = finding.store.as_deref().map(|id| resource("Key Store", id, id));
    let mut found: Vec<_> = role.into_iter().chain(store).collect();
    if found.is_empty() {
        found.push(resource("Account", &finding.account, &finding.account));
    }
    found
}

/// One for each item that the finding rests on, and one for each event that the report has no item of.
fn evidences<'a>(finding: &'a FindingJson, items: &[&'a EvidenceItem]) -> Vec<Evidence<'a>> {
    let known = items.iter().map(|item| Evidence {
        uid: &item.id,
        name: &item.kind,
        data: Data {
            kind: &item.kind,
            id: &item.id,
            time: Some(item.time.to_string()),
            source: Some(&item.source),
            sha256: Some(&item.sha256),
            found_sha256: item.found_sha256.as_deref(),
        },
        actor: actor(finding),
    });
    let without = finding.events.iter().filter(|id| items.iter().all(|item| item.id != **id)).map(|id| Evidence {
        uid: id,
        name: "event",
        data: Data { kind: "event", id, time: None, source: None, sha256: None, found_sha256: None },
        actor: actor(finding),
    });
    known.chain(without).collect()
}

/// A person or role by its ARN, a service by its name.
fn actor(finding: &FindingJson) -> Option<Actor<'_>> {
    let name = finding.actor.as_deref()?;
    let is_user = ["arn:", "acs:"].iter().any(|begin| name.starts_with(begin));
    Some(Actor { user: is_user.then_some(User { uid: name }), app_uid: (!is_user).then_some(name) })
}

/// Of the one thing that the finding is about. A finding that is resolved says nothing about the control, and no
/// control is ever said to pass.
fn compliance(found: &ReportFinding) -> Compliance<'_> {
    let finding = &found.finding;
    let status = match (finding.status, finding.severity) {
        (FindingStatus::Resolved, _) => Caption(99, "Resolved"),
        (FindingStatus::Excepted, _) | (FindingStatus::Open, Severity::Info) => Caption(2, "Warning"),
        (FindingStatus::Open, _) => Caption(3, "Fail"),
    };
    let mut standards: Vec<_> = finding.controls.iter().map(|control| control.framework.as_str()).collect();
    standards.dedup();
    Compliance {
        control: &finding.rule,
        desc: &found.matters,
        standards,
        requirements: finding.controls.iter().map(control_name).collect(),
        status,
        status_details: [format!("It clears when {}.", finding.clears_when.trim_end_matches('.'))],
    }
}

fn enrichment(exception: &FindingExceptionJson) -> Enrichment<'_> {
    Enrichment { name: "exception", value: &exception.id, kind: "exception", data: value!(exception) }
}

fn unmapped(found: &ReportFinding) -> Unmapped<'_> {
    let finding = &found.finding;
    Unmapped {
        rule: &finding.rule,
        profile: finding.profile.as_deref(),
        severity: finding.severity,
        status: finding.status,
        movement: found.movement,
        basis: finding.basis,
        outcome: finding.outcome,
        stale: finding.stale,
        age_days: found.age_days,
        found_after_period: found.found_after_period,
        resolved_later: found.resolved_later,
        clears_when: &finding.clears_when,
    }
}
