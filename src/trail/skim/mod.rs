//! Skimming: which records of an object have to be read, found without reading the others.
//!
//! A record that concerns a profile holds one of its needles ([`needles`]), as bytes or behind an escape that spells one
//! of their characters. All of the text is searched for those; its structure ([`blocks`]) tells which records they are
//! in, and how many records there are. Whatever is not exactly one list of objects is not skimmed but parsed whole.

#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for the machine's own instructions")]

mod blocks;
mod list;
mod needles;

use std::iter::Peekable;
use std::ops::Range;

use blocks::{BLOCK, Scanner};
use fearless_simd::{Level, Simd, dispatch};
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
fn scan<'t>(text: &'t [u8], list: &mut List<'t>, hits: Peekable<impl Iterator<Item = usize>>, first_only: bool) {
    let scan = Scan { text, list, hits, first_only, scanner: Scanner::default() };
    dispatch!(Level::new(), simd => scan.run(simd));
}

/// A scan under way.
struct Scan<'s, 't, I: Iterator<Item = usize>> {
    text: &'t [u8],
    list: &'s mut List<'t>,
    hits: Peekable<I>,
    first_only: bool,
    scanner: Scanner,
}

// What is inlined into `run` is compiled anew for each kind of machine.
impl<I: Iterator<Item = usize>> Scan<'_, '_, I> {
    #[inline(always)]
    fn run(mut self, simd: impl Simd) {
        let begin = self.list.position();
        let (blocks, rest) = self.text[begin..].as_chunks::<BLOCK>();
        for (number, block) in blocks.iter().enumerate() {
            if self.block(simd, block, begin + number * BLOCK) {
                return;
            }
        }
        let mut tail = [b' '; BLOCK];
        tail[..rest.len()].copy_from_slice(rest);
        self.block(simd, &tail, begin + blocks.len() * BLOCK);
    }

    /// Takes the next block; answers whether there is nothing more to look at.
    #[inline(always)]
    fn block(&mut self, simd: impl Simd, block: &[u8; BLOCK], at: usize) -> bool {
        let marks = self.scanner.mark(simd, block);
        if marks.numbers != 0 {
            let spelling = bits(marks.numbers).map(|bit| at + bit).filter(|at| spells(self.text, *at));
            self.list.suspect(spelling);
        }
        if self.list.stays_inside(marks.opening, marks.closing) {
            return false;
        }
        for bit in bits(marks.opening | marks.closing) {
            let is_opening = marks.opening >> bit & 1 == 1;
            let ended = self.list.bracket(at + bit, is_opening, &mut self.hits);
            if ended || (self.first_only && self.list.first().is_some()) {
                return true;
            }
        }
        false
    }
}

/// The bits that are set, from the lowest.
#[inline(always)]
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
