//! A small deterministic generator (`SplitMix64`): the same seed gives the same bytes on every machine and version.
//!
//! No crate: the ones that exist reserve the right to change their streams, and nothing here needs more quality
//! than a simulation does.

use std::fmt::Write as _;

/// Letters and digits of the ids that AWS gives to principals and access keys.
const ID_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Letters and digits of Alibaba Cloud's resource ids and of object names.
const NAME_ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// How many uniform numbers are added up for one that is nearly normal: the sum of twelve has the variance 1.
const NORMAL_TERMS: u32 = 12;

/// A stream of numbers that its seed determines.
#[derive(Debug, Clone)]
pub(super) struct Random {
    state: u64,
}

impl Random {
    /// The stream of `seed`.
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A stream of its own for the thing that `label` names, so that an id does not depend on what was drawn before.
    pub(super) fn named(seed: u64, label: &[&str]) -> Self {
        // FNV-1a, with a separator between the parts.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ seed;
        for byte in label.iter().flat_map(|part| part.bytes().chain([0x1f])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let mut random = Self::new(hash);
        random.next();
        random
    }

    /// The next 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 where `bound` is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // The high half of a widening product: its bias is far below what a simulation could show.
        let product = u128::from(self.next()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// A number of at least 0 and below 1.
    pub(super) fn unit(&mut self) -> f64 {
        let high = u32::try_from(self.next() >> 32).unwrap_or(0);
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }

    /// A number that is nearly normal, with mean 0 and deviation 1.
    pub(super) fn normal(&mut self) -> f64 {
        (0..NORMAL_TERMS).map(|_| self.unit()).sum::<f64>() - f64::from(NORMAL_TERMS) / 2.0
    }

    /// One of `choices`, which must not be empty.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let index = self.below(choices.len() as u64);
        &choices[usize::try_from(index).unwrap_or(0)]
    }

    /// A UUID of version 4 in lower case.
    pub(super) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }

    /// `length` digits of hexadecimal.
    pub(super) fn hex(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length + 16);
        while text.len() < length {
            // Writing to a string cannot fail.
            let _ = write!(text, "{:016x}", self.next());
        }
        text.truncate(length);
        text
    }

    /// `length` characters as in ids of principals: capitals and some digits.
    pub(super) fn id(&mut self, length: usize) -> String {
        self.text(ID_ALPHABET, length)
    }

    /// `length` characters as in names: small letters and digits.
    pub(super) fn name(&mut self, length: usize) -> String {
        self.text(NAME_ALPHABET, length)
    }

    /// `length` decimal digits, the first of which is not 0.
    pub(super) fn digits(&mut self, length: usize) -> String {
        let first = self.text(b"123456789", 1);
        first + &self.text(b"0123456789", length.saturating_sub(1))
    }

    /// An address out of the ranges that are reserved for documentation (RFC 5737).
    pub(super) fn address(&mut self) -> String {
        let range = *self.pick(&["192.0.2", "198.51.100", "203.0.113"]);
        format!("{range}.{}", self.between(1, 254))
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(*self.pick(alphabet))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_determines_the_stream() {
        let draw = |seed| (0..8).map(|_| Random::new(seed).next()).collect::<Vec<_>>();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        // The reference value of SplitMix64 for the seed 0: the stream must never change.
        assert_eq!(Random::new(0).next(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn names_have_streams_of_their_own() {
        let draw = |label: &[&str]| Random::named(1, label).next();
        assert_eq!(draw(&["a", "b"]), draw(&["a", "b"]));
        assert_ne!(draw(&["a", "b"]), draw(&["ab"]));
        assert_ne!(draw(&["a", "b"]), draw(&["b", "a"]));
    }

    #[test]
    fn numbers_stay_in_their_bounds() {
        let mut random = Random::new(3);
        assert_eq!(random.below(0), 0);
        for _ in 0..1000 {
            assert!((5..=9).contains(&random.between(5, 9)));
            assert!((0.0..1.0).contains(&random.unit()));
            assert!(random.normal().abs() <= 6.0);
        }
        let mean = (0..10_000).map(|_| random.normal()).sum::<f64>() / 10_000.0;
        assert!(mean.abs() < 0.05, "{mean}");
    }

    #[test]
    fn ids_have_the_form_of_the_real_ones() {
        let mut random = Random::new(4);
        let uuid = random.uuid();
        assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert_eq!(random.hex(20).len(), 20);
        assert!(!random.digits(16).starts_with('0'));
    }
}
