//! The summary: what management reads, on one page, coverage first.

use std::collections::BTreeMap;

use super::pieces::{Block, Line, Piece, Section};
use super::{charts, counted};
use crate::exports::html::number;
use crate::exports::reports::{ControlStatus, ExceptionState, Report};
use crate::model::{FindingStatus, Severity};

/// Sentences of proof that fit on the page of the summary; all of them stand with the results.
const PROOFS: usize = 4;

pub(super) fn section(report: &Report) -> Section<'_> {
    let mut blocks = vec![Block::Paragraph(coverage(report)), completeness(report)];
    blocks.push(Block::Paragraph(open(report)));
    if !report.proof.is_empty() {
        blocks.push(Block::List { numbered: false, items: proofs(report) });
    }
    blocks.push(Block::Charts(vec![charts::verdicts(report), charts::movements(report)]));
    blocks.push(Block::List { numbered: false, items: vec![changes(report), controls(report), exceptions(report)] });
    Section::new("summary", "Summary", blocks)
}

/// How much could be read: before anything else is said.
fn coverage(report: &Report) -> Line<'_> {
    let population = &report.population;
    let of = |complete: u64, expected: u64, noun: &str| {
        Piece::strong(format!("{} of {}", number(complete), counted(expected, noun)))
    };
    vec![
        Piece::text("Coverage: "),
        of(population.accounts_complete, population.accounts_expected, "account"),
        Piece::text(" and "),
        of(population.regions_complete, population.regions_expected, "Region"),
        Piece::text(format!(
            " complete; {} in the period, {} of them incomplete; {} that concern a watched role or key store.",
            counted(population.runs, "run"),
            number(population.runs_incomplete),
            counted(population.events, "trail event"),
        )),
    ]
}

fn completeness(report: &Report) -> Block<'_> {
    if report.population.complete {
        return Block::Paragraph(vec![Piece::text("Nothing that a verdict needs is missing.")]);
    }
    Block::Note(vec![
        Piece::strong("This report is incomplete. "),
        Piece::text(
            "What could not be read is unknown, and unknown is not clean: where a verdict says so, neither the ",
        ),
        Piece::text("absence of findings nor a low count of them proves anything. What is missing is listed in "),
        Piece::link("population", "Population and completeness"),
        Piece::text("."),
    ])
}

/// Findings that are open at the end, by severity.
fn open(report: &Report) -> Line<'_> {
    let of = |status| report.findings.iter().filter(move |found| found.finding.status == status);
    let open = of(FindingStatus::Open).count() as u64;
    let by = Severity::ALL.map(|severity| {
        let count = of(FindingStatus::Open).filter(|found| found.finding.severity == severity).count();
        format!("{} {severity}", number(count as u64))
    });
    vec![
        Piece::strong(counted(open, "finding")),
        Piece::text(format!(
            " open at the end of the period ({}), {} covered by exceptions, {} resolved.",
            by.join(", "),
            number(of(FindingStatus::Excepted).count() as u64),
            number(of(FindingStatus::Resolved).count() as u64),
        )),
    ]
}

/// What was fine, with its population.
fn proofs(report: &Report) -> Vec<Line<'_>> {
    let mut items: Vec<Line<'_>> =
        report.proof.iter().take(PROOFS).map(|proof| vec![Piece::sentence(&proof.sentence)]).collect();
    if let Some(more) = report.proof.len().checked_sub(PROOFS).filter(|more| 0 < *more) {
        items.push(vec![
            Piece::text(format!("{} in ", counted(more as u64, "more such sentence"))),
            Piece::link("proof", "What was fine"),
            Piece::text("."),
        ]);
    }
    items
}

fn changes(report: &Report) -> Line<'_> {
    let changes = &report.changes;
    let sum = |counts: &BTreeMap<Severity, u64>| number(counts.values().sum());
    vec![
        Piece::strong("Changes: "),
        Piece::text(format!(
            "{} new, {} reopened, {} resolved, {} remain; {}. ",
            counted(changes.new.values().sum(), "finding"),
            sum(&changes.reopened),
            sum(&changes.resolved),
            sum(&changes.remaining),
            counted(changes.verdicts.len() as u64, "changed verdict"),
        )),
        Piece::link("changes", "Changes since the last report"),
    ]
}

fn controls(report: &Report) -> Line<'_> {
    let count = |status| report.controls.iter().filter(|control| control.status == status).count() as u64;
    vec![
        Piece::strong("Controls: "),
        Piece::text(format!(
            "{} supported by these results; {} with open findings, {} with findings under exceptions only, {} without \
             findings, {} unknown. ",
            counted(report.controls.len() as u64, "control"),
            number(count(ControlStatus::Findings)),
            number(count(ControlStatus::OnlyExcepted)),
            number(count(ControlStatus::NoFindings)),
            number(count(ControlStatus::Unknown)),
        )),
        Piece::link("results", "Results by account and control"),
    ]
}

fn exceptions(report: &Report) -> Line<'_> {
    let count = |state| report.exceptions.iter().filter(|entry| entry.state == state).count() as u64;
    vec![
        Piece::strong("Exceptions: "),
        Piece::text(format!(
            "{} registered; {} expiring soon, {} expired, {} never matching. ",
            counted(report.exceptions.len() as u64, "exception"),
            number(count(ExceptionState::Expiring)),
            number(count(ExceptionState::Expired)),
            number(count(ExceptionState::Unused)),
        )),
        Piece::link("exceptions", "Exceptions register"),
    ]
}
