//! The reader: one pass over the text, every byte checked.

use std::borrow::Cow;

use super::keys::Keys;
use super::text::{decoded, end_of_blank, end_of_string, string};
use super::{Bad, Field, MAX_DEPTH, Node, bad};

/// Members for which room is made: records have up to so many, and the allocator is quick with so little.
const USUAL_MEMBERS: usize = 24;

/// Checks a whole object and hands out its members unparsed.
pub(in crate::trail) fn fields(text: &str) -> Result<Vec<Field<'_>>, Bad> {
    members(text).map_err(|bad| *bad)
}

fn members(text: &str) -> Checked<Vec<Field<'_>>> {
    let mut scanner = Scanner::new(text);
    let begin = scanner.white_space(0);
    if scanner.byte(begin) != b'{' {
        return Err(bad(begin, "it is no JSON object"));
    }
    let mut fields = Vec::with_capacity(USUAL_MEMBERS);
    let end = scanner.object(begin, 0, |scanner, key, from| {
        let to = scanner.check(from, 1)?;
        fields.push(Field { key: key.decoded(), raw: &text[from..to] });
        Ok(to)
    })?;
    scanner.end(end)?;
    Ok(fields)
}

/// Reads a whole value.
pub(in crate::trail) fn node(text: &str) -> Result<Node<'_>, Bad> {
    let mut scanner = Scanner::new(text);
    let begin = scanner.white_space(0);
    let read = scanner.node(begin, 0).and_then(|(node, end)| scanner.end(end).map(|()| node));
    read.map_err(|bad| *bad)
}

/// Where the value at `at` ends in a text that was checked.
pub(in crate::trail) fn end_of_value(text: &str, at: usize) -> usize {
    Scanner::new(text).check(at, 0).expect("it was checked")
}

/// What a step of the scan answers. The error is behind a pointer, because answers are copied often.
type Checked<T> = Result<T, Box<Bad>>;

/// A key in quotes, checked.
struct Key<'a> {
    /// What stands between the quotes.
    raw: &'a str,
    escaped: bool,
}

impl<'a> Key<'a> {
    fn decoded(&self) -> Cow<'a, str> {
        if self.escaped { decoded(self.raw) } else { Cow::Borrowed(self.raw) }
    }
}

/// The scan of one text. Where it stands is handed from step to step and back, not kept here: the many small steps
/// are much faster with it in a register.
struct Scanner<'a> {
    text: &'a str,
    /// Keys of the objects that are open.
    keys: Keys<'a>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, keys: Keys::new() }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The byte at `at`; after the end a zero, which stands nowhere in good JSON.
    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes().get(at).copied().unwrap_or(0)
    }

    #[inline]
    fn white_space(&self, at: usize) -> usize {
        end_of_blank(self.bytes(), at)
    }

    fn end(&self, at: usize) -> Checked<()> {
        let at = self.white_space(at);
        if at < self.text.len() { Err(bad(at, "there is something after the end of the value")) } else { Ok(()) }
    }

    /// Checks the value at `at` and says where it ends.
    fn check(&mut self, at: usize, depth: usize) -> Checked<usize> {
        match self.byte(at) {
            b'"' => end_of_string(self.bytes(), at),
            b'{' => self.object(at, depth, |scanner, _, at| scanner.check(at, depth + 1)),
            b'[' => self.list(at, depth, |scanner, at| scanner.check(at, depth + 1)),
            b'-' | b'0'..=b'9' => self.number(at),
            _ => self.literal(at).map(|(_, end)| end),
        }
    }

    /// Reads the value at `at` and says where it ends.
    fn node(&mut self, at: usize, depth: usize) -> Checked<(Node<'a>, usize)> {
        match self.byte(at) {
            b'{' => {
                let mut members = Vec::new();
                let end = self.object(at, depth, |scanner, key, at| {
                    let (node, end) = scanner.node(at, depth + 1)?;
                    members.push((key.decoded(), node));
                    Ok(end)
                })?;
                Ok((Node::Map(members), end))
            }
            b'[' => {
                let mut items = Vec::new();
                let end = self.list(at, depth, |scanner, at| {
                    let (node, end) = scanner.node(at, depth + 1)?;
                    items.push(node);
                    Ok(end)
                })?;
                Ok((Node::List(items), end))
            }
            b'"' => {
                let end = end_of_string(self.bytes(), at)?;
                Ok((Node::Text(decoded(&self.text[at + 1..end - 1])), end))
            }
            b'-' | b'0'..=b'9' => {
                let end = self.number(at)?;
                Ok((Node::Number(Cow::Borrowed(&self.text[at..end])), end))
            }
            _ => self.literal(at),
        }
    }

    /// Reads the object at `at`; `member` is called at each value and says where that ends.
    #[inline]
    fn object(
        &mut self,
        at: usize,
        depth: usize,
        mut member: impl FnMut(&mut Self, Key<'a>, usize) -> Checked<usize>,
    ) -> Checked<usize> {
        let mut at = self.enter(at, depth)?;
        let first_key = self.keys.len();
        if self.byte(at) == b'}' {
            return Ok(at + 1);
        }
        loop {
            let (key, value) = self.key(at)?;
            self.keys.push(key.raw, key.escaped);
            let end = member(self, key, value)?;
            let (next, more) = self.goes_on(end, b'}')?;
            at = next;
            if !more {
                break;
            }
        }
        match self.keys.close(first_key) {
            Some(key) => Err(bad(at - 1, format!("the key {key:?} is repeated"))),
            None => Ok(at),
        }
    }

    /// The key at `at`, and where its value begins.
    #[inline]
    fn key(&self, at: usize) -> Checked<(Key<'a>, usize)> {
        if self.byte(at) != b'"' {
            return Err(bad(at, "a key in quotes is missing"));
        }
        let (end, escaped) = string(self.bytes(), at)?;
        let raw = &self.text[at + 1..end - 1];
        let colon = self.white_space(end);
        if self.byte(colon) != b':' {
            return Err(bad(colon, "a colon is missing"));
        }
        Ok((Key { raw, escaped }, self.white_space(colon + 1)))
    }

    #[inline]
    fn list(
        &mut self,
        at: usize,
        depth: usize,
        mut item: impl FnMut(&mut Self, usize) -> Checked<usize>,
    ) -> Checked<usize> {
        let mut at = self.enter(at, depth)?;
        if self.byte(at) == b']' {
            return Ok(at + 1);
        }
        loop {
            let end = item(self, at)?;
            let (next, more) = self.goes_on(end, b']')?;
            at = next;
            if !more {
                return Ok(at);
            }
        }
    }

    /// Goes past an opening bracket and white space.
    #[inline]
    fn enter(&self, at: usize, depth: usize) -> Checked<usize> {
        if MAX_DEPTH <= depth {
            return Err(bad(at, format!("it is nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(self.white_space(at + 1))
    }

    /// Goes past a comma, which promises more, or past `close`.
    #[inline]
    fn goes_on(&self, at: usize, close: u8) -> Checked<(usize, bool)> {
        let at = self.white_space(at);
        match self.byte(at) {
            b',' => Ok((self.white_space(at + 1), true)),
            byte if byte == close => Ok((at + 1, false)),
            _ => Err(bad(at, "a comma or a closing bracket is missing")),
        }
    }

    /// Checks the number at `at` and says where it ends.
    fn number(&self, at: usize) -> Checked<usize> {
        let mut at = at + usize::from(self.byte(at) == b'-');
        at = if self.byte(at) == b'0' { at + 1 } else { self.digits(at)? };
        if self.byte(at) == b'.' {
            at = self.digits(at + 1)?;
        }
        if matches!(self.byte(at), b'e' | b'E') {
            at += 1;
            at = self.digits(at + usize::from(matches!(self.byte(at), b'+' | b'-')))?;
        }
        Ok(at)
    }

    fn digits(&self, from: usize) -> Checked<usize> {
        let mut at = from;
        while self.byte(at).is_ascii_digit() {
            at += 1;
        }
        if at == from { Err(bad(at, "a number lacks a digit")) } else { Ok(at) }
    }

    fn literal(&self, at: usize) -> Checked<(Node<'a>, usize)> {
        let (word, node) = match self.byte(at) {
            b'n' => ("null", Node::Null),
            b't' => ("true", Node::Bool(true)),
            _ => ("false", Node::Bool(false)),
        };
        let end = at + word.len();
        if self.bytes().get(at..end) == Some(word.as_bytes()) {
            return Ok((node, end));
        }
        Err(bad(at, "a value is missing"))
    }
}
