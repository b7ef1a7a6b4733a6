//! Tables: rows stay whole where they can, and every page that a table reaches names its columns again.

use std::borrow::Cow;

use super::faces::{Face, Faces};
use super::flow::{BOTTOM, Flow, Frame, INK, LINE, line_height};
use super::tree::{NodeId, Role};
use super::wrap::{Fragment, Style, wrap};
use crate::exports::reports::document::{Column, Kind, Line, Piece, Table};

/// Text of cells.
const CELL: Style = Style { size: 7.6, face: Face::Regular, quiet: false };
/// Names of columns and of facts.
const NAME: Style = Style { size: 7.6, face: Face::Bold, quiet: false };
/// Captions, and what stands below a table.
const SMALL: Style = Style { size: 7.2, face: Face::Regular, quiet: true };
/// Room above and below the text of a row.
const ABOVE: f32 = 2.2;
/// Room between two columns.
const BETWEEN: f32 = 6.0;
/// A row of at most that many lines is never divided between pages.
const WHOLE: usize = 14;
/// Room for the names of facts.
const FACT: f32 = 112.0;

/// The cells of a row, broken to their columns.
struct Row {
    cells: Vec<Vec<Vec<Fragment>>>,
    styles: Vec<Style>,
    roles: Vec<Role>,
}

/// Where the columns are.
struct Grid {
    frame: Frame,
    columns: Vec<(Frame, bool)>,
}

impl Grid {
    fn of(faces: &Faces, frame: Frame, columns: &[Column]) -> Self {
        let mut x = frame.x;
        let columns = columns.iter().zip(widths(faces, frame, columns)).map(|(column, width)| {
            let cell = Frame { x, width: width - BETWEEN };
            x += width;
            (cell, column.kind == Kind::Number)
        });
        Self { frame, columns: columns.collect() }
    }
}

/// The widths of columns: their shares, but none is narrower than the longest word of its title; what those need, the
/// others give.
fn widths(faces: &Faces, frame: Frame, columns: &[Column]) -> Vec<f32> {
    let least = |column: &Column| {
        let words = column.title.split(' ').map(|word| faces.width(NAME.face, NAME.size, word));
        words.fold(0.0, f32::max) + BETWEEN + 0.5
    };
    let shares: f32 = columns.iter().map(|column| column.share).sum();
    let wanted: Vec<f32> = columns.iter().map(|column| column.share / shares * frame.width).collect();
    let least: Vec<f32> = columns.iter().map(least).collect();
    let short: f32 = least.iter().zip(&wanted).map(|(least, wanted)| (least - wanted).max(0.0)).sum();
    let spare: f32 = least.iter().zip(&wanted).map(|(least, wanted)| (wanted - least).max(0.0)).sum();
    let taken = if short < spare { short / spare } else { 0.0 };
    least.iter().zip(&wanted).map(|(least, wanted)| (wanted - taken * (wanted - least)).max(*least)).collect()
}

/// Names with their values.
pub(super) fn facts(flow: &mut Flow<'_>, parent: NodeId, frame: Frame, facts: Vec<(Cow<'_, str>, Line<'_>)>) {
    let node = flow.tree.node(parent, Role::Table);
    let columns = vec![(Frame { x: frame.x, width: FACT - BETWEEN }, false), (frame.indented(FACT), false)];
    let grid = Grid { frame, columns };
    for (name, value) in facts {
        let name = vec![Piece::Text(name)];
        let row = broken(flow, &grid, &[name, value], &[NAME, CELL], vec![Role::RowName, Role::Cell]);
        place(flow, node, &grid, &row, None);
    }
}

/// A table.
pub(super) fn table(flow: &mut Flow<'_>, parent: NodeId, frame: Frame, table: Table<'_>) {
    let node = flow.tree.node(parent, Role::Table);
    flow.ensure(60.0);
    let caption = flow.tree.node(node, Role::Caption);
    flow.text(caption, frame, &vec![Piece::text(table.caption)], SMALL);
    let grid = Grid::of(flow.faces, frame, &table.columns);
    let names: Vec<Line<'_>> = table.columns.iter().map(|column| vec![Piece::text(column.title)]).collect();
    let count = names.len();
    let head = broken(flow, &grid, &names, &vec![NAME; count], vec![Role::ColumnName; count]);
    head_of(flow, Some(node), &grid, &head);
    for cells in table.rows {
        let row = broken(flow, &grid, &cells, &vec![CELL; count], vec![Role::Cell; count]);
        place(flow, node, &grid, &row, Some(&head));
    }
    if let Some(below) = table.below {
        flow.y += 1.5;
        let node = flow.tree.node(parent, Role::Paragraph);
        flow.text(node, frame, &below, SMALL);
    }
}

fn broken(flow: &Flow<'_>, grid: &Grid, cells: &[Line<'_>], styles: &[Style], roles: Vec<Role>) -> Row {
    let lines = grid.columns.iter().zip(cells).zip(styles);
    let cells = lines.map(|(((frame, _), cell), style)| wrap(flow.faces, cell, frame.width, *style)).collect();
    Row { cells, styles: styles.to_vec(), roles }
}

/// The names of the columns; on later pages they are repeated for the eye only.
fn head_of(flow: &mut Flow<'_>, node: Option<NodeId>, grid: &Grid, head: &Row) {
    let row = node.map(|node| flow.tree.node(node, Role::Row));
    let nodes = cells_of(flow, row, head);
    let lines = head.cells.iter().map(Vec::len).max().unwrap_or_default();
    slice(flow, &nodes, grid, head, 0..lines);
    flow.rule(grid.frame, flow.y - 0.4, 0.8, INK);
}

/// A row, on the next page where it does not fit on this one, and divided only where it is too high for that.
fn place(flow: &mut Flow<'_>, table: NodeId, grid: &Grid, row: &Row, head: Option<&Row>) {
    let node = flow.tree.node(table, Role::Row);
    let nodes = cells_of(flow, Some(node), row);
    let lines = row.cells.iter().map(Vec::len).max().unwrap_or_default();
    let mut next = 0;
    while next < lines {
        let room = room(flow);
        let fits = lines - next <= room;
        let divisible = WHOLE < lines && 3 <= room;
        if !fits && !divisible {
            flow.break_page();
            if let Some(head) = head {
                head_of(flow, None, grid, head);
            }
            // A page has more room than a row that is never divided needs: the second look always places something.
            if self::room(flow) == 0 {
                return;
            }
            continue;
        }
        let end = lines.min(next + room);
        slice(flow, &nodes, grid, row, next..end);
        flow.rule(grid.frame, flow.y - 0.2, 0.4, LINE);
        next = end;
    }
}

/// How many lines of a row the page has room for.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "negative is no room, and a page has 80 lines"
)]
fn room(flow: &Flow<'_>) -> usize {
    ((BOTTOM - flow.y - 2.0 * ABOVE) / line_height(CELL.size)).max(0.0) as usize
}

fn cells_of(flow: &mut Flow<'_>, row: Option<NodeId>, cells: &Row) -> Vec<Option<NodeId>> {
    cells.roles.iter().map(|role| row.map(|row| flow.tree.node(row, role.clone()))).collect()
}

/// Some lines of a row, at this height of the page.
fn slice(flow: &mut Flow<'_>, nodes: &[Option<NodeId>], grid: &Grid, row: &Row, lines: std::ops::Range<usize>) {
    let height = line_height(CELL.size);
    let top = flow.y + ABOVE;
    for (at, cell) in row.cells.iter().enumerate() {
        let (frame, right) = grid.columns[at];
        let mut y = top;
        for line in cell.iter().skip(lines.start).take(lines.len()) {
            let end = line.last().map_or(0.0, |last| last.x + last.width);
            let x = if right { frame.x + frame.width - end } else { frame.x };
            flow.line(nodes[at], x, y, line, row.styles[at]);
            y += height;
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a page has 80 lines")]
    let high = lines.len() as f32 * height;
    flow.y = top + high + ABOVE;
}
