//! Role recreated.
//!
//! # What it finds
//! The role's unique id changed between two observations: it was deleted and made again.
//!
//! # Why it matters
//! The ARN stays the same, so nobody notices. While the role was away, stores could not be served, and every policy that
//! names the old role by its unique id no longer fits.
//!
//! # When it stays silent
//! - Only one unique id was ever observed; the trail alone is not enough.
//!
//! # What to do
//! Find out who deleted and who made the role (`roletrail events`), and whether that was planned. Cover the finding with
//! an exception once it is explained.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{ConcernKind, EventOutcome, Finding, Role, RoleSpan, Severity};
use crate::profiles::RoleMatch;

static DOC: LazyLock<RuleDoc> =
    LazyLock::new(|| RuleDoc::of("role-recreated", Severity::Medium, include_str!("role_recreated.rs")));

/// The rule.
pub(super) struct RoleRecreated;

impl Rule for RoleRecreated {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        let mut states: BTreeMap<&str, Vec<(&RoleSpan, &Role)>> = BTreeMap::new();
        for span in case.evidence.roles.iter().filter(|span| span.profile == case.profile.id) {
            if let Some(role) = &span.role {
                states.entry(&role.arn).or_default().push((span, role));
            }
        }
        let mut ruling = Ruling::silent();
        for states in states.values_mut() {
            states.sort_by_key(|(span, role)| (span.valid_from, &role.role_id));
            let changes: Vec<_> = states.windows(2).filter(|pair| pair[0].1.role_id != pair[1].1.role_id).collect();
            if let (Some(first), Some(last)) = (changes.first(), changes.last()) {
                ruling.findings.push(finding(case, changes.len(), first[1].0, (last[0], last[1])));
            }
        }
        ruling
    }
}

fn finding(
    case: &Case<'_>,
    times: usize,
    first: &RoleSpan,
    (before, after): ((&RoleSpan, &Role), (&RoleSpan, &Role)),
) -> Finding {
    let summary = format!(
        "Role {} was deleted and made again between {:.0} and {:.0}: its unique id changed from {} to {}.",
        after.1.name, before.0.last_seen, after.0.valid_from, before.1.role_id, after.1.role_id
    );
    let between = case.role_events().filter(|(event, kind, _)| {
        matches!(kind, ConcernKind::RoleCreation | ConcernKind::RoleDeletion)
            && event.outcome == EventOutcome::Allowed
            && before.0.valid_from <= event.time
            && event.time <= after.0.valid_from
    });
    Draft::new(case, &DOC, Severity::Medium, summary)
        .role(&after.1.arn)
        .subject((case.profile.role == RoleMatch::ServiceLinked).then(|| after.1.arn.clone()))
        .events(between.map(|(event, ..)| event))
        .seen(first.valid_from, after.0.valid_from)
        .count(times as u64)
        .fix(
            "Find out who deleted and who made the role (`roletrail events`), and whether policies name its old unique id.",
            "it stays as a fact of the history; an exception covers it once it is explained",
        )
}

#[cfg(test)]
mod tests {
    use crate::model::Severity;
    use crate::rules::tests::{EventBuilder, Scene, check, fires, silent};

    const ID: &str = "role-recreated";

    #[test]
    fn another_unique_id_is_another_role() {
        let scene = Scene::aws().role_until("AROAOLD", "2026-05-01T00:00:00Z").role();
        let found = check(ID, &scene, fires(1));
        assert_eq!((found[0].severity, found[0].count), (Severity::Medium, 1));
        assert!(found[0].summary.contains("AROAOLD"));
    }

    #[test]
    fn another_state_of_the_same_role_is_not() {
        check(ID, &Scene::aws().role_until(crate::rules::tests::ROLE_ID, "2026-05-01T00:00:00Z").role(), silent());
        check(ID, &Scene::aws().role(), silent());
        let told = Scene::aws()
            .event("2026-05-01T00:00:00Z", EventBuilder::creates_role)
            .event("2026-05-02T00:00:00Z", EventBuilder::deletes_role)
            .event("2026-05-03T00:00:00Z", EventBuilder::creates_role);
        check(ID, &told, silent());
    }
}
