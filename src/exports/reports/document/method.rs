//! How the facts were found, what that cannot see, and what the words mean.

use std::borrow::Cow;

use super::pieces::{Block, Column, Line, Piece, Section, Table, prose};
use super::{LISTED, left_out};
use crate::exports::html::{minute, number};
use crate::exports::reports::Report;

pub(super) fn section(report: &Report) -> Section<'_> {
    Section::new("method", "Method", Vec::new()).with(vec![
        Section::new("steps", "How the facts were found", vec![sentences(&report.method.steps, true)]),
        Section::new("limits", "What this cannot see", vec![sentences(&report.method.limits, false)]),
        definitions(report),
        identities(report),
        calls(report),
        tool(report),
    ])
}

fn sentences(texts: &[String], numbered: bool) -> Block<'_> {
    Block::List { numbered, items: texts.iter().map(|text| prose(text)).collect() }
}

fn definitions(report: &Report) -> Section<'_> {
    let note = vec![
        Piece::strong("Unknown is not clean. "),
        Piece::text(
            "A verdict is “clean” only where everything that it needs was read completely. Where something is ",
        ),
        Piece::text(
            "missing, the verdict is “unknown”: there may be findings that nobody could see. Open findings there ",
        ),
        Piece::text("stay open until they are judged again."),
    ];
    let facts = report
        .method
        .definitions
        .iter()
        .map(|definition| (Cow::Borrowed(definition.term.as_str()), prose(&definition.meaning)));
    Section::new("definitions", "Definitions", vec![Block::Note(note), Block::Facts(facts.collect())])
}

fn identities(report: &Report) -> Section<'_> {
    let columns = vec![
        Column::short("Provider", 2.0),
        Column::words("Identity", 8.0),
        Column::short("First used", 3.5),
        Column::short("Last used", 3.5),
    ];
    let identities = &report.method.identities;
    let rows = identities.iter().take(LISTED).map(|used| {
        vec![
            vec![Piece::text(used.provider.as_str())],
            vec![Piece::foreign(&used.identity)],
            vec![Piece::text(minute(used.first_used))],
            vec![Piece::text(minute(used.last_used))],
        ]
    });
    let table = Table::new("Identities that asked the providers in the period", columns, rows);
    let table = table.below(left_out(identities.len(), LISTED, "identities"));
    let block = or_nothing(table, identities.is_empty(), "No provider was asked in the period.");
    Section::new("identities", "Identities used", vec![block])
}

fn calls(report: &Report) -> Section<'_> {
    let columns = vec![
        Column::short("Provider", 2.0),
        Column::words("API", 7.0),
        Column::number("Requests", 3.0),
        Column::number("Throttled", 3.0),
        Column::number("Other errors", 3.0),
    ];
    let calls = &report.method.calls;
    let rows = calls.iter().take(LISTED).map(|call| {
        let mut cells = vec![vec![Piece::text(call.provider.as_str())], vec![Piece::foreign(&call.api)]];
        cells.extend([call.requests, call.throttled, call.errors].map(|count| vec![Piece::text(number(count))]));
        cells
    });
    let table = Table::new("Requests of the period's runs, by API; each only reads", columns, rows);
    let table = table.below(left_out(calls.len(), LISTED, "APIs"));
    let block = or_nothing(table, calls.is_empty(), "No request was made in the period.");
    Section::new("calls", "API calls", vec![block])
}

fn hash<'a>(name: &'static str, hash: &'a str) -> (Cow<'a, str>, Line<'a>) {
    (name.into(), vec![Piece::code(hash)])
}

fn tool(report: &Report) -> Section<'_> {
    let tool = &report.tool;
    let mut facts: Vec<(Cow<'_, str>, Line<'_>)> = vec![
        ("Program".into(), vec![Piece::text(format!("{} {}", tool.name, tool.version))]),
        ("Rules".into(), vec![Piece::text(tool.rules.join(", "))]),
        ("Command".into(), vec![Piece::Code(tool.command.as_str().into())]),
    ];
    facts.extend([
        hash("Configuration, SHA-256", &tool.configuration_sha256),
        hash("Profiles, SHA-256", &tool.profiles_sha256),
        hash("Controls, SHA-256", &tool.controls_sha256),
        hash("Exceptions, SHA-256", &tool.exceptions_sha256),
    ]);
    Section::new("tool", "Program and configuration", vec![Block::Facts(facts)])
}

/// A table, or a sentence where it would be empty.
pub(super) fn or_nothing<'a>(table: Table<'a>, empty: bool, sentence: &'static str) -> Block<'a> {
    if empty { Block::Paragraph(vec![Piece::text(sentence)]) } else { Block::Table(table) }
}
