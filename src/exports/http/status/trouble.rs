//! Pages about what went wrong.

use maud::html;

use super::{Page, Trouble};
use crate::exports::html::shown;

pub(super) fn page(trouble: &Trouble) -> Page {
    let (title, sentence, remedy) = match trouble {
        Trouble::Nothing(what) => {
            ("There is nothing here", what.clone(), "It may have been removed, or never existed.")
        }
        Trouble::Question(what) => ("This cannot be shown", what.clone(), "Go back and choose from the lists."),
        Trouble::Store(error) => (
            "The history cannot be read",
            error.to_string(),
            "Nothing is known until it can: this is no all-clear. `roletrail db status` and the daemon's log tell more.",
        ),
        Trouble::Busy => (
            "Too many pages are asked for",
            "Others are being made at this moment.".to_owned(),
            "Load this page again in a moment.",
        ),
    };
    let body = html! {
        h1 { (title) }
        p.notice.bad role="status" { (shown(&sentence)) }
        p { (remedy) }
        p { a href="/" { "The status page" } }
    };
    Page { title: title.to_owned(), body }
}
