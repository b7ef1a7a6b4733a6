//! The start page: coverage first, then verdicts, then findings, then exceptions.

mod form;
mod read;
mod sections;

use maud::html;

use super::query::Query;
use super::{Page, Trouble};
use crate::exports::View;
use read::Start;
pub(super) use read::{period, with_assumptions};

/// The start page.
pub(super) fn page(view: &View, query: &Query) -> Result<Page, Trouble> {
    let start = Start::read(view, query)?;
    let body = html! {
        h1 { "Status" }
        @if !start.known {
            (sections::first_run(&start))
        } @else {
            (sections::standing(&start))
            (sections::coverage(&start))
            (sections::verdicts(&start, query))
            (sections::findings(&start, query))
            (sections::exceptions(&start))
        }
    };
    Ok(Page { title: "Status".to_owned(), body })
}
