//! Tables that scroll inside a box of their own, so that a page never does sideways.

use maud::{Markup, html};

use crate::exports::html::{CoverageCounts, basis, counted, outcome, presence, shown, shown_whole, verdict};
use crate::model::{AccountVerdict, AssumptionCount, Coverage, api};

/// A table in its box. The box can be reached by keyboard, for scrolling, and has a name for it.
pub(super) fn table(caption: &str, columns: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        section.scroll tabindex="0" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (place, cell) in row.iter().enumerate() {
                                @if place == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Places that could not be read.
pub(super) fn gaps(caption: &str, gaps: &[Coverage]) -> Markup {
    let rows: Vec<Vec<Markup>> = gaps
        .iter()
        .map(|gap| {
            let key = &gap.key;
            vec![
                html! {
                    @if let Some(account) = &key.account {
                        a href=(crate::exports::html::account_path(&crate::model::Account::new(key.provider, account.as_str()))) {
                            (key.provider) "/" (shown(account))
                        }
                    } @else { (key.provider) ", every account" }
                },
                html! { @if let Some(region) = &key.region { (shown(region)) } @else { "global" } },
                html! { code { (shown(&key.api)) } @if let Some(subject) = &key.subject { " " (shown(subject)) } },
                outcome(gap.outcome),
                html! { (shown_whole(&gap.detail)) },
            ]
        })
        .collect();
    table(caption, &["Account", "Region", "API", "Outcome", "What the provider said"], &rows)
}

/// Verdicts; `named` says whether the account has to be told.
pub(super) fn verdicts(caption: &str, rows: &[(&AccountVerdict, AssumptionCount)], named: bool) -> Markup {
    let cells: Vec<Vec<Markup>> = rows.iter().map(|(row, count)| verdict_cells(row, *count, named)).collect();
    let mut columns = vec!["Account", "Verdict", "Profile", "Coverage", "Role", "Stores", "Assumptions, 90 days"];
    if !named {
        columns.splice(..3, ["Profile", "Verdict"]);
    }
    table(caption, &columns, &cells)
}

fn verdict_cells(row: &AccountVerdict, count: AssumptionCount, named: bool) -> Vec<Markup> {
    let account = html! {
        a href=(crate::exports::html::account_path(&row.account)) { (row.account.provider) "/" (shown(&row.account.id)) }
    };
    let (judged, profile) = (html! { (verdict(row.verdict)) (basis(row.basis)) }, shown(&row.profile));
    // On a phone the first two columns are seen without scrolling.
    let [second, third] = if named { [judged, profile] } else { [profile, judged] };
    let mut cells = vec![
        second,
        third,
        read(row),
        presence(row.role),
        html! { (row.stores.needing_role) },
        html! { (assumptions(count)) },
    ];
    if named {
        cells.insert(0, account);
    }
    cells
}

/// How much of what a verdict needs was read, and the first thing that is missing.
fn read(row: &AccountVerdict) -> Markup {
    html! {
        @if row.regions_expected == 0 { "no Region asked" }
        @else { (row.regions_complete) "/" (counted(row.regions_expected, "Region")) }
        @if let Some(first) = row.missing.first() {
            br;
            span.missing {
                code { (shown(&first.key.api)) }
                @if let Some(region) = &first.key.region { " in " (shown(region)) }
                " " (outcome(first.outcome))
                @if 1 < row.missing.len() { " and " (row.missing.len() - 1) " more" }
            }
        }
    }
}

fn assumptions(count: AssumptionCount) -> String {
    let others = count.total.saturating_sub(count.by_trusted);
    match (count.total, others) {
        (0, _) => "none".to_owned(),
        (total, 0) => format!("{}, all trusted", crate::exports::html::number(total)),
        (total, others) => {
            let number = crate::exports::html::number;
            format!("{}, {} by others", number(total), number(others))
        }
    }
}

/// Accounts and Regions that had to answer and did, from the verdicts on them.
pub(super) fn counts(verdicts: &[AccountVerdict]) -> CoverageCounts {
    let mut counts = CoverageCounts::default();
    for of_account in verdicts.chunk_by(|left, right| left.account == right.account) {
        let expected = of_account.iter().map(|row| row.regions_expected).max().unwrap_or(0);
        if expected == 0 {
            continue;
        }
        let missing = of_account.iter().flat_map(|row| &row.missing).filter(|row| is_needed(row));
        let mut regions: Vec<&str> = missing.clone().filter_map(|row| row.key.region.as_deref()).collect();
        regions.sort_unstable();
        regions.dedup();
        let complete = of_account.iter().filter(|row| 0 < row.regions_expected).map(|row| row.regions_complete).min();
        counts.accounts_expected += 1;
        counts.accounts_complete += u64::from(missing.count() == 0);
        counts.regions_expected += expected;
        counts.regions_complete += complete.unwrap_or(0).min(expected.saturating_sub(regions.len() as u64));
    }
    counts
}

/// Whether a gap leaves the inventory of an account incomplete.
fn is_needed(row: &Coverage) -> bool {
    let name = row.key.api.as_str();
    row.outcome.is_gap() && name != api::TRAIL && !name.starts_with("trail:") && !api::is_optional(name)
}
