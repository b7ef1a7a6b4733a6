//! Role without store history.
//!
//! # What it finds
//! The role was created, and no store was created within a day on either side.
//!
//! # Why it matters
//! The key service makes the role when the first store is made. A role that came alone was made by hand or by a template:
//! it grants the service rights that nobody needs yet, and it is worth asking why.
//!
//! # When it stays silent
//! - A store was created within the creation window (default 24 hours) of the role's creation.
//! - The role is gone again, or when it was created is not known.
//! - The trail does not cover the whole window: unknown.
//!
//! # What to do
//! Ask who created the role why it is there. Delete it if no store is planned.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{ConcernKind, EventOutcome, Finding, RolePresence, Severity, StoreEffect, TrailEvent};

static DOC: LazyLock<RuleDoc> = LazyLock::new(|| {
    RuleDoc::of("role-without-store-history", Severity::Low, include_str!("role_without_store_history.rs"))
});

/// The rule.
pub(super) struct RoleWithoutStoreHistory;

impl Rule for RoleWithoutStoreHistory {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        let (Some(created), RolePresence::Present) = (case.standing.created, case.standing.presence) else {
            let unknown = case.standing.presence == RolePresence::Unknown;
            return if unknown { Ruling::undecided(case.standing.what_is_missing()) } else { Ruling::silent() };
        };
        if case.profile.store.is_none() || store_created_near(case, created) {
            return Ruling::silent();
        }
        let window = case.evidence.settings.creation_window;
        let (from, to) = (created - window, created + window);
        if case.as_of() < to {
            return Ruling {
                recheck_at: Some(to),
                ..Ruling::undecided("the window after the role's creation is not over")
            };
        }
        if !case.standing.trail.covers(from, to) {
            return Ruling::undecided(format!("no trail covers the whole time from {from:.0} to {to:.0}"));
        }
        Ruling::found(finding(case, created))
    }
}

/// Whether a store was created near the role, by the trail or by inventory.
fn store_created_near(case: &Case<'_>, created: Timestamp) -> bool {
    let window = case.evidence.settings.creation_window;
    let near = |at: Timestamp| created - window <= at && at <= created + window;
    let told = case.store_events().any(|(event, effect)| {
        effect == StoreEffect::Created && event.outcome == EventOutcome::Allowed && near(event.time)
    });
    let kind = case.profile.store.as_ref().map(|kind| kind.kind.as_str());
    let stores = || case.evidence.stores.iter().filter(|span| Some(span.store.kind.as_str()) == kind);
    told || stores().any(|span| span.store.created.is_some_and(near))
}

fn finding(case: &Case<'_>, created: Timestamp) -> Finding {
    let label = case.profile.store.as_ref().map_or("store", |kind| kind.label.as_str());
    let creation = creation_event(case, created);
    let by = creation.and_then(|event| event.actor.label()).map_or_else(String::new, |actor| format!(" by {actor}"));
    let hours = case.evidence.settings.creation_window.as_hours();
    let summary = format!(
        "Role {} was created at {created:.0}{by}, and no {label} within {hours} hours on either side.",
        case.profile.role_name()
    );
    Draft::new(case, &DOC, Severity::Low, summary)
        .basis(case.standing.basis)
        .events(creation)
        .seen(created, created)
        .fix(
            "Ask who created the role why it is there; delete it if no store is planned.",
            "the role is gone, or a store created near it becomes known",
        )
}

/// The creation that the trail shows at that time.
fn creation_event<'a>(case: &Case<'a>, created: Timestamp) -> Option<&'a TrailEvent> {
    /// Inventory's time of creation and the event's differ by the time that the call takes.
    const SAME_CREATION: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);
    let creations = case
        .role_events()
        .filter(|(event, kind, _)| *kind == ConcernKind::RoleCreation && event.outcome == EventOutcome::Allowed);
    creations
        .map(|(event, ..)| event)
        .filter(|event| event.time.duration_since(created).abs() <= SAME_CREATION)
        .last()
}

#[cfg(test)]
mod tests {
    use crate::model::{Basis, Severity};
    use crate::rules::tests::{EventBuilder, Scene, check, fires, silent, unknown};

    const ID: &str = "role-without-store-history";
    const MADE: &str = "2026-05-10T00:00:00Z";

    fn made(at: &'static str) -> Scene {
        Scene::aws().event(at, EventBuilder::creates_role)
    }

    fn covered(scene: Scene) -> Scene {
        scene.trail("2026-05-01T00:00:00Z", "2026-05-31T00:00:00Z")
    }

    #[test]
    fn a_role_that_came_alone_is_found() {
        let found = check(ID, &covered(made(MADE)), fires(1));
        assert_eq!((found[0].severity, found[0].basis), (Severity::Low, Basis::Inferred));
        assert_eq!(found[0].events.len(), 1);
        check(ID, &covered(made(MADE)).event("2026-05-12T00:00:00Z", |event| event.creates_store("cks-1")), fires(1));
    }

    #[test]
    fn a_store_within_a_day_explains_it() {
        for at in ["2026-05-09T00:00:00Z", "2026-05-10T23:00:00Z"] {
            check(ID, &covered(made(MADE)).event(at, |event| event.creates_store("cks-1")), silent());
        }
        check(ID, &covered(made(MADE)).store_created("cks-1", "2026-05-10T01:00:00Z"), silent());
    }

    #[test]
    fn without_a_trail_for_the_whole_window_it_is_unknown() {
        check(ID, &made(MADE), unknown());
        check(ID, &covered(made("2026-05-01T12:00:00Z")), unknown());
        check(ID, &covered(made("2026-05-30T12:00:00Z")), unknown());
        check(ID, &Scene::aws(), unknown());
        check(ID, &covered(made(MADE)).event("2026-05-20T00:00:00Z", EventBuilder::deletes_role), silent());
    }
}
