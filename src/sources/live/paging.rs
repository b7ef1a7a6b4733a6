//! Listings that come in pages: each of them ends, and no page comes twice.

use super::Failure;

/// A listing under way.
pub(in crate::sources) struct Pages {
    what: &'static str,
    most: usize,
    read: usize,
    token: Option<String>,
}

impl Pages {
    /// The pages of a listing, in words, of which so many are read at most.
    pub(in crate::sources) fn of(what: &'static str, most: usize) -> Self {
        Self { what, most, read: 0, token: None }
    }

    /// Where the page to be asked for begins; nothing for the first.
    pub(in crate::sources) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// How many pages were read.
    pub(in crate::sources) fn read(&self) -> usize {
        self.read
    }

    /// Takes what a page told of the next one; answers whether there is one.
    ///
    /// # Errors
    /// [`Failure`] when the listing goes round in circles, or has no end.
    pub(in crate::sources) fn go_on(&mut self, next: Option<String>) -> Result<bool, Failure> {
        self.read += 1;
        let Some(next) = next else { return Ok(false) };
        if self.token.as_ref() == Some(&next) {
            return Err(Failure::protocol(format!("{} repeats a page", self.what)));
        }
        if self.most <= self.read {
            return Err(Failure::protocol(format!("{} has more than {} pages", self.what, self.most)));
        }
        self.token = Some(next);
        Ok(true)
    }
}

/// A listing that breaks off is a part of the whole.
pub(in crate::sources) fn after(failure: Failure, pages: usize) -> Failure {
    if pages == 0 { failure } else { failure.at(&format!("after {pages} pages")) }
}

/// The marker of the next page, where the answer says that there is one.
pub(in crate::sources) fn marker_of(truncated: bool, marker: Option<String>) -> Result<Option<String>, Failure> {
    match (truncated, marker) {
        (false, _) => Ok(None),
        (true, Some(marker)) if !marker.is_empty() => Ok(Some(marker)),
        (true, _) => Err(Failure::protocol("the answer is cut off and tells no marker of the next page")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_ends_with_its_last_page_and_never_goes_round() {
        let mut pages = Pages::of("the list", 3);
        assert_eq!(pages.go_on(Some("a".to_owned())), Ok(true));
        assert_eq!(pages.token().as_deref(), Some("a"));
        let again = pages.go_on(Some("a".to_owned())).expect_err("the same page");
        assert_eq!(again.detail, "the list repeats a page");
        let endless = pages.go_on(Some("b".to_owned())).expect_err("one page too many");
        assert_eq!(endless.detail, "the list has more than 3 pages");
        assert_eq!(pages.go_on(None), Ok(false));
    }

    #[test]
    fn an_answer_that_is_cut_off_must_say_where() {
        assert_eq!(marker_of(false, Some("ignored".to_owned())), Ok(None));
        assert_eq!(marker_of(true, Some("m".to_owned())), Ok(Some("m".to_owned())));
        for nothing in [None, Some(String::new())] {
            assert!(marker_of(true, nothing).is_err());
        }
    }
}
