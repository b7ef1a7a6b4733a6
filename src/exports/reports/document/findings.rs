//! Findings: all of them in a list, the worst in full.

use std::sync::Arc;

use super::pieces::{Badge, Block, Column, Line, Piece, Section, Table, prose};
use super::scope::separated;
use super::{DETAILED, charts, left_out, lives};
use crate::exports::html::{day, number};
use crate::exports::json::{ChangeJson, ControlJson};
use crate::exports::reports::{Report, ReportFinding};
use crate::model::{EventOutcome, FindingChange};

/// Events that the details of a finding list; all of them are in the evidence index.
const EVENTS: usize = 10;
/// Steps of its life that the details of a finding list: the last ones.
const STEPS: usize = 12;

pub(super) fn section(report: &Report, listed: usize) -> Section<'_> {
    if report.findings.is_empty() {
        let sentence = if report.population.complete {
            "No finding belongs to the period, and everything that the rules need was read."
        } else {
            "No finding belongs to the period, but not everything that the rules need was read: this proves nothing \
             where a verdict is unknown."
        };
        return Section::new("findings", "Findings", vec![Block::Paragraph(vec![Piece::text(sentence)])]);
    }
    let (picture, numbers) = charts::ages(report);
    let intro = vec![Piece::text(
        "A finding belongs to the period when it was first seen before the end of it and was not resolved before it \
         began. Its status is the one at the end of the period; its age counts from the first time that it was seen to \
         its resolution, or to the end of the period.",
    )];
    let blocks = vec![Block::Paragraph(intro), Block::Chart { picture, numbers }];
    let mut parts = vec![list(report, listed)];
    parts.extend(lives::section(report));
    parts.push(details(report));
    Section::new("findings", "Findings", blocks).with(parts)
}

fn list(report: &Report, listed: usize) -> Section<'_> {
    let columns = vec![
        Column::short("Finding", 4.7),
        Column::short("Severity", 2.5),
        Column::short("Status", 2.9),
        Column::short("Movement", 2.8),
        Column::words("Rule", 5.6),
        Column::short("Account", 6.5),
        Column::short("First seen", 3.1),
        Column::number("Days", 1.9),
    ];
    let rows = report.findings.iter().take(listed).enumerate().map(|(place, found)| row(found, place < DETAILED));
    let left = left_out(report.findings.len(), listed, "findings");
    let table = Table::new("Findings of the period, worst first, then oldest", columns, rows);
    Section::new("all-findings", "All findings", vec![Block::Table(table.below(left))])
}

fn row(found: &ReportFinding, detailed: bool) -> Vec<Line<'_>> {
    let finding = &found.finding;
    let id = if detailed {
        Piece::link(anchor(&finding.id), &*finding.id)
    } else {
        Piece::place(anchor(&finding.id), &*finding.id)
    };
    vec![
        vec![id],
        vec![Piece::Badge(Badge::Severity(finding.severity))],
        vec![Piece::Badge(Badge::Status(finding.status))],
        vec![Piece::text(found.movement.as_str())],
        vec![Piece::foreign(&*finding.rule)],
        vec![Piece::text(finding.provider.as_str()), Piece::text(" "), Piece::foreign(&*finding.account)],
        vec![Piece::text(day(finding.first_seen))],
        vec![Piece::text(number(found.age_days))],
    ]
}

/// Where the details of a finding stand. Ids are hexadecimal; whatever else one may be, it is no white space here.
pub(super) fn anchor(id: &str) -> String {
    let plain: String = id.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    format!("finding-{plain}")
}

/// Links to the first of some findings, and how many more there are.
pub(super) fn links(ids: &[Arc<str>], most: usize) -> Line<'_> {
    let mut line = Vec::new();
    for id in ids.iter().take(most) {
        if !line.is_empty() {
            line.push(Piece::text(", "));
        }
        line.push(Piece::link(anchor(id), &**id));
    }
    if most < ids.len() {
        line.push(Piece::text(format!(" and {} more", number((ids.len() - most) as u64))));
    }
    line
}

fn details(report: &Report) -> Section<'_> {
    let all = report.findings.len();
    let sentence = if all <= DETAILED {
        "Every finding in full.".to_owned()
    } else {
        format!(
            "The {} worst of {} findings in full. The others are in the list above, and in full in the report's JSON \
             and CSV files (--format json,csv).",
            number(DETAILED as u64),
            number(all as u64)
        )
    };
    let lives = lives::Places::of(report);
    let parts = report.findings.iter().take(DETAILED).map(|found| detail(found, &lives).unlisted()).collect();
    Section::new("details", "Details", vec![Block::Paragraph(vec![Piece::text(sentence)])]).with(parts)
}

fn detail<'a>(found: &'a ReportFinding, lives: &lives::Places) -> Section<'a> {
    let finding = &found.finding;
    let mut facts = vec![
        ("Severity, status".into(), standing(found)),
        ("What".into(), vec![Piece::sentence(&*finding.summary)]),
        ("Why it matters".into(), prose(&found.matters)),
        ("Who can fix it".into(), vec![Piece::text(finding.fix.who.as_str())]),
        ("Next step".into(), prose(&finding.fix.how)),
        ("Cleared when".into(), prose(&finding.clears_when)),
        ("Where".into(), place(found)),
    ];
    if finding.actor.is_some() || finding.outcome.is_some() {
        facts.push(("Who did it".into(), actor(found)));
    }
    facts.push(("Seen".into(), seen(found)));
    if !finding.controls.is_empty() {
        facts.push(("Supports controls".into(), supported(&finding.controls)));
    }
    if let Some(exception) = &finding.exception {
        facts.push(("Exception".into(), excepted(exception)));
    }
    if !finding.events.is_empty() {
        facts.push(("Events".into(), events(&finding.events)));
    }
    if let Some(place) = lives.of_finding(found) {
        facts
            .push(("Life of the role".into(), vec![Piece::link(place, "as a picture, with its stores and its use")]));
    }
    if !found.life.is_empty() {
        facts.push(("Life".into(), life(&found.life)));
    }
    let title = format!("{}: {}", finding.id, found.title);
    Section::new(anchor(&finding.id), title, vec![Block::Facts(facts)])
}

/// Controls by framework.
fn supported(controls: &[ControlJson]) -> Line<'_> {
    let mut line: Line<'_> = Vec::new();
    let mut last = None;
    for control in controls {
        let between = match last {
            Some(framework) if framework == &control.framework => ", ",
            Some(_) => "; ",
            None => "",
        };
        line.push(Piece::text(between));
        if between != ", " {
            line.extend([Piece::foreign(&control.framework), Piece::text(" ")]);
        }
        line.push(Piece::foreign(&control.id));
        if control.unverified {
            line.push(Piece::text(" (mapping not verified)"));
        }
        last = Some(&control.framework);
    }
    line
}

fn standing(found: &ReportFinding) -> Line<'_> {
    let finding = &found.finding;
    let mut line = vec![
        Piece::Badge(Badge::Severity(finding.severity)),
        Piece::text(" "),
        Piece::Badge(Badge::Status(finding.status)),
        Piece::text(format!(" {}, {}", found.movement.as_str(), finding.basis.as_str())),
    ];
    if finding.stale {
        line.push(Piece::text(", not judged again: its scope was not completely read at the last analysis"));
    }
    if found.found_after_period {
        line.push(Piece::text(", judged after the period"));
    }
    if let Some(resolved) = found.resolved_later {
        line.push(Piece::text(format!(", resolved after the period: {resolved}")));
    }
    line
}

fn place(found: &ReportFinding) -> Line<'_> {
    let finding = &found.finding;
    let mut line = vec![Piece::text(format!("{} account ", finding.provider)), Piece::foreign(&*finding.account)];
    let parts = [
        (", Region ", &finding.region),
        (", profile ", &finding.profile),
        (", role ", &finding.role),
        (", store ", &finding.store),
    ];
    for (word, value) in parts {
        if let Some(value) = value {
            line.extend([Piece::text(word), Piece::foreign(&**value)]);
        }
    }
    line
}

fn actor(found: &ReportFinding) -> Line<'_> {
    let actor = found.finding.actor.as_deref().map_or(Piece::text("not known"), Piece::foreign);
    let outcome = found.finding.outcome.map(EventOutcome::as_str);
    vec![actor, Piece::text(outcome.map(|word| format!(", {word}")).unwrap_or_default())]
}

fn seen(found: &ReportFinding) -> Line<'_> {
    let finding = &found.finding;
    let mut text = format!(
        "{} times, first {}, last {}; age {}; opened {}",
        number(finding.count),
        finding.first_seen,
        finding.last_seen,
        super::counted(found.age_days, "day"),
        finding.opened_at
    );
    if finding.count == 1 {
        text = text.replacen("1 times", "once", 1);
    }
    let mut line = vec![Piece::text(text)];
    if let Some(resolved) = &finding.resolved_at {
        line.push(Piece::text(format!("; resolved {resolved}")));
    }
    if let Some(because) = &finding.resolved_because {
        line.extend([Piece::text(": "), Piece::foreign(because)]);
    }
    line
}

fn excepted(exception: &crate::exports::json::FindingExceptionJson) -> Line<'_> {
    vec![
        Piece::foreign(&exception.id),
        Piece::text(", owner "),
        Piece::foreign(&exception.owner),
        Piece::text(", ticket "),
        Piece::foreign(&exception.ticket),
        Piece::text(format!(", expires {}: ", exception.expires)),
        Piece::foreign(&exception.reason),
    ]
}

fn events(events: &[String]) -> Line<'_> {
    let mut line = separated(events.iter().take(EVENTS));
    if EVENTS < events.len() {
        line.push(Piece::text(format!(" and {} more", number((events.len() - EVENTS) as u64))));
    }
    line
}

fn life(steps: &[ChangeJson]) -> Line<'_> {
    let skipped = steps.len().saturating_sub(STEPS);
    let mut line = Vec::new();
    if 0 < skipped {
        line.push(Piece::text(format!("{} earlier steps; ", number(skipped as u64))));
    }
    for (place, step) in steps[skipped..].iter().enumerate() {
        let between = if place == 0 { "" } else { "; " };
        line.push(Piece::text(format!("{between}{} {} (run {})", step.at, step.change.name(), step.run)));
        if let FindingChange::BecameStale { because } | FindingChange::Resolved { because } = &step.change {
            line.extend([Piece::text(": "), Piece::foreign(because)]);
        }
    }
    line
}
