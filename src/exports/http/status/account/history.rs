//! What the history has of an account: states of roles, stores, deletion tasks.

use maud::{Markup, html};

use super::super::tables;
use crate::exports::View;
use crate::exports::html::{moment, number, shown};
use crate::model::{RoleSpan, StoreSpan, TaskStatus};
use crate::store::{HistoryFilter, StoreError, TaskRow};

/// Rows of each table: the newest.
const ROWS: usize = 100;

pub(super) fn sections(view: &View, filter: &HistoryFilter) -> Result<Markup, StoreError> {
    let store = view.store();
    let roles = store.roles(filter)?;
    let stores = store.stores(filter)?;
    let tasks = store.tasks(filter)?;
    let roles = newest(roles.iter().map(|row| role(&row.span)));
    let stores = newest(stores.iter().map(|row| key_store(&row.span)));
    let tasks = newest(tasks.iter().map(task));
    Ok(html! {
        (section("roles", "Roles", "No role was seen by inventory.", &["Role", "Profile", "From", "To", "Created", "Last used"], &roles))
        (section("stores", "Key stores", "No key store was seen by inventory.", &["Key store", "Region", "State", "From", "To", "Created"], &stores))
        (section("tasks", "Deletion tasks", "No deletion of a role was submitted.", &["Task", "Profile", "Submitted", "By", "Status", "Reason"], &tasks))
    })
}

/// The newest rows, newest first, and how many there are in all.
fn newest(rows: impl DoubleEndedIterator<Item = Vec<Markup>> + ExactSizeIterator) -> (Vec<Vec<Markup>>, usize) {
    let all = rows.len();
    (rows.rev().take(ROWS).collect(), all)
}

fn section(id: &str, title: &str, none: &str, columns: &[&str], (rows, all): &(Vec<Vec<Markup>>, usize)) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) }
            @if rows.is_empty() { p { (none) } } @else { (tables::table(&format!("{title}: states, newest first"), columns, rows)) }
            @if rows.len() < *all { p { "The newest " (rows.len()) " of " (number(*all as u64)) "." } }
        }
    }
}

fn role(span: &RoleSpan) -> Vec<Markup> {
    vec![
        html! { @if let Some(role) = &span.role { (shown(&role.arn)) } @else { "not there" } },
        shown(&span.profile),
        moment(span.valid_from),
        until(span.valid_to),
        html! { @if let Some(created) = span.role.as_ref().and_then(|role| role.created) { (moment(created)) } },
        html! {
            @if let Some((used, region)) = &span.last_used {
                (moment(*used)) @if let Some(region) = region { " in " (shown(region)) }
            }
        },
    ]
}

fn key_store(span: &StoreSpan) -> Vec<Markup> {
    let store = &span.store;
    vec![
        html! { code { (shown(&store.id)) } @if let Some(name) = &store.name { " " (shown(name)) } },
        shown(&store.region),
        html! {
            (store.state.as_str())
            @if let Some(word) = &store.provider_state { " (" (shown(word)) ")" }
            @if let Some(code) = &store.error_code { " " code { (shown(code)) } }
        },
        moment(span.valid_from),
        until(span.valid_to),
        html! { @if let Some(created) = store.created { (moment(created)) } },
    ]
}

fn until(end: Option<jiff::Timestamp>) -> Markup {
    html! { @if let Some(end) = end { (moment(end)) } @else { "now" } }
}

fn task(row: &TaskRow) -> Vec<Markup> {
    let task = &row.task;
    vec![
        html! { code { (shown(&task.id)) } },
        shown(&task.profile),
        moment(task.submitted_at),
        html! { @if let Some(who) = &task.submitted_by { (shown(who)) } },
        html! {
            (if task.status == TaskStatus::Unknown { "not asked" } else { task.status.as_str() })
            @if let Some(at) = task.checked_at { ", " (moment(at)) }
        },
        html! {
            @if let Some(reason) = &task.reason { (shown(reason)) }
            @for usage in task.usage.iter().take(10) {
                @for resource in usage.resources.iter().take(10) { br; code { (shown(resource)) } }
            }
        },
    ]
}
