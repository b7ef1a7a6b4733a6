//! Words with a colour. The word says everything; the colour helps the eye.

use maud::{Markup, html};

use crate::model::{Basis, FindingStatus, Outcome, RolePresence, Severity, Verdict};

/// A severity.
#[must_use]
pub fn severity(severity: Severity) -> Markup {
    badge("severity", severity.as_str())
}

/// A verdict.
#[must_use]
pub fn verdict(verdict: Verdict) -> Markup {
    badge("verdict", verdict.as_str())
}

/// Where a finding stands.
#[must_use]
pub fn status(status: FindingStatus) -> Markup {
    badge("status", status.as_str())
}

/// How a reading ended.
#[must_use]
pub fn outcome(outcome: Outcome) -> Markup {
    let class = if outcome.is_gap() { "gap" } else { outcome.as_str() };
    html! { span class=(format!("badge outcome {class}")) { (outcome.as_str()) } }
}

/// Whether a role is there.
#[must_use]
pub fn presence(presence: RolePresence) -> Markup {
    badge("presence", presence.as_str())
}

/// A mark on what is only inferred; nothing on what was observed.
#[must_use]
pub fn basis(basis: Basis) -> Markup {
    html! {
        @if basis == Basis::Inferred {
            " " span.badge.inferred title="concluded from trail events alone, without inventory" { "inferred" }
        }
    }
}

fn badge(kind: &str, word: &str) -> Markup {
    html! { span class=(format!("badge {kind} {word}")) { (word) } }
}
