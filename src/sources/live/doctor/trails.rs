//! What the trails of an account record, as far as a word on it helps.

use super::Tried;
use crate::model::{Check, CheckKind, CheckOutcome, Provider, TrailSettings};

/// What the settings of all trails of an account come to.
pub(in crate::sources) fn what_they_record(provider: Provider, account: &str, trails: &[TrailSettings]) -> Check {
    let (outcome, detail) = said(trails);
    Check {
        provider: Some(provider),
        account: Some(account.to_owned()),
        needed: false,
        ..Check::new(CheckKind::Trail, outcome, detail)
    }
}

fn said(trails: &[TrailSettings]) -> Tried {
    let whole = |trail: &&TrailSettings| {
        trail.logging == Some(true) && trail.multi_region && trail.recording.is_everything() != Some(false)
    };
    if trails.is_empty() {
        let detail = "no trail records this account; only the event history of the last 90 days has its events";
        return (CheckOutcome::Warning, detail.to_owned());
    }
    if let Some(trail) = trails.iter().find(whole) {
        return (CheckOutcome::Ok, format!("{} records every Region", trail.name));
    }
    let each: Vec<_> = trails.iter().map(shortcomings).collect();
    (CheckOutcome::Warning, format!("no trail records everything: {}", each.join(", ")))
}

fn shortcomings(trail: &TrailSettings) -> String {
    let recording = &trail.recording;
    let word = match trail {
        TrailSettings { logging: Some(false), .. } => "is not logging",
        TrailSettings { logging: None, .. } => "may not be logging",
        TrailSettings { multi_region: false, .. } => "records one Region",
        _ if recording.records_reads == Some(false) && recording.records_writes == Some(true) => {
            "leaves read events out"
        }
        _ => "leaves management events out",
    };
    format!("{} {word}", trail.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Recording;

    fn trail(name: &str) -> TrailSettings {
        TrailSettings {
            logging: Some(true),
            multi_region: true,
            recording: Recording::EVERYTHING,
            ..TrailSettings::new(name, "arn:aws:cloudtrail:us-east-1:111122223333:trail/all")
        }
    }

    #[test]
    fn one_trail_that_records_everything_is_enough() {
        let stopped = TrailSettings { logging: Some(false), ..trail("old") };
        assert_eq!(said(&[stopped, trail("all")]), (CheckOutcome::Ok, "all records every Region".to_owned()));
    }

    #[test]
    fn what_every_trail_lacks_is_told() {
        let stopped = TrailSettings { logging: Some(false), ..trail("old") };
        let local = TrailSettings { multi_region: false, ..trail("local") };
        let partial = TrailSettings { recording: Recording::NOTHING, ..trail("data") };
        let writes = Recording { records_reads: Some(false), ..Recording::EVERYTHING };
        let writing = TrailSettings { recording: writes, ..trail("writes") };
        let (outcome, detail) = said(&[stopped, local, partial, writing]);
        assert_eq!(outcome, CheckOutcome::Warning);
        let told = "old is not logging, local records one Region, data leaves management events out, \
                    writes leaves read events out";
        assert!(detail.ends_with(told), "{detail}");
        assert_eq!(said(&[]).0, CheckOutcome::Warning);
    }
}
