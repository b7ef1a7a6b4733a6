//! Finds the end of one JSON value in a stream: brackets and strings, without building anything.

use super::super::json::end_of_plain;

/// How far the scan of a value has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// All bytes given are inside the value.
    More,
    /// The value ends after so many of the bytes given.
    Complete(usize),
    /// It is an envelope: after so many bytes its list of records has been opened.
    Envelope(usize),
    /// The structure is lost at that byte.
    Lost(usize, &'static str),
}

/// Keys of an envelope whose value is the list of records.
pub(in crate::trail) const ENVELOPE_KEYS: [&str; 2] = ["Records", "Events"];

/// A key that only a record has: what it stands beside is no envelope.
const RECORD_KEY: &str = "eventName";

/// The scan of one value, fed with bytes as they come.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one fact about the text; no two exclude each other")]
pub(super) struct Scan {
    /// Open brackets.
    open: Vec<u8>,
    in_string: bool,
    escaped: bool,
    /// The last byte outside strings that is no white space; `"` after a string.
    last: u8,
    /// Whether the value may be an envelope.
    envelope_allowed: bool,
    /// The key being read at the outermost level, as written.
    key: Vec<u8>,
    reading_key: bool,
    key_is_envelope: bool,
}

/// Longest key that is compared: six bytes for each character of an envelope's key, all of them escaped.
const LONGEST_KEY: usize = 64;

impl Scan {
    /// A scan from the first byte of a value.
    pub(super) fn new(envelope_allowed: bool) -> Self {
        Self { envelope_allowed, ..Self::default() }
    }

    /// A scan of the rest of an envelope, after its list of records was closed.
    pub(super) fn envelope_rest() -> Self {
        Self { open: vec![b'{'], last: b']', envelope_allowed: true, ..Self::default() }
    }

    /// Whether the value is neither list nor object, and may end here.
    pub(super) fn may_end(&self) -> bool {
        self.open.is_empty() && !self.in_string && self.last != 0
    }

    /// Takes the next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Step {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                match self.feed_string(&bytes[at..]) {
                    Ok(length) => at += length,
                    Err(length) => return Step::Lost(at + length, "a string runs over the end of a line"),
                }
                if !self.in_string && self.open.is_empty() {
                    return Step::Complete(at);
                }
                continue;
            }
            if self.is_below_envelope() {
                at = self.feed_flat(bytes, at);
            }
            let Some(&byte) = bytes.get(at) else { break };
            match self.feed_byte(byte) {
                Fed::Inside => at += 1,
                Fed::Complete => return Step::Complete(at + 1),
                Fed::ScalarEnd => return Step::Complete(at),
                Fed::Envelope => return Step::Envelope(at + 1),
                Fed::Lost(reason) => return Step::Lost(at, reason),
            }
        }
        Step::More
    }

    /// Whether the place is in a list or object whose keys cannot be those of an envelope.
    fn is_below_envelope(&self) -> bool {
        usize::from(self.envelope_allowed) < self.open.len()
    }

    /// Goes over strings without escapes and what stands between them, up to the next bracket or anything of which
    /// more must be known: most of a record, with nothing but the last byte to be kept in mind.
    fn feed_flat(&mut self, bytes: &[u8], mut at: usize) -> usize {
        let in_object = self.open.last() == Some(&b'{');
        let mut last = self.last;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'"' if !ends_value(last) => {
                    let end = end_of_plain(bytes, at + 1);
                    if bytes.get(end) != Some(&b'"') {
                        break;
                    }
                    at = end;
                }
                b':' if in_object && last == b'"' => {}
                b',' => {}
                _ if is_of_scalar(byte) => {}
                _ => break,
            }
            last = byte;
            at += 1;
        }
        self.last = last;
        at
    }

    /// Goes on inside a string; says how many bytes belong to it, as an error when a line break ends it.
    #[inline]
    fn feed_string(&mut self, bytes: &[u8]) -> Result<usize, usize> {
        let mut at = usize::from(std::mem::take(&mut self.escaped));
        loop {
            at = end_of_plain(bytes, at);
            match bytes.get(at) {
                Some(b'"') => {
                    self.keep_key(&bytes[..at]);
                    self.close_string();
                    return Ok(at + 1);
                }
                Some(b'\\') if at + 1 == bytes.len() => {
                    self.escaped = true;
                    break;
                }
                Some(b'\\') => at += 2,
                Some(b'\n') => return Err(at),
                // Other control characters are bad JSON, but they do not blur where the record ends.
                Some(_) => at += 1,
                None => break,
            }
        }
        self.keep_key(bytes);
        Ok(bytes.len())
    }

    #[inline]
    fn keep_key(&mut self, bytes: &[u8]) {
        if self.reading_key {
            let room = LONGEST_KEY.saturating_sub(self.key.len());
            self.key.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    #[inline]
    fn close_string(&mut self) {
        self.in_string = false;
        self.last = b'"';
        if self.reading_key {
            self.close_key();
        }
    }

    fn close_key(&mut self) {
        self.reading_key = false;
        let quoted = [b"\"", self.key.as_slice(), b"\""].concat();
        let key: Option<String> = serde_json::from_slice(&quoted).ok();
        self.key_is_envelope = key.as_deref().is_some_and(|key| ENVELOPE_KEYS.contains(&key));
        if key.as_deref() == Some(RECORD_KEY) {
            self.envelope_allowed = false;
        }
        self.key.clear();
    }

    #[inline]
    fn feed_byte(&mut self, byte: u8) -> Fed {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {
                return if self.open.is_empty() && self.last != 0 { Fed::ScalarEnd } else { Fed::Inside };
            }
            b'"' => {
                if self.out_of_place() {
                    return Fed::Lost("a comma or a bracket is missing");
                }
                self.in_string = true;
                self.reading_key = self.envelope_allowed && self.open == [b'{'] && matches!(self.last, b'{' | b',');
                return Fed::Inside;
            }
            b'{' | b'[' => return self.open_bracket(byte),
            b'}' | b']' => return self.close_bracket(byte),
            // A value has at least one byte, or the cutter would stay where it is for ever.
            b',' | b':' if self.open.is_empty() && self.last != 0 => return Fed::ScalarEnd,
            b':' if self.open.last() != Some(&b'{') || self.last != b'"' => {
                return Fed::Lost("a colon stands where none may stand");
            }
            b',' | b':' => {}
            _ if is_of_scalar(byte) => {}
            _ => return Fed::Lost("a character stands outside of strings that may not stand there"),
        }
        self.last = byte;
        Fed::Inside
    }

    /// Whether a value (or key) that begins here follows another one without a separator.
    fn out_of_place(&self) -> bool {
        ends_value(self.last) && !self.open.is_empty()
    }

    fn open_bracket(&mut self, byte: u8) -> Fed {
        let misplaced = match self.open.last() {
            None => self.last != 0,
            Some(b'{') => self.last != b':',
            Some(_) => !matches!(self.last, b'[' | b','),
        };
        if misplaced {
            return Fed::Lost("a bracket opens where none may open");
        }
        let lists_records = byte == b'[' && self.envelope_allowed && self.key_is_envelope && self.open == [b'{'];
        self.open.push(byte);
        self.last = byte;
        if lists_records { Fed::Envelope } else { Fed::Inside }
    }

    fn close_bracket(&mut self, byte: u8) -> Fed {
        let opened = if byte == b'}' { b'{' } else { b'[' };
        match self.open.last() {
            None if self.last != 0 => return Fed::ScalarEnd,
            Some(&open) if open == opened => self.open.pop(),
            _ => return Fed::Lost("a bracket closes that was not opened"),
        };
        self.last = byte;
        if self.open.is_empty() { Fed::Complete } else { Fed::Inside }
    }
}

/// Whether the byte ends a string, an object or a list.
fn ends_value(byte: u8) -> bool {
    matches!(byte, b'"' | b'}' | b']')
}

/// Whether the byte may stand in a number, in `true`, `false` or `null`.
fn is_of_scalar(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.')
        || matches!(byte, b'a' | b'e' | b'f' | b'l' | b'n' | b'r' | b's' | b't' | b'u' | b'E')
}

/// What became of one byte outside strings.
enum Fed {
    /// It is part of the value.
    Inside,
    /// It is the value's last byte.
    Complete,
    /// It follows a value that is neither list nor object.
    ScalarEnd,
    /// It opens the list of records.
    Envelope,
    /// It cannot be.
    Lost(&'static str),
}
