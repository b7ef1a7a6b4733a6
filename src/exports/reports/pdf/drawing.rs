//! Pictures with their numbers.

use super::faces::Face;
use super::flow::{Color, Flow, Frame, INK, Mark};
use super::table;
use super::tree::{NodeId, Role};
use super::wrap::Style;
use crate::exports::reports::document::{Align, Ink, Picture, Piece, Shape, Table};

/// Labels of a picture, in its own units.
const LABEL: f32 = 11.0;
/// A picture of that many units or more needs the whole width.
const WIDE: f32 = 500.0;
/// Height of a table beside or below a picture, about: they have six rows at most.
const TABLE: f32 = 120.0;

/// A picture with its numbers: beside it where it is narrow, below it where it is wide.
pub(super) fn chart(flow: &mut Flow<'_>, parent: NodeId, frame: Frame, picture: &Picture, numbers: Table<'_>) {
    if WIDE <= picture.width {
        draw(flow, parent, frame, picture);
        flow.y += 6.0;
        return table::table(flow, parent, frame, numbers);
    }
    let [left, right] = frame.halves();
    flow.ensure(height(picture, left).max(TABLE) + 30.0);
    let top = flow.y;
    draw(flow, parent, left, picture);
    let bottom = std::mem::replace(&mut flow.y, top);
    table::table(flow, parent, right, numbers);
    flow.y = flow.y.max(bottom);
}

/// Two charts beside each other, each with its numbers below.
pub(super) fn beside(flow: &mut Flow<'_>, parent: NodeId, frame: Frame, charts: Vec<(Picture, Table<'_>)>) {
    let halves = frame.halves();
    let highest = charts.iter().map(|(picture, _)| height(picture, halves[0])).fold(0.0, f32::max);
    flow.ensure(highest + TABLE + 30.0);
    let top = flow.y;
    let mut bottom = top;
    for ((picture, numbers), half) in charts.into_iter().zip(halves) {
        flow.y = top;
        draw(flow, parent, half, &picture);
        flow.y = top + highest + 20.0;
        table::table(flow, parent, half, numbers);
        bottom = bottom.max(flow.y);
    }
    flow.y = bottom;
}

/// Room that a picture needs, with its title, before its numbers begin.
pub(super) fn needed(picture: &Picture, frame: Frame) -> f32 {
    if WIDE <= picture.width { height(picture, frame) + 16.0 } else { height(picture, frame.halves()[0]).max(TABLE) }
}

fn height(picture: &Picture, frame: Frame) -> f32 {
    picture.height * frame.width / picture.width
}

/// A picture, as wide as the frame, with its title below.
fn draw(flow: &mut Flow<'_>, parent: NodeId, frame: Frame, picture: &Picture) {
    let scale = frame.width / picture.width;
    flow.ensure(height(picture, frame) + 16.0);
    let words = format!("{}: {}", picture.title, picture.description);
    let figure = flow.tree.node(parent, Role::Picture(words));
    for shape in &picture.shapes {
        draw_shape(flow, figure, (frame.x, flow.y), scale, shape);
    }
    flow.y += height(picture, frame) + 2.0;
    let node = flow.tree.node(parent, Role::Paragraph);
    let style = Style { size: 7.2, face: Face::Regular, quiet: true };
    flow.text(node, frame, &vec![Piece::text(picture.title.clone())], style);
}

fn draw_shape(flow: &mut Flow<'_>, figure: NodeId, origin: (f32, f32), scale: f32, shape: &Shape) {
    let (left, top) = origin;
    match shape {
        Shape::Box { x, y, width, height, ink } => {
            let (x, y) = (left + x * scale, top + y * scale);
            let (width, height) = (width * scale, height * scale);
            flow.mark(Mark::Box { x, y, width, height, fill: Some(color(*ink)), stroke: Some(INK) });
        }
        Shape::Tick { x, top: from, bottom } => {
            let frame = Frame { x: left + x * scale, width: 0.7 };
            flow.fill(frame, top + from * scale, (bottom - from) * scale, INK);
        }
        Shape::Label { x, y, align, light, text } => {
            let size = LABEL * scale;
            let text = flow.faces.visible(Face::Regular, text);
            let width = flow.faces.width(Face::Regular, size, &text);
            let moved = match align {
                Align::Start => 0.0,
                Align::Middle => width / 2.0,
                Align::End => width,
            };
            let color = if *light { (0xff, 0xff, 0xff) } else { INK };
            let (x, y) = (left + x * scale - moved, top + y * scale);
            let leaf = Some(flow.tree.leaf(figure));
            flow.mark(Mark::Text { leaf, x, y, face: Face::Regular, size, color, text });
        }
    }
}

fn color(ink: Ink) -> Color {
    match ink {
        Ink::First => (0x11, 0x39, 0x63),
        Ink::Second => (0x2a, 0x6a, 0x9c),
        Ink::Third => (0xd5, 0xe4, 0xf6),
        Ink::Empty => (0xff, 0xff, 0xff),
        Ink::Good => (0x11, 0x50, 0x2a),
        Ink::Bad => (0x7c, 0x12, 0x1e),
        Ink::Warning => (0xf3, 0xcf, 0x5a),
        Ink::Unknown => (0xea, 0xe1, 0xf6),
        Ink::Plain => (0xe5, 0xe9, 0xed),
    }
}
