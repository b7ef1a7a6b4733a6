//! Results: what was fine, the verdicts, and what they contribute to controls.

use super::method::or_nothing;
use super::pieces::{Badge, Block, Column, Line, Piece, Section, Table};
use super::population::or;
use super::scope::separated;
use super::{LISTED, charts, findings, left_out};
use crate::exports::html::number;
use crate::exports::reports::{ControlResult, Report, VerdictRow};
use crate::model::Basis;

/// Findings that the row of a control links to; all of them are in the list of findings.
const LINKED: usize = 4;

pub(super) fn section(report: &Report) -> Section<'_> {
    let note = vec![
        Piece::text("These results "),
        Piece::strong("support"),
        Piece::text(
            " controls; none of them shows by itself that a control is met. No framework that is named here speaks of ",
        ),
        Piece::text(
            "service-linked roles: which rule supports which control is data of the configuration, and its hash is in ",
        ),
        Piece::link("tool", "Program and configuration"),
        Piece::text("."),
    ];
    let mut parts = vec![proof(report), verdicts(report)];
    parts.extend(frameworks(report));
    Section::new("results", "Results by account and control", vec![Block::Paragraph(note)]).with(parts)
}

fn proof(report: &Report) -> Section<'_> {
    let items: Vec<Line<'_>> =
        report.proof.iter().take(LISTED).map(|proof| vec![Piece::sentence(&proof.sentence)]).collect();
    let block = if items.is_empty() {
        Block::Paragraph(vec![Piece::text("No account is clean or without use of the watched roles.")])
    } else {
        Block::List { numbered: false, items }
    };
    Section::new("proof", "What was fine", vec![block])
}

fn verdicts(report: &Report) -> Section<'_> {
    let columns = vec![
        Column::short("Provider", 2.2),
        Column::short("Account", 4.9),
        Column::words("Profile", 6.6),
        Column::short("Verdict", 3.0),
        Column::short("At start", 2.4),
        Column::short("Role", 2.8),
        Column::number("Stores", 2.0),
        Column::number("Regions", 2.4),
        Column::number("Assumptions", 3.4),
    ];
    let table =
        Table::new("Verdicts at the end of the period", columns, charts::asked(report).take(LISTED).map(verdict));
    let table = table.below(Some(below(report)));
    let block = or_nothing(table, charts::asked(report).next().is_none(), "No role was judged.");
    Section::new("verdicts", "Verdicts", vec![block])
}

/// What the columns mean, and how many rows are not there.
fn below(report: &Report) -> Line<'_> {
    let mut line = vec![Piece::text(
        "Stores: those that need the role. Regions: complete of expected. Assumptions: by a trusted principal, of all \
         that succeeded in the period. ",
    )];
    let asked = charts::asked(report).count();
    if asked < report.verdicts.len() {
        line.push(Piece::text(format!(
            "Not listed: {}, where nobody asks for the role and nothing is known of it. ",
            super::counted((report.verdicts.len() - asked) as u64, "row")
        )));
    }
    line.extend(left_out(asked, LISTED, "verdicts").into_iter().flatten());
    line
}

fn verdict(row: &VerdictRow) -> Vec<Line<'_>> {
    let verdict = &row.verdict;
    let of = |part, whole| vec![Piece::text(format!("{} of {}", number(part), number(whole)))];
    let mut word = vec![Piece::Badge(Badge::Verdict(verdict.verdict))];
    if verdict.basis == Basis::Inferred {
        word.extend([Piece::text(" "), Piece::Badge(Badge::Basis(verdict.basis))]);
    }
    if row.read_after_period {
        word.push(Piece::text(" (inventory first read after the period)"));
    }
    vec![
        vec![Piece::text(verdict.provider.as_str())],
        vec![Piece::foreign(&verdict.account)],
        vec![Piece::foreign(&verdict.profile)],
        word,
        vec![or(row.at_start.as_ref(), "not known")],
        vec![Piece::Badge(Badge::Presence(verdict.role))],
        vec![Piece::text(number(verdict.stores.needing_role))],
        of(verdict.coverage.regions_complete, verdict.coverage.regions_expected),
        of(verdict.assumptions.by_trusted, verdict.assumptions.total),
    ]
}

/// One part for each framework, in the order in which they first appear.
fn frameworks(report: &Report) -> Vec<Section<'_>> {
    let mut frameworks: Vec<(&str, Vec<&ControlResult>)> = Vec::new();
    for control in &report.controls {
        match frameworks.iter_mut().find(|(name, _)| *name == control.framework) {
            Some((_, controls)) => controls.push(control),
            None => frameworks.push((&control.framework, vec![control])),
        }
    }
    frameworks.into_iter().enumerate().map(|(place, (name, controls))| framework(place, name, controls)).collect()
}

fn framework<'a>(place: usize, name: &'a str, controls: Vec<&'a ControlResult>) -> Section<'a> {
    let columns = vec![
        Column::short("Control", 2.6),
        Column::words("What these rules contribute to it", 7.0),
        Column::words("Rules", 4.6),
        Column::short("Result", 3.8),
        Column::words("Findings", 6.0),
    ];
    let left = left_out(controls.len(), LISTED, "controls");
    let rows = controls.into_iter().take(LISTED).map(|control| {
        vec![
            vec![Piece::foreign(&control.id)],
            vec![Piece::sentence(&control.supports)],
            separated(&control.rules),
            vec![Piece::Badge(Badge::Control(control.status))],
            found(control),
        ]
    });
    let table = Table::new("Results by control: what the rules found, as support for the control", columns, rows);
    let title = format!("Results that support {}", name);
    Section::new(format!("framework-{}", place + 1), title, vec![Block::Table(table.below(left))])
}

/// What a control's rules found: the counts, and links to the first of them.
fn found(control: &ControlResult) -> Line<'_> {
    let mut line = Vec::new();
    for (word, ids) in [("open", &control.open), ("excepted", &control.excepted), ("resolved", &control.resolved)] {
        if ids.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(Piece::text("; "));
        }
        line.push(Piece::text(format!("{} {word}: ", number(ids.len() as u64))));
        line.extend(findings::links(ids, LINKED));
    }
    if line.is_empty() {
        line.push(Piece::text("none"));
    }
    line
}
