//! Skimming: which records of an object have to be read, found without reading the others.
//!
//! A record that concerns a profile holds one of its needles ([`needles`]), as bytes or behind an escape that spells one
//! of their characters. All of the text is searched for those; its structure ([`blocks`]) tells which records they are
//! in, and how many records there are. Whatever is not exactly one list of objects is not skimmed but parsed whole.

#![expect(clippy::inline_always, reason = "what is not inlined is not compiled for the machine's own instructions")]

mod blocks;
mod list;
mod needles;
mod search;

use std::iter::Peekable;
use std::ops::Range;

use blocks::{BLOCK, Marks, Scanner};
use fearless_simd::{Level, Simd, dispatch};
use list::List;
pub(super) use needles::Needles;

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
    if !count && hits.peek().is_none() {
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
    let scan = Scan { text, list, hits, first_only };
    dispatch!(Level::new(), simd => scan.run(simd));
}

/// A scan under way.
struct Scan<'s, 't, I: Iterator<Item = usize>> {
    text: &'t [u8],
    list: &'s mut List<'t>,
    hits: Peekable<I>,
    first_only: bool,
}

// What is inlined into `run` is compiled anew for each kind of machine.
impl<I: Iterator<Item = usize>> Scan<'_, '_, I> {
    #[inline(always)]
    fn run(mut self, simd: impl Simd) {
        let begin = self.list.position();
        let (blocks, rest) = self.text[begin..].as_chunks::<BLOCK>();
        let mut tail = [b' '; BLOCK];
        tail[..rest.len()].copy_from_slice(rest);
        // Both stay in registers: nearly every block lies within a record.
        let (mut scanner, mut depth) = (Scanner::default(), self.list.depth);
        for (number, block) in blocks.iter().chain([&tail]).enumerate() {
            let marks = scanner.mark(simd, block);
            let closing = marks.closing.count_ones();
            if closing < depth {
                depth = depth + marks.opening.count_ones() - closing;
                continue;
            }
            self.list.depth = depth;
            if self.brackets(marks, begin + number * BLOCK) {
                return;
            }
            depth = self.list.depth;
        }
        self.list.depth = depth;
    }

    /// Takes the brackets of a block one by one; answers whether there is nothing more to look at.
    fn brackets(&mut self, marks: Marks, block: usize) -> bool {
        bits(marks.opening | marks.closing).any(|bit| {
            let is_opening = marks.opening >> bit & 1 == 1;
            let ended = self.list.bracket(block + bit, is_opening, &mut self.hits);
            ended || (self.first_only && self.list.first().is_some())
        })
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
