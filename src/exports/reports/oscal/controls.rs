//! What the report says about controls: which were reviewed, the objective of ours for each, and a finding where
//! something stands against it.

use std::collections::BTreeSet;

use super::shape::{
    Finding, LocalDefinitions, NotSatisfied, Objective, Part, Property, RelatedObservation, RelatedRisk,
    ReviewedControls, SelectedControl, Selection, Target, TargetStatus,
};
use super::text::{line, markup, token};
use super::uuid::{Uuid, Uuids};
use super::{Report, SUPPORTS};
use crate::exports::reports::{ControlResult, ControlStatus};

/// The framework whose own catalogue is published in OSCAL, so that its ids are used.
const NIST: &str = "NIST SP 800-53";

/// The results for controls, with the ids that they have in OSCAL.
pub(super) struct Controls<'a> {
    report: &'a Report,
    uuids: Uuids<'a>,
    list: Vec<Control<'a>>,
    known: BTreeSet<&'a str>,
}

/// One of them.
pub(super) struct Control<'a> {
    /// The result.
    pub(super) result: &'a ControlResult,
    /// The observation about it.
    pub(super) observation: Uuid,
    selected: SelectedControl,
    objective: String,
}

impl<'a> Controls<'a> {
    /// The controls of a report, without those that nothing in the scope is about.
    pub(super) fn of(report: &'a Report, uuids: Uuids<'a>) -> Self {
        let applicable = report.controls.iter().filter(|control| control.status != ControlStatus::NotApplicable);
        let list = applicable.map(|result| {
            let place = format!("{} {}", result.framework, result.id);
            let selected = selected(result);
            let within = selected.statement_ids.first().unwrap_or(&selected.control_id);
            let objective = format!("{within}_obj.roletrail");
            Control { result, observation: uuids.of("control", &place), selected, objective }
        });
        let known = report.findings.iter().map(|found| found.finding.id.as_ref()).collect();
        Self { report, uuids, list: list.collect(), known }
    }

    /// The controls.
    pub(super) fn list(&self) -> &[Control<'a>] {
        &self.list
    }

    /// What the rules look at for each control.
    pub(super) fn objectives(&self) -> Option<LocalDefinitions> {
        let objectives = self.list.iter().map(|control| Objective {
            control_id: control.selected.control_id.clone(),
            description: markup(&format!("{} {}", control.result.framework, control.result.id)),
            parts: [Part {
                id: control.objective.clone(),
                name: "objective",
                prose: markup(&format!(
                    "The rules {} find nothing over a completely read population; it {}. This objective is \
                     roletrail's own and narrower than the control.",
                    control.result.rules.join(", "),
                    control.result.supports
                )),
            }],
        });
        let objectives_and_methods: Vec<_> = objectives.collect();
        (!objectives_and_methods.is_empty()).then_some(LocalDefinitions { objectives_and_methods })
    }

    /// The controls by framework, in the order of the report.
    pub(super) fn reviewed(&self) -> ReviewedControls {
        let mut selections: Vec<(&str, Selection)> = Vec::new();
        for control in &self.list {
            let framework = control.result.framework.as_str();
            let at = selections.iter().position(|(known, _)| *known == framework).unwrap_or_else(|| {
                let selection = Selection { description: markup(framework), include_controls: Vec::new() };
                selections.push((framework, selection));
                selections.len() - 1
            });
            let include = &mut selections[at].1.include_controls;
            if !include.contains(&control.selected) {
                include.push(control.selected.clone());
            }
        }
        let mut control_selections: Vec<_> = selections.into_iter().map(|(_, selection)| selection).collect();
        if control_selections.is_empty() {
            control_selections.push(no_control());
        }
        ReviewedControls { control_selections, remarks: self.remarks() }
    }

    fn remarks(&self) -> String {
        let left = self.report.controls.iter().filter(|control| control.status == ControlStatus::NotApplicable);
        let left: Vec<_> = left.map(|control| format!("{} {}", control.framework, control.id)).collect();
        let mut text = SUPPORTS.to_owned();
        if !left.is_empty() {
            text +=
                &format!(" Not reviewed, because no account in the scope is of their provider: {}.", left.join(", "));
        }
        markup(&text)
    }

    /// A finding for each control that something stands against.
    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> {
        self.list.iter().filter_map(|control| self.finding(control))
    }

    fn finding(&self, control: &Control<'_>) -> Option<Finding> {
        let result = control.result;
        let (reason, why) = against(result)?;
        let name = format!("{} {}", result.framework, result.id);
        let ids = result.open.iter().chain(&result.excepted).filter(|id| self.known.contains(id.as_ref()));
        let ids: Vec<_> = ids.collect();
        let observed = ids.iter().map(|id| self.uuids.of("finding", id));
        let observed = [control.observation.clone()].into_iter().chain(observed);
        Some(Finding {
            uuid: self.uuids.of("control-finding", &name),
            title: line(&name),
            description: markup(&format!("{why}. It {}.", result.supports)),
            props: properties(result),
            target: Target {
                kind: "objective-id",
                target_id: control.objective.clone(),
                status: TargetStatus {
                    state: NotSatisfied::NotSatisfied,
                    reason,
                    remarks: format!(
                        "{why}. {SUPPORTS} The objective is roletrail's own and narrower than the control."
                    ),
                },
            },
            related_observations: observed.map(|observation_uuid| RelatedObservation { observation_uuid }).collect(),
            related_risks: ids.iter().map(|id| RelatedRisk { risk_uuid: self.uuids.of("risk", id) }).collect(),
        })
    }
}

/// What stands against a control, as OSCAL's reason and in words; nothing where its rules found nothing, or where it
/// is not about anything in the scope.
fn against(result: &ControlResult) -> Option<(&'static str, String)> {
    let (open, excepted) = (result.open.len(), result.excepted.len());
    match result.status {
        ControlStatus::Findings => {
            Some(("fail", format!("{open} findings are open and {excepted} are covered by exceptions")))
        }
        ControlStatus::OnlyExcepted => {
            Some(("other", format!("Nothing is open; {excepted} findings are covered by exceptions")))
        }
        ControlStatus::Unknown => Some((
            "other",
            "Not determined: nothing that is open was found, and the population is incomplete".to_owned(),
        )),
        ControlStatus::NoFindings | ControlStatus::NotApplicable => None,
    }
}

/// Framework, id and result as the report tells them.
pub(super) fn properties(result: &ControlResult) -> Vec<Property> {
    vec![
        Property::new("framework", &result.framework),
        Property::new("control", &result.id),
        Property::new("result", result.status.as_str()),
    ]
}

/// OSCAL wants a selection; there is nothing of a framework to select.
fn no_control() -> Selection {
    let control = SelectedControl { control_id: "roletrail_no-control".to_owned(), statement_ids: Vec::new() };
    Selection {
        description: "No control applies to anything in the scope; this id stands for that.".to_owned(),
        include_controls: vec![control],
    }
}

/// The control's id as a token: the catalogue's own for NIST SP 800-53 (`AC-2(3)` is `ac-2.3`, `AC-2(j)` the statement
/// `ac-2_smt.j` of `ac-2`), else framework and id.
fn selected(result: &ControlResult) -> SelectedControl {
    let whole = |control_id| SelectedControl { control_id, statement_ids: Vec::new() };
    if !result.framework.starts_with(NIST) {
        return whole(token(&format!("{}_{}", result.framework, result.id)));
    }
    let parts = result.id.strip_suffix(')').and_then(|id| id.split_once('('));
    match parts {
        Some((control, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            whole(token(&format!("{control}.{number}")))
        }
        Some((control, letter)) => {
            let control_id = token(control);
            let statement = token(&format!("{control}_smt.{letter}"));
            SelectedControl { control_id, statement_ids: vec![statement] }
        }
        None => whole(token(&result.id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(framework: &str, id: &str) -> (String, Vec<String>) {
        let result = ControlResult {
            framework: framework.to_owned(),
            id: id.to_owned(),
            supports: String::new(),
            rules: Vec::new(),
            status: ControlStatus::NoFindings,
            open: Vec::new(),
            excepted: Vec::new(),
            resolved: Vec::new(),
        };
        let selected = selected(&result);
        (selected.control_id, selected.statement_ids)
    }

    #[test]
    fn nist_controls_have_the_ids_of_their_catalogue() {
        assert_eq!(of("NIST SP 800-53 r5", "AC-2"), ("ac-2".to_owned(), vec![]));
        assert_eq!(of("NIST SP 800-53 r5", "AC-2(3)"), ("ac-2.3".to_owned(), vec![]));
        assert_eq!(of("NIST SP 800-53 r5", "AC-2(j)"), ("ac-2".to_owned(), vec!["ac-2_smt.j".to_owned()]));
        assert_eq!(of("PCI DSS 4.0.1", "7.2.5.1"), ("pci-dss-4.0.1_7.2.5.1".to_owned(), vec![]));
    }
}
