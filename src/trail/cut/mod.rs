//! Cuts the records out of an object, one at a time, in memory bounded by the largest record.
//!
//! Every envelope that the providers and their users' tools write is understood: `{"Records":[...]}`,
//! `{"Events":[...]}`, a bare list, single objects, one to a line or one after the other, and lists of envelopes.
//! Only the structure is looked at here (brackets and strings); whether a record is good JSON is judged later, so
//! that a record with bad syntax inside costs that record alone. Where the structure itself is lost, the cutter
//! looks for the next place at which a record begins ([`resync`]), and hands out what lies between as one broken
//! piece: nothing is left out silently.

mod resync;
mod scan;
mod window;

use std::io::Read;

pub(super) use scan::ENVELOPE_KEYS;
use scan::{Scan, Step};
use window::Window;

use super::unpack::{Trouble, Unpacked};

/// Most bytes of a broken piece that are kept for inspection.
pub(super) const KEPT_BYTES: usize = 64 << 10;

/// A piece of an object.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    /// Offset of its first byte.
    pub offset: u64,
    /// Its bytes; of a broken piece the first ones.
    pub bytes: &'a [u8],
    /// Why it is no record.
    pub broken: Option<Break>,
}

/// Where and why the structure is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Break {
    /// Offset in the object.
    pub offset: u64,
    /// What is wrong.
    pub reason: String,
}

/// Where the cutter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Between values at the top.
    Top,
    /// In a list at the top.
    List,
    /// In the list of records of an envelope, which may itself be in a list.
    Records { in_list: bool },
}

/// What has been cut and waits to be handed out.
enum Cut {
    Record,
    Broken(Break),
    End,
}

/// The cutter.
pub(super) struct Cutter<R: Read> {
    window: Window<R>,
    level: Level,
    /// The bytes of the piece being cut.
    piece: Vec<u8>,
    piece_offset: u64,
    /// The first bytes of a broken piece.
    broken: Vec<u8>,
    /// Whether `piece` holds a record that was cut while looking for the end of a broken piece.
    record_waits: bool,
    /// Whether a comma has been passed since the last item of the list.
    comma: bool,
    max_record_bytes: usize,
    /// Tells whether an object looks like a record, for what follows broken structure.
    plausible: fn(&[u8]) -> bool,
    /// Whether any list, envelope or object was found.
    found: bool,
}

impl<R: Read> Cutter<R> {
    pub(super) fn new(input: Unpacked<R>, max_record_bytes: usize, plausible: fn(&[u8]) -> bool) -> Self {
        Self {
            window: Window::new(input),
            level: Level::Top,
            piece: Vec::new(),
            piece_offset: 0,
            broken: Vec::new(),
            record_waits: false,
            comma: false,
            max_record_bytes,
            plausible,
            found: false,
        }
    }

    pub(super) fn input(&self) -> &Unpacked<R> {
        self.window.input()
    }

    /// The next piece, `None` at the end of the object.
    pub(super) fn next_piece(&mut self) -> Result<Option<Piece<'_>>, Trouble> {
        let cut = if std::mem::take(&mut self.record_waits) { Cut::Record } else { self.cut()? };
        Ok(match cut {
            Cut::Record => Some(Piece { offset: self.piece_offset, bytes: &self.piece, broken: None }),
            Cut::Broken(why) => {
                let bytes = &self.broken[..self.broken.len().min(KEPT_BYTES)];
                Some(Piece { offset: why.offset, bytes, broken: Some(why) })
            }
            Cut::End => None,
        })
    }

    /// Goes on until a piece is complete.
    fn cut(&mut self) -> Result<Cut, Trouble> {
        loop {
            self.piece.clear();
            self.pass_white_space()?;
            self.piece_offset = self.window.offset();
            let Some(byte) = self.window.peek()? else {
                return self.end();
            };
            let in_list = self.level != Level::Top;
            match byte {
                b',' if in_list && !self.comma => self.pass_comma(),
                b',' if in_list => {
                    self.pass_comma();
                    return Ok(self.broken_here("an item of the list is missing between two commas"));
                }
                b']' if in_list => {
                    if let Some(cut) = self.close_list()? {
                        return Ok(cut);
                    }
                }
                b'[' if !in_list => {
                    self.window.pass(1);
                    (self.level, self.comma, self.found) = (Level::List, true, true);
                }
                _ => {
                    if let Some(cut) = self.cut_value()? {
                        return Ok(cut);
                    }
                }
            }
        }
    }

    fn pass_comma(&mut self) {
        self.window.pass(1);
        self.comma = true;
    }

    /// The object has ended between two values.
    fn end(&mut self) -> Result<Cut, Trouble> {
        if self.level != Level::Top {
            self.level = Level::Top;
            return Ok(
                self.broken_here("the object is cut off: its list of records has no end; fetch the object again")
            );
        }
        if !self.found {
            return Err(no_trail_log("the object is empty, which no object of a trail is; fetch it again"));
        }
        Ok(Cut::End)
    }

    fn broken_here(&mut self, reason: &str) -> Cut {
        std::mem::swap(&mut self.broken, &mut self.piece);
        Cut::Broken(Break { offset: self.piece_offset, reason: reason.to_owned() })
    }

    /// Closes the list; after the list of an envelope its rest is gone over.
    fn close_list(&mut self) -> Result<Option<Cut>, Trouble> {
        self.window.pass(1);
        let Level::Records { in_list } = self.level else {
            self.level = Level::Top;
            return Ok(None);
        };
        self.level = if in_list { Level::List } else { Level::Top };
        self.comma = false;
        match self.scan(Scan::envelope_rest())? {
            Scanned::Complete => Ok(None),
            other => self.settle(other, in_list),
        }
    }

    /// Cuts a value that begins here.
    fn cut_value(&mut self) -> Result<Option<Cut>, Trouble> {
        let envelope_allowed = !matches!(self.level, Level::Records { .. });
        let at_top = self.level == Level::Top;
        if at_top && self.window.peek()? != Some(b'{') {
            return self.lost("there is something that is no JSON object").map(Some);
        }
        self.comma = false;
        self.found = true;
        let in_list = self.level == Level::List;
        let scanned = self.scan(Scan::new(envelope_allowed))?;
        self.settle(scanned, in_list)
    }

    /// What the end of a scan means; nothing to hand out yet where an envelope was opened.
    fn settle(&mut self, scanned: Scanned, in_list: bool) -> Result<Option<Cut>, Trouble> {
        match scanned {
            Scanned::Complete => Ok(Some(Cut::Record)),
            Scanned::Envelope => {
                (self.level, self.comma) = (Level::Records { in_list }, true);
                Ok(None)
            }
            Scanned::Lost(reason) => self.lost(reason).map(Some),
            Scanned::CutOff => {
                self.level = Level::Top;
                Ok(Some(self.broken_here("the object is cut off inside this record; fetch the object again")))
            }
        }
    }

    /// Feeds a scan from the window into the piece.
    fn scan(&mut self, mut scan: Scan) -> Result<Scanned, Trouble> {
        loop {
            let bytes = self.window.rest()?;
            if bytes.is_empty() {
                return Ok(if scan.may_end() { Scanned::Complete } else { Scanned::CutOff });
            }
            let (count, scanned) = match scan.feed(bytes) {
                Step::More => (bytes.len(), None),
                Step::Complete(count) => (count, Some(Scanned::Complete)),
                Step::Envelope(count) => (count, Some(Scanned::Envelope)),
                Step::Lost(count, reason) => (count, Some(Scanned::Lost(reason))),
            };
            self.piece.extend_from_slice(&bytes[..count]);
            self.window.pass(count);
            if self.max_record_bytes < self.piece.len() {
                return Err(self.too_long());
            }
            if let Some(scanned) = scanned {
                return Ok(scanned);
            }
        }
    }

    fn too_long(&self) -> Trouble {
        let limit = self.max_record_bytes;
        Trouble::Content {
            reason: format!(
                "a record is longer than {limit} bytes; if that is right, raise `[limits] max_record_bytes`"
            ),
            offset: Some(self.piece_offset),
        }
    }

    /// White space, and byte order marks between values at the top, as concatenated files have them.
    fn pass_white_space(&mut self) -> Result<(), Trouble> {
        loop {
            let top = self.level == Level::Top;
            let bytes = self.window.rest()?;
            if bytes.is_empty() {
                return Ok(());
            }
            let blank = |byte: &u8| {
                matches!(byte, b' ' | b'\t' | b'\n' | b'\r') || (top && matches!(byte, 0xEF | 0xBB | 0xBF))
            };
            let count = bytes.iter().take_while(|byte| blank(byte)).count();
            let all = count == bytes.len();
            self.window.pass(count);
            if !all {
                return Ok(());
            }
        }
    }
}

fn no_trail_log(reason: &str) -> Trouble {
    Trouble::Content { reason: reason.to_owned(), offset: Some(0) }
}

/// How a scan ended.
#[derive(Debug, Clone, Copy)]
enum Scanned {
    Complete,
    Envelope,
    Lost(&'static str),
    CutOff,
}
