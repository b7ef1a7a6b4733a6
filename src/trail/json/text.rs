//! Strings: where they end, whether their escapes are good, what they say. And the white space between values.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::{Bad, bad};

/// Where the first byte at or after `from` stands that a string's text cannot hold as it is: a quote, a backslash
/// or a control character. The length of `bytes` where there is none.
///
/// Eight bytes are looked at together. Most strings of a record are shorter than what a call of a search for
/// longer texts costs.
#[inline]
pub(in crate::trail) fn end_of_plain(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let found = specials(u64::from_le_bytes(*chunk));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += size_of::<u64>();
    }
    let is_plain = |byte: &&u8| b' ' <= **byte && !matches!(**byte, b'"' | b'\\');
    at + bytes.get(at..).map_or(0, |rest| rest.iter().take_while(is_plain).count())
}

/// Sets the highest bit of each special byte. Bytes above the first special one may be marked wrongly, since
/// subtractions borrow from them: only the lowest mark is to be used.
fn specials(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST_BITS: u64 = u64::from_ne_bytes([0x80; 8]);
    let is = |byte: u8| {
        let zero_where_equal = word ^ (ONES * u64::from(byte));
        zero_where_equal.wrapping_sub(ONES) & !zero_where_equal
    };
    let is_control = word.wrapping_sub(ONES * u64::from(b' ')) & !word;
    (is(b'"') | is(b'\\') | is_control) & HIGHEST_BITS
}

/// Where the white space ends that may begin at `at`.
#[inline]
pub(in crate::trail) fn end_of_blank(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Where the string ends, after its closing quote, whose opening quote stands at `at`.
#[inline]
pub(super) fn end_of_string(bytes: &[u8], at: usize) -> Result<usize, Box<Bad>> {
    string(bytes, at).map(|(end, _)| end)
}

/// The same, and whether there are escapes in it.
#[inline]
pub(super) fn string(bytes: &[u8], at: usize) -> Result<(usize, bool), Box<Bad>> {
    let end = end_of_plain(bytes, at + 1);
    if bytes.get(end) == Some(&b'"') {
        return Ok((end + 1, false));
    }
    end_of_special(bytes, at, end).map(|end| (end, true))
}

/// The same in a text that was checked.
#[inline]
pub(in crate::trail) fn checked_string(text: &str, at: usize) -> (usize, bool) {
    string(text.as_bytes(), at).expect("it was checked")
}

/// The same for a string that holds a special byte at `special`, if it is not cut off there.
#[inline(never)]
fn end_of_special(bytes: &[u8], at: usize, mut special: usize) -> Result<usize, Box<Bad>> {
    loop {
        match bytes.get(special) {
            Some(b'"') => return Ok(special + 1),
            Some(b'\\') => special = end_of_plain(bytes, end_of_escape(bytes, special)?),
            Some(_) if memchr2(b'"', b'\\', &bytes[special..]).is_some() => {
                return Err(bad(special, "there is a control character in a string"));
            }
            _ => return Err(bad(at, "a string has no end")),
        }
    }
}

/// Checks the escape that begins at `at` and says where it ends.
fn end_of_escape(bytes: &[u8], at: usize) -> Result<usize, Box<Bad>> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match unit(bytes, at + 2) {
            Some(0xD800..=0xDBFF) => {
                let follows = bytes.get(at + 6..at + 8) == Some(b"\\u");
                match unit(bytes, at + 8) {
                    Some(0xDC00..=0xDFFF) if follows => Ok(at + 12),
                    _ => Err(bad(at, "there is a lone surrogate in a string")),
                }
            }
            Some(0xDC00..=0xDFFF) => Err(bad(at, "there is a lone surrogate in a string")),
            Some(_) => Ok(at + 6),
            None => Err(bad(at, "there is an escape in a string that JSON does not know")),
        },
        _ => Err(bad(at, "there is an escape in a string that JSON does not know")),
    }
}

/// The four hexadecimal digits at `at`.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?))
}

/// What the inside of a checked string says.
pub(in crate::trail) fn decoded(raw: &str) -> Cow<'_, str> {
    match memchr(b'\\', raw.as_bytes()) {
        None => Cow::Borrowed(raw),
        Some(first) => Cow::Owned(decode(raw, first)),
    }
}

fn decode(raw: &str, first: usize) -> String {
    let mut out = String::with_capacity(raw.len());
    let (mut rest, mut escape) = (raw, Some(first));
    while let Some(at) = escape {
        out.push_str(&rest[..at]);
        let (character, length) = decode_escape(&rest.as_bytes()[at..]);
        out.push(character);
        rest = &rest[at + length..];
        escape = memchr(b'\\', rest.as_bytes());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_wherever_it_stands() {
        for special in 0..=u8::MAX {
            let is_special = special < b' ' || matches!(special, b'"' | b'\\');
            for (length, at) in (1..20).flat_map(|length| (0..length).map(move |at| (length, at))) {
                // Bytes beside those that are looked for: borrows and high bits must not be taken for them.
                for filler in [b' ', b'!', b'#', b'[', b']', b'a', 0x7F, 0x80, 0xA2, 0xFF] {
                    let mut bytes = vec![filler; length];
                    bytes[at] = special;
                    assert_eq!(end_of_plain(&bytes, 0), if is_special { at } else { length }, "{bytes:?}");
                }
            }
        }
        assert_eq!(end_of_plain(b"\"\"abc", 2), 5);
        assert_eq!(end_of_plain(b"abc", 4), 4);
    }
}
