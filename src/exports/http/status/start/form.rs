//! The filters of the list of findings: a form that asks for an address.

use maud::{Markup, html};

use super::super::query::{LONGEST_TEXT, Query};
use crate::exports::html::shown;
use crate::model::{Provider, Severity};
use crate::rules;

/// The form.
pub(super) fn filters(query: &Query) -> Markup {
    let status = if query.status.is_empty() { "open" } else { &query.status };
    let statuses = ["open", "excepted", "resolved", "all"].map(|word| (word, word));
    let severities = Severity::ALL.map(|level| (level.as_str(), level.as_str()));
    let rules: Vec<_> = rules::all().iter().map(|rule| (rule.doc().id, rule.doc().id)).collect();
    let providers = Provider::ALL.map(|provider| (provider.as_str(), provider.as_str()));
    html! {
        form.filters action="/#findings" method="get" {
            (choice("status", "Status", None, &statuses, status))
            (choice("severity", "Severity at least", Some("any"), &severities, &query.severity))
            (choice("rule", "Rule", Some("any"), &rules, &query.rule))
            (choice("provider", "Provider", Some("any"), &providers, &query.provider))
            div.field {
                label for="account" { "Account" }
                input id="account" name="account" type="text" value=(query.account) maxlength="64" autocomplete="off" spellcheck="false";
            }
            div.field.wide {
                label for="q" { "Role, store, account or actor contains" }
                input id="q" name="q" type="search" value=(query.text) maxlength=(LONGEST_TEXT) autocomplete="off" spellcheck="false";
            }
            button type="submit" { "Show" }
            @if query.narrows() || !query.status.is_empty() { a href="/#findings" { "Clear" } }
        }
    }
}

/// What narrows the list, in words, so that nobody takes a part of it for the whole.
pub(super) fn asked(query: &Query) -> Markup {
    let status = if query.status.is_empty() { "open" } else { &query.status };
    html! {
        (if status == "all" { "of every status" } else { status })
        @if !query.severity.is_empty() { ", severity " (query.severity) " or worse" }
        @if !query.rule.is_empty() { ", rule " (query.rule) }
        @if !query.provider.is_empty() { ", provider " (query.provider) }
        @if !query.account.is_empty() { ", account " (shown(&query.account)) }
        @if !query.text.is_empty() { ", “" (shown(&query.text)) "” in role, key store, account or actor" }
    }
}

fn choice(name: &str, label: &str, any: Option<&str>, known: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                @if let Some(any) = any { option value="" selected[chosen.is_empty()] { (any) } }
                @for (value, words) in known { option value=(value) selected[*value == chosen] { (words) } }
            }
        }
    }
}
