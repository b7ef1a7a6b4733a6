//! What a document is made of.

use std::borrow::Cow;

use super::picture::Picture;
use crate::exports::reports::{ControlStatus, ExceptionState};
use crate::model::{Basis, FindingStatus, Outcome, RolePresence, Severity, Verdict};

/// A document.
pub(in crate::exports::reports) struct Document<'a> {
    /// Its title.
    pub title: &'a str,
    /// What a window or a list of files calls it.
    pub name: String,
    /// The report's id, which stands on every page.
    pub id: &'a str,
    /// What stands below the title.
    pub facts: Vec<(&'static str, Line<'a>)>,
    /// The sections; the first is the summary, which shares the title's page.
    pub sections: Vec<Section<'a>>,
}

/// A section, or a part of one.
pub(in crate::exports::reports) struct Section<'a> {
    /// Where links to it lead.
    pub anchor: String,
    /// `2`, `2.1`; empty for a part that is not counted.
    pub number: String,
    /// Its heading.
    pub title: String,
    /// What it says.
    pub blocks: Vec<Block<'a>>,
    /// Its parts, after what it says itself.
    pub parts: Vec<Section<'a>>,
    /// Whether it is numbered and stands in the table of contents.
    pub listed: bool,
}

impl<'a> Section<'a> {
    /// A section without parts.
    pub fn new(anchor: impl Into<String>, title: impl Into<String>, blocks: Vec<Block<'a>>) -> Self {
        let (anchor, title) = (anchor.into(), title.into());
        Self { anchor, number: String::new(), title, blocks, parts: Vec::new(), listed: true }
    }

    /// The same with parts.
    pub fn with(self, parts: Vec<Self>) -> Self {
        Self { parts, ..self }
    }

    /// The same without a number: one of many of its kind.
    pub fn unlisted(self) -> Self {
        Self { listed: false, ..self }
    }

    /// Gives numbers to the section and its parts.
    pub fn number_from(&mut self, number: &str) {
        number.clone_into(&mut self.number);
        for (place, part) in self.parts.iter_mut().filter(|part| part.listed).enumerate() {
            part.number_from(&format!("{number}.{}", place + 1));
        }
    }

    /// Number and title.
    #[cfg(any(test, feature = "pdf"))]
    pub fn heading(&self) -> String {
        if self.number.is_empty() { self.title.clone() } else { format!("{} {}", self.number, self.title) }
    }
}

/// A block of a section.
pub(in crate::exports::reports) enum Block<'a> {
    /// A paragraph.
    Paragraph(Line<'a>),
    /// A paragraph that must not be overlooked.
    Note(Line<'a>),
    /// A list; numbered where the order says something.
    List { numbered: bool, items: Vec<Line<'a>> },
    /// Names with their values.
    Facts(Vec<(Cow<'a, str>, Line<'a>)>),
    /// A table.
    Table(Table<'a>),
    /// A picture with its numbers in a table.
    Chart { picture: Picture, numbers: Table<'a> },
    /// Two charts, side by side where there is room.
    Charts(Vec<(Picture, Table<'a>)>),
    /// Commands to be typed as they stand, one a line.
    Commands(Vec<Cow<'a, str>>),
    /// Fields for people to write into.
    Form(Vec<Field>),
}

/// A field to write into.
pub(in crate::exports::reports) struct Field {
    /// What is to be written.
    pub label: &'static str,
    /// Lines for it.
    pub lines: usize,
}

/// A table. Its rows are made as they are written: a list of a hundred thousand findings is never there twice.
pub(in crate::exports::reports) struct Table<'a> {
    /// What it shows.
    pub caption: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell for every column.
    pub rows: Box<dyn Iterator<Item = Vec<Line<'a>>> + 'a>,
    /// What to know below it.
    pub below: Option<Line<'a>>,
}

impl<'a> Table<'a> {
    /// A table with nothing below it.
    pub fn new(
        caption: impl Into<String>,
        columns: Vec<Column>,
        rows: impl Iterator<Item = Vec<Line<'a>>> + 'a,
    ) -> Self {
        Self { caption: caption.into(), columns, rows: Box::new(rows), below: None }
    }

    /// The same with something below it.
    pub fn below(self, below: Option<Line<'a>>) -> Self {
        Self { below, ..self }
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::exports::reports) struct Column {
    /// Its title.
    pub title: &'static str,
    /// Its share of the width, beside the others' shares.
    pub share: f32,
    /// What stands in it.
    pub kind: Kind,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exports::reports) enum Kind {
    /// Sentences, and names of any length.
    Words,
    /// Words and ids that are read best unbroken.
    Short,
    /// Numbers, which stand at its right side.
    Number,
}

impl Column {
    /// A column of words.
    pub const fn words(title: &'static str, share: f32) -> Self {
        Self { title, share, kind: Kind::Words }
    }

    /// A column of short words and ids.
    pub const fn short(title: &'static str, share: f32) -> Self {
        Self { title, share, kind: Kind::Short }
    }

    /// A column of numbers.
    pub const fn number(title: &'static str, share: f32) -> Self {
        Self { title, share, kind: Kind::Number }
    }
}

/// Text of a paragraph, an item or a cell.
pub(in crate::exports::reports) type Line<'a> = Vec<Piece<'a>>;

/// Characters of a sentence that a document shows.
pub(in crate::exports::reports) const SENTENCE: usize = 2_000;

/// Sentences of the program: what stands between backticks is code.
pub(super) fn prose(text: &str) -> Line<'_> {
    if text.matches('`').count() % 2 == 1 {
        return vec![Piece::sentence(text)];
    }
    let parts = text.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(place, part)| if place % 2 == 1 { Piece::code(part) } else { Piece::sentence(part) }).collect()
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::exports::reports) enum Piece<'a> {
    /// Words of ours.
    Text(Cow<'a, str>),
    /// Words of ours that matter most.
    Strong(Cow<'a, str>),
    /// Ids, hashes and names of ours, to be read character by character.
    Code(Cow<'a, str>),
    /// Text from outside: of a log, a provider's answer, a file of the user.
    Foreign(Cow<'a, str>),
    /// A sentence with text from outside in it: longer than a name before it is cut.
    Sentence(Cow<'a, str>),
    /// A word with a colour.
    Badge(Badge),
    /// A link to another place in the document.
    Link { to: String, text: Cow<'a, str> },
    /// Code that links lead to.
    Place { name: String, text: Cow<'a, str> },
}

impl<'a> Piece<'a> {
    /// Words of ours.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// Words of ours that matter most.
    pub fn strong(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Strong(text.into())
    }

    /// Ids, hashes and names.
    pub fn code(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Code(text.into())
    }

    /// A sentence with text from outside in it.
    pub fn sentence(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Sentence(text.into())
    }

    /// Text from outside.
    pub fn foreign(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Foreign(text.into())
    }

    /// Code that links lead to.
    pub fn place(name: impl Into<String>, text: impl Into<Cow<'a, str>>) -> Self {
        Self::Place { name: name.into(), text: text.into() }
    }

    /// A link.
    pub fn link(to: impl Into<String>, text: impl Into<Cow<'a, str>>) -> Self {
        Self::Link { to: to.into(), text: text.into() }
    }
}

/// A word of a fixed list, with a colour. The word says everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exports::reports) enum Badge {
    /// A severity.
    Severity(Severity),
    /// A verdict.
    Verdict(Verdict),
    /// Where a finding stands.
    Status(FindingStatus),
    /// How a reading ended.
    Outcome(Outcome),
    /// Whether a role is there.
    Presence(RolePresence),
    /// What a statement rests on.
    Basis(Basis),
    /// How a control came out.
    Control(ControlStatus),
    /// How an exception stands.
    Exception(ExceptionState),
}

/// What a badge's colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::exports::reports) enum Tone {
    /// Act now.
    Bad,
    /// Look at it.
    Warning,
    /// Nobody can say.
    Unknown,
    /// In order.
    Good,
    /// Neither.
    Plain,
}

impl Badge {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Severity(severity) => severity.as_str(),
            Self::Verdict(verdict) => verdict.as_str(),
            Self::Status(status) => status.as_str(),
            Self::Outcome(outcome) => outcome.as_str(),
            Self::Presence(presence) => presence.as_str(),
            Self::Basis(basis) => basis.as_str(),
            Self::Control(status) => status.as_str(),
            Self::Exception(state) => state.as_str(),
        }
    }

    /// What its colour says.
    pub fn tone(self) -> Tone {
        match self {
            Self::Severity(Severity::Critical | Severity::High)
            | Self::Verdict(Verdict::Findings)
            | Self::Control(ControlStatus::Findings) => Tone::Bad,
            Self::Severity(Severity::Medium)
            | Self::Verdict(Verdict::Orphaned)
            | Self::Status(FindingStatus::Open)
            | Self::Control(ControlStatus::OnlyExcepted)
            | Self::Exception(ExceptionState::Expiring | ExceptionState::Expired | ExceptionState::Unused)
            | Self::Basis(Basis::Inferred) => Tone::Warning,
            Self::Verdict(Verdict::Unknown)
            | Self::Presence(RolePresence::Unknown)
            | Self::Control(ControlStatus::Unknown) => Tone::Unknown,
            Self::Outcome(outcome) if outcome.is_gap() => Tone::Unknown,
            Self::Verdict(Verdict::Clean)
            | Self::Status(FindingStatus::Resolved)
            | Self::Control(ControlStatus::NoFindings)
            | Self::Outcome(Outcome::Complete)
            | Self::Exception(ExceptionState::Active) => Tone::Good,
            _ => Tone::Plain,
        }
    }
}
