//! Listings whose pages have numbers: each is read to the number of entries that it tells.

use std::num::NonZeroUsize;

use super::Failure;

/// A listing under way.
pub(super) struct Numbered {
    what: &'static str,
    most: usize,
    number: usize,
    read: u64,
}

/// Where a listing goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// With another page.
    Page,
    /// Nowhere: this was all.
    End,
}

impl Numbered {
    /// The pages of a listing, in words, of which so many are read at most.
    pub(super) fn of(what: &'static str, most: NonZeroUsize) -> Self {
        Self { what, most: most.get(), number: 1, read: 0 }
    }

    /// The number of the page to be asked for.
    pub(super) fn number(&self) -> String {
        self.number.to_string()
    }

    /// Pages that were read.
    pub(super) fn before(&self) -> usize {
        self.number - 1
    }

    /// Takes what a page told: its entries, and how many there are in all. A page may be shorter than asked for.
    ///
    /// # Errors
    /// [`Failure`] when there is nothing more though more was told, or no end to it.
    pub(super) fn go_on(&mut self, entries: usize, total: u64) -> Result<Next, Failure> {
        self.read += entries as u64;
        if total <= self.read {
            return Ok(Next::End);
        }
        if entries == 0 {
            return Err(Failure::protocol(format!("{} tells {} of {total} entries", self.what, self.read)));
        }
        if self.most <= self.number {
            return Err(Failure::protocol(format!("{} has more than {} pages", self.what, self.most)));
        }
        self.number += 1;
        Ok(Next::Page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(most: usize) -> Numbered {
        Numbered::of("the list", NonZeroUsize::new(most).expect("some"))
    }

    #[test]
    fn a_listing_ends_with_the_entries_that_it_tells() {
        assert_eq!(pages(1).go_on(0, 0), Ok(Next::End));
        let mut pages = pages(3);
        assert_eq!((pages.go_on(2, 3), pages.number()), (Ok(Next::Page), "2".to_owned()));
        assert_eq!(pages.go_on(1, 3), Ok(Next::End));
    }

    #[test]
    fn a_listing_that_does_not_give_what_it_tells_is_not_complete() {
        let short = pages(3).go_on(0, 3).expect_err("too little");
        assert_eq!(short.detail, "the list tells 0 of 3 entries");
        let endless = pages(1).go_on(1, 3).expect_err("one page too many");
        assert_eq!(endless.detail, "the list has more than 1 pages");
    }
}
