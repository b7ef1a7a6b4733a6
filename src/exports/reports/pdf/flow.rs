//! Pages as they fill: what is on them, how far down, and where links may lead.

use std::collections::HashMap;

use super::faces::{Face, Faces};
use super::tree::{Leaf, NodeId, Role, Tree};
use super::wrap::{Fragment, PADDING, Style, wrap};
use crate::exports::reports::document::{Line, Tone};

/// A4 in points. A printer with Letter shrinks it by a twentieth: the margins leave room for that.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
/// Left and right margin.
pub(super) const SIDE: f32 = 46.0;
/// Where text begins on a page.
pub(super) const TOP: f32 = 58.0;
/// Where text ends on a page.
pub(super) const BOTTOM: f32 = PAGE.1 - 54.0;

/// A colour, as red, green and blue.
pub(super) type Color = (u8, u8, u8);
/// Text.
pub(super) const INK: Color = (0x1a, 0x23, 0x2d);
/// Text that is less important.
pub(super) const QUIET: Color = (0x4d, 0x5b, 0x69);
/// Lines of tables.
pub(super) const LINE: Color = (0xc5, 0xce, 0xd7);
/// Behind headings of findings, and commands.
pub(super) const PANEL: Color = (0xf0, 0xf3, 0xf6);
/// Links.
pub(super) const LINK: Color = (0x0a, 0x55, 0x9f);

/// Something on a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// Text whose baseline is at `y`; without a leaf it is no part of the content.
    Text { leaf: Option<Leaf>, x: f32, y: f32, face: Face, size: f32, color: Color, text: String },
    /// A rectangle.
    Box { x: f32, y: f32, width: f32, height: f32, fill: Option<Color>, stroke: Option<Color> },
    /// A place that leads elsewhere.
    Link { leaf: Leaf, x: f32, y: f32, width: f32, height: f32, to: String },
}

/// A horizontal part of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    /// Its left side.
    pub x: f32,
    /// Its width.
    pub width: f32,
}

impl Frame {
    /// Everything between the margins.
    pub const WHOLE: Self = Self { x: SIDE, width: PAGE.0 - 2.0 * SIDE };

    /// The left and the right half, with room between them.
    pub fn halves(self) -> [Self; 2] {
        /// Room between two halves.
        const BETWEEN: f32 = 22.0;
        let width = (self.width - BETWEEN) / 2.0;
        [Self { x: self.x, width }, Self { x: self.x + width + BETWEEN, width }]
    }

    /// The same without that much at its left.
    pub fn indented(self, by: f32) -> Self {
        Self { x: self.x + by, width: self.width - by }
    }
}

/// An entry of the outline: level, title, page, height.
pub(super) type Entry = (u16, String, usize, f32);

/// The pages as they fill.
pub(super) struct Flow<'f> {
    /// The fonts.
    pub faces: &'f Faces,
    /// What is on each page.
    pub pages: Vec<Vec<Mark>>,
    /// How far down the last page is filled.
    pub y: f32,
    /// The structure.
    pub tree: Tree,
    /// Headings, for the outline.
    pub outline: Vec<Entry>,
    /// Where links lead: page and height.
    pub places: HashMap<String, (usize, f32)>,
}

/// How high a line of letters of that size is.
pub(super) fn line_height(size: f32) -> f32 {
    size * 1.36
}

impl<'f> Flow<'f> {
    /// One empty page.
    pub fn new(faces: &'f Faces) -> Self {
        let (outline, places) = (Vec::new(), HashMap::new());
        Self { faces, pages: vec![Vec::new()], y: TOP, tree: Tree::new(), outline, places }
    }

    /// The page that is being filled.
    pub fn page(&self) -> usize {
        self.pages.len() - 1
    }

    /// Begins another page, unless this one is still empty.
    pub fn break_page(&mut self) {
        if TOP < self.y {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    /// Begins another page where this one has less room than that.
    pub fn ensure(&mut self, height: f32) {
        if BOTTOM < self.y + height {
            self.break_page();
        }
    }

    /// Leaves room, except at the top of a page.
    pub fn space(&mut self, height: f32) {
        if TOP < self.y {
            self.y += height;
        }
    }

    /// Puts something on the page that is being filled.
    pub fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// A filled rectangle.
    pub fn fill(&mut self, frame: Frame, y: f32, height: f32, color: Color) {
        let Frame { x, width } = frame;
        self.mark(Mark::Box { x, y, width, height, fill: Some(color), stroke: None });
    }

    /// A horizontal line at this height.
    pub fn rule(&mut self, frame: Frame, y: f32, thickness: f32, color: Color) {
        self.fill(frame, y, thickness, color);
    }

    /// Links of that name lead to this height of the page.
    pub fn place(&mut self, name: &str, y: f32) {
        let page = self.page();
        self.places.entry(name.to_owned()).or_insert((page, y));
    }

    /// A text, broken to the frame, over as many pages as it needs.
    pub fn text(&mut self, node: NodeId, frame: Frame, line: &Line<'_>, style: Style) {
        let height = line_height(style.size);
        for fragments in wrap(self.faces, line, frame.width, style) {
            self.ensure(height);
            self.line(Some(node), frame.x, self.y, &fragments, style);
            self.y += height;
        }
    }

    /// One broken line at that place; without a node it is no part of the content.
    pub fn line(&mut self, node: Option<NodeId>, x: f32, y: f32, fragments: &[Fragment], style: Style) {
        for fragment in fragments {
            if let Some(name) = &fragment.place {
                self.place(name, y);
            }
            self.fragment(node, x + fragment.x, y, fragment, style);
        }
    }

    fn fragment(&mut self, node: Option<NodeId>, x: f32, y: f32, fragment: &Fragment, style: Style) {
        let height = line_height(style.size);
        let baseline = y + style.size * 1.02;
        let mut color = if style.quiet { QUIET } else { INK };
        let mut at = x;
        let mut parent = node;
        if let Some(tone) = fragment.tone {
            let (back, ink) = colors(tone);
            let (y, width) = (y + 0.8, fragment.width - 0.6);
            self.mark(Mark::Box { x, y, width, height: height - 1.4, fill: Some(back), stroke: Some(ink) });
            (color, at) = (ink, x + PADDING - 0.3);
        }
        if let (Some(node), Some(_)) = (node, &fragment.to) {
            (color, parent) = (LINK, Some(self.tree.node(node, Role::Link)));
        }
        let leaf = parent.map(|parent| self.tree.leaf(parent));
        let (face, size, text) = (fragment.face, style.size, fragment.text.clone());
        self.mark(Mark::Text { leaf, x: at, y: baseline, face, size, color, text });
        if let (Some(parent), Some(to)) = (parent, &fragment.to) {
            let leaf = self.tree.leaf(parent);
            self.mark(Mark::Link { leaf, x, y, width: fragment.width, height, to: to.clone() });
        }
    }
}

/// Background and text of a word with a colour.
pub(super) fn colors(tone: Tone) -> (Color, Color) {
    match tone {
        Tone::Bad => ((0xf8, 0xd7, 0xd9), (0x7c, 0x12, 0x1e)),
        Tone::Warning => ((0xfa, 0xe2, 0xc3), (0x66, 0x33, 0x00)),
        Tone::Unknown => ((0xea, 0xe1, 0xf6), (0x47, 0x23, 0x7c)),
        Tone::Good => ((0xd8, 0xee, 0xdd), (0x11, 0x50, 0x2a)),
        Tone::Plain => ((0xe5, 0xe9, 0xed), (0x36, 0x42, 0x4e)),
    }
}
