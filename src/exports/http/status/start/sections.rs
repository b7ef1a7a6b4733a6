//! The sections of the start page.

use jiff::Timestamp;
use maud::{Markup, html};

use super::super::query::Query;
use super::super::{list, tables};
use super::form;
use super::read::{ROWS, Start};
use crate::exports::ExceptionStanding;
use crate::exports::html::{
    age, counted, coverage as coverage_sentence, moment, number, proof, severity, shown, verdict,
};
use crate::model::{ExceptionState, FindingStatus, Verdict};

/// Trails that are named: those that are most behind.
const TRAILS: usize = 20;
/// Exceptions that are listed.
const EXCEPTIONS: usize = 200;

/// What to do when there is no history yet.
pub(super) fn first_run(start: &Start) -> Markup {
    html! {
        p.notice {
            @if start.overview.begun {
                "The first collection is under way; nothing is known yet. Load this page again when it has ended."
            } @else {
                "There is no history yet: nothing was collected, so nothing is known. This is no all-clear."
            }
        }
        h2 { "What to do next" }
        ol {
            li { "Check credentials and permissions: " code { "roletrail doctor" } }
            li { "Collect and judge once: " code { "roletrail scan" } ", or read an archive of trail logs: " code { "roletrail ingest PATH" } }
            li { "Without a cloud: " code { "roletrail demo --serve" } " shows a simulated organisation." }
        }
    }
}

/// How everything stands, in one sentence that never says more than is known.
pub(super) fn standing(start: &Start) -> Markup {
    let open = start.open_in_all();
    let class = match (open, start.is_whole()) {
        (0, true) => "notice good",
        (0, false) => "notice unknown",
        _ => "notice bad",
    };
    html! {
        div class=(class) {
            p {
                @if open == 0 {
                    @if start.is_whole() {
                        "No finding is open, and everything that was expected could be read and judged."
                        @if let Some(run) = &start.overview.last_run { " It was read " (age(run.finished_at, start.now)) "." }
                    }
                    @else { "No findings known; " (missing(start)) ": this is not an all-clear." }
                } @else {
                    (counted(open, "finding")) " open: "
                    @for (place, (level, count)) in start.open.iter().enumerate() {
                        @if 0 < place { ", " }
                        (number(*count)) " " (severity(level.0))
                    }
                    "."
                    @if !start.is_whole() { " There may be more: " (missing(start)) "." }
                }
            }
            @if 0 < start.excepted { p { (counted(start.excepted, "more finding")) " accepted by an exception." } }
        }
    }
}

/// What is not known, in words.
fn missing(start: &Start) -> String {
    let counts = &start.counts;
    let regions = counts.regions_expected.saturating_sub(counts.regions_complete);
    let mut parts = Vec::new();
    if counts.accounts_expected == 0 {
        parts.push("no inventory was read".to_owned());
    }
    if 0 < regions {
        parts.push(format!("{} unread", counted(regions, "Region")));
    }
    if 0 < start.overview.gap_count {
        parts.push(format!("{} could not be read", counted(start.overview.gap_count, "place")));
    }
    match start.unknown() {
        0 => {}
        unknown => parts.push(format!("{} unknown", counted(unknown, "verdict"))),
    }
    if parts.is_empty() { "not all accounts are complete".to_owned() } else { parts.join(", ") }
}

/// What could be read, how old it is, and what could not.
pub(super) fn coverage(start: &Start) -> Markup {
    let overview = &start.overview;
    html! {
        section aria-labelledby="coverage" {
            h2 id="coverage" { "Coverage" }
            p { (coverage_sentence(&start.counts)) "." }
            p {
                @match &overview.last_run {
                    Some(run) => {
                        "Last collection (" (run.kind) ") ended " (age(run.finished_at, start.now)) ", " (moment(run.finished_at))
                        @if run.complete { ", complete." } @else { ", incomplete." }
                    }
                    None => "No collection has ended yet.",
                }
            }
            (trails(start))
            @if overview.gaps.is_empty() {
                p { "Nothing that was asked for failed to answer." }
            } @else {
                (tables::gaps("What could not be read", &overview.gaps))
                @if (overview.gaps.len() as u64) < overview.gap_count {
                    p { "The first " (overview.gaps.len()) " of " (number(overview.gap_count)) "; each account's page has its own." }
                }
            }
        }
    }
}

fn trails(start: &Start) -> Markup {
    let all = &start.overview.trails;
    let Some(oldest) = all.first() else {
        return html! { p { "No trail was read: whether somebody else assumed a role is not known." } };
    };
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .take(TRAILS)
        .map(|trail| {
            vec![
                html! { (trail.provider) "/" @if let Some(account) = &trail.account { (shown(account)) } @else { "every account" } },
                html! { code { (shown(&trail.api)) } },
                moment(trail.reached),
                html! { (age(trail.reached, start.now)) },
            ]
        })
        .collect();
    html! {
        p { (counted(all.len() as u64, "trail")) " read; the one that is most behind up to " (moment(oldest.reached)) " (" (age(oldest.reached, start.now)) ")." }
        details {
            summary { "How far trails were read" }
            (tables::table("Trails, the one that is most behind first", &["Account", "Trail", "Read up to", "Age"], &rows))
            @if TRAILS < all.len() { p { "and " (number((all.len() - TRAILS) as u64)) " more." } }
        }
    }
}

/// Verdicts: unknown ones stand out, what is clean states its population.
pub(super) fn verdicts(start: &Start, query: &Query) -> Markup {
    let rows: Vec<_> = start.verdicts.iter().map(|(row, count)| (row, *count)).collect();
    let pages = start.verdict_rows.div_ceil(ROWS);
    let page = query.verdict_page() + 1;
    let narrowed = !query.provider.is_empty() || !query.account.is_empty();
    html! {
        section aria-labelledby="verdicts" {
            h2 id="verdicts" { "Verdicts" }
            ul.counts {
                @for kind in [Verdict::Findings, Verdict::Unknown, Verdict::Orphaned, Verdict::Clean, Verdict::NotInUse] {
                    li { strong { (number(start.by_verdict.get(&kind).copied().unwrap_or(0))) } " " (verdict(kind)) }
                }
            }
            @if 0 < start.clean.accounts {
                @let clean = &start.clean;
                p { (proof(clean.since, clean.assumptions.total, clean.assumptions.by_trusted, clean.accounts, clean.regions)) }
            } @else {
                p { "Nothing is proven to be clean." }
            }
            @if narrowed { p.quiet { "Listed are those" @if !query.provider.is_empty() { " of " (query.provider) } @if !query.account.is_empty() { " of account " (shown(&query.account)) } ", as the filters of the findings say; the counts are of all." } }
            @if rows.is_empty() { p { "No verdict here." } } @else { (tables::verdicts("Verdicts by account and profile", &rows, true)) }
            @if 1 < pages {
                nav aria-label="Pages of verdicts" {
                    @if 1 < page { a href=(query.at(&query.after, &(page - 1).to_string(), "verdicts")) rel="prev" { "Previous" } " " }
                    "Page " (page) " of " (pages)
                    @if page < pages { " " a href=(query.at(&query.after, &(page + 1).to_string(), "verdicts")) rel="next" { "Next" } }
                }
            }
            @if 0 < start.unconfigured {
                p.quiet {
                    (counted(start.unconfigured, "more verdict")) " unknown because no inventory is configured for "
                    @for (place, profile) in start.unconfigured_profiles.iter().enumerate() {
                        @if 0 < place { ", " }
                        (shown(profile))
                    }
                    "."
                }
            }
        }
    }
}

/// Findings, worst first, with filters.
pub(super) fn findings(start: &Start, query: &Query) -> Markup {
    html! {
        section aria-labelledby="findings" {
            h2 id="findings" { "Findings" }
            (form::filters(query))
            @if start.findings.is_empty() {
                p.notice { (no_findings(start, query)) }
            } @else {
                @if query.narrows() { p.quiet { "Only those that are asked for: " (form::asked(query)) "." } }
                (list::findings(&start.findings))
                @if start.cut_short { p.quiet { "The list may go on: there is more to look through than a page can." } }
            }
            nav aria-label="Pages of findings" {
                @if !query.after.is_empty() { a href=(query.at("", &query.verdicts, "findings")) { "First page" } " " }
                @if let Some(next) = &start.next {
                    a href=(query.at(next, &query.verdicts, "findings")) rel="next" {
                        @if start.cut_short { "Look further" } @else { "Next " (ROWS) }
                    }
                }
            }
        }
    }
}

fn no_findings(start: &Start, query: &Query) -> Markup {
    let is_asked = query.narrows() || query.wanted_status() != Some(FindingStatus::Open);
    html! {
        @if start.cut_short {
            "No finding so far is: " (form::asked(query)) ". There are more than a page can look through: the list goes on below."
        } @else if is_asked || !query.after.is_empty() {
            "No finding matches" @if !query.after.is_empty() { " any more" } ". Asked for: " (form::asked(query)) ". "
            a href="/#findings" { "Show all open findings" }
        } @else { "No finding is open." }
        @if !start.is_whole() { " This is no all-clear: " (missing(start)) "." }
    }
}

/// Exceptions: how many end soon, and all of them with what they cover.
pub(super) fn exceptions(start: &Start) -> Markup {
    let all = &start.exceptions;
    let soon = all.iter().filter(|standing| standing.state == ExceptionState::Expiring).count();
    let rows: Vec<Vec<Markup>> = all.iter().take(EXCEPTIONS).map(|one| exception_cells(one, start.now)).collect();
    html! {
        section aria-labelledby="exceptions" {
            h2 id="exceptions" { "Exceptions" }
            @if all.is_empty() {
                p { "None: every open finding counts." }
            } @else {
                @if 0 < soon {
                    p.notice { (counted(soon as u64, "exception")) " near expiry: what they cover counts again when they end." }
                }
                (tables::table(
                    "Exceptions and what they cover",
                    &["Name", "State", "Covers", "Ends", "Owner", "Ticket", "Reason"],
                    &rows,
                ))
                @if EXCEPTIONS < all.len() { p { "and " (number((all.len() - EXCEPTIONS) as u64)) " more." } }
            }
        }
    }
}

fn exception_cells(standing: &ExceptionStanding, now: Timestamp) -> Vec<Markup> {
    let exception = &standing.exception;
    vec![
        shown(&exception.id),
        html! { span class={ "badge exception " (standing.state) } { (standing.state) } },
        html! { (counted(standing.covers(), "finding")) },
        html! {
            (moment(exception.expires))
            @if exception.expires < now { " (" (age(exception.expires, now)) ")" }
        },
        shown(&exception.owner),
        shown(&exception.ticket),
        shown(&exception.reason),
    ]
}
