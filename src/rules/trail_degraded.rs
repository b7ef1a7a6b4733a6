//! Trail degraded.
//!
//! # What it finds
//! An account whose trails do not record what roletrail needs, or whose log files cannot be trusted:
//! - there is no trail, or none is logging;
//! - no trail that is logging covers every Region;
//! - the trails drop reads (`WriteOnly`, `Write`: the assumptions of roles), writes, the events of KMS
//!   (`kms.amazonaws.com` excluded: the life of key stores), or every management event;
//! - log file validation is off on the only trail that is otherwise good (AWS: `ActionTrail` has none);
//! - that trail cannot deliver its log files.
//!
//! # Why it matters
//! What no trail records, nobody can find out later: the archive of the account lacks it for good. Switching a trail
//! off is also the first thing that an intruder does. Events that are read with `LookupEvents` come from the event
//! history of the last 90 days, which every account has and which settings of trails do not change; objects in a
//! bucket or from a queue hold only what the trail records.
//!
//! # When it stays silent
//! - One trail is logging, covers every Region, records reads, writes and KMS, and has log file validation; a trail of
//!   the organization counts for its members. Several trails may record it between them.
//! - The account is not active.
//! - The list of trails, their status or their selectors could not be read: what rests on them is not judged.
//!
//! # What to do
//! Set up one trail for the organization (on Alibaba Cloud: a multi-account trail) that covers every Region, records
//! all management events without excluding any service, and has log file validation; start it (a trail of
//! `ActionTrail` that was made by API logs nothing before `StartLogging`), and see to the bucket's policy where delivery
//! fails. Find out who changed it: `StopLogging`, `UpdateTrail`, `PutEventSelectors` and `DeleteTrail` are in the event history.

use std::sync::LazyLock;

use super::standing::{Trails, any_runs, is_inactive, names, recorded};
use super::{Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{Evidence, Finding, Provider, Severity, TrailSettings, TrailSpan, both, either};

/// The rule's id.
const ID: &str = "trail-degraded";

/// What has to be so for a finding about what is recorded to clear.
const RECORDED: &str = "trails that are logging in every Region record it";

/// The subject of a finding about the events of KMS.
const KMS: &str = "kms";

static DOC: LazyLock<RuleDoc> = LazyLock::new(|| RuleDoc::of(ID, Severity::High, include_str!("trail_degraded.rs")));

/// The rule.
pub(super) struct TrailDegraded;

impl Rule for TrailDegraded {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge_account(&self, evidence: &Evidence) -> Ruling {
        if is_inactive(evidence) {
            return Ruling::silent();
        }
        let Some(trails) = Trails::of(evidence) else {
            return Ruling::undecided("the list of the account's trails was not read completely");
        };
        let mut report = Report { evidence, trails: &trails, ruling: Ruling::silent() };
        report.judge();
        report.ruling
    }
}

/// The ruling while it is made.
struct Report<'a> {
    evidence: &'a Evidence,
    trails: &'a Trails<'a>,
    ruling: Ruling,
}

impl<'a> Report<'a> {
    fn judge(&mut self) {
        let (all, everywhere) = (self.trails.all(), self.trails.everywhere());
        if all.is_empty() {
            self.find("no-trail", &[], "The account has no trail.", "Set one up", "the account has a trail");
            return;
        }
        match any_runs(all) {
            None => return self.leave_open("whether the trails are logging could not be read"),
            Some(false) => {
                let summary = format!("No trail of the account is logging: {}.", names_of(all));
                self.find("not-logging", all, &summary, "Start logging", "a trail is logging");
                return;
            }
            Some(true) => {}
        }
        match any_runs(&everywhere) {
            None => self.leave_open("whether the trails of every Region are logging could not be read"),
            Some(false) => {
                self.single_region(all);
                self.contents(all);
            }
            Some(true) => {
                self.contents(&everywhere);
                self.trust(&everywhere);
            }
        }
    }

    fn single_region(&mut self, all: &[&'a TrailSpan]) {
        let running: Vec<_> = all.iter().copied().filter(|span| span.trail.logging == Some(true)).collect();
        let summary = format!("No trail that is logging covers every Region; logging is {}.", names_of(&running));
        let how = "Make the trail one of every Region";
        self.find("single-region", &running, &summary, how, "a trail of every Region is logging");
    }

    /// What the trails leave out.
    fn contents(&mut self, spans: &[&'a TrailSpan]) {
        let recording = recorded(spans);
        if recording.is_nothing() {
            let summary = format!("No management events are recorded by {}.", names_of(&running(spans)));
            return self.find("management-events", &running(spans), &summary, "Record management events", RECORDED);
        }
        for (recorded, subject, what, how) in [
            (
                recording.records_reads,
                "reads",
                "Read events are not recorded, and assumptions of roles are among them",
                "Record read and write events",
            ),
            (
                recording.records_writes,
                "writes",
                "Write events are not recorded, and changes of roles are among them",
                "Record read and write events",
            ),
            (
                recording.records_kms,
                KMS,
                "Events of KMS are not recorded, and changes of key stores are among them",
                "Record the events of kms.amazonaws.com, reads and writes",
            ),
        ] {
            // Of Alibaba Cloud's services none can be left out: writes say it all.
            if subject == KMS && self.provider() != Provider::Aws {
                continue;
            }
            match recorded {
                Some(true) => {}
                Some(false) => {
                    let summary = format!("{what}: {}.", names_of(&running(spans)));
                    self.find(subject, &running(spans), &summary, how, RECORDED);
                }
                None => self.leave_open("what the trails record could not be read, or is only a part"),
            }
        }
    }

    /// Whether the log files of the trails that record everything arrive, and can be checked.
    fn trust(&mut self, everywhere: &[&'a TrailSpan]) {
        if recorded(everywhere).is_everything() != Some(true) {
            return;
        }
        let is_good = |span: &&TrailSpan| span.trail.recorded().is_everything() == Some(true);
        let good: Vec<_> = everywhere.iter().copied().filter(is_good).collect();
        // One good trail is enough; where several record everything only between them, each is needed.
        let (needed, alone) = if good.is_empty() { (running(everywhere), false) } else { (good, true) };
        let holds = |of: fn(&TrailSettings) -> Option<bool>| {
            let parts = needed.iter().map(|span| of(&span.trail));
            if alone { parts.fold(Some(false), either) } else { parts.fold(Some(true), both) }
        };
        match holds(|trail| trail.log_file_validation) {
            _ if self.provider() != Provider::Aws => {}
            Some(true) => {}
            Some(false) => {
                let summary = format!("Log file validation is off: {}.", names_of(&needed));
                let how = "Switch log file validation on";
                self.find("validation", &needed, &summary, how, "a good trail has log file validation");
            }
            None => self.leave_open("whether log files are validated could not be read"),
        }
        if holds(|trail| Some(trail.delivery_error.is_none())) == Some(false) {
            let errors: Vec<_> = needed.iter().filter_map(|span| span.trail.delivery_error.as_deref()).collect();
            let summary = format!("Log files are not delivered: {} ({}).", names_of(&needed), errors.join(", "));
            let how = "See to the bucket and its policy, to which the trail delivers";
            self.find("delivery", &needed, &summary, how, "a good trail delivers without an error");
        }
    }

    fn provider(&self) -> Provider {
        self.evidence.account.provider
    }

    fn leave_open(&mut self, because: &str) {
        self.ruling.undecided.get_or_insert_with(|| because.to_owned());
    }

    fn find(&mut self, subject: &str, spans: &[&TrailSpan], summary: &str, how: &str, clears_when: &str) {
        // It holds since the last of the states that it takes.
        let first = spans.iter().map(|span| span.valid_from).max().unwrap_or(self.trails.listed_since);
        let region = match spans {
            [only] => only.trail.home_region.clone(),
            _ => None,
        };
        let finding: Finding =
            Draft::of_account(&self.evidence.account, &DOC, Severity::High, summary.to_owned(), self.evidence.as_of)
                .region(region)
                .subject(Some(subject.to_owned()))
                .seen(first, self.trails.listed_at)
                .fix(format!("{how}; `roletrail rules explain {ID}` describes a good trail."), clears_when);
        self.ruling.findings.push(finding);
    }
}

/// Trails that are logging, or may be.
fn running<'a>(spans: &[&'a TrailSpan]) -> Vec<&'a TrailSpan> {
    spans.iter().copied().filter(|span| span.trail.logging != Some(false)).collect()
}

fn names_of(spans: &[&TrailSpan]) -> String {
    names(&spans.iter().map(|span| &span.trail).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use crate::model::{Outcome, Recording, Severity, TrailSettings};
    use crate::rules::tests::{Scene, check, fires, silent, unknown};

    const ID: &str = "trail-degraded";

    fn good(name: &str) -> TrailSettings {
        TrailSettings {
            home_region: Some("eu-west-1".to_owned()),
            multi_region: true,
            logging: Some(true),
            log_file_validation: Some(true),
            recording: Recording::EVERYTHING,
            ..TrailSettings::new(name, format!("arn:aws:cloudtrail:eu-west-1:111122223333:trail/{name}"))
        }
    }

    fn with(change: impl Fn(&mut TrailSettings)) -> TrailSettings {
        let mut trail = good("main");
        change(&mut trail);
        trail
    }

    fn scene(trails: &[TrailSettings]) -> Scene {
        Scene::aws().trails(Outcome::Complete, trails)
    }

    /// The only finding's subject.
    fn finds(trails: &[TrailSettings], subject: &str) {
        let found = check(ID, &scene(trails), fires(1));
        assert_eq!((found[0].subject.as_deref(), found[0].severity), (Some(subject), Severity::High));
        assert_eq!(found[0].profile, None);
        let about_one = trails.len() == 1;
        assert_eq!(found[0].region.as_deref(), about_one.then_some("eu-west-1"), "{subject}");
        // One good trail more, and all is well.
        check(ID, &scene(&[trails, &[good("second")]].concat()), silent());
    }

    fn writes_only(trail: &mut TrailSettings) {
        trail.recording.records_reads = Some(false);
    }

    #[test]
    fn each_degradation_is_one_finding_that_a_good_trail_clears() {
        finds(&[], "no-trail");
        finds(&[with(|trail| trail.logging = Some(false))], "not-logging");
        finds(&[with(|trail| trail.multi_region = false)], "single-region");
        finds(&[with(writes_only)], "reads");
        finds(&[with(|trail| trail.recording.records_writes = Some(false))], "writes");
        finds(&[with(|trail| trail.global_service_events = Some(false))], "writes");
        finds(&[with(|trail| trail.recording.records_kms = Some(false))], "kms");
        finds(&[with(|trail| trail.recording = Recording::NOTHING)], "management-events");
        finds(&[with(|trail| trail.log_file_validation = Some(false))], "validation");
        finds(&[with(|trail| trail.delivery_error = Some("AccessDenied".to_owned()))], "delivery");
        let stopped = |name| TrailSettings { logging: Some(false), ..good(name) };
        finds(&[stopped("one"), stopped("two")], "not-logging");
    }

    #[test]
    fn a_trail_can_be_degraded_in_several_ways() {
        let poor = with(|trail| {
            trail.multi_region = false;
            writes_only(trail);
        });
        check(ID, &scene(&[poor]), fires(2));
        let poor = with(|trail| {
            trail.log_file_validation = Some(false);
            trail.delivery_error = Some("NoSuchBucket".to_owned());
        });
        check(ID, &scene(&[poor]), fires(2));
    }

    #[test]
    fn a_good_trail_is_enough_whoever_owns_it() {
        check(ID, &scene(&[good("main")]), silent());
        check(ID, &scene(&[with(|trail| trail.organization = true)]), silent());
    }

    #[test]
    fn two_trails_may_record_everything_between_them() {
        let reads_only = |validated| TrailSettings {
            recording: Recording { records_reads: Some(true), ..Recording::NOTHING },
            log_file_validation: Some(validated),
            ..good("reads")
        };
        check(ID, &scene(&[with(writes_only), reads_only(true)]), silent());
        let found = check(ID, &scene(&[with(writes_only), reads_only(false)]), fires(1));
        assert_eq!(found[0].subject.as_deref(), Some("validation"));
    }

    #[test]
    fn what_one_region_records_does_not_make_up_for_the_others() {
        let local = TrailSettings { multi_region: false, ..good("local") };
        let found = check(ID, &scene(&[with(writes_only), local]), fires(1));
        assert_eq!(found[0].subject.as_deref(), Some("reads"));
    }

    #[test]
    fn what_could_not_be_read_is_not_judged() {
        for change in [
            (|trail| trail.logging = None) as fn(&mut TrailSettings),
            |trail| trail.recording = Recording::UNKNOWN,
            |trail| trail.recording.records_kms = None,
            |trail| trail.log_file_validation = None,
        ] {
            check(ID, &scene(&[with(change)]), unknown());
            check(ID, &scene(&[with(change), good("second")]), silent());
        }
        let stopped = TrailSettings { logging: Some(false), ..good("stopped") };
        check(ID, &scene(&[with(|trail| trail.logging = None), stopped]), unknown());
        let partly = with(|trail| {
            writes_only(trail);
            trail.recording.records_kms = None;
        });
        let scene = scene(&[partly]);
        check(ID, &scene, fires(1));
        assert!(scene.judgement().undecided.iter().any(|undecided| undecided.rule == ID), "the rest stays open");
    }

    #[test]
    fn a_list_of_trails_that_is_not_complete_proves_nothing() {
        check(ID, &Scene::aws(), unknown());
        for outcome in Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Complete) {
            check(ID, &Scene::aws().trails(outcome, &[]), unknown());
        }
        check(ID, &scene(&[]).now("2026-07-02T00:00:00Z").account(Outcome::Denied), fires(1));
        let mut closed = scene(&[]);
        for span in &mut closed.evidence.coverage {
            span.checked_at -= jiff::SignedDuration::from_mins(15);
        }
        check(ID, &closed.account(Outcome::Denied), unknown());
        check(ID, &scene(&[]).account(Outcome::NotEnabled), silent());
    }

    #[test]
    fn trails_of_alibaba_cloud_are_judged_by_what_they_have() {
        let trail = |logging, recording| TrailSettings {
            multi_region: true,
            logging: Some(logging),
            recording,
            ..TrailSettings::new("all", "acs:actiontrail:cn-hangzhou:1000000000000001:trail/all")
        };
        let writes = Recording { records_reads: Some(false), ..Recording::EVERYTHING };
        let reads = Recording { records_reads: Some(true), ..Recording::NOTHING };
        let judged = |trail| Scene::alibaba().trails(Outcome::Complete, &[trail]);
        check(ID, &judged(trail(true, Recording::EVERYTHING)), silent());
        for (trail, subject) in [
            (trail(false, Recording::EVERYTHING), "not-logging"),
            (trail(true, writes), "reads"),
            (trail(true, reads), "writes"),
        ] {
            assert_eq!(check(ID, &judged(trail), fires(1))[0].subject.as_deref(), Some(subject));
        }
        check(ID, &Scene::alibaba(), unknown());
    }
}
