//! A window on the plain bytes of an object, with a little of what went before.

use std::io::Read;

use super::super::unpack::{Trouble, Unpacked};

/// Bytes looked at together.
const WINDOW_BYTES: usize = 64 << 10;

/// Bytes that can be looked at a second time after structure was lost: the beginning of the next record may already
/// have been taken for the inside of a string.
pub(super) const HISTORY_BYTES: usize = 256;

/// The bytes of an object, a window at a time.
pub(super) struct Window<R: Read> {
    input: Unpacked<R>,
    buffer: Vec<u8>,
    /// First byte in the buffer that may be gone back to.
    first: usize,
    at: usize,
    end: usize,
    /// Offset in the object of the byte at [`HISTORY_BYTES`], the first one that is no history.
    base: u64,
}

impl<R: Read> Window<R> {
    pub(super) fn new(input: Unpacked<R>) -> Self {
        Self {
            base: input.begin(),
            input,
            buffer: vec![0; HISTORY_BYTES + WINDOW_BYTES],
            first: HISTORY_BYTES,
            at: HISTORY_BYTES,
            end: HISTORY_BYTES,
        }
    }

    /// Offset of the next byte in the object.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64 - HISTORY_BYTES as u64
    }

    /// The bytes at hand, read anew when there are none; empty only at the end of the object.
    pub(super) fn rest(&mut self) -> Result<&[u8], Trouble> {
        if self.at == self.end {
            self.refill()?;
        }
        Ok(&self.buffer[self.at..self.end])
    }

    fn refill(&mut self) -> Result<(), Trouble> {
        let kept = (self.end - self.first).min(HISTORY_BYTES);
        self.buffer.copy_within(self.end - kept..self.end, HISTORY_BYTES - kept);
        self.base += (self.end - HISTORY_BYTES) as u64;
        (self.first, self.at, self.end) = (HISTORY_BYTES - kept, HISTORY_BYTES, HISTORY_BYTES);
        self.end += self.input.fill(&mut self.buffer[HISTORY_BYTES..])?;
        Ok(())
    }

    /// The next byte, if there is one.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Trouble> {
        Ok(self.rest()?.first().copied())
    }

    /// Goes past so many of the bytes at hand.
    pub(super) fn pass(&mut self, count: usize) {
        self.at += count;
    }

    /// Goes back by so many bytes, or by as many as are still there; says by how many.
    pub(super) fn back(&mut self, count: usize) -> usize {
        let possible = count.min(self.at - self.first);
        self.at -= possible;
        possible
    }

    pub(super) fn input(&self) -> &Unpacked<R> {
        &self.input
    }
}
