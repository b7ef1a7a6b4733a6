//! OSCAL 1.2.1 assessment results: what was looked at, what was seen, which risks follow, and what all of it says about
//! the controls.
//!
//! OSCAL knows two answers for a control's objective, satisfied and not satisfied. The first is never given: findings,
//! or their absence, support a control, and whether it is satisfied is for its assessor to say. A control whose rules
//! found nothing over a complete population has an observation that says so and no finding; one of which nothing is
//! known is not satisfied for another reason.

mod controls;
mod observations;
mod risks;
mod shape;
mod text;
mod uuid;

use std::collections::HashMap;

use self::controls::Controls;
use self::shape::{
    AssessmentAssets, AssessmentLog, AssessmentResults, Attestation, AttestationPart, BackMatter, Component,
    Document, ImportAp, InventoryItem, LogEntry, Made, Metadata, Platform, Property, Resource, ResultDefinitions,
    ResultPart, State, UsesComponent,
};
use self::text::{line, markup, string};
use self::uuid::Uuids;
use super::field::{Moment, by_finding, coverage, provider_name};
use super::file::{Listed, json};
use super::{EvidenceItem, Report, ReportFile, ScopeAccount};

/// The version of the model.
const VERSION: &str = "1.2.1";
/// What the controls' results mean.
const SUPPORTS: &str = "The findings of roletrail support the assessment of a control and never decide it: no control \
    is said to be satisfied. A control with an observation and without a finding is one whose rules found nothing over \
    a completely read population.";

/// What the file holds and what it does not.
pub(super) const ABOUT: &str = "OSCAL 1.2.1 assessment results: observations, risks, and a finding for each control \
    with open or accepted findings or with incomplete coverage. No control is ever said to be satisfied.";

/// Writes the assessment results.
pub(super) fn write(report: &Report) -> Vec<ReportFile<'_>> {
    let name = report.file_name("assessment-results", "oscal.json");
    vec![ReportFile::new(name, "application/json", move |out| {
        let uuids = Uuids { report: &report.id };
        let facts = Facts {
            report,
            uuids,
            controls: Controls::of(report, uuids),
            evidence: by_finding(report),
            made: Made {
                tool: uuids.of("component", &report.tool.name),
                collected: Moment::from(report.data_as_of).to_string(),
            },
        };
        json(out, &document(&facts))
    })]
}

/// What the parts of the document are made of.
struct Facts<'a> {
    report: &'a Report,
    uuids: Uuids<'a>,
    controls: Controls<'a>,
    evidence: HashMap<&'a str, Vec<&'a EvidenceItem>>,
    made: Made,
}

fn document<'a>(facts: &'a Facts<'a>) -> Document<'a> {
    let Facts { report, uuids, controls, .. } = facts;
    let plan = plan(report, *uuids);
    Document {
        assessment_results: AssessmentResults {
            uuid: uuids.of("document", ""),
            metadata: metadata(report),
            import_ap: ImportAp {
                href: plan.uuid.href(),
                remarks: "There is no separate assessment plan: the resource says what was planned.".to_owned(),
            },
            local_definitions: controls.objectives(),
            results: [result(facts)],
            back_matter: BackMatter { resources: vec![plan] },
        },
    }
}

fn metadata(report: &Report) -> Metadata {
    let tool = &report.tool;
    Metadata {
        title: line(&report.title),
        last_modified: Moment::from(report.data_as_of).to_string(),
        version: string(&report.id),
        oscal_version: VERSION,
        props: vec![
            Property::new("report-id", &report.id),
            Property::new("tool", &tool.name),
            Property::new("tool-version", &tool.version),
            Property::new("configuration-sha256", &tool.configuration_sha256),
            Property::new("profiles-sha256", &tool.profiles_sha256),
            Property::new("controls-sha256", &tool.controls_sha256),
            Property::new("exceptions-sha256", &tool.exceptions_sha256),
            Property::new("command", &tool.command),
        ],
        remarks:
            "Last modified when anything in it was last read or judged; the time of writing is not told, so that \
                  the same data give the same document."
                .to_owned(),
    }
}

/// What was planned, in place of an assessment plan.
fn plan(report: &Report, uuids: Uuids<'_>) -> Resource {
    let mut text = String::new();
    for (heading, sentences) in
        [("Sources", &report.scope.sources), ("Steps", &report.method.steps), ("Limits", &report.method.limits)]
    {
        text += &format!("{heading}:\n\n");
        for sentence in sentences {
            text += &format!("- {sentence}\n");
        }
        text.push('\n');
    }
    text += "Watched roles:\n\n";
    for profile in &report.scope.profiles {
        text += &format!("- {} ({}), trusted: {}\n", profile.role, profile.id, profile.trusted.join(", "));
    }
    let title = format!("What was planned: {}", report.scope.name);
    Resource { uuid: uuids.of("plan", ""), title: line(&title), description: markup(&text) }
}

fn result<'a>(facts: &'a Facts<'a>) -> ResultPart<'a> {
    let Facts { report, uuids, controls, .. } = facts;
    let uuids = *uuids;
    ResultPart {
        uuid: uuids.of("result", ""),
        title: line(&report.title),
        description: markup(&format!("Coverage is {}.", coverage(report))),
        start: Moment::from(report.period.from).to_string(),
        end: Moment::from(report.period.to).to_string(),
        props: population(report),
        local_definitions: ResultDefinitions {
            inventory_items: report.scope.accounts.iter().map(|account| inventory_item(account, uuids)).collect(),
            assessment_assets: assets(report, uuids),
        },
        reviewed_controls: controls.reviewed(),
        attestations: vec![attestation()],
        assessment_log: log(report, uuids),
        observations: Listed::new(|| observations::all(facts)),
        risks: Listed::new(|| risks::all(facts)),
        findings: Listed::new(|| controls.findings()),
        remarks: SUPPORTS.to_owned(),
    }
}

fn population(report: &Report) -> Vec<Property> {
    let population = &report.population;
    let count = |name, count: u64| Property::new(name, count.to_string());
    vec![
        Property::new("coverage", if population.complete { "complete" } else { "incomplete" }),
        count("accounts-expected", population.accounts_expected),
        count("accounts-complete", population.accounts_complete),
        count("regions-expected", population.regions_expected),
        count("regions-complete", population.regions_complete),
        count("runs", population.runs),
        count("runs-incomplete", population.runs_incomplete),
        count("events", population.events),
        count("records-rejected", population.records_rejected),
        count("objects-rejected", population.objects_rejected),
    ]
}

/// The inventory item of an account; the subjects of observations refer to it.
fn inventory_item(account: &ScopeAccount, uuids: Uuids<'_>) -> InventoryItem {
    let ScopeAccount { provider, account, included, because } = account;
    InventoryItem {
        uuid: uuids.of("account", &format!("{provider}/{account}")),
        description: markup(&format!("{} account {account}", provider_name(*provider))),
        props: vec![
            Property::new("provider", provider.as_str()),
            Property::new("account", account),
            Property::new("included", included.to_string()),
            Property::new("because", because),
        ],
    }
}

fn assets(report: &Report, uuids: Uuids<'_>) -> AssessmentAssets {
    let tool = uuids.of("component", &report.tool.name);
    AssessmentAssets {
        components: [Component {
            uuid: tool.clone(),
            kind: "software",
            title: line(&report.tool.name),
            description: "Reads roles, key stores and trails, and judges them by rules; it changes nothing."
                .to_owned(),
            props: report.tool.rules.iter().map(|rule| Property::new("rule", rule)).collect(),
            status: State { state: "operational" },
        }],
        assessment_platforms: [Platform {
            uuid: uuids.of("platform", ""),
            uses_components: [UsesComponent { component_uuid: tool }],
        }],
    }
}

/// The block for those who sign.
fn attestation() -> Attestation {
    let part = |name, title: &str, who: &str| AttestationPart {
        name,
        title: title.to_owned(),
        prose: format!(
            "To be filled in by the {who}: name, date, decision, comments. Nothing is attested before that."
        ),
    };
    Attestation {
        parts: vec![
            part("reviewer-sign-off", "Review", "reviewer"),
            part("management-acknowledgement", "Acknowledgement by management", "management"),
        ],
    }
}

/// The runs of the period, and who asked the providers in them.
fn log(report: &Report, uuids: Uuids<'_>) -> AssessmentLog {
    let population = &report.population;
    let runs = format!("{} runs began, {} left something unread", population.runs, population.runs_incomplete);
    let mut entries = vec![LogEntry {
        uuid: uuids.of("log", "runs"),
        title: runs,
        description: None,
        start: Moment::from(report.period.from).to_string(),
        end: Some(Moment::from(report.period.to).to_string()),
    }];
    for used in &report.method.identities {
        entries.push(LogEntry {
            uuid: uuids.of("log", &format!("{} {}", used.provider, used.identity)),
            title: line(&format!("Asked {} as {}", provider_name(used.provider), used.identity)),
            description: None,
            start: Moment::from(used.first_used).to_string(),
            end: Some(Moment::from(used.last_used).to_string()),
        });
    }
    AssessmentLog { entries }
}
