use std::collections::BTreeSet;

use super::*;
use crate::exports::reports::report::{Movement, ReportFinding};
use crate::exports::reports::sample::sample;
use crate::model::{FindingStatus, Severity};

/// A report with that many findings of every severity and status, and tables that reach over several pages.
pub(in crate::exports::reports) fn many(findings: usize) -> Report {
    let mut report = sample("arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com");
    let models = std::mem::take(&mut report.findings);
    let movements = [Movement::New, Movement::Continuing, Movement::Resolved, Movement::Reopened];
    report.findings = (0..findings)
        .map(|place| {
            let mut found: ReportFinding = models[place % models.len()].clone();
            found.finding.id = format!("{:016x}", 0x5e68_5f77_0000_0000_u64 + place as u64);
            found.finding.severity = Severity::ALL[place * Severity::ALL.len() / findings.max(1)];
            found.age_days = (place * 37 % 500) as u64;
            found.movement = match found.finding.status {
                FindingStatus::Resolved => Movement::Resolved,
                _ => movements[[0, 1, 3][place % 7 % 3]],
            };
            found
        })
        .collect();
    let account = report.scope.accounts[0].clone();
    let trail = report.population.trails[0].clone();
    for place in 0..60_u64 {
        let id = format!("{:012}", 222_200_000_000 + place);
        report.scope.accounts.push(super::super::ScopeAccount { account: id.clone(), ..account.clone() });
        let lost = place % 9 * 20_000;
        let mut trail = super::super::TrailCoverage {
            account: id,
            covered_seconds: trail.period_seconds - lost,
            uncovered: Vec::new(),
            ..trail.clone()
        };
        if 0 < lost {
            let from = report.period.from + jiff::SignedDuration::from_hours(30 + place.cast_signed() * 9);
            let to = from + jiff::SignedDuration::from_secs(lost.cast_signed());
            trail.uncovered = vec![super::super::ReportPeriod { from, to }];
        }
        report.population.trails.push(trail);
    }
    report
}
