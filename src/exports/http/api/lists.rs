//! What each list reads.

use axum::http::StatusCode;
use jiff::Timestamp;

use super::page::Page;
use super::query::Query;
use super::{List, Problem, Source};
use crate::exports::View;
use crate::exports::json::{
    AssumptionsJson, CoverageJson, EventJson, FindingJson, RoleJson, StoreJson, TaskJson, VerdictJson,
};
use crate::model::{AccountVerdict, FindingStatus};
use crate::store::{EventReading, FindingFilter, HistoryFilter, StoreError, VerdictPlace};

/// Events of one finding that are listed at most.
const MOST_EVENTS: u64 = 10_000;
/// Events that one page looks at in vain.
const SKIPPED_EVENTS: u64 = 20_000;
/// Accounts that are judged anew for one page.
const JUDGED_ACCOUNTS: usize = 25;
/// Verdicts that are read at a time to learn of accounts.
const KNOWN_VERDICTS: u64 = 200;

/// A page of a list.
pub(super) fn page(list: List, query: &Query, source: &Source) -> Result<Vec<u8>, Problem> {
    let view = source.views.now();
    view.store().require_in_place()?;
    match list {
        List::Findings => findings(query, &view),
        List::Verdicts => verdicts(query, &view, source),
        List::Coverage => coverage(query, &view),
        List::Roles => roles(query, &view),
        List::Stores => stores(query, &view, source),
        List::Events => events(query, &view),
        List::Tasks => tasks(query, &view),
    }
}

/// One finding with its life.
pub(super) fn finding(id: &str, query: &Query, source: &Source) -> Result<Vec<u8>, Problem> {
    let view = source.views.now();
    view.store().require_in_place()?;
    let found = view.finding(id, Some(listed_events(query)))?.ok_or_else(|| {
        let detail = "no single finding has an id that begins so; /api/v1/findings?status=all lists them";
        Problem::new(StatusCode::NOT_FOUND, detail)
    })?;
    serde_json::to_vec(&found).map_err(|_| Problem::broken())
}

fn listed_events(query: &Query) -> u64 {
    if query.flag("all_events") { MOST_EVENTS } else { FindingJson::LISTED_EVENTS }
}

fn findings(query: &Query, view: &View) -> Result<Vec<u8>, Problem> {
    let now = query.now(view.now());
    let filter = FindingFilter {
        status: status(query),
        rule: query.text("rule"),
        severity: query.word("severity"),
        provider: query.word("provider"),
        account: query.text("account"),
        since: query.moment("since", now),
        at: query.moment("at", now),
        limit: None,
    };
    let found = view.page(&filter, query.after()?.as_ref(), query.limit() + 1, Some(listed_events(query)))?;
    let mut page = Page::new(query, view.now());
    for (place, finding) in found.rows {
        if !page.take(place, &finding) {
            break;
        }
    }
    Ok(page.end(found.stopped))
}

fn status(query: &Query) -> Option<FindingStatus> {
    match query.text("status").as_deref() {
        None | Some("open") => Some(FindingStatus::Open),
        Some("resolved") => Some(FindingStatus::Resolved),
        Some("excepted") => Some(FindingStatus::Excepted),
        Some(_) => None,
    }
}

/// The filter of a list of history, with room for the row that tells whether there are more.
fn history(query: &Query, view: &View) -> HistoryFilter {
    let now = query.now(view.now());
    HistoryFilter {
        provider: query.word("provider"),
        account: query.text("account"),
        profile: query.text("profile"),
        kind: None,
        gaps: query.flag("gaps"),
        at: query.moment("at", now),
        since: query.moment("since", now),
        until: query.moment("until", now),
        limit: Some(query.limit() as u64 + 1),
    }
}

fn coverage(query: &Query, view: &View) -> Result<Vec<u8>, Problem> {
    let mut filter = history(query, view);
    if filter.since.is_none() && filter.until.is_none() {
        filter.at = filter.at.or(Some(query.now(view.now())));
    }
    let mut page = Page::new(query, view.now());
    for (place, row) in view.store().coverage_after(&filter, query.after()?.as_ref())? {
        if !page.take(place, &CoverageJson::from(&row)) {
            break;
        }
    }
    Ok(page.end(None))
}

fn roles(query: &Query, view: &View) -> Result<Vec<u8>, Problem> {
    let mut page = Page::new(query, view.now());
    for (place, row) in view.store().roles_after(&history(query, view), query.after()?.as_ref())? {
        if !page.take(place, &RoleJson::from(&row)) {
            break;
        }
    }
    Ok(page.end(None))
}

fn stores(query: &Query, view: &View, source: &Source) -> Result<Vec<u8>, Problem> {
    let mut filter = history(query, view);
    filter.kind = filter.profile.as_deref().map(|profile| source.judge.store_kind(profile));
    let mut page = Page::new(query, view.now());
    for (place, row) in view.store().stores_after(&filter, query.after()?.as_ref())? {
        if !page.take(place, &StoreJson::from(&row)) {
            break;
        }
    }
    Ok(page.end(None))
}

fn tasks(query: &Query, view: &View) -> Result<Vec<u8>, Problem> {
    let mut page = Page::new(query, view.now());
    for (place, row) in view.store().tasks_after(&history(query, view), query.after()?.as_ref())? {
        if !page.take(place, &TaskJson::from(&row)) {
            break;
        }
    }
    Ok(page.end(None))
}

fn events(query: &Query, view: &View) -> Result<Vec<u8>, Problem> {
    let raw = query.flag("raw");
    let reading = EventReading { raw, skip: SKIPPED_EVENTS };
    let mut page = Page::new(query, view.now());
    let after = query.after()?;
    let stopped = view.store().events_after(&history(query, view), reading, after.as_ref(), &mut |place, row| {
        page.take(place, &EventJson::new(row, raw))
    })?;
    Ok(page.end(stopped))
}

fn verdicts(query: &Query, view: &View, source: &Source) -> Result<Vec<u8>, Problem> {
    let now = query.now(view.now());
    let at = query.moment("at", now);
    let until = at.unwrap_or(now);
    let before = until.checked_sub(AssumptionsJson::PERIOD).unwrap_or(Timestamp::UNIX_EPOCH);
    let since = query.moment("since", now).unwrap_or(before);
    let filter = HistoryFilter { since: None, ..history(query, view) };
    let after: Option<VerdictPlace> = query.after()?;
    let found = match at {
        None => Found { verdicts: view.store().verdicts_after(&filter, after.as_ref())?, stopped: None },
        Some(at) => judged(&filter, at, after.as_ref(), view, source)?,
    };
    let mut page = Page::new(query, view.now());
    for verdict in &found.verdicts {
        if !page.has_room() {
            break;
        }
        let count = view.store().assumptions(&verdict.account, &verdict.profile, since, until)?;
        page.take(VerdictPlace::new(&verdict.account, &verdict.profile), &VerdictJson::new(verdict, since, count));
    }
    Ok(page.end(found.stopped))
}

/// Verdicts of a page, and where reading stopped although more may come.
#[derive(Default)]
struct Found {
    verdicts: Vec<AccountVerdict>,
    stopped: Option<VerdictPlace>,
}

/// Verdicts as of a moment. The accounts are those that have a verdict now.
fn judged(
    filter: &HistoryFilter,
    at: Timestamp,
    after: Option<&VerdictPlace>,
    view: &View,
    source: &Source,
) -> Result<Found, StoreError> {
    let wanted = filter.limit.unwrap_or(u64::MAX);
    let known = HistoryFilter { limit: Some(KNOWN_VERDICTS), ..filter.clone() };
    let mut found = Found::default();
    // The account of the place may have further profiles.
    let mut place = after.map(VerdictPlace::before_account);
    let mut last = None;
    let mut accounts = 0;
    loop {
        let rows = view.store().verdicts_after(&known, place.as_ref())?;
        let Some(end) = rows.last() else { return Ok(found) };
        place = Some(VerdictPlace::new(&end.account, &end.profile));
        for row in rows {
            if last.as_ref() == Some(&row.account) {
                continue;
            }
            if accounts == JUDGED_ACCOUNTS {
                found.stopped = last.as_ref().map(VerdictPlace::behind_account);
                return Ok(found);
            }
            let mut verdicts = source.judge.verdicts_at(&row.account, at)?;
            verdicts.retain(|verdict| {
                filter.profile.as_ref().is_none_or(|profile| *profile == verdict.profile)
                    && after.as_ref().is_none_or(|after| after.is_before(&verdict.account, &verdict.profile))
            });
            verdicts.sort_by(|left, right| left.profile.cmp(&right.profile));
            found.verdicts.extend(verdicts);
            if wanted <= found.verdicts.len() as u64 {
                return Ok(found);
            }
            last = Some(row.account);
            accounts += 1;
        }
    }
}
