//! Where a record may begin after structure was lost.
//!
//! A record begins at a `{` after a comma, a bracket or a line break, and the object that begins there must be
//! whole and look like a record: objects inside the broken record do not. Inside strings quotes are escaped, so
//! that JSON in strings is not taken for records.

use std::io::Read;

use super::scan::Scan;
use super::window::HISTORY_BYTES;
use super::{Break, Cut, Cutter, KEPT_BYTES, Level, Scanned, no_trail_log};
use crate::trail::unpack::Trouble;

/// What stands before a place at which a record may begin.
#[derive(Debug, Clone, Copy)]
struct Before {
    /// The last byte that is no white space.
    last: u8,
    /// Whether a line break directly precedes.
    line_start: bool,
    /// Whether there is a line break after the last byte that is no white space.
    new_line: bool,
}

impl Before {
    const NOTHING: Self = Self { last: 0, line_start: false, new_line: false };

    fn pass(&mut self, byte: u8) {
        match byte {
            b'\n' => (self.line_start, self.new_line) = (true, true),
            b' ' | b'\t' | b'\r' => self.line_start = false,
            other => *self = Self { last: other, ..Self::NOTHING },
        }
    }

    fn record_may_begin(self) -> bool {
        self.new_line || matches!(self.last, b',' | b'}' | b'[' | b']')
    }
}

/// What an attempt to cut a record came to.
enum Attempt {
    /// A record, or an envelope: reading goes on there.
    Found,
    /// A whole object that is no record.
    Other,
    /// The structure is lost here too.
    Lost,
}

impl<R: Read> Cutter<R> {
    /// The structure was lost after the bytes in the piece. Goes on to where the next record begins.
    pub(super) fn lost(&mut self, reason: &str) -> Result<Cut, Trouble> {
        let offset = self.window.offset();
        let why = |what: &str| Cut::Broken(Break { offset, reason: format!("broken JSON: {reason}; {what}") });
        self.broken.clear();
        let mut before = self.set_aside();
        while let Some(byte) = self.window.peek()? {
            if byte == b'{' && before.record_may_begin() {
                match self.attempt(before)? {
                    Attempt::Found => return Ok(why("reading goes on at the next record")),
                    Attempt::Other => {
                        self.keep_piece();
                        before = Before { last: b'}', ..Before::NOTHING };
                    }
                    Attempt::Lost => before = self.set_aside(),
                }
            } else {
                self.window.pass(1);
                before.pass(byte);
                self.piece.push(byte);
                self.keep_piece();
            }
        }
        if !self.found {
            return Err(no_trail_log("the object is no trail log: it holds no JSON; leave it out"));
        }
        self.level = Level::Top;
        Ok(why("no record was found after it, so that the rest of the object is not read"))
    }

    /// Moves the piece to what is broken, except for its last bytes: they are looked at again, because they may
    /// hold the beginning of a record. Its first byte is never looked at again.
    fn set_aside(&mut self) -> Before {
        let again = self.piece.len().saturating_sub(1).min(HISTORY_BYTES);
        let gone = self.window.back(again);
        self.piece.truncate(self.piece.len() - gone);
        let mut before = Before::NOTHING;
        self.piece.iter().for_each(|&byte| before.pass(byte));
        self.keep_piece();
        before
    }

    fn keep_piece(&mut self) {
        let room = KEPT_BYTES.saturating_sub(self.broken.len());
        self.broken.extend_from_slice(&self.piece[..self.piece.len().min(room)]);
        self.piece.clear();
    }

    /// Cuts what begins here and says whether it is a record.
    fn attempt(&mut self, before: Before) -> Result<Attempt, Trouble> {
        let at_top = self.level == Level::Top;
        self.piece_offset = self.window.offset();
        Ok(match self.scan(Scan::new(at_top || before.line_start))? {
            Scanned::Complete if (at_top && before.line_start) || (self.plausible)(&self.piece) => {
                (self.record_waits, self.comma, self.found) = (true, false, true);
                Attempt::Found
            }
            Scanned::Envelope => {
                (self.level, self.comma, self.found) = (Level::Records { in_list: false }, true, true);
                Attempt::Found
            }
            Scanned::Complete | Scanned::CutOff => Attempt::Other,
            Scanned::Lost(_) => Attempt::Lost,
        })
    }
}
