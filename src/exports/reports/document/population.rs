//! What was to be read and what was: population, completeness and integrity.

use std::borrow::Cow;

use super::method::or_nothing;
use super::pieces::{Badge, Block, Column, Line, Piece, Section, Table, prose};
use super::{LISTED, charts, left_out};
use crate::exports::html::{minute, number};
use crate::exports::json::CoverageJson;
use crate::exports::reports::{EvidenceLog, Report, ReportPeriod, TrailCoverage};

/// Spans that a trail leaves uncovered and that a row of the table lists.
const SPANS: usize = 5;

pub(super) fn section(report: &Report) -> Section<'_> {
    let population = &report.population;
    let of = |complete, expected| vec![Piece::text(format!("{} of {}", number(complete), number(expected)))];
    let figure = |count| vec![Piece::text(number(count))];
    let facts = vec![
        ("Complete".into(), vec![Piece::strong(if population.complete { "yes" } else { "no" })]),
        ("Accounts complete".into(), of(population.accounts_complete, population.accounts_expected)),
        ("Regions complete".into(), of(population.regions_complete, population.regions_expected)),
        ("Runs in the period".into(), figure(population.runs)),
        ("Runs that left something unread".into(), figure(population.runs_incomplete)),
        ("Trail events of the period".into(), figure(population.events)),
        ("Trail records rejected".into(), figure(population.records_rejected)),
        ("Trail objects rejected".into(), figure(population.objects_rejected)),
        ("Requests throttled".into(), figure(report.method.calls.iter().map(|call| call.throttled).sum())),
    ];
    let section = Section::new("population", "Population and completeness", vec![Block::Facts(facts)]);
    section.with(vec![trails(report), gaps(report)])
}

fn trails(report: &Report) -> Section<'_> {
    let trails = &report.population.trails;
    let columns = vec![
        Column::short("Provider", 2.2),
        Column::short("Account", 4.2),
        Column::words("Source", 4.0),
        Column::short("Last reading", 3.5),
        Column::number("Covered", 2.4),
        Column::words("Not covered", 7.0),
    ];
    let table =
        Table::new("Trails, and how much of the period each covers", columns, trails.iter().take(LISTED).map(trail));
    let table = table.below(left_out(trails.len(), LISTED, "trails"));
    let numbers =
        or_nothing(table, trails.is_empty(), "No trail was read: nothing is known of what was done in the period.");
    let block = match (charts::coverage(report), numbers) {
        (Some(picture), Block::Table(numbers)) => Block::Chart { picture, numbers },
        (_, block) => block,
    };
    Section::new("trails", "Trail coverage", vec![block])
}

fn trail(trail: &TrailCoverage) -> Vec<Line<'_>> {
    vec![
        vec![Piece::text(trail.provider.as_str())],
        vec![Piece::foreign(&trail.account)],
        vec![Piece::foreign(&trail.source)],
        vec![Piece::Badge(Badge::Outcome(trail.outcome))],
        vec![Piece::text(charts::percent(trail))],
        vec![Piece::text(spans(&trail.uncovered))],
    ]
}

fn spans(uncovered: &[ReportPeriod]) -> String {
    let span = |span: &ReportPeriod| format!("{} to {}", minute(span.from), minute(span.to));
    let mut listed: Vec<String> = uncovered.iter().take(SPANS).map(span).collect();
    if SPANS < uncovered.len() {
        listed.push(format!("{} more spans", number((uncovered.len() - SPANS) as u64)));
    }
    if listed.is_empty() { "nothing".to_owned() } else { listed.join("; ") }
}

fn gaps(report: &Report) -> Section<'_> {
    let gaps = &report.population.gaps;
    let columns = vec![
        Column::short("Provider", 2.2),
        Column::short("Account", 4.2),
        Column::short("Region", 3.2),
        Column::words("API", 4.5),
        Column::short("Outcome", 3.5),
        Column::words("Detail", 6.0),
    ];
    let table = Table::new(
        "What was expected and is missing at the end of the period",
        columns,
        gaps.iter().take(LISTED).map(gap),
    );
    let table = table.below(left_out(gaps.len(), LISTED, "gaps"));
    let block = or_nothing(table, gaps.is_empty(), "Nothing that was expected is missing at the end of the period.");
    Section::new("gaps", "Gaps", vec![block])
}

/// A text from outside, or what its absence means.
pub(super) fn or<'a>(text: Option<&'a String>, absent: &'static str) -> Piece<'a> {
    text.map_or(Piece::text(absent), Piece::foreign)
}

fn gap(gap: &CoverageJson) -> Vec<Line<'_>> {
    let mut api = vec![Piece::foreign(&gap.api)];
    if let Some(subject) = &gap.subject {
        api.extend([Piece::text(": "), Piece::foreign(subject)]);
    }
    vec![
        vec![Piece::text(gap.provider.as_str())],
        vec![or(gap.account.as_ref(), "all")],
        vec![or(gap.region.as_ref(), "global")],
        api,
        vec![Piece::Badge(Badge::Outcome(gap.outcome))],
        vec![Piece::foreign(&gap.detail)],
    ]
}

/// The evidence log, at its checkpoint.
fn log(log: &EvidenceLog) -> Vec<(Cow<'_, str>, Line<'_>)> {
    let verified = if log.verified { "yes" } else { "NO" };
    let signed =
        log.signed_by.as_ref().map_or_else(|| vec![Piece::text("not signed")], |name| vec![Piece::foreign(name)]);
    vec![
        ("Evidence log verified with the history".into(), vec![Piece::strong(verified)]),
        ("Leaves up to the checkpoint".into(), vec![Piece::text(number(log.size))]),
        ("Root of the checkpoint".into(), vec![Piece::code(&log.root)]),
        ("Name of the log".into(), vec![Piece::foreign(&log.origin)]),
        ("Checkpoint signed as".into(), signed),
    ]
}

/// What vouches for the facts.
pub(super) fn integrity(report: &Report) -> Section<'_> {
    let integrity = &report.integrity;
    let of = |part, whole| vec![Piece::text(format!("{} of {}", number(part), number(whole)))];
    let facts = vec![
        ("Trail objects with a SHA-256 kept".into(), of(integrity.objects_hashed, integrity.objects)),
        ("Trails with log file validation".into(), of(integrity.trails_validated, integrity.trails)),
    ];
    let facts = facts.into_iter().chain(integrity.evidence_log.iter().flat_map(log)).collect();
    let statements = integrity.statements.iter().map(|text| prose(text)).collect();
    let blocks = vec![Block::Facts(facts), Block::List { numbered: false, items: statements }];
    Section::new("integrity", "Integrity", blocks)
}
