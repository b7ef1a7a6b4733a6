//! Findings as a list: each a line to click on, and what tells it apart.

use maud::{Markup, html};

use crate::exports::html::{
    account_path, basis, brief, counted, finding_path, moment, rule_path, severity, shown, status,
};
use crate::exports::json::FindingJson;
use crate::model::Account;

/// Characters of a summary in a list.
const SUMMARY: usize = 400;

/// Findings, worst first.
pub(super) fn findings(rows: &[FindingJson]) -> Markup {
    html! {
        ol.finding-list { @for row in rows { li.finding { (finding(row)) } } }
    }
}

fn finding(row: &FindingJson) -> Markup {
    let account = Account::new(row.provider, row.account.as_ref());
    html! {
        p.what {
            (severity(row.severity)) " "
            a href=(finding_path(&row.id)) { (brief(&row.summary, SUMMARY)) }
        }
        p.facts {
            span { (standing(row)) }
            span { a href=(rule_path(&row.rule)) { (shown(&row.rule)) } }
            span { a href=(account_path(&account)) { (account.provider) "/" (shown(&account.id)) } }
            @if let Some(region) = &row.region { span { (shown(region)) } }
            span { "seen " (times(row.count)) "last " (moment(row.last_seen)) }
        }
        @if let Some(exception) = &row.exception {
            p.facts { span { "Accepted by " (shown(&exception.owner)) " until " (moment(exception.expires)) ": " (brief(&exception.reason, SUMMARY)) } }
        }
    }
}

/// Where a finding stands, with what weakens it.
pub(super) fn standing(row: &FindingJson) -> Markup {
    html! {
        (status(row.status))
        @if row.stale { " " span.badge.stale title="its scope could not be judged again for want of coverage" { "stale" } }
        (basis(row.basis))
    }
}

fn times(count: u64) -> String {
    if count < 2 { String::new() } else { format!("{}, ", counted(count, "time")) }
}
