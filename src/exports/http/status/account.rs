//! The page of an account: verdicts, findings, the life of each role, coverage, states, stores, tasks.

mod history;

use maud::{Markup, html};

use super::start::{period, with_assumptions};
use super::{Page, Trouble, list, tables};
use crate::exports::View;
use crate::exports::html::{counted, coverage as coverage_sentence, moment, outcome, query, shown, shown_whole};
use crate::exports::pictures::RoleLife;
use crate::model::{Account, AccountVerdict, AssumptionCount, CoverageSpan, FindingStatus, Outcome, RolePresence};
use crate::store::{FindingFilter, HistoryFilter, StoreError};

/// Open findings that are listed.
const FINDINGS: usize = 100;
/// Places of coverage that are listed, gaps first.
const PLACES: usize = 500;

pub(super) fn page(view: &View, account: &Account) -> Result<Page, Trouble> {
    if !view.store().knows(account)? {
        return Err(Trouble::Nothing("Nothing is known of this account.".to_owned()));
    }
    let filter = of_account(account);
    let verdicts = view.store().verdicts(&filter)?;
    let verdicts: Vec<_> = verdicts.into_iter().map(|row| with_assumptions(view, row)).collect::<Result<_, _>>()?;
    let body = html! {
        p.crumbs { a href="/#verdicts" { "Verdicts" } }
        h1 { "Account " (account.provider) "/" (shown(&account.id)) }
        (judged(&verdicts))
        (findings(view, account)?)
        (coverage(view, account)?)
        (lives(view, account, &verdicts)?)
        (history::sections(view, &filter)?)
    };
    Ok(Page { title: format!("Account {account}"), body })
}

pub(super) fn of_account(account: &Account) -> HistoryFilter {
    HistoryFilter { provider: Some(account.provider), account: Some(account.id.clone()), ..HistoryFilter::default() }
}

fn judged(verdicts: &[(AccountVerdict, AssumptionCount)]) -> Markup {
    let plain: Vec<AccountVerdict> = verdicts.iter().map(|(row, _)| row.clone()).collect();
    let counts = tables::counts(&plain);
    let rows: Vec<_> = verdicts.iter().map(|(row, count)| (row, *count)).collect();
    html! {
        p {
            @if 0 < counts.accounts_expected { (coverage_sentence(&counts)) "." }
            @else { "No inventory is configured for this account: what is said of it rests on the trail alone." }
        }
        section aria-labelledby="verdicts" {
            h2 id="verdicts" { "Verdicts" }
            @if rows.is_empty() {
                p { "No verdict: the account is not one of those that are watched, or was not judged yet." }
            } @else {
                (tables::verdicts("Verdicts by profile", &rows, false))
                p.quiet { "Judged " (moment(verdicts[0].0.judged_at)) "." }
            }
        }
    }
}

fn findings(view: &View, account: &Account) -> Result<Markup, StoreError> {
    let of_status = |status| {
        let (provider, account) = (Some(account.provider), Some(account.id.clone()));
        let filter = FindingFilter { status: Some(status), provider, account, ..FindingFilter::default() };
        let page = view.page(&filter, None, FINDINGS + 1, Some(0))?;
        Ok::<_, StoreError>((page.rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>(), page.stopped.is_some()))
    };
    let ((mut open, stopped), (mut excepted, _)) =
        (of_status(FindingStatus::Open)?, of_status(FindingStatus::Excepted)?);
    let more = stopped || FINDINGS < open.len() || FINDINGS < excepted.len();
    open.truncate(FINDINGS);
    excepted.truncate(FINDINGS);
    let all = query("/", &[("status", "all"), ("provider", account.provider.as_str()), ("account", &account.id)]);
    Ok(html! {
        section aria-labelledby="findings" {
            h2 id="findings" { "Findings" }
            @if open.is_empty() { p { "No finding is open. What is not known stands under coverage." } }
            @else { (list::findings(&open)) }
            @if !excepted.is_empty() {
                h3 { "Accepted by an exception" }
                (list::findings(&excepted))
            }
            @if more { p { "There are more; the worst are shown." } }
            p { a href={ (all) "#findings" } { "All findings of this account, resolved ones too" } }
        }
    })
}

fn coverage(view: &View, account: &Account) -> Result<Markup, StoreError> {
    let mut spans = view.store().coverage_of(account, view.now())?;
    spans.sort_by_key(|span| !span.coverage.outcome.is_gap());
    let rows: Vec<Vec<Markup>> = spans.iter().take(PLACES).map(place).collect();
    let gaps = spans.iter().filter(|span| span.coverage.outcome.is_gap()).count();
    Ok(html! {
        section aria-labelledby="coverage" {
            h2 id="coverage" { "Coverage" }
            @if rows.is_empty() {
                p { "Nothing was asked of this account." }
            } @else {
                p { (counted(spans.len() as u64, "place")) " asked, " (gaps) " of them could not be read." }
                (tables::table("Coverage by Region and API, gaps first", &["API", "Region", "Outcome", "Last asked", "Last complete", "Detail"], &rows))
                @if PLACES < spans.len() { p { "The first " (PLACES) " are shown." } }
            }
        }
    })
}

fn place(span: &CoverageSpan) -> Vec<Markup> {
    let row = &span.coverage;
    let is_trail = row.key.api.starts_with("trail");
    vec![
        html! { code { (shown(&row.key.api)) } @if let Some(subject) = &row.key.subject { " " (shown(subject)) } },
        html! { @if let Some(region) = &row.key.region { (shown(region)) } @else { "global" } },
        outcome(row.outcome),
        moment(span.checked_at),
        html! { @if let Some(last) = span.last_complete { (moment(last)) } @else { "never" } },
        html! {
            (shown_whole(&row.detail))
            @if is_trail && row.outcome != Outcome::NotConfigured { " covers " (moment(row.from)) " to " (moment(row.to)) }
        },
    ]
}

/// The life of each role of which something is known.
fn lives(
    view: &View,
    account: &Account,
    verdicts: &[(AccountVerdict, AssumptionCount)],
) -> Result<Markup, StoreError> {
    let (from, _) = period(view.now());
    let mut drawn = Vec::new();
    for (number, (verdict, count)) in verdicts.iter().enumerate() {
        let known = verdict.role != RolePresence::Unknown || 0 < count.total || 0 < verdict.stores.needing_role;
        if !known || verdict.role == RolePresence::Absent && count.total == 0 && verdict.stores.needing_role == 0 {
            continue;
        }
        let stores = view.profile(&verdict.profile).and_then(|profile| profile.store.as_ref());
        let life = RoleLife {
            account,
            profile: &verdict.profile,
            stores,
            presence: verdict.role,
            evidence: &[],
            from,
            to: view.now(),
        };
        drawn.push((&verdict.profile, life.read(view.store())?.draw(&format!("life-{number}"))));
    }
    Ok(html! {
        @if !drawn.is_empty() {
            section aria-labelledby="lives" {
                h2 id="lives" { "The life of its roles, 90 days" }
                @for (profile, picture) in drawn { h3 { (shown(profile)) } (picture) }
            }
        }
    })
}
