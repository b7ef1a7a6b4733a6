//! Repeated keys: the last of two equal keys is what most readers see, the first what others see.

use std::borrow::Cow;

use super::text::decoded;

/// Objects of up to so many keys are searched for repeats pair by pair, which is faster than sorting.
const FEW_KEYS: usize = 16;

/// The same where only the keys' hashes are compared.
const FEW_HASHES: usize = 64;

/// Keys for which room is made: as many as records have at one time, and the allocator is quick with so few.
const USUAL_KEYS: usize = 40;

/// Keys of the objects that are open, innermost last, as written and with the hash of what they say.
#[derive(Debug)]
pub(super) struct Keys<'a> {
    keys: Vec<(u64, &'a str)>,
}

impl<'a> Keys<'a> {
    pub(super) fn new() -> Self {
        Self { keys: Vec::with_capacity(USUAL_KEYS) }
    }

    /// How many there are: what [`Keys::close`] wants to know of the time before an object's first key.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Takes the inside of a key in quotes.
    #[inline]
    pub(super) fn push(&mut self, raw: &'a str, escaped: bool) {
        let hash = if escaped { hash(decoded(raw).as_bytes()) } else { hash(raw.as_bytes()) };
        self.keys.push((hash, raw));
    }

    /// Forgets the keys of an object, the first of which is the one at `first`; tells one that is repeated.
    #[inline]
    pub(super) fn close(&mut self, first: usize) -> Option<Cow<'a, str>> {
        let keys = &self.keys[first..];
        let repeated = if may_repeat(keys) { repeated(keys) } else { None };
        self.keys.truncate(first);
        repeated
    }
}

/// Whether two hashes are equal.
#[inline]
fn may_repeat(keys: &[(u64, &str)]) -> bool {
    if FEW_HASHES < keys.len() {
        let mut hashes: Vec<_> = keys.iter().map(|(hash, _)| hash).collect();
        hashes.sort_unstable();
        return hashes.windows(2).any(|pair| pair[0] == pair[1]);
    }
    // One bit for each hash seen: most hashes need not be compared with any other.
    let mut seen = 0_u64;
    for (index, (hash, _)) in keys.iter().enumerate() {
        let bit = 1 << (hash >> 58);
        if seen & bit != 0 && keys[..index].iter().any(|(other, _)| other == hash) {
            return true;
        }
        seen |= bit;
    }
    false
}

/// The key that is repeated, if any is.
#[cold]
fn repeated<'a>(keys: &[(u64, &'a str)]) -> Option<Cow<'a, str>> {
    let mut keys: Vec<_> = keys.iter().map(|&(_, raw)| decoded(raw)).collect();
    let at = if keys.len() <= FEW_KEYS {
        (1..keys.len()).find(|&index| keys[..index].contains(&keys[index]))
    } else {
        keys.sort_unstable();
        (1..keys.len()).find(|&index| keys[index - 1] == keys[index])
    };
    at.map(|index| keys.swap_remove(index))
}

/// A cheap hash of a key's length, its first and its last bytes. Keys that differ elsewhere have the same one and
/// are compared whole.
#[inline]
fn hash(key: &[u8]) -> u64 {
    // Odd numbers with well-mixed bits: the fractional parts of the golden ratio and of the square root of two.
    const FIRST: u64 = 0x9E37_79B9_7F4A_7C15;
    const SECOND: u64 = 0x6A09_E667_F3BC_C909;
    let (first, last) = match (key.first_chunk(), key.last_chunk()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (key.first_chunk(), key.last_chunk()) {
            (Some(first), Some(last)) => (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into()),
            _ => key.iter().fold((0, 0), |(word, _), &byte| (word << 8 | u64::from(byte), 0)),
        },
    };
    (first ^ key.len() as u64).wrapping_mul(FIRST) ^ last.wrapping_mul(SECOND)
}
