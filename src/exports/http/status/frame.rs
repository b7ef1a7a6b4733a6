//! What every page has: head, way to the content, header, footer.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

use crate::exports::html::{moment, plain};

/// Pages of the program that are not the status page's own.
const ELSEWHERE: [(&str, &str); 4] =
    [("/openapi.json", "API"), ("/metrics", "Metrics"), ("/-/healthy", "Health"), ("/-/ready", "Readiness")];

/// Characters of a title.
const TITLE: usize = 120;

/// A whole page. `as_of` is the time for which it holds.
pub(super) fn document(title: &str, as_of: Option<Timestamp>, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (plain(title, TITLE)) " · roletrail" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="/icon.svg" type="image/svg+xml";
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.site {
                    a.home href="/" { "roletrail" }
                    span.version { (env!("CARGO_PKG_VERSION")) }
                    nav aria-label="Site" {
                        ul {
                            li { a href="/" { "Status" } }
                            @for (path, name) in ELSEWHERE { li { a href=(path) { (name) } } }
                        }
                    }
                }
                main id="main" tabindex="-1" { (body) }
                footer {
                    @if let Some(as_of) = as_of { p { "As of " (moment(as_of)) ". The page does not renew itself." } }
                    p { "Read only: nothing here changes anything, here or in a cloud account." }
                }
            }
        }
    };
    page.into_string()
}
