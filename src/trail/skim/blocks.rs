//! The structure of JSON text, sixty-four bytes at a time: which brackets stand outside of strings.
//!
//! Bit n of a mask is byte n of the block. The technique is that of simdjson (Langdale and Lemire, "Parsing Gigabytes of
//! JSON per Second"), with the widest instructions of the machine that the program runs on: an odd run of backslashes
//! escapes what follows it, and the quotes that are left open and close strings in turn.

use fearless_simd::prelude::*;
use fearless_simd::u8x64;

/// Bytes of a block.
pub(super) const BLOCK: usize = 64;

/// What stands in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    /// `{` and `[` outside of strings.
    pub(super) opening: u64,
    /// `}` and `]` outside of strings.
    pub(super) closing: u64,
}

/// The bits with even numbers.
const EVEN: u64 = 0x5555_5555_5555_5555;

/// Goes through a text block by block.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// All bits where the last block ended inside a string.
    in_string: u64,
    /// Whether the next byte is escaped.
    escaped: u64,
}

impl Scanner {
    /// Marks the next block.
    #[inline(always)]
    pub(super) fn mark(&mut self, simd: impl Simd, block: &[u8; BLOCK]) -> Marks {
        let block = u8x64::simd_from(simd, *block);
        let raw = Raw::of(block);
        let escaped = self.escaped(raw.backslashes);
        let quotes = raw.quotes & !escaped;
        let strings = prefix_xor(quotes) ^ self.in_string;
        self.in_string = if strings >> 63 == 0 { 0 } else { u64::MAX };
        Marks { opening: raw.opening & !strings, closing: raw.closing & !strings }
    }

    /// The bytes that a backslash escapes.
    #[inline(always)]
    fn escaped(&mut self, backslashes: u64) -> u64 {
        if backslashes == 0 {
            return std::mem::take(&mut self.escaped);
        }
        let starting = backslashes & !self.escaped;
        let after = starting << 1 | self.escaped;
        // Runs that begin at an odd place end, by addition, in a carry; the others keep their parity.
        let odd = starting & !EVEN & !after;
        let (ends_of_even, overflow) = odd.overflowing_add(starting);
        self.escaped = u64::from(overflow);
        (EVEN ^ (ends_of_even << 1)) & after
    }
}

/// A block without regard to strings.
struct Raw {
    quotes: u64,
    backslashes: u64,
    opening: u64,
    closing: u64,
}

impl Raw {
    #[inline(always)]
    fn of<S: Simd>(block: u8x64<S>) -> Self {
        // `[` and `{`, and `]` and `}`, differ in this bit alone, and no other byte joins them.
        let folded = block | 0x20;
        Self {
            quotes: equal(block, b'"'),
            backslashes: equal(block, b'\\'),
            opening: equal(folded, b'{'),
            closing: equal(folded, b'}'),
        }
    }
}

#[inline(always)]
fn equal<S: Simd>(block: u8x64<S>, byte: u8) -> u64 {
    block.simd_eq(byte).to_bitmask()
}

/// Bit n is the parity of all bits up to n.
#[inline(always)]
fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use fearless_simd::{Level, dispatch};

    use super::*;

    /// What the marks should be, byte by byte.
    fn plainly(text: &[u8]) -> Vec<(usize, u8)> {
        let (mut found, mut in_string, mut escaped) = (Vec::new(), false, false);
        for (at, &byte) in text.iter().enumerate() {
            let is_escaped = std::mem::take(&mut escaped);
            match byte {
                b'\\' if !is_escaped => escaped = true,
                b'"' if !is_escaped => in_string = !in_string,
                b'{' | b'[' if !in_string => found.push((at, b'{')),
                b'}' | b']' if !in_string => found.push((at, b'}')),
                _ => {}
            }
        }
        found
    }

    fn mark(scanner: &mut Scanner, block: &[u8; BLOCK]) -> Marks {
        dispatch!(Level::new(), simd => scanner.mark(simd, block))
    }

    fn marked(text: &[u8]) -> Vec<(usize, u8)> {
        let (mut scanner, mut found) = (Scanner::default(), Vec::new());
        for (number, chunk) in text.chunks(BLOCK).enumerate() {
            let mut block = [b' '; BLOCK];
            block[..chunk.len()].copy_from_slice(chunk);
            let Marks { opening, closing } = mark(&mut scanner, &block);
            for (bits, byte) in [(opening, b'{'), (closing, b'}')] {
                let set = (0..BLOCK).filter(|bit| bits >> bit & 1 == 1);
                found.extend(set.map(|bit| (number * BLOCK + bit, byte)));
            }
        }
        found.sort_unstable();
        found
    }

    proptest! {
        #[test]
        fn marks_are_those_of_a_reader_that_goes_byte_by_byte(text in "[\\\\\"{}\\[\\] a;\u{e9}]{0,300}") {
            let mut expected = plainly(text.as_bytes());
            expected.sort_unstable();
            prop_assert_eq!(marked(text.as_bytes()), expected);
        }
    }

    #[test]
    fn a_string_may_end_and_a_run_of_backslashes_may_break_at_the_border_of_a_block() {
        for length in 55..75 {
            for run in 0..6 {
                let text = format!("{}\"{}\"{{[\\u0041", " ".repeat(length), "\\".repeat(run));
                let mut expected = plainly(text.as_bytes());
                expected.sort_unstable();
                assert_eq!(marked(text.as_bytes()), expected, "{length} {run}");
            }
        }
    }
}
