//! The page of a rule: its documentation, the controls that it supports, the way to its findings.

use maud::html;

use super::{Page, Trouble};
use crate::exports::View;
use crate::exports::html::{prose, query, severity};
use crate::rules;

pub(super) fn page(view: &View, id: &str) -> Result<Page, Trouble> {
    let Some(rule) = rules::find(id) else {
        return Err(Trouble::Nothing("There is no rule of that name.".to_owned()));
    };
    let doc = rule.doc();
    let body = html! {
        p.crumbs { a href="/#findings" { "Findings" } }
        h1 { (doc.title) }
        p { code { (doc.id) } ", at worst " (severity(doc.severity)) }
        p { a href={ (query("/", &[("rule", doc.id)])) "#findings" } { "Open findings of this rule" } }
        h2 { "What it finds" } (prose(doc.finds))
        h2 { "Why it matters" } (prose(doc.matters))
        h2 { "When it stays silent" } (prose(doc.silent))
        h2 { "What to do" } (prose(doc.remedy))
        h2 { "Controls that it supports" }
        p.quiet { "A finding, or its absence over a complete population, is evidence for a control. It never satisfies one." }
        ul {
            @for control in view.controls().of_rule(doc.id) {
                li { strong { (control.framework) " " (control.id) } ": " (control.supports) }
            }
        }
    };
    Ok(Page { title: doc.title.to_owned(), body })
}
