//! The exceptions register, and what changed since the last report.

use std::collections::BTreeMap;

use super::findings::links;
use super::pieces::{Badge, Block, Column, Line, Piece, Section, Table};
use super::population::or;
use super::{LISTED, left_out};
use crate::exports::html::{minute, number};
use crate::exports::reports::{Changes, ExceptionEntry, Report};
use crate::model::{Basis, Severity};

/// Findings that an exception's entry links to.
const LINKED: usize = 20;

/// Every exception, in the order of the file.
pub(super) fn exceptions(report: &Report) -> Section<'_> {
    let sentence = if report.exceptions.is_empty() {
        "No exception is registered."
    } else {
        "An exception says who accepted a finding, and until when. It never changes a verdict: what it covers is listed \
         among the findings and in the counts as “excepted”."
    };
    let mut blocks = vec![Block::Paragraph(vec![Piece::text(sentence)])];
    blocks.extend(left_out(report.exceptions.len(), LISTED, "exceptions").map(Block::Paragraph));
    let parts =
        report.exceptions.iter().take(LISTED).enumerate().map(|(place, entry)| exception(place, entry).unlisted());
    Section::new("exceptions", "Exceptions register", blocks).with(parts.collect())
}

fn exception(place: usize, entry: &ExceptionEntry) -> Section<'_> {
    let facts = vec![
        ("State".into(), vec![Piece::Badge(Badge::Exception(entry.state))]),
        ("Covers".into(), scope(entry)),
        ("Owner".into(), vec![Piece::foreign(&entry.owner)]),
        ("Approved by".into(), vec![or(entry.approver.as_ref(), "not recorded")]),
        ("Reason".into(), vec![Piece::sentence(&entry.reason)]),
        ("Ticket".into(), vec![Piece::foreign(&entry.ticket)]),
        ("Compensating control".into(), vec![or(entry.compensating_control.as_ref(), "none recorded")]),
        ("Begins".into(), vec![Piece::text(entry.created.map_or("not recorded".to_owned(), minute))]),
        ("Expires".into(), vec![Piece::text(minute(entry.expires))]),
        ("Findings of the period".into(), covered(entry)),
    ];
    let title = format!("Exception {}", entry.id);
    Section::new(format!("exception-{}", place + 1), title, vec![Block::Facts(facts)])
}

fn scope(entry: &ExceptionEntry) -> Line<'_> {
    let mut line = Vec::new();
    for (part, pattern) in &entry.scope {
        if !line.is_empty() {
            line.push(Piece::text("; "));
        }
        line.extend([Piece::foreign(part), Piece::text(" = "), Piece::foreign(pattern)]);
    }
    line
}

fn covered(entry: &ExceptionEntry) -> Line<'_> {
    if entry.covers.is_empty() { vec![Piece::text("none")] } else { links(&entry.covers, LINKED) }
}

/// What changed in the period, and since which report.
pub(super) fn changes(report: &Report) -> Section<'_> {
    let changes = &report.changes;
    let blocks = vec![Block::Paragraph(since(changes)), Block::Table(counts(changes)), verdicts(changes)];
    Section::new("changes", "Changes since the last report", blocks)
}

fn since(changes: &Changes) -> Line<'_> {
    let Some(previous) = &changes.since_report else {
        return vec![Piece::text("No earlier report is known: changes are those since the start of the period.")];
    };
    vec![
        Piece::text("The last report was "),
        Piece::code(&previous.id),
        Piece::text(format!(
            ", for {} to {}; SHA-256 of its manifest: ",
            minute(previous.period.from),
            minute(previous.period.to)
        )),
        Piece::code(&previous.manifest_sha256),
        Piece::text("."),
    ]
}

fn counts(changes: &Changes) -> Table<'_> {
    let columns = vec![
        Column::short("Severity", 3.0),
        Column::number("New", 2.0),
        Column::number("Reopened", 2.0),
        Column::number("Resolved", 2.0),
        Column::number("Open or excepted at the end", 4.0),
    ];
    let of = |counts: &BTreeMap<Severity, u64>, severity| {
        vec![Piece::text(number(counts.get(&severity).copied().unwrap_or_default()))]
    };
    let rows = Severity::ALL.into_iter().map(move |severity| {
        vec![
            vec![Piece::Badge(Badge::Severity(severity))],
            of(&changes.new, severity),
            of(&changes.reopened, severity),
            of(&changes.resolved, severity),
            of(&changes.remaining, severity),
        ]
    });
    Table::new("Findings new, reopened, resolved and remaining, by severity", columns, rows)
}

fn verdicts(changes: &Changes) -> Block<'_> {
    if changes.verdicts.is_empty() {
        return Block::Paragraph(vec![Piece::text("No verdict changed.")]);
    }
    let columns = vec![
        Column::short("Provider", 2.0),
        Column::short("Account", 4.0),
        Column::words("Profile", 5.0),
        Column::short("At the start", 3.0),
        Column::short("At the end", 3.0),
    ];
    let rows = changes.verdicts.iter().take(LISTED).map(|change| {
        let mut end = vec![Piece::strong(&change.to)];
        if change.basis == Basis::Inferred {
            end.extend([Piece::text(" "), Piece::Badge(Badge::Basis(change.basis))]);
        }
        vec![
            vec![Piece::text(change.provider.as_str())],
            vec![Piece::foreign(&change.account)],
            vec![Piece::foreign(&change.profile)],
            vec![Piece::foreign(&change.from)],
            end,
        ]
    });
    let table = Table::new("Verdicts that changed in the period", columns, rows);
    Block::Table(table.below(left_out(changes.verdicts.len(), LISTED, "changed verdicts")))
}
