//! Sections and blocks on pages.

use super::drawing;
use super::faces::Face;
use super::flow::{Flow, Frame, INK, Mark, PANEL, QUIET, line_height};
use super::table;
use super::tree::{NodeId, Role, Tree};
use super::wrap::Style;
use crate::exports::reports::document::{Block, Document, Field, Line, Piece, Section};

/// Sizes of headings by level: the title, sections, parts, cards.
const HEADINGS: [f32; 4] = [18.0, 14.0, 11.0, 9.5];
/// Text.
pub(super) const BODY: Style = Style { size: 9.0, face: Face::Regular, quiet: false };
/// Room for the numbers and marks of lists.
const INDENT: f32 = 14.0;
/// A section's heading stays on a page with at least that much of what follows.
const KEPT: f32 = 64.0;
/// Sections that begin a page: the findings, what is to be signed, and what follows that.
const OWN_PAGE: [&str; 3] = ["findings", "sign-off", "evidence"];

/// The whole document: title and summary on the first page, then the contents, then the rest.
pub(super) fn document(flow: &mut Flow<'_>, document: Document<'_>) {
    title(flow, &document);
    let entries = contents_of(&document.sections);
    let mut sections = document.sections.into_iter();
    if let Some(summary) = sections.next() {
        section(flow, Tree::ROOT, summary, 2);
    }
    flow.break_page();
    let open = contents(flow, &entries);
    for one in sections {
        section(flow, Tree::ROOT, one, 2);
    }
    number_contents(flow, open);
}

fn title(flow: &mut Flow<'_>, document: &Document<'_>) {
    heading(flow, Tree::ROOT, document.title, 1);
    flow.y += 4.0;
    let facts = document.facts.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    table::facts(flow, Tree::ROOT, Frame::WHOLE, facts);
    flow.y += 2.0;
    let node = flow.tree.node(Tree::ROOT, Role::Paragraph);
    let words = vec![Piece::text(
        "What this file's fonts lack, and characters that nobody would see, are written as [U+…]; the HTML and JSON \
         files of the report hold every text as it was found.",
    )];
    flow.text(node, Frame::WHOLE, &words, Style { size: 7.0, quiet: true, ..BODY });
}

/// A heading; it stays with what follows it.
fn heading(flow: &mut Flow<'_>, parent: NodeId, text: &str, level: u16) -> (usize, f32) {
    let size = HEADINGS[usize::from(level.clamp(1, 4)) - 1];
    let visible = flow.faces.visible(Face::Bold, text);
    flow.ensure(line_height(size) + KEPT);
    let top = (flow.page(), flow.y);
    let node = flow.tree.node(parent, Role::Heading(level, visible));
    let style = Style { size, face: Face::Bold, quiet: false };
    flow.text(node, Frame::WHOLE, &vec![Piece::text(text)], style);
    top
}

fn section(flow: &mut Flow<'_>, parent: NodeId, section: Section<'_>, level: u16) {
    let node = flow.tree.node(parent, Role::Section);
    if OWN_PAGE.contains(&section.anchor.as_str()) {
        flow.break_page();
    }
    if let Some(Block::Chart { picture, .. }) = section.blocks.first() {
        flow.ensure(drawing::needed(picture, Frame::WHOLE) + KEPT);
    }
    flow.space(match level {
        2 => 18.0,
        _ => 11.0,
    });
    let title = section.heading();
    if level == 4 {
        card_heading(flow, node, &title, &section.anchor);
    } else {
        let (page, y) = heading(flow, node, &title, level);
        flow.places.entry(section.anchor.clone()).or_insert((page, y));
        let visible = flow.faces.visible(Face::Regular, &title);
        flow.outline.push((level, visible, page, y));
        if level == 2 {
            flow.rule(Frame::WHOLE, flow.y + 1.0, 1.2, INK);
            flow.y += 3.0;
        }
    }
    flow.y += 3.0;
    for one in section.blocks {
        block(flow, node, Frame::WHOLE, one);
    }
    for part in section.parts {
        let below = if part.listed { level + 1 } else { 4 };
        self::section(flow, node, part, below);
    }
}

/// The heading of a finding or an exception: on a panel, so that one is told from the next.
fn card_heading(flow: &mut Flow<'_>, node: NodeId, title: &str, anchor: &str) {
    let style = Style { size: HEADINGS[3], face: Face::Bold, quiet: false };
    let line = vec![Piece::text(title)];
    let lines = super::wrap::wrap(flow.faces, &line, Frame::WHOLE.width - 10.0, style);
    #[expect(clippy::cast_precision_loss, reason = "a title has a few lines")]
    let height = lines.len() as f32 * line_height(style.size) + 5.0;
    flow.ensure(height + KEPT);
    flow.place(anchor, flow.y);
    let visible = flow.faces.visible(Face::Regular, title);
    flow.outline.push((4, visible.clone(), flow.page(), flow.y));
    flow.fill(Frame::WHOLE, flow.y, height, PANEL);
    flow.y += 2.5;
    let heading = flow.tree.node(node, Role::Heading(4, visible));
    flow.text(heading, Frame::WHOLE.indented(5.0), &line, style);
    flow.y += 2.5;
}

/// A block in that frame.
pub(super) fn block(flow: &mut Flow<'_>, parent: NodeId, frame: Frame, block: Block<'_>) {
    match block {
        Block::Paragraph(line) => paragraph(flow, parent, frame, &line),
        Block::Note(line) => note(flow, parent, frame, &line),
        Block::List { numbered, items } => list(flow, parent, frame, numbered, &items),
        Block::Facts(facts) => table::facts(flow, parent, frame, facts),
        Block::Table(table) => table::table(flow, parent, frame, table),
        Block::Chart { picture, numbers } => drawing::chart(flow, parent, frame, &picture, numbers),
        Block::Charts(charts) => drawing::beside(flow, parent, frame, charts),
        Block::Commands(commands) => {
            for command in commands {
                boxed(flow, parent, frame, &vec![Piece::code(command)], 0.0);
            }
        }
        Block::Form(fields) => form(flow, parent, frame, &fields),
    }
    flow.y += 4.0;
}

fn paragraph(flow: &mut Flow<'_>, parent: NodeId, frame: Frame, line: &Line<'_>) {
    let node = flow.tree.node(parent, Role::Paragraph);
    flow.text(node, frame, line, BODY);
}

/// A paragraph that must not be overlooked: on a panel, with a bar at its side.
fn note(flow: &mut Flow<'_>, parent: NodeId, frame: Frame, line: &Line<'_>) {
    boxed(flow, parent, frame, line, 3.5);
}

fn boxed(flow: &mut Flow<'_>, parent: NodeId, frame: Frame, line: &Line<'_>, bar: f32) {
    let inner = Frame { x: frame.x + bar + 7.0, width: frame.width - bar - 14.0 };
    let lines = super::wrap::wrap(flow.faces, line, inner.width, BODY).len();
    #[expect(clippy::cast_precision_loss, reason = "texts are cut, so that there are a few lines")]
    let height = lines as f32 * line_height(BODY.size) + 8.0;
    flow.ensure(height);
    flow.fill(frame, flow.y, height, PANEL);
    if 0.0 < bar {
        flow.fill(Frame { x: frame.x, width: bar }, flow.y, height, INK);
    }
    flow.y += 4.0;
    let node = flow.tree.node(parent, Role::Paragraph);
    flow.text(node, inner, line, BODY);
    flow.y += 4.0;
}

fn list(flow: &mut Flow<'_>, parent: NodeId, frame: Frame, numbered: bool, items: &[Line<'_>]) {
    let list = flow.tree.node(parent, Role::List(numbered));
    for (place, item) in items.iter().enumerate() {
        flow.ensure(line_height(BODY.size));
        let node = flow.tree.node(list, Role::Item);
        let body = flow.tree.node(node, Role::Body);
        let sign = if numbered { format!("{}.", place + 1) } else { "•".to_owned() };
        let (x, y) = (frame.x + 2.0, flow.y + BODY.size * 1.02);
        flow.mark(Mark::Text { leaf: None, x, y, face: BODY.face, size: BODY.size, color: INK, text: sign });
        flow.text(body, frame.indented(INDENT), item, BODY);
        flow.y += 1.5;
    }
}

/// Lines to write on.
fn form(flow: &mut Flow<'_>, parent: NodeId, frame: Frame, fields: &[Field]) {
    /// Room for handwriting.
    const BLANK: f32 = 25.0;
    /// Room for the labels.
    const LABEL: f32 = 140.0;
    for field in fields {
        #[expect(clippy::cast_precision_loss, reason = "a field has a few lines")]
        let height = field.lines as f32 * BLANK;
        flow.ensure(height + 4.0);
        let top = flow.y;
        let node = flow.tree.node(parent, Role::Paragraph);
        flow.y += 9.0;
        let style = Style { face: Face::Bold, ..BODY };
        flow.text(node, Frame { width: LABEL - 10.0, ..frame }, &vec![Piece::text(field.label)], style);
        let bottom = flow.y;
        for line in 1..=field.lines {
            #[expect(clippy::cast_precision_loss, reason = "a field has a few lines")]
            let y = top + line as f32 * BLANK;
            flow.rule(frame.indented(LABEL), y, 0.6, QUIET);
        }
        flow.y = bottom.max(top + height) + 4.0;
    }
}

/// An entry of the contents: level, number and title, anchor.
type ContentsEntry = (u16, String, String);

fn contents_of(sections: &[Section<'_>]) -> Vec<ContentsEntry> {
    let mut entries = Vec::new();
    for section in sections {
        entries.push((2, section.heading(), section.anchor.clone()));
        let parts = section.parts.iter().filter(|part| part.listed);
        entries.extend(parts.map(|part| (3, part.heading(), part.anchor.clone())));
    }
    entries
}

/// A page number that is still to be written: the page of the contents, the height, and where it leads.
type Open = (usize, f32, super::tree::Leaf, String);

/// The contents, without the numbers of pages: those are not known yet.
fn contents(flow: &mut Flow<'_>, entries: &[ContentsEntry]) -> Vec<Open> {
    let section = flow.tree.node(Tree::ROOT, Role::Section);
    heading(flow, section, "Contents", 2);
    flow.y += 4.0;
    let mut open = Vec::new();
    for (level, title, anchor) in entries {
        let (indent, face) = if *level == 2 { (0.0, Face::Bold) } else { (INDENT, Face::Regular) };
        let style = Style { face, ..BODY };
        flow.ensure(line_height(style.size) + 3.0);
        flow.y += if *level == 2 { 3.0 } else { 0.0 };
        let node = flow.tree.node(section, Role::Paragraph);
        let line = vec![Piece::link(anchor, title)];
        let frame = Frame::WHOLE.indented(indent);
        flow.text(node, Frame { width: frame.width - 40.0, ..frame }, &line, style);
        let leaf = flow.tree.leaf(node);
        open.push((flow.page(), flow.y - line_height(style.size), leaf, anchor.clone()));
    }
    flow.y += 6.0;
    open
}

/// The numbers of pages, when they are known.
fn number_contents(flow: &mut Flow<'_>, open: Vec<Open>) {
    for (page, y, leaf, anchor) in open {
        let Some((found, _)) = flow.places.get(&anchor) else { continue };
        let text = (found + 1).to_string();
        let (face, size) = (Face::Regular, BODY.size);
        let x = Frame::WHOLE.x + Frame::WHOLE.width - flow.faces.width(face, size, &text);
        let (y, leaf) = (y + size * 1.02, Some(leaf));
        flow.pages[page].push(Mark::Text { leaf, x, y, face, size, color: INK, text });
    }
}
