//! Pictures of a document: rectangles and labels, which HTML writes as SVG and PDF draws.

use std::borrow::Cow;

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::exports::reports) struct Picture {
    /// A name that is its own in the document: letters, digits and hyphens.
    pub name: Cow<'static, str>,
    /// The kind of picture, for the stylesheet.
    pub kind: &'static str,
    /// What it shows.
    pub title: String,
    /// What is to be seen in it, for those who do not see it.
    pub description: String,
    /// Width of the drawing.
    pub width: f32,
    /// Height of the drawing.
    pub height: f32,
    /// What is drawn, in order.
    pub shapes: Vec<Shape>,
}

/// Something drawn; the origin is at the top left, and units are those of the picture.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::exports::reports) enum Shape {
    /// A filled rectangle with a thin outline, so that even a white one is seen.
    Box { x: f32, y: f32, width: f32, height: f32, ink: Ink },
    /// A vertical line.
    Tick { x: f32, top: f32, bottom: f32 },
    /// A text whose baseline is at `y`; `light` on dark boxes.
    Label { x: f32, y: f32, align: Align, light: bool, text: String },
}

/// Which side of a label is at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exports::reports) enum Align {
    /// Its left side.
    Start,
    /// Its middle.
    Middle,
    /// Its right side.
    End,
}

/// What a box is filled with. Neighbours differ in lightness, so that they are told apart in grey too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exports::reports) enum Ink {
    /// The darkest of a series.
    First,
    /// The next.
    Second,
    /// The next.
    Third,
    /// White, with the outline only.
    Empty,
    /// In order.
    Good,
    /// Something is wrong.
    Bad,
    /// Something is left over.
    Warning,
    /// Nobody can say.
    Unknown,
    /// Neither.
    Plain,
}

impl Ink {
    /// The name of its class in the stylesheet.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "ink-first",
            Self::Second => "ink-second",
            Self::Third => "ink-third",
            Self::Empty => "ink-empty",
            Self::Good => "ink-good",
            Self::Bad => "ink-bad",
            Self::Warning => "ink-warning",
            Self::Unknown => "ink-unknown",
            Self::Plain => "ink-plain",
        }
    }

    /// Whether text on it has to be light.
    pub fn is_dark(self) -> bool {
        matches!(self, Self::First | Self::Second | Self::Good | Self::Bad)
    }
}

/// Width of a picture with bars.
const WIDTH: f32 = 340.0;
/// Where bars begin: right of their names.
const LEFT: f32 = 84.0;
/// Room for the number behind the longest bar.
const RIGHT: f32 = 44.0;
/// Height of a row.
const ROW: f32 = 22.0;
/// Height of a bar.
const BAR: f32 = 14.0;

/// A bar with its parts.
pub(super) struct Bar {
    /// What it counts.
    pub name: String,
    /// Its parts: how many, and how they are filled.
    pub parts: Vec<(u64, Ink)>,
}

/// Bars that lie below each other, with their sums behind them and a legend below.
pub(super) fn bars(bars: &[Bar], legend: &[(&'static str, Ink)]) -> (f32, f32, Vec<Shape>) {
    let sum = |bar: &Bar| bar.parts.iter().map(|(count, _)| count).sum::<u64>();
    let most = bars.iter().map(sum).max().unwrap_or_default().max(1);
    let mut shapes = Vec::new();
    let mut y = 2.0;
    for bar in bars {
        let baseline = y + BAR - 3.0;
        shapes.push(label(LEFT - 6.0, baseline, Align::End, bar.name.clone()));
        let end = parts_of(bar, most, y, &mut shapes);
        shapes.push(label(end + 5.0, baseline, Align::Start, crate::exports::html::number(sum(bar))));
        y += ROW;
    }
    shapes.push(Shape::Tick { x: LEFT, top: 0.0, bottom: y - ROW + BAR + 2.0 });
    if !legend.is_empty() {
        legend_at(y + 4.0, legend, &mut shapes);
        y += ROW;
    }
    (WIDTH, y + 2.0, shapes)
}

/// Draws the parts of a bar and answers where it ends.
fn parts_of(bar: &Bar, most: u64, y: f32, shapes: &mut Vec<Shape>) -> f32 {
    let mut x = LEFT;
    for (count, ink) in bar.parts.iter().filter(|(count, _)| 0 < *count) {
        let width = (share(*count, most) * (WIDTH - LEFT - RIGHT)).max(2.0);
        shapes.push(Shape::Box { x, y, width, height: BAR, ink: *ink });
        let text = crate::exports::html::number(*count);
        if bar.parts.len() > 1 && width_of(&text) + 4.0 < width {
            let (x, y) = (x + width / 2.0, y + BAR - 3.0);
            shapes.push(Shape::Label { x, y, align: Align::Middle, light: ink.is_dark(), text });
        }
        x += width;
    }
    x
}

fn legend_at(y: f32, legend: &[(&'static str, Ink)], shapes: &mut Vec<Shape>) {
    let mut x = 4.0;
    for (word, ink) in legend {
        shapes.push(Shape::Box { x, y, width: 10.0, height: 10.0, ink: *ink });
        shapes.push(label(x + 14.0, y + 9.0, Align::Start, (*word).to_owned()));
        x += 14.0 + width_of(word) + 14.0;
    }
}

/// A dark label.
pub(super) fn label(x: f32, y: f32, align: Align, text: String) -> Shape {
    Shape::Label { x, y, align, light: false, text }
}

/// How wide a label is, about: its letters are 11 units high.
#[expect(clippy::cast_precision_loss, reason = "a label has a few letters")]
pub(super) fn width_of(text: &str) -> f32 {
    /// Width of a letter, about.
    const LETTER: f32 = 6.2;
    text.chars().count() as f32 * LETTER
}

/// A part of a whole, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a picture has no use for more digits")]
pub(super) fn share(part: u64, whole: u64) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}
