//! The list of records of a text, followed bracket by bracket.

use std::iter::Peekable;
use std::ops::Range;

use super::Skimmed;
use crate::trail::cut::ENVELOPE_KEYS;
use crate::trail::json::end_of_blank;

/// Where the first item of the list may stand; `None` where the text does not begin with a list of records.
pub(super) fn begin(text: &[u8]) -> Option<Begin> {
    let at = end_of_blank(text, 0);
    if text.get(at) == Some(&b'[') {
        return Some(Begin { at: at + 1, in_envelope: false });
    }
    let at = end_of_blank(text, after(text, at, b"{")?);
    let key = after(text, at, b"\"")?;
    let key_end = ENVELOPE_KEYS.iter().find_map(|name| after(text, key, name.as_bytes()))?;
    let colon = after(text, end_of_blank(text, after(text, key_end, b"\"")?), b":")?;
    let list = after(text, end_of_blank(text, colon), b"[")?;
    Some(Begin { at: list, in_envelope: true })
}

/// The beginning of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begin {
    at: usize,
    in_envelope: bool,
}

fn after(text: &[u8], at: usize, expected: &[u8]) -> Option<usize> {
    text.get(at..)?.starts_with(expected).then_some(at + expected.len())
}

/// A list on which somebody is under way.
pub(super) struct List<'t> {
    text: &'t [u8],
    begin: Begin,
    /// Brackets that are open within the list. Whoever passes over whole blocks within a record counts them.
    pub(super) depth: u32,
    /// Where the current record began.
    record: usize,
    /// The end of the last record, or the beginning of the list.
    passed: usize,
    records: u64,
    first: Option<Range<usize>>,
    last: Range<usize>,
    candidates: Vec<Range<usize>>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    UnderWay,
    Whole,
    /// It is not what was expected.
    Broken,
}

impl<'t> List<'t> {
    pub(super) fn new(text: &'t [u8], begin: Begin) -> Self {
        Self {
            text,
            begin,
            depth: 0,
            record: begin.at,
            passed: begin.at,
            records: 0,
            first: None,
            last: begin.at..begin.at,
            candidates: Vec::new(),
            state: State::UnderWay,
        }
    }

    /// Where its first item may stand.
    pub(super) fn position(&self) -> usize {
        self.begin.at
    }

    /// The first record, once it has ended.
    pub(super) fn first(&self) -> Option<Range<usize>> {
        self.first.clone()
    }

    /// Takes the next bracket; answers whether there is nothing more to look at.
    pub(super) fn bracket(
        &mut self,
        at: usize,
        is_opening: bool,
        hits: &mut Peekable<impl Iterator<Item = usize>>,
    ) -> bool {
        match (is_opening, self.depth) {
            (true, depth) => {
                if depth == 0 {
                    self.begin_record(at);
                }
                self.depth += 1;
            }
            (false, 0) => self.close(at),
            (false, depth) => {
                self.depth -= 1;
                if depth == 1 {
                    self.end_record(at, hits);
                }
            }
        }
        self.state != State::UnderWay
    }

    /// Between two records stands a comma, before the first one nothing.
    fn begin_record(&mut self, at: usize) {
        let from = end_of_blank(self.text, self.passed);
        let expected = if self.records == 0 { Some(from) } else { after(self.text, from, b",") };
        let is_record = expected.map(|from| end_of_blank(self.text, from)) == Some(at) && self.text[at] == b'{';
        self.record = at;
        if !is_record {
            self.state = State::Broken;
        }
    }

    fn end_record(&mut self, at: usize, hits: &mut Peekable<impl Iterator<Item = usize>>) {
        if self.text[at] != b'}' {
            self.state = State::Broken;
        }
        let record = self.record..at + 1;
        let mut wanted = false;
        while let Some(hit) = hits.next_if(|hit| *hit <= at) {
            wanted |= record.start <= hit;
        }
        if wanted {
            self.candidates.push(record.clone());
        }
        self.records += 1;
        self.passed = record.end;
        self.first.get_or_insert_with(|| record.clone());
        self.last = record;
    }

    /// After the list nothing stands but the end of its envelope.
    fn close(&mut self, at: usize) {
        let ends_here = end_of_blank(self.text, self.passed) == at && self.text[at] == b']';
        let rest = end_of_blank(self.text, at + 1);
        let end = if self.begin.in_envelope { after(self.text, rest, b"}") } else { Some(rest) };
        let is_all = end.is_some_and(|end| end_of_blank(self.text, end) == self.text.len());
        self.state = if ends_here && is_all { State::Whole } else { State::Broken };
    }

    /// What was found. `None` where the list is empty, or not what was expected.
    pub(super) fn end(self) -> Option<Skimmed> {
        let Self { state: State::Whole, records, first, last, candidates, .. } = self else { return None };
        Some(Skimmed { records: Some(records), first: first?, last: Some(last), candidates })
    }
}
