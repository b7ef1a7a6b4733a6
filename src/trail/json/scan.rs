//! The reader: one pass over the text, every byte checked.

use std::borrow::Cow;

use memchr::memchr2;

use super::{Bad, Field, MAX_DEPTH, Node};

/// Objects of up to so many keys are searched for repeats pair by pair, which is faster than sorting.
const FEW_KEYS: usize = 16;

/// Checks a whole object and hands out its members unparsed.
pub(in crate::trail) fn fields(text: &str) -> Result<Vec<Field<'_>>, Bad> {
    let mut scanner = Scanner::new(text);
    scanner.white_space();
    if scanner.peek() != Some(b'{') {
        return Err(scanner.bad("it is no JSON object"));
    }
    let mut fields = Vec::with_capacity(32);
    scanner.object(0, |scanner, key| {
        let from = scanner.at;
        scanner.check(1)?;
        fields.push(Field { key, raw: &text[from..scanner.at] });
        Ok(())
    })?;
    scanner.end()?;
    Ok(fields)
}

/// Reads a whole value.
pub(in crate::trail) fn node(text: &str) -> Result<Node<'_>, Bad> {
    let mut scanner = Scanner::new(text);
    scanner.white_space();
    let node = scanner.node(0)?;
    scanner.end()?;
    Ok(node)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// Keys of the objects that are open, innermost last.
    keys: Vec<Cow<'a, str>>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, keys: Vec::new() }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes().get(self.at).copied()
    }

    fn bad(&self, reason: &str) -> Bad {
        Self::bad_at(self.at, reason)
    }

    fn bad_at(at: usize, reason: impl Into<String>) -> Bad {
        Bad { at, reason: reason.into() }
    }

    fn white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn end(&mut self) -> Result<(), Bad> {
        self.white_space();
        if self.at < self.text.len() {
            Err(self.bad("there is something after the end of the value"))
        } else {
            Ok(())
        }
    }

    /// Checks a value and forgets it.
    fn check(&mut self, depth: usize) -> Result<(), Bad> {
        match self.peek() {
            Some(b'{') => self.object(depth, |scanner, _| scanner.check(depth + 1)),
            Some(b'[') => self.list(depth, |scanner| scanner.check(depth + 1)),
            Some(b'"') => self.raw_string().map(|_| ()),
            Some(b'-' | b'0'..=b'9') => self.number().map(|_| ()),
            _ => self.literal().map(|_| ()),
        }
    }

    /// Reads a value.
    fn node(&mut self, depth: usize) -> Result<Node<'a>, Bad> {
        match self.peek() {
            Some(b'{') => {
                let mut members = Vec::new();
                self.object(depth, |scanner, key| {
                    members.push((key, scanner.node(depth + 1)?));
                    Ok(())
                })?;
                Ok(Node::Map(members))
            }
            Some(b'[') => {
                let mut items = Vec::new();
                self.list(depth, |scanner| {
                    items.push(scanner.node(depth + 1)?);
                    Ok(())
                })?;
                Ok(Node::List(items))
            }
            Some(b'"') => self.string().map(Node::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(|text| Node::Number(Cow::Borrowed(text))),
            _ => self.literal(),
        }
    }

    /// Reads an object; `member` is called at each value and has to read it.
    fn object(
        &mut self,
        depth: usize,
        mut member: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        self.enter(depth)?;
        let first_key = self.keys.len();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.bad("a key in quotes is missing"));
            }
            let key = self.string()?;
            self.white_space();
            if self.peek() != Some(b':') {
                return Err(self.bad("a colon is missing"));
            }
            self.at += 1;
            self.white_space();
            self.keys.push(key.clone());
            member(self, key)?;
            if !self.goes_on(b'}')? {
                break;
            }
        }
        self.refuse_repeats(first_key)
    }

    fn list(&mut self, depth: usize, mut item: impl FnMut(&mut Self) -> Result<(), Bad>) -> Result<(), Bad> {
        self.enter(depth)?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            item(self)?;
            if !self.goes_on(b']')? {
                return Ok(());
            }
        }
    }

    fn enter(&mut self, depth: usize) -> Result<(), Bad> {
        if MAX_DEPTH <= depth {
            return Err(self.bad(&format!("it is nested deeper than {MAX_DEPTH} levels")));
        }
        self.at += 1;
        self.white_space();
        Ok(())
    }

    /// Whether a comma promises more; otherwise `close` must follow.
    fn goes_on(&mut self, close: u8) -> Result<bool, Bad> {
        self.white_space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.white_space();
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.bad("a comma or a closing bracket is missing")),
        }
    }

    /// Forgets the keys of the object that was closed just now, unless one of them is repeated.
    fn refuse_repeats(&mut self, first: usize) -> Result<(), Bad> {
        let keys = &mut self.keys[first..];
        let repeated = if keys.len() <= FEW_KEYS {
            (1..keys.len()).find(|&index| keys[..index].contains(&keys[index]))
        } else {
            keys.sort_unstable();
            (1..keys.len()).find(|&index| keys[index - 1] == keys[index])
        };
        if let Some(index) = repeated {
            return Err(Self::bad_at(self.at - 1, format!("the key {:?} is repeated", keys[index])));
        }
        self.keys.truncate(first);
        Ok(())
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Bad> {
        let (raw, escaped) = self.raw_string()?;
        Ok(if escaped { Cow::Owned(decode(raw)) } else { Cow::Borrowed(raw) })
    }

    /// The inside of a string as written, and whether there are escapes in it.
    fn raw_string(&mut self) -> Result<(&'a str, bool), Bad> {
        let (bytes, from) = (self.bytes(), self.at + 1);
        let (mut at, mut escaped) = (from, false);
        loop {
            let Some(step) = memchr2(b'"', b'\\', &bytes[at..]) else {
                return Err(self.bad("a string has no end"));
            };
            if let Some(control) = bytes[at..at + step].iter().position(|&byte| byte < b' ') {
                return Err(Self::bad_at(at + control, "there is a control character in a string"));
            }
            at += step;
            if bytes[at] == b'"' {
                break;
            }
            escaped = true;
            at = self.check_escape(at)?;
        }
        self.at = at + 1;
        Ok((&self.text[from..at], escaped))
    }

    /// Checks the escape that begins at `at` and says where it ends.
    fn check_escape(&self, at: usize) -> Result<usize, Bad> {
        let bad = |reason: &str| Err(Self::bad_at(at, reason));
        match self.bytes().get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') => match unit(self.bytes(), at + 2) {
                Some(0xD800..=0xDBFF) => {
                    let follows = self.bytes().get(at + 6..at + 8) == Some(b"\\u");
                    match unit(self.bytes(), at + 8) {
                        Some(0xDC00..=0xDFFF) if follows => Ok(at + 12),
                        _ => bad("there is a lone surrogate in a string"),
                    }
                }
                Some(0xDC00..=0xDFFF) => bad("there is a lone surrogate in a string"),
                Some(_) => Ok(at + 6),
                None => bad("there is an escape in a string that JSON does not know"),
            },
            _ => bad("there is an escape in a string that JSON does not know"),
        }
    }

    fn number(&mut self) -> Result<&'a str, Bad> {
        let from = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(&self.text[from..self.at])
    }

    fn digits(&mut self) -> Result<(), Bad> {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == from { Err(self.bad("a number lacks a digit")) } else { Ok(()) }
    }

    fn literal(&mut self) -> Result<Node<'a>, Bad> {
        for (word, node) in [("true", Node::Bool(true)), ("false", Node::Bool(false)), ("null", Node::Null)] {
            if self.bytes()[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(node);
            }
        }
        Err(self.bad("a value is missing"))
    }
}

/// The four hexadecimal digits at `at`.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?))
}

/// Decodes the inside of a string whose escapes were checked.
fn decode(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (character, length) = decode_escape(&rest.as_bytes()[at..]);
        out.push(character);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    out
}

/// The character of the escape at the beginning of `bytes`, and the escape's length.
fn decode_escape(bytes: &[u8]) -> (char, usize) {
    match bytes[1] {
        b'b' => ('\u{8}', 2),
        b'f' => ('\u{c}', 2),
        b'n' => ('\n', 2),
        b'r' => ('\r', 2),
        b't' => ('\t', 2),
        b'u' => {
            let high = unit(bytes, 2).unwrap_or(0);
            let pair = (0xD800..0xDC00).contains(&high).then(|| unit(bytes, 8)).flatten();
            let code = pair.map_or(high, |low| 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), if pair.is_some() { 12 } else { 6 })
        }
        other => (char::from(other), 2),
    }
}
