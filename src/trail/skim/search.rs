//! One search for all needles at once, sixty-four places at a time.
//!
//! Three bytes of each needle, the rarest that follow one another in it, are looked up by the halves of every byte of the
//! text; where all three fit, the place is a candidate, and whoever asked compares it. The technique is Teddy, of
//! Hyperscan. The search of the crate aho-corasick is the same with the first bytes of each needle, which are the common
//! ones here ("Create", "AWSS"), in vectors of half the width: it took twice the time.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x64};

use super::blocks::BLOCK;

/// Bytes of a needle that are looked up.
pub(super) const WINDOW: usize = 3;

/// Bytes of text that a step looks at.
const STEP: usize = BLOCK + WINDOW - 1;

/// Groups of windows, a bit for each.
const GROUPS: usize = 8;

/// Three bytes in a row, each with all that it may be.
pub(super) type Window = [Vec<u8>; WINDOW];

/// For each half of a byte at one place of a window, the groups that it fits; over and over, as vectors want it.
#[derive(Debug, Clone, Copy)]
struct Halves {
    low: [u8; BLOCK],
    high: [u8; BLOCK],
}

/// The search.
#[derive(Debug)]
pub(super) struct Search {
    places: [Halves; WINDOW],
}

impl Search {
    /// For windows, and one that is so wide that it has to have a group for itself.
    pub(super) fn of(windows: &[Window], wide: &Window) -> Self {
        let mut groups = grouped(windows);
        groups.push(Group::of(wide));
        let places = std::array::from_fn(|place| {
            let fitting = |half: fn(&Group, usize) -> u16| {
                std::array::from_fn(|value| {
                    let fits = groups.iter().map(|group| half(group, place) >> (value % 16) & 1 == 1);
                    fits.enumerate().fold(0, |bits, (number, fits)| bits | u8::from(fits) << number)
                })
            };
            Halves { low: fitting(|group, place| group.low[place]), high: fitting(|group, place| group.high[place]) }
        });
        Self { places }
    }

    /// Where a window may stand, in order.
    pub(super) fn candidates<'s>(&'s self, text: &'s [u8]) -> impl Iterator<Item = usize> + 's {
        let (mut block, mut next, mut bits) = (0, 0, 0_u64);
        std::iter::from_fn(move || {
            if bits == 0 {
                (block, bits) = self.step(text, next)?;
                next = block + BLOCK;
            }
            let at = block + bits.trailing_zeros() as usize;
            bits &= bits - 1;
            Some(at)
        })
    }

    /// The first block from here on in which anything fits, with the places.
    fn step(&self, text: &[u8], from: usize) -> Option<(usize, u64)> {
        dispatch!(Level::new(), simd => self.step_by(simd, text, from))
    }

    #[inline(always)]
    fn step_by(&self, simd: impl Simd, text: &[u8], mut from: usize) -> Option<(usize, u64)> {
        let places = self.places.map(|halves| [halves.low, halves.high].map(|half| u8x64::simd_from(simd, half)));
        while let Some(bytes) = text.get(from..).and_then(<[u8]>::first_chunk) {
            let found = fitting(simd, &places, bytes);
            if found != 0 {
                return Some((from, found));
            }
            from += BLOCK;
        }
        // A window has no zeros: none reaches over the end.
        let mut tail = [0; STEP];
        let rest = text.get(from..).filter(|rest| !rest.is_empty())?;
        tail[..rest.len()].copy_from_slice(rest);
        let found = fitting(simd, &places, &tail);
        (found != 0).then_some((from, found))
    }
}

/// The places of a step at which all bytes of a window fit.
#[inline(always)]
fn fitting<S: Simd>(simd: S, places: &[[u8x64<S>; 2]; WINDOW], bytes: &[u8; STEP]) -> u64 {
    let mut groups = u8x64::splat(simd, u8::MAX);
    for (at, [low, high]) in places.iter().enumerate() {
        let (block, _) = bytes[at..].split_first_chunk().expect("a step reaches beyond its block by a window");
        let block = u8x64::simd_from(simd, *block);
        groups = groups & low.swizzle_dyn_within_blocks(block & 0xf) & high.swizzle_dyn_within_blocks(block >> 4);
    }
    !groups.simd_eq(0).to_bitmask()
}

/// Windows that are looked up together: whatever takes each half of its bytes from any of them fits.
#[derive(Debug, Clone, Default)]
struct Group {
    /// The values that the lower halves of the bytes have, a bit for each.
    low: [u16; WINDOW],
    high: [u16; WINDOW],
}

impl Group {
    fn of(window: &Window) -> Self {
        let mut group = Self::default();
        for (place, bytes) in window.iter().enumerate() {
            for byte in bytes {
                group.low[place] |= 1 << (byte & 0xf);
                group.high[place] |= 1 << (byte >> 4);
            }
        }
        group
    }

    fn joined(&self, other: &Self) -> Self {
        let join = |own: [u16; WINDOW], other: [u16; WINDOW]| std::array::from_fn(|at| own[at] | other[at]);
        Self { low: join(self.low, other.low), high: join(self.high, other.high) }
    }

    /// How many texts fit.
    fn width(&self) -> u32 {
        self.low.iter().chain(&self.high).map(|values| values.count_ones()).product()
    }
}

/// Windows in all groups but one, those together that let the fewest other texts in.
fn grouped(windows: &[Window]) -> Vec<Group> {
    let mut groups: Vec<_> = windows.iter().map(Group::of).collect();
    while GROUPS <= groups.len() {
        let pairs = (0..groups.len()).flat_map(|left| (0..left).map(move |right| (left, right)));
        let widened = |(left, right): &(usize, usize)| {
            let (left, right) = (&groups[*left], &groups[*right]);
            left.joined(right).width() - left.width().max(right.width())
        };
        let Some((left, right)) = pairs.min_by_key(widened) else { break };
        groups[right] = groups[right].joined(&groups[left]);
        groups.swap_remove(left);
    }
    groups
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window(text: [u8; WINDOW]) -> Window {
        text.map(|byte| vec![byte])
    }

    fn stands(window: &Window, text: &[u8], at: usize) -> bool {
        let here = text[at..].first_chunk::<WINDOW>();
        here.is_some_and(|here| here.iter().zip(window).all(|(byte, allowed)| allowed.contains(byte)))
    }

    proptest! {
        #[test]
        fn no_place_at_which_a_window_stands_is_left_out(
            windows in prop::collection::vec("[a-dA-D.]{3}", 0..20),
            text in "[a-dA-D.\\\\u]{0,300}",
        ) {
            let windows: Vec<_> =
                windows.iter().map(|text| window(*text.as_bytes().first_chunk().expect("three bytes"))).collect();
            let wide = [b"\\".to_vec(), b"u".to_vec(), (0..=u8::MAX).collect()];
            let found: Vec<_> = Search::of(&windows, &wide).candidates(text.as_bytes()).collect();
            prop_assert!(found.is_sorted_by(|left, right| left < right));
            for at in 0..text.len() {
                let stands = windows.iter().chain([&wide]).any(|window| stands(window, text.as_bytes(), at));
                prop_assert!(!stands || found.contains(&at), "{at} of {text}");
            }
        }
    }

    #[test]
    fn few_windows_are_told_from_everything_that_differs_in_half_a_byte() {
        let wide = window(*b"000");
        let search = Search::of(&[window(*b"HSM"), window(*b"mrk")], &wide);
        let near = b"HSN HRM XSM HSm mrj msk Mrk hsm krm 001 010";
        assert_eq!(search.candidates(near).count(), 0);
        let text = [&[b'-'; 62][..], b"HSM", &[b'-'; 60], b"mrk000"].concat();
        assert_eq!(search.candidates(&text).collect::<Vec<_>>(), [62, 125, 128]);
    }
}
