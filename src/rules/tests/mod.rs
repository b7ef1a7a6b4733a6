//! What the tests of the rules share: a scene to judge, and one way to check a rule.

mod event;
mod properties;
mod scene;
mod truth_table;

use crate::model::Finding;

pub(super) use event::EventBuilder;
pub(super) use scene::{ACCOUNT, NOW, ROLE_ID, Scene};

/// What a rule shall say about the scene's first profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expectation {
    Fires(usize),
    Silent,
    Unknown,
}

pub(super) fn fires(times: usize) -> Expectation {
    Expectation::Fires(times)
}

pub(super) fn silent() -> Expectation {
    Expectation::Silent
}

pub(super) fn unknown() -> Expectation {
    Expectation::Unknown
}

/// Judges the scene, compares what the rule says, and hands over its findings, which must be complete and told apart.
#[track_caller]
pub(super) fn check(rule: &str, scene: &Scene, expected: Expectation) -> Vec<Finding> {
    let judgement = scene.judgement();
    let profile = scene.profile().id;
    let undecided = judgement
        .undecided
        .iter()
        .any(|undecided| undecided.rule == rule && undecided.profile.as_ref().is_none_or(|of| *of == profile));
    let findings: Vec<_> = judgement.findings.into_iter().filter(|finding| finding.rule == rule).collect();
    let said = match (findings.len(), undecided) {
        (0, true) => Expectation::Unknown,
        (0, false) => Expectation::Silent,
        (times, _) => Expectation::Fires(times),
    };
    assert_eq!(said, expected, "{rule} said {findings:#?}");
    for finding in &findings {
        for text in [&finding.summary, &finding.fix.how, &finding.clears_when] {
            assert!(!text.trim().is_empty() && !text.contains("  "), "{text:?}");
        }
        assert!(finding.first_seen <= finding.last_seen && 0 < finding.count, "{finding:?}");
        assert!(finding.events.windows(2).all(|pair| pair[1] < pair[0]), "newest first: {:?}", finding.events);
    }
    let mut ids: Vec<_> = findings.iter().map(Finding::id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), findings.len(), "ids tell the findings apart");
    findings
}
