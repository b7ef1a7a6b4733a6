//! Lines of text, broken where they have to be.

use super::faces::{Face, Faces};
use crate::exports::reports::document::{Line, Piece, SENTENCE, Tone};

/// Room at both sides of a word with a colour.
pub(super) const PADDING: f32 = 2.5;

/// How a line is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    /// Size of the letters.
    pub size: f32,
    /// Font of plain words.
    pub face: Face,
    /// Whether it is less important than the rest.
    pub quiet: bool,
}

/// A piece of a broken line: text of one font at one place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fragment {
    /// From the left side of the line.
    pub x: f32,
    /// How wide it is.
    pub width: f32,
    /// Its font.
    pub face: Face,
    /// What it says.
    pub text: String,
    /// Its colour, where it is a word with one.
    pub tone: Option<Tone>,
    /// Where it leads, where it is a link.
    pub to: Option<String>,
    /// What links to it call it.
    pub place: Option<String>,
}

/// Text of one font before it is broken.
struct Run {
    face: Face,
    text: String,
    tone: Option<Tone>,
    to: Option<String>,
    place: Option<String>,
}

/// Breaks a line to that width. There is at least one line, which may be empty.
pub(super) fn wrap(faces: &Faces, line: &Line<'_>, width: f32, style: Style) -> Vec<Vec<Fragment>> {
    let mut wrapping = Wrapping { faces, width, size: style.size, lines: vec![Vec::new()], x: 0.0 };
    for piece in line {
        wrapping.run(run(faces, piece, style));
    }
    wrapping.lines
}

fn run(faces: &Faces, piece: &Piece<'_>, style: Style) -> Run {
    let plain = |face, text: &str| Run { face, text: faces.visible(face, text), tone: None, to: None, place: None };
    match piece {
        Piece::Text(text) | Piece::Foreign(text) => plain(style.face, text),
        Piece::Sentence(text) => Run { text: faces.cut(style.face, text, SENTENCE), ..plain(style.face, "") },
        Piece::Strong(text) => plain(Face::Bold, text),
        Piece::Code(text) => plain(Face::Mono, text),
        Piece::Badge(badge) => Run { tone: Some(badge.tone()), ..plain(Face::Bold, badge.word()) },
        Piece::Link { to, text } => Run { to: Some(to.clone()), ..plain(style.face, text) },
        Piece::Place { name, text } => Run { place: Some(name.clone()), ..plain(Face::Regular, text) },
    }
}

struct Wrapping<'f> {
    faces: &'f Faces,
    width: f32,
    size: f32,
    lines: Vec<Vec<Fragment>>,
    x: f32,
}

impl Wrapping<'_> {
    fn run(&mut self, run: Run) {
        if run.tone.is_some() {
            return self.word(&run, &run.text.clone());
        }
        let mut rest = run.text.as_str();
        while let Some(end) = next_break(rest) {
            let (word, after) = rest.split_at(end);
            self.word(&run, word);
            rest = after;
        }
    }

    /// Places a word where it fits: in this line, in the next, or, if it is longer than any line, letter by letter.
    fn word(&mut self, run: &Run, word: &str) {
        let padding = if run.tone.is_some() { 2.0 * PADDING } else { 0.0 };
        let ink = self.faces.width(run.face, self.size, word.trim_end()) + padding;
        if self.x + ink <= self.width {
            return self.put(run, word);
        }
        if 0.0 < self.x {
            self.lines.push(Vec::new());
            self.x = 0.0;
        }
        if ink <= self.width || run.tone.is_some() {
            return self.put(run, word);
        }
        let mut part = String::new();
        let mut reached = 0.0;
        for character in word.chars() {
            let width = self.faces.width_of(run.face, self.size, character);
            if self.width < reached + width && !part.is_empty() {
                self.put(run, &std::mem::take(&mut part));
                self.lines.push(Vec::new());
                (self.x, reached) = (0.0, 0.0);
            }
            part.push(character);
            reached += width;
        }
        self.put(run, &part);
    }

    /// Adds text to the end of the line, to the fragment before it where that is of the same run.
    fn put(&mut self, run: &Run, text: &str) {
        let width = self.faces.width(run.face, self.size, text);
        let Some(line) = self.lines.last_mut() else { return };
        let padding = if run.tone.is_some() { 2.0 * PADDING } else { 0.0 };
        match line.last_mut() {
            Some(last) if is_of(last, run) => {
                last.text.push_str(text);
                last.width += width;
            }
            _ => line.push(Fragment {
                x: self.x,
                width: width + padding,
                face: run.face,
                text: text.to_owned(),
                tone: run.tone,
                to: run.to.clone(),
                place: run.place.clone(),
            }),
        }
        self.x += width + padding;
    }
}

/// Whether text can be added to a fragment instead of beginning another.
fn is_of(fragment: &Fragment, run: &Run) -> bool {
    fragment.face == run.face
        && fragment.tone.is_none()
        && run.tone.is_none()
        && fragment.to == run.to
        && fragment.place == run.place
}

/// Where the first word of a text ends: behind spaces, and behind the marks that divide names, but not inside of dates
/// and times. `None` at its end.
fn next_break(text: &str) -> Option<usize> {
    let mut before: Option<char> = None;
    for (at, character) in text.char_indices() {
        if let Some(before) = before {
            let behind_space = before == ' ' && character != ' ';
            let behind_mark = matches!(before, '/' | ':' | ',' | ';' | '-' | '_' | '@') && character.is_alphabetic();
            if behind_space || behind_mark {
                return Some(at);
            }
        }
        before = Some(character);
    }
    before.map(|_| text.len())
}
