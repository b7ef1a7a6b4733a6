//! Skimming: which records of an object have to be read, found without reading the others.
//!
//! A record that concerns a profile holds one of its needles ([`needles`]), as bytes or behind an escape that spells one
//! of their characters. All of the text is searched for those; its structure ([`blocks`]) tells which records they are
//! in, and how many records there are. Whatever is not exactly one list of objects is not skimmed but parsed whole.

mod blocks;
mod list;
mod needles;

use std::iter::Peekable;
use std::ops::Range;

use blocks::{BLOCK, Scanner};
use list::List;
pub(super) use needles::Needles;
use needles::is_of_alphabet;

/// What skimming finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Skimmed {
    /// Records, where they were counted.
    pub(super) records: Option<u64>,
    /// The first record.
    pub(super) first: Range<usize>,
    /// The last one, where all were counted.
    pub(super) last: Option<Range<usize>>,
    /// Those that may concern a profile, in order.
    pub(super) candidates: Vec<Range<usize>>,
}

/// Skims a text. `None` where it has to be parsed whole.
pub(super) fn skim(text: &[u8], needles: &Needles, count: bool) -> Option<Skimmed> {
    let begin = list::begin(text)?;
    let mut hits = needles.find_iter(text).peekable();
    if !count && hits.peek().is_none() && !spells_anything(text) {
        let mut list = List::new(text, begin);
        scan(text, &mut list, hits, true);
        let first = list.first()?;
        return Some(Skimmed { records: None, first, last: None, candidates: Vec::new() });
    }
    let mut list = List::new(text, begin);
    scan(text, &mut list, hits, false);
    let found = list.end()?;
    Some(Skimmed { records: found.records.filter(|_| count), ..found })
}

/// Goes over the structure from the beginning of the list; to its end, or that of its first record.
fn scan(text: &[u8], list: &mut List<'_>, mut hits: Peekable<impl Iterator<Item = usize>>, first_only: bool) {
    let mut scanner = Scanner::default();
    let begin = list.position();
    let (blocks, rest) = text[begin..].as_chunks::<BLOCK>();
    let mut tail = [b' '; BLOCK];
    tail[..rest.len()].copy_from_slice(rest);
    for (number, block) in blocks.iter().chain([&tail]).enumerate() {
        let marks = scanner.mark(block);
        let at = begin + number * BLOCK;
        if marks.numbers != 0 {
            let spelling = bits(marks.numbers).map(|bit| at + bit).filter(|at| spells(text, *at));
            list.suspect(spelling);
        }
        if list.stays_inside(marks.opening, marks.closing) {
            continue;
        }
        for bit in bits(marks.opening | marks.closing) {
            let is_opening = marks.opening >> bit & 1 == 1;
            let ended = list.bracket(at + bit, is_opening, &mut hits);
            if ended || (first_only && list.first().is_some()) {
                return;
            }
        }
    }
}

/// The bits that are set, from the lowest.
fn bits(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        if bits == 0 {
            return None;
        }
        let bit = bits.trailing_zeros() as usize;
        bits &= bits - 1;
        Some(bit)
    })
}

/// Whether any escape of the text spells what may be a part of a needle.
fn spells_anything(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"\\u").any(|at| spells(text, at + 1))
}

/// Whether the escape whose `u` is here may spell a part of a needle: one of its characters, or the backslash of another
/// escape in a text within a text. Providers write `\u003c`, `\u003d` and `\u0026` often, and none of these.
fn spells(text: &[u8], at: usize) -> bool {
    let Some(digits) = text.get(at + 1..at + 5) else { return true };
    let digits = std::str::from_utf8(digits).ok();
    let Some(number) = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) else { return true };
    u8::try_from(number).is_ok_and(|byte| is_of_alphabet(byte) || byte == b'\\')
}
