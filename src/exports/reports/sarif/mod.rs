//! SARIF 2.1.0: one run, with every rule, a result for each finding and a notification for each gap in coverage. What
//! is not there to be scanned line by line has logical locations alone: role, store and account.

mod message;
mod shape;

use std::collections::BTreeMap;

use self::message::{markdown, plain};
use self::shape::{
    Automation, Configuration, Descriptor, DescriptorReference, Driver, Invocation, Level, Location, Log,
    LogicalLocation, Message, MultiformatMessage, Notification, Provenance, ResultProperties, Run, RunProperties,
    SarifResult, Suppression, Tool,
};
use super::field::{Times, control_name, coverage, role_name};
use super::file::{Listed, json};
use super::{Movement, Report, ReportFile, ReportFinding};
use crate::exports::json::{CoverageJson, FindingExceptionJson, FindingJson};
use crate::model::Severity;
use crate::rules::{self, RuleDoc};

/// Where the schema is published.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The fingerprint that is the finding's id.
const FINGERPRINT: &str = "roletrail/finding/v1";
/// What notifications about coverage are called.
const GAP: &str = "coverage-gap";

/// What the file holds and what it does not.
pub(super) const ABOUT: &str = "SARIF 2.1.0: a result for each finding. executionSuccessful is false where \
    something was left unread, and each gap is a notification; resolved findings are results with baselineState \
    absent, accepted ones have a suppression.";

/// Writes the run.
pub(super) fn write(report: &Report) -> Vec<ReportFile<'_>> {
    let name = report.file_name("findings", "sarif");
    vec![ReportFile::new(name, "application/sarif+json", move |out| {
        let rules = Rules::of(report);
        json(out, &log(report, &rules))
    })]
}

fn log<'a>(report: &'a Report, rules: &'a Rules) -> Log<'a> {
    let run = Run {
        tool: Tool { driver: driver(report, &rules.list) },
        automation_details: automation(report),
        invocations: [invocation(report)],
        results: Listed::new(|| report.findings.iter().map(|found| result(rules, found))),
        properties: RunProperties {
            report: &report.id,
            title: &report.title,
            from: report.period.from,
            to: report.period.to,
            coverage: coverage(report),
            population: &report.population,
            verdicts: &report.verdicts,
            proof: &report.proof,
        },
    };
    Log { schema: SCHEMA, version: "2.1.0", runs: [run] }
}

/// Every rule of the program, and then those of findings whose rule it does not have any more.
struct Rules {
    list: Vec<Descriptor>,
    places: BTreeMap<String, usize>,
}

impl Rules {
    fn of(report: &Report) -> Self {
        let mut rules = Self { list: Vec::new(), places: BTreeMap::new() };
        for rule in rules::all() {
            rules.add(described(rule.doc()));
        }
        for found in &report.findings {
            if !rules.places.contains_key(&*found.finding.rule) {
                rules.add(undescribed(found));
            }
        }
        rules
    }

    fn add(&mut self, rule: Descriptor) {
        self.places.insert(rule.id.clone(), self.list.len());
        self.list.push(rule);
    }
}

fn described(doc: &RuleDoc) -> Descriptor {
    let help = format!(
        "# What it finds\n{}\n\n# Why it matters\n{}\n\n# When it stays silent\n{}\n\n# What to do\n{}",
        doc.finds, doc.matters, doc.silent, doc.remedy
    );
    Descriptor {
        id: doc.id.to_owned(),
        name: pascal(doc.id),
        short_description: Message::new(&sentence(doc.title)),
        full_description: Some(Message::new(doc.finds)),
        help: Some(MultiformatMessage { text: plain(&help), markdown: markdown(&help) }),
        default_configuration: Some(Configuration { level: level(doc.severity) }),
    }
}

fn undescribed(found: &ReportFinding) -> Descriptor {
    Descriptor {
        id: found.finding.rule.as_ref().to_owned(),
        name: pascal(&found.finding.rule),
        short_description: Message::new(&sentence(&found.title)),
        full_description: None,
        help: None,
        default_configuration: None,
    }
}

/// `unexpected-assumer` as `UnexpectedAssumer`.
fn pascal(id: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
    };
    id.split('-').filter_map(word).collect()
}

fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Critical | Severity::High => Level::Error,
        Severity::Medium => Level::Warning,
        Severity::Low | Severity::Info => Level::Note,
    }
}

fn driver<'a>(report: &'a Report, rules: &'a [Descriptor]) -> Driver<'a> {
    let gap = "Something that was to be read could not be read, so that nothing can be said about it.";
    let gap = Descriptor {
        id: GAP.to_owned(),
        name: pascal(GAP),
        short_description: Message::new(gap),
        full_description: None,
        help: None,
        default_configuration: Some(Configuration { level: Level::Warning }),
    };
    Driver {
        name: &report.tool.name,
        version: &report.tool.version,
        semantic_version: &report.tool.version,
        rules,
        notifications: [gap],
    }
}

/// The same place in every report of a scope, and then this one.
fn automation(report: &Report) -> Automation {
    let period = &report.period;
    Automation { id: format!("{}/{}/{}_{}", report.tool.name, report.scope.name, period.from, period.to) }
}

fn invocation(report: &Report) -> Invocation<'_> {
    let gaps = report.population.gaps.iter().map(gap);
    let trails = report.population.trails.iter().flat_map(|trail| {
        trail.uncovered.iter().map(move |span| {
            let (provider, account) = (trail.provider.as_str(), &trail.account);
            let text = format!(
                "{} of {provider} {account} does not cover {} to {} ({}).",
                trail.source, span.from, span.to, trail.outcome
            );
            notification(&text, provider, Some(account))
        })
    });
    let mut notifications: Vec<_> = gaps.chain(trails).collect();
    if !report.population.complete && notifications.is_empty() {
        notifications.push(notification(&format!("Coverage is {}.", coverage(report)), "", None));
    }
    Invocation {
        execution_successful: report.population.complete,
        command_line: &report.tool.command,
        end_time_utc: report.data_as_of,
        tool_execution_notifications: notifications,
    }
}

fn gap(row: &CoverageJson) -> Notification {
    let account = row.account.as_deref();
    let place = row.region.as_deref().map(|region| format!(" in {region}")).unwrap_or_default();
    let text = format!(
        "{} of {} {}{place} was not read completely: {} {}",
        row.api,
        row.provider.as_str(),
        account.unwrap_or("(every account)"),
        row.outcome,
        row.detail
    );
    notification(&text, row.provider.as_str(), account)
}

fn notification(text: &str, provider: &str, account: Option<&str>) -> Notification {
    let place = account.map(|account| LogicalLocation::new(account, format!("{provider}/{account}"), "account"));
    Notification {
        descriptor: DescriptorReference { id: GAP, index: 0 },
        level: Level::Warning,
        message: Message::new(text),
        locations: place.map(|place| Location { logical_locations: vec![place] }).into_iter().collect(),
    }
}

fn result<'a>(rules: &Rules, found: &'a ReportFinding) -> SarifResult<'a> {
    let finding = &found.finding;
    let times = Times::of(found);
    SarifResult {
        rule_id: &finding.rule,
        rule_index: rules.places[&*finding.rule],
        level: level(finding.severity),
        message: Message::new(&finding.summary),
        locations: [Location { logical_locations: places(finding) }],
        fingerprints: BTreeMap::from([(FINGERPRINT, finding.id.as_ref())]),
        occurrence_count: finding.count.max(1),
        baseline_state: baseline(found.movement),
        suppressions: finding.exception.as_deref().map(suppression).into_iter().collect(),
        provenance: Provenance {
            first_detection_time_utc: times.first_seen.to_string(),
            last_detection_time_utc: times.last_seen.to_string(),
        },
        properties: properties(found),
    }
}

/// The role, the store and the account.
fn places(finding: &FindingJson) -> Vec<LogicalLocation> {
    let account = format!("{}/{}", finding.provider.as_str(), finding.account);
    let role = finding.role.as_deref();
    let role = role.map(|arn| LogicalLocation::new(role_name(arn), arn.to_owned(), "role"));
    let store = finding.store.as_deref();
    let store = store.map(|id| LogicalLocation::new(id, format!("{account}/{id}"), "key store"));
    let account = LogicalLocation::new(&finding.account, account.clone(), "account");
    role.into_iter().chain(store).chain([account]).collect()
}

fn baseline(movement: Movement) -> &'static str {
    match movement {
        Movement::New => "new",
        Movement::Continuing => "unchanged",
        Movement::Reopened => "updated",
        Movement::Resolved => "absent",
    }
}

fn suppression(exception: &FindingExceptionJson) -> Suppression {
    let justification = format!(
        "Exception {} until {}: {} ({}, {})",
        exception.id, exception.expires, exception.reason, exception.owner, exception.ticket
    );
    Suppression { kind: "external", status: "accepted", justification }
}

fn properties(found: &ReportFinding) -> ResultProperties<'_> {
    let finding = &found.finding;
    ResultProperties {
        severity: finding.severity,
        status: finding.status,
        movement: found.movement,
        basis: finding.basis,
        outcome: finding.outcome,
        provider: finding.provider,
        account: &finding.account,
        region: finding.region.as_deref(),
        profile: finding.profile.as_deref(),
        actor: finding.actor.as_deref(),
        count: finding.count,
        age_days: found.age_days,
        stale: finding.stale,
        opened_at: finding.opened_at,
        resolved_at: finding.resolved_at,
        resolved_because: finding.resolved_because.as_deref(),
        found_after_period: found.found_after_period,
        resolved_later: found.resolved_later,
        events: &finding.events,
        fix: &finding.fix,
        clears_when: &finding.clears_when,
        controls: finding.controls.iter().map(control_name).collect(),
    }
}
