//! What the report is about, and what it is not about.

use super::pieces::{Block, Column, Line, Piece, Section, Table};
use super::{LISTED, left_out};
use crate::exports::html::{minute, number};
use crate::exports::reports::Report;

pub(super) fn section(report: &Report) -> Section<'_> {
    let (from, to) = (minute(report.period.from), minute(report.period.to));
    let included = report.scope.accounts.iter().filter(|account| account.included).count();
    let facts = vec![
        ("Period".into(), vec![Piece::text(format!("{from} to {to}, end excluded"))]),
        ("Time zone".into(), vec![Piece::text("UTC, here and in every time of this report")]),
        (
            "Data as of".into(),
            vec![Piece::text(format!("{}: nothing was read or judged after it", minute(report.data_as_of)))],
        ),
        ("Scope".into(), vec![Piece::foreign(&report.scope.name)]),
        (
            "Accounts".into(),
            vec![Piece::text(format!(
                "{} in, {} out",
                number(included as u64),
                number((report.scope.accounts.len() - included) as u64)
            ))],
        ),
    ];
    Section::new("scope", "Scope", vec![Block::Facts(facts)]).with(vec![
        accounts(report),
        roles(report),
        sources(report),
    ])
}

fn accounts(report: &Report) -> Section<'_> {
    let accounts = &report.scope.accounts;
    let columns = vec![
        Column::short("Provider", 2.0),
        Column::short("Account", 4.0),
        Column::short("In scope", 2.0),
        Column::words("Why, or why not", 6.0),
    ];
    let rows = accounts.iter().take(LISTED).map(|account| {
        vec![
            vec![Piece::text(account.provider.as_str())],
            vec![Piece::foreign(&account.account)],
            vec![if account.included { Piece::text("in") } else { Piece::strong("out") }],
            vec![Piece::foreign(&account.because)],
        ]
    });
    let table = Table::new("Accounts in the scope and out of it", columns, rows);
    Section::new(
        "accounts",
        "Accounts",
        vec![Block::Table(table.below(left_out(accounts.len(), LISTED, "accounts")))],
    )
}

fn roles(report: &Report) -> Section<'_> {
    let columns = vec![
        Column::words("Profile", 4.0),
        Column::short("Provider", 2.0),
        Column::words("Role", 5.0),
        Column::words("Who may assume it", 4.0),
        Column::words("Judged", 3.0),
    ];
    let rows = report.scope.profiles.iter().map(|profile| {
        vec![
            vec![Piece::foreign(&profile.id)],
            vec![Piece::text(profile.provider.as_str())],
            vec![Piece::foreign(&profile.role)],
            separated(&profile.trusted),
            vec![Piece::text(if profile.primary { "in every account" } else { "where it was seen" })],
        ]
    });
    Section::new("roles", "Watched roles", vec![Block::Table(Table::new("Watched roles", columns, rows))])
}

fn sources(report: &Report) -> Section<'_> {
    let items: Vec<_> = report.scope.sources.iter().map(|source| vec![Piece::foreign(source)]).collect();
    let block = if items.is_empty() {
        Block::Paragraph(vec![Piece::text("No source is configured: the report says what the history holds.")])
    } else {
        Block::List { numbered: false, items }
    };
    Section::new("sources", "Sources", vec![block])
}

/// Texts from outside, separated by commas.
pub(super) fn separated<'a>(texts: impl IntoIterator<Item = &'a String>) -> Line<'a> {
    let mut line = Vec::new();
    for text in texts {
        if !line.is_empty() {
            line.push(Piece::text(", "));
        }
        line.push(Piece::foreign(text));
    }
    line
}
