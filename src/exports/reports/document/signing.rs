//! Sign-off, the evidence index, and how to verify.

use super::findings::links;
use super::method::or_nothing;
use super::pieces::{Block, Column, Field, Line, Piece, Section, Table};
use super::{LISTED, left_out};
use crate::exports::reports::{EvidenceItem, Report};

/// Findings that a row of the index links to.
const LINKED: usize = 3;

/// Who reviewed the report, and management's acknowledgement.
pub(super) fn sign_off<'a>() -> Section<'a> {
    let field = |label, lines| Field { label, lines };
    let review = vec![
        field("Reviewer (name, function)", 1),
        field("Date", 1),
        field("Decision (accepted, accepted with actions, rejected)", 1),
        field("Comments and actions", 4),
        field("Signature", 1),
    ];
    let acknowledgement = vec![
        field("Name, function", 1),
        field("Date", 1),
        field("Access that stays as it is, and why that is appropriate", 3),
        field("Signature", 1),
    ];
    let words = vec![Piece::text(
        "Management acknowledges that the access described in this report remains appropriate, or that what is not \
         appropriate is being addressed. (PCI DSS 4.0.1, 7.2.4 and 7.2.5.1 ask for this acknowledgement; this page \
         supports it.)",
    )];
    let reviewed = Section::new("review", "Review", vec![Block::Form(review)]);
    let blocks = vec![Block::Paragraph(words), Block::Form(acknowledgement)];
    let acknowledged = Section::new("acknowledgement", "Management acknowledgement", blocks);
    Section::new("sign-off", "Sign-off", Vec::new()).with(vec![reviewed, acknowledged])
}

/// Each item that findings rest on, with its hash.
pub(super) fn evidence(report: &Report) -> Section<'_> {
    let columns = vec![
        Column::words("Item, and where it was read", 8.0),
        Column::short("Time and account", 4.4),
        Column::words("SHA-256 of the stored record", 6.4),
        Column::words("Findings", 3.6),
    ];
    let table = Table::new(
        "Evidence, with the SHA-256 of each stored record",
        columns,
        report.evidence.iter().take(LISTED).map(item),
    );
    let table = table.below(left_out(report.evidence.len(), LISTED, "items of evidence"));
    let block =
        or_nothing(table, report.evidence.is_empty(), "No finding belongs to the period, so none rests on evidence.");
    Section::new("evidence", "Evidence index", vec![block])
}

fn item(item: &EvidenceItem) -> Vec<Line<'_>> {
    vec![
        vec![
            Piece::foreign(&*item.kind),
            Piece::text(" "),
            Piece::foreign(&item.id),
            Piece::text(" in "),
            Piece::foreign(&*item.source),
        ],
        vec![
            Piece::text(item.time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
            Piece::text(format!(" {} ", item.provider)),
            Piece::foreign(&*item.account),
        ],
        hashes(item),
        links(&item.findings, LINKED),
    ]
}

fn hashes(item: &EvidenceItem) -> Line<'_> {
    let mut line = vec![Piece::code(&item.sha256)];
    match &item.found_sha256 {
        Some(found) if *found == item.sha256 => line.push(Piece::text(" the same as found")),
        Some(found) => line.extend([Piece::text("; as found "), Piece::code(found)]),
        None => {}
    }
    line
}

/// The exact commands.
pub(super) fn verification(report: &Report) -> Section<'_> {
    let sentence = |text: &'static str| Block::Paragraph(vec![Piece::text(text)]);
    let mut blocks = vec![
        sentence("In the directory of this report, with the ordinary tools of any system, that no file was changed:"),
        Block::Commands(vec!["sha256sum -c SHA256SUMS".into()]),
        sentence(
            "With roletrail, that the pack is whole and its manifest holds (DIR is the directory of this report):",
        ),
        Block::Commands(vec!["roletrail verify pack DIR".into()]),
        sentence("The same report again, from the same history, configuration and version, byte for byte:"),
        Block::Commands(vec![report.tool.command.as_str().into()]),
        sentence(
            "A SHA-256 of the evidence index is that of the record as the history holds it, without credentials. Where \
             another one is given “as found”, it is that of the record as it stands in the provider's object, which is \
             named beside it.",
        ),
    ];
    if let Some(log) = &report.integrity.evidence_log {
        blocks.push(sentence(
            "With roletrail, beside the history, that it still holds what it held at the checkpoint of this report and was \
             neither cut, put back nor written anew since:",
        ));
        let (size, root) = (log.size, &log.root);
        blocks.push(Block::Commands(vec![format!("roletrail verify store --min-checkpoint {size}:{root}").into()]));
    }
    Section::new("verify", "How to verify", blocks)
}
