//! Blocks and lines as markup.

use std::io::{self, Write};

use maud::{Markup, html};

use super::drawing::figure;
use super::{WITHIN, framed};
use crate::exports::html::{self, shown};
use crate::exports::reports::document::{Badge, Block, Field, Kind, Line, Picture, Piece, SENTENCE, Table, Tone};

/// A block.
pub(super) fn block(out: &mut dyn Write, block: Block<'_>) -> io::Result<()> {
    match block {
        Block::Table(one) => table(out, one),
        Block::Chart { picture, numbers } => chart(out, &format!("chart of-{}", picture.kind), &picture, numbers),
        Block::Charts(charts) => framed(out, &html! { div.charts { (WITHIN) } }, |out| {
            charts.into_iter().try_for_each(|(picture, numbers)| chart(out, "chart", &picture, numbers))
        }),
        short => out.write_all(markup(&short).0.as_bytes()),
    }
}

fn chart(out: &mut dyn Write, class: &str, picture: &Picture, numbers: Table<'_>) -> io::Result<()> {
    framed(out, &html! { div class=(class) { (figure(picture)) (WITHIN) } }, |out| table(out, numbers))
}

/// A block that is no table and has none.
fn markup(block: &Block<'_>) -> Markup {
    html! {
        @match block {
            Block::Paragraph(text) => p { (line(text)) },
            Block::Note(text) => p.note { (line(text)) },
            Block::List { numbered: true, items } => ol { @for item in items { li { (line(item)) } } },
            Block::List { numbered: false, items } => ul { @for item in items { li { (line(item)) } } },
            Block::Facts(facts) => table.facts { tbody {
                @for (name, value) in facts { tr { th scope="row" { (name) } td { (line(value)) } } }
            } },
            Block::Commands(commands) => pre { code {
                @for (place, command) in commands.iter().enumerate() { @if 0 < place { "\n" } (command) }
            } },
            Block::Form(fields) => dl.form { @for one in fields { (field(one)) } },
            Block::Table(_) | Block::Chart { .. } | Block::Charts(_) => {},
        }
    }
}

fn field(field: &Field) -> Markup {
    html! { div { dt { (field.label) } dd { @for _ in 0..field.lines { span.blank {} } } } }
}

/// A table, row after row.
fn table(out: &mut dyn Write, table: Table<'_>) -> io::Result<()> {
    let class = |at: usize| match table.columns.get(at)?.kind {
        Kind::Words => None,
        Kind::Short => Some("short"),
        Kind::Number => Some("number"),
    };
    let frame = html! {
        div.table {
            table {
                caption { (table.caption) }
                thead { tr {
                    @for (at, column) in table.columns.iter().enumerate() {
                        th scope="col" class=[class(at)] { (column.title) }
                    }
                } }
                tbody { (WITHIN) }
            }
        }
        @if let Some(below) = &table.below { p.below { (line(below)) } }
    };
    let mut rows = table.rows;
    framed(out, &frame, |out| {
        rows.try_for_each(|row| {
            let row =
                html! { tr { @for (at, cell) in row.iter().enumerate() { td class=[class(at)] { (line(cell)) } } } };
            out.write_all(row.0.as_bytes())
        })
    })
}

/// A line of text.
pub(super) fn line(line: &Line<'_>) -> Markup {
    html! { @for one in line { (piece(one)) } }
}

fn piece(piece: &Piece<'_>) -> Markup {
    html! {
        @match piece {
            Piece::Text(text) => (text),
            Piece::Strong(text) => strong { (text) },
            Piece::Code(text) => code { (shown(text)) },
            Piece::Foreign(text) => (shown(text)),
            Piece::Sentence(text) => (html::brief(text, SENTENCE)),
            Piece::Badge(one) => (badge(*one)),
            Piece::Link { to, text } => a href=(format!("#{to}")) { (shown(text)) },
            Piece::Place { name, text } => code id=(name) { (shown(text)) },
        }
    }
}

/// Words that the status page has as well look as they do there.
fn badge(badge: Badge) -> Markup {
    match badge {
        Badge::Severity(severity) => html::severity(severity),
        Badge::Verdict(verdict) => html::verdict(verdict),
        Badge::Status(status) => html::status(status),
        Badge::Outcome(outcome) => html::outcome(outcome),
        Badge::Presence(presence) => html::presence(presence),
        Badge::Basis(basis) => html::basis(basis),
        Badge::Control(_) | Badge::Exception(_) => {
            html! { span class=(format!("badge {}", tone(badge.tone()))) { (badge.word()) } }
        }
    }
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Bad => "tone-bad",
        Tone::Warning => "tone-warning",
        Tone::Unknown => "unknown",
        Tone::Good => "tone-good",
        Tone::Plain => "tone-plain",
    }
}
