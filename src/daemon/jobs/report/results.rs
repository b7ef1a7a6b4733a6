//! Results by control: what the findings of its rules, or their absence over a complete population, say for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::account::Reading;
use crate::exports::reports::{ControlResult, ControlStatus, Movement, ReportFinding};
use crate::model::{Account, ControlEntry, FindingStatus, Provider};

/// The result of each control, in the order of their file.
pub(super) fn results(
    controls: &[ControlEntry],
    findings: &[ReportFinding],
    accounts: &[(Account, Reading)],
    lists_are_whole: &dyn Fn(Provider) -> bool,
) -> Vec<ControlResult> {
    let mut by_rule: BTreeMap<&str, Vec<&ReportFinding>> = BTreeMap::new();
    for finding in findings {
        by_rule.entry(&finding.finding.rule).or_default().push(finding);
    }
    let result = |control: &ControlEntry| {
        let applies = |provider| control.provider.is_none_or(|only| only == provider);
        let found = control.rules.iter().filter_map(|rule| by_rule.get(rule.as_str())).flatten();
        let found: Vec<_> = found.filter(|finding| applies(finding.finding.provider)).copied().collect();
        let concerned: Vec<_> = accounts.iter().filter(|(account, _)| applies(account.provider)).collect();
        let whole =
            concerned.iter().all(|(account, reading)| reading.is_complete() && lists_are_whole(account.provider));
        let ids = |is: &dyn Fn(&ReportFinding) -> bool| -> Vec<Arc<str>> {
            found.iter().filter(|finding| is(finding)).map(|finding| Arc::clone(&finding.finding.id)).collect()
        };
        let open = ids(&|finding| finding.finding.status == FindingStatus::Open);
        let excepted = ids(&|finding| finding.finding.status == FindingStatus::Excepted);
        ControlResult {
            framework: control.full_framework(),
            id: control.id.clone(),
            supports: control.supports.clone(),
            rules: control.rules.clone(),
            status: status(&open, &excepted, concerned.is_empty(), whole),
            open,
            excepted,
            resolved: ids(&|finding| finding.movement == Movement::Resolved),
        }
    };
    controls.iter().map(result).collect()
}

fn status(open: &[Arc<str>], excepted: &[Arc<str>], nobody_concerned: bool, whole: bool) -> ControlStatus {
    if !open.is_empty() {
        ControlStatus::Findings
    } else if nobody_concerned && excepted.is_empty() {
        ControlStatus::NotApplicable
    } else if !whole {
        ControlStatus::Unknown
    } else if excepted.is_empty() {
        ControlStatus::NoFindings
    } else {
        ControlStatus::OnlyExcepted
    }
}
