//! What was seen: coverage first, then positive proof, controls, exceptions and findings.

use super::controls;
use super::shape::{Made, Observation, Property, RelevantEvidence, Subject};
use super::text::markup;
use super::uuid::Uuids;
use super::{Facts, Report};
use crate::exports::reports::field::{Moment, Times, coverage, is_about_events};
use crate::exports::reports::{ControlStatus, EvidenceItem, ExceptionEntry, Proof, ReportFinding};
use crate::model::EventOutcome;

/// Every observation of the report.
pub(super) fn all<'a>(facts: &'a Facts<'a>) -> impl Iterator<Item = Observation> + 'a {
    let Facts { report, uuids, controls, made, .. } = facts;
    let uuids = *uuids;
    [population(report, uuids, made)]
        .into_iter()
        .chain(gaps(report, uuids, made))
        .chain(uncovered(report, uuids, made))
        .chain(report.proof.iter().map(move |proof| positive(proof, uuids, made)))
        .chain(controls.list().iter().map(|control| of_control(control, made)))
        .chain(report.exceptions.iter().map(move |entry| exception(entry, uuids, made)))
        .chain(report.findings.iter().map(|found| finding(facts, found)))
}

fn population(report: &Report, uuids: Uuids<'_>, made: &Made) -> Observation {
    let text = format!("Coverage is {}.", coverage(report));
    Observation {
        props: vec![Property::new("events", report.population.events.to_string())],
        remarks: Some(markup(&report.integrity.statements.join("\n"))),
        ..Observation::new(uuids.of("population", ""), "discovery", "Population and completeness", &text, made)
    }
}

fn gaps<'a>(report: &'a Report, uuids: Uuids<'a>, made: &'a Made) -> impl Iterator<Item = Observation> + 'a {
    report.population.gaps.iter().enumerate().map(move |(number, gap)| {
        let (provider, account) = (gap.provider.as_str(), gap.account.as_deref());
        let props = [
            Some(Property::new("provider", provider)),
            Property::optional("account", account),
            Property::optional("region", gap.region.as_deref()),
            Some(Property::new("api", &gap.api)),
            Property::optional("subject", gap.subject.as_deref()),
            Some(Property::new("outcome", gap.outcome.as_str())),
        ];
        let title = format!("Not read completely: {}", gap.api);
        let text = format!("{} {}", gap.outcome, gap.detail);
        let uuid = uuids.of("gap", &number.to_string());
        Observation {
            props: props.into_iter().flatten().collect(),
            subjects: account
                .map(|account| subject(report, provider, account, uuids))
                .into_iter()
                .flatten()
                .collect(),
            collected: Moment::from(gap.to).to_string(),
            ..Observation::new(uuid, "discovery", &title, &text, made)
        }
    })
}

/// Spans of the period that no trail covers.
fn uncovered<'a>(report: &'a Report, uuids: Uuids<'a>, made: &'a Made) -> impl Iterator<Item = Observation> + 'a {
    let spans =
        report.population.trails.iter().flat_map(|trail| trail.uncovered.iter().map(move |span| (trail, span)));
    spans.enumerate().map(move |(number, (trail, span))| {
        let provider = trail.provider.as_str();
        let text = format!("{} does not cover {} to {} ({}).", trail.source, span.from, span.to, trail.outcome);
        Observation {
            props: vec![Property::new("provider", provider), Property::new("account", &trail.account)],
            subjects: subject(report, provider, &trail.account, uuids).into_iter().collect(),
            ..Observation::new(
                uuids.of("uncovered", &number.to_string()),
                "discovery",
                "Span without trail events",
                &text,
                made,
            )
        }
    })
}

fn positive(proof: &Proof, uuids: Uuids<'_>, made: &Made) -> Observation {
    let uuid = uuids.of("proof", &format!("{} {}", proof.provider, proof.profile));
    Observation {
        props: vec![
            Property::new("provider", proof.provider.as_str()),
            Property::new("profile", &proof.profile),
            Property::new("accounts", proof.accounts.to_string()),
            Property::new("accounts-of", proof.accounts_of.to_string()),
            Property::new("assumptions", proof.assumptions.to_string()),
            Property::new("assumptions-by-trusted", proof.by_trusted.to_string()),
        ],
        ..Observation::new(uuid, "control-objective", "What was fine", &proof.sentence, made)
    }
}

fn of_control(control: &controls::Control<'_>, made: &Made) -> Observation {
    let result = control.result;
    let text = match result.status {
        ControlStatus::NoFindings => "The rules found nothing, over a completely read population.".to_owned(),
        ControlStatus::Unknown => {
            "The rules found nothing that is open, and the population is incomplete.".to_owned()
        }
        _ => format!(
            "{} findings are open, {} covered by exceptions, {} were resolved in the period.",
            result.open.len(),
            result.excepted.len(),
            result.resolved.len()
        ),
    };
    let title = format!("{} {}: {}", result.framework, result.id, result.status.as_str());
    Observation {
        props: controls::properties(result),
        ..Observation::new(control.observation.clone(), "control-objective", &title, &text, made)
    }
}

fn exception(entry: &ExceptionEntry, uuids: Uuids<'_>, made: &Made) -> Observation {
    let props = [
        Some(Property::new("exception", &entry.id)),
        Some(Property::new("state", entry.state.as_str())),
        Some(Property::new("owner", &entry.owner)),
        Some(Property::new("ticket", &entry.ticket)),
        Property::optional("approver", entry.approver.as_deref()),
        Some(Property::new("expires", entry.expires.to_string())),
        Some(Property::new("covers", entry.covers.len().to_string())),
    ];
    let scope: Vec<_> = entry.scope.iter().map(|(part, pattern)| format!("{part} {pattern}")).collect();
    Observation {
        props: props.into_iter().flatten().collect(),
        remarks: Some(markup(&format!("It covers: {}", scope.join("; ")))),
        ..Observation::new(
            uuids.of("exception", &entry.id),
            "exception",
            &format!("Exception {}", entry.id),
            &entry.reason,
            made,
        )
    }
}

fn finding(facts: &Facts<'_>, found: &ReportFinding) -> Observation {
    let Facts { report, uuids, made, evidence, .. } = facts;
    let finding = &found.finding;
    let times = Times::of(found);
    let items = evidence.get(&*finding.id).map(Vec::as_slice).unwrap_or_default();
    let kind = if is_about_events(&finding.rule) { "finding" } else { "discovery" };
    Observation {
        props: properties(found),
        subjects: subject(report, finding.provider.as_str(), &finding.account, *uuids).into_iter().collect(),
        relevant_evidence: relevant(found, items),
        collected: times.opened.to_string(),
        remarks: found.found_after_period.then(|| "It was found only after the period.".to_owned()),
        ..Observation::new(uuids.of("finding", &finding.id), kind, &found.title, &finding.summary, made)
    }
}

/// What every format tells of a finding.
pub(super) fn properties(found: &ReportFinding) -> Vec<Property> {
    let finding = &found.finding;
    let props = [
        Some(Property::new("finding-id", &finding.id)),
        Some(Property::new("rule", &finding.rule)),
        Some(Property::new("severity", finding.severity.as_str())),
        Some(Property::new("status", finding.status.as_str())),
        Some(Property::new("movement", found.movement.as_str())),
        Some(Property::new("count", finding.count.to_string())),
        Some(Property::new("basis", finding.basis.as_str())),
        Some(Property::new("stale", finding.stale.to_string())),
        Some(Property::new("provider", finding.provider.as_str())),
        Some(Property::new("account", &finding.account)),
        Property::optional("region", finding.region.as_deref()),
        Property::optional("profile", finding.profile.as_deref()),
        Property::optional("role", finding.role.as_deref()),
        Property::optional("store", finding.store.as_deref()),
        Property::optional("actor", finding.actor.as_deref()),
        Property::optional("outcome", finding.outcome.map(EventOutcome::as_str)),
        Some(Property::new("first-seen", finding.first_seen.to_string())),
        Some(Property::new("last-seen", finding.last_seen.to_string())),
    ];
    props.into_iter().flatten().collect()
}

/// The stored items, and the ids of events that the report has no item of.
fn relevant(found: &ReportFinding, items: &[&EvidenceItem]) -> Vec<RelevantEvidence> {
    let known = items.iter().map(|item| RelevantEvidence {
        description: markup(&format!("{} {} read from {}", item.kind, item.id, item.source)),
        props: [
            Some(Property::new("kind", &item.kind)),
            Some(Property::new("id", &item.id)),
            Some(Property::new("time", Moment::from(item.time).to_string())),
            Some(Property::new("sha-256", &item.sha256)),
            Property::optional("found-sha-256", item.found_sha256.as_deref()),
        ]
        .into_iter()
        .flatten()
        .collect(),
    });
    let without = found.finding.events.iter().filter(|id| items.iter().all(|item| item.id != **id));
    let without = without.map(|id| RelevantEvidence {
        description: markup(&format!("event {id}")),
        props: vec![Property::new("kind", "event"), Property::new("id", id)],
    });
    known.chain(without).collect()
}

/// The inventory item of an account, where the scope has it.
fn subject(report: &Report, provider: &str, account: &str, uuids: Uuids<'_>) -> Option<Subject> {
    let mut accounts = report.scope.accounts.iter();
    accounts.find(|known| known.provider.as_str() == provider && known.account == account)?;
    let subject_uuid = uuids.of("account", &format!("{provider}/{account}"));
    Some(Subject { subject_uuid, kind: "inventory-item" })
}
