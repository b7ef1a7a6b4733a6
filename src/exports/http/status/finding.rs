//! The page of a finding: what was seen, why it matters, who can fix it and how, and the life of its role.

mod evidence;

use maud::{Markup, html};

use super::list::standing;
use super::{Page, Trouble};
use crate::exports::View;
use crate::exports::html::{
    account_path, counted, instruction, moment, prose, rule_path, severity, shown, shown_whole,
};
use crate::exports::json::{ChangeJson, FindingJson};
use crate::exports::pictures::RoleLife;
use crate::model::{Account, FindingChange, FindingEvent, FindingId, RolePresence};
use crate::rules;
use crate::store::{HistoryFilter, StoreError};

/// Events that are shown with their fields.
const EVENTS: u64 = 100;
/// Events that are marked in the picture.
const MARKED: u64 = 2_000;
/// Days before the first sign of a finding that its picture begins, and the least that it shows.
const DAYS_BEFORE: i64 = 14;
const LEAST_DAYS: i64 = 90;
/// Steps of a life that are shown: the newest.
const STEPS: usize = 200;

pub(super) fn page(view: &View, id: &str) -> Result<Page, Trouble> {
    let Some(detail) = view.finding(id, Some(0))? else {
        return Err(Trouble::Nothing("No single finding has an id that begins so.".to_owned()));
    };
    let finding = &detail.finding;
    let events = view.store().finding_events(&FindingId(finding.id.as_ref().to_owned()), Some(MARKED))?;
    let picture = picture(view, finding, &events)?;
    let evidence = evidence::section(view, finding, &events)?;
    let body = html! {
        p.crumbs { a href="/#findings" { "Findings" } }
        h1 { (shown(&finding.summary)) }
        p.facts { span { (severity(finding.severity)) } span { (standing(finding)) } span { a href=(rule_path(&finding.rule)) { (shown(&finding.rule)) } } }
        @if finding.stale {
            p.notice.unknown { "Its scope could not be read again at the last analysis: it stays open, and nobody knows whether it still holds." }
        }
        (exception(finding))
        (fix(finding))
        (seen(finding))
        @if let Some(picture) = picture { section aria-labelledby="life" { h2 id="life" { "The life of the role" } (picture) } }
        (evidence)
        (why(finding))
        (steps(&detail.history))
    };
    Ok(Page { title: format!("{} in {}", finding.rule, finding.account), body })
}

fn exception(finding: &FindingJson) -> Markup {
    html! {
        @if let Some(exception) = &finding.exception {
            div.notice {
                p { "Accepted by an exception until " (moment(exception.expires)) ". The verdict is the same as without it." }
                dl.pairs {
                    dt { "Exception" } dd { (shown(&exception.id)) }
                    dt { "Owner" } dd { (shown(&exception.owner)) }
                    dt { "Reason" } dd { (shown_whole(&exception.reason)) }
                    dt { "Ticket" } dd { (shown(&exception.ticket)) }
                }
            }
        }
    }
}

fn fix(finding: &FindingJson) -> Markup {
    html! {
        section aria-labelledby="fix" {
            h2 id="fix" { "What to do" }
            dl.pairs {
                dt { "Who can fix it" } dd { "the " (finding.fix.who.as_str()) }
                dt { "Next step" } dd { (instruction(&finding.fix.how)) }
                dt { "What clears it" } dd { (instruction(&finding.clears_when)) }
            }
        }
    }
}

fn seen(finding: &FindingJson) -> Markup {
    let account = Account::new(finding.provider, finding.account.as_ref());
    let facts = [
        ("Region", &finding.region),
        ("Profile", &finding.profile),
        ("Role", &finding.role),
        ("Key store", &finding.store),
        ("Actor", &finding.actor),
    ];
    html! {
        section aria-labelledby="seen" {
            h2 id="seen" { "What was seen" }
            dl.pairs {
                dt { "Summary" } dd { (shown_whole(&finding.summary)) }
                dt { "Account" } dd { a href=(account_path(&account)) { (account.provider) "/" (shown(&account.id)) } }
                @for (name, value) in facts {
                    @if let Some(value) = value { dt { (name) } dd { (shown_whole(value)) } }
                }
                @if let Some(outcome) = finding.outcome { dt { "Outcome" } dd { (outcome.as_str()) } }
                dt { "Seen" } dd {
                    @if finding.first_seen == finding.last_seen { (counted(finding.count, "time")) ", " (moment(finding.last_seen)) }
                    @else { (counted(finding.count, "time")) ", from " (moment(finding.first_seen)) " to " (moment(finding.last_seen)) }
                }
                dt { "Basis" } dd {
                    (finding.basis.as_str())
                    @if finding.basis == crate::model::Basis::Inferred { ": concluded from trail events alone, without inventory" }
                }
                dt { "Id" } dd { code { (finding.id) } }
            }
        }
    }
}

fn why(finding: &FindingJson) -> Markup {
    let doc = rules::find(&finding.rule).map(rules::Rule::doc);
    html! {
        section aria-labelledby="why" {
            h2 id="why" { "Why it matters" }
            @if let Some(doc) = doc { (prose(doc.matters)) }
            p { a href=(rule_path(&finding.rule)) { "All about this rule" } }
            h3 { "Controls that it supports" }
            dl.pairs {
                @for of_framework in finding.controls.chunk_by(|left, right| left.framework == right.framework) {
                    dt { (shown(&of_framework[0].framework)) }
                    dd { @for (place, control) in of_framework.iter().enumerate() { @if 0 < place { ", " } (shown(&control.id)) } }
                }
            }
        }
    }
}

fn steps(history: &[ChangeJson]) -> Markup {
    let left_out = history.len().saturating_sub(STEPS);
    html! {
        section aria-labelledby="steps" {
            h2 id="steps" { "Life of this finding" }
            @if 0 < left_out { p.quiet { (counted(left_out as u64, "earlier step")) " left out." } }
            ol.steps {
                @for step in &history[left_out..] {
                    li {
                        (moment(step.at)) " " strong { (step.change.name()) }
                        @if let FindingChange::BecameStale { because } | FindingChange::Resolved { because } = &step.change {
                            ": " (shown(because))
                        }
                    }
                }
            }
        }
    }
}

/// The life of the role around the finding.
fn picture(view: &View, finding: &FindingJson, events: &[FindingEvent]) -> Result<Option<Markup>, StoreError> {
    let Some(profile) = &finding.profile else { return Ok(None) };
    let account = Account::new(finding.provider, finding.account.as_ref());
    let filter = HistoryFilter {
        provider: Some(account.provider),
        account: Some(account.id.clone()),
        profile: Some(profile.as_ref().to_owned()),
        ..HistoryFilter::default()
    };
    let presence = view.store().verdicts(&filter)?.first().map_or(RolePresence::Unknown, |verdict| verdict.role);
    let days = |days: i64| jiff::SignedDuration::from_hours(24 * days);
    let to = view.now();
    let earliest = finding.first_seen;
    let from = earliest
        .checked_sub(days(DAYS_BEFORE))
        .unwrap_or(earliest)
        .min(to.checked_sub(days(LEAST_DAYS)).unwrap_or(to));
    let stores = view.profile(profile).and_then(|profile| profile.store.as_ref());
    let life = RoleLife { account: &account, profile, stores, presence, evidence: events, from, to };
    Ok(Some(life.read(view.store())?.draw("life-of-role")))
}
