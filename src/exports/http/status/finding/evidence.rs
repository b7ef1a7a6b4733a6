//! The events that a finding rests on.

use maud::{Markup, html};

use super::super::tables;
use super::EVENTS;
use crate::exports::View;
use crate::exports::html::{brief, counted, moment, number};
use crate::exports::json::FindingJson;
use crate::model::{Account, FindingEvent};
use crate::store::{EventRow, StoreError};

/// Characters of a field in the table.
const FIELD: usize = 200;

pub(super) fn section(view: &View, finding: &FindingJson, events: &[FindingEvent]) -> Result<Markup, StoreError> {
    let account = Account::new(finding.provider, finding.account.as_ref());
    let rows = events
        .iter()
        .take(usize::try_from(EVENTS).unwrap_or(usize::MAX))
        .map(|event| Ok(cells(event, view.store().event(&account, event)?.as_ref())))
        .collect::<Result<Vec<_>, StoreError>>()?;
    let more = (rows.len() < events.len()) || rows.len() as u64 == EVENTS && EVENTS < finding.count;
    Ok(html! {
        section aria-labelledby="evidence" {
            h2 id="evidence" { "Evidence" }
            @if rows.is_empty() {
                p { "It rests on inventory, not on events." }
            } @else {
                (tables::table(&format!("Events, newest first: {}", counted(rows.len() as u64, "event")), &["Time", "Event", "Who", "From", "Outcome", "Object"], &rows))
                @if more {
                    p.quiet {
                        "The newest " (number(rows.len() as u64)) " are shown; "
                        code { "roletrail findings show " (finding.id) " --all-events" } " lists the ids of all of them."
                    }
                }
            }
        }
    })
}

fn cells(event: &FindingEvent, stored: Option<&EventRow>) -> Vec<Markup> {
    let Some(EventRow { event: stored, .. }) = stored else {
        return vec![
            moment(event.time),
            html! { (brief(&event.id, FIELD)) },
            html! { span.quiet { "no longer in the history" } },
            html! {},
            html! {},
            html! {},
        ];
    };
    let text = |value: Option<&str>| value.map_or_else(|| html! {}, |value| brief(value, FIELD));
    vec![
        moment(event.time),
        html! {
            strong { (brief(&stored.name, FIELD)) } " " (text(stored.region.as_deref())) br;
            span.quiet { (brief(&stored.source, FIELD)) } br;
            code { (brief(&event.id, FIELD)) }
        },
        html! {
            (text(stored.actor.label()))
            @if let Some(kind) = &stored.actor.kind { br; span.quiet { (brief(kind, FIELD)) } }
        },
        html! {
            (text(stored.source_ip.as_deref()))
            @if let Some(agent) = &stored.user_agent { br; span.quiet { (brief(agent, FIELD)) } }
        },
        html! {
            (stored.outcome.as_str())
            @if let Some(code) = &stored.error_code { br; code { (brief(code, FIELD)) } }
            @if let Some(message) = &stored.error_message { br; span.quiet { (brief(message, FIELD)) } }
        },
        html! { (brief(&stored.object, FIELD)) br; span.quiet { "record's SHA-256 " code { (brief(&stored.sha256, FIELD)) } } },
    ]
}
