//! Evidence broken.
//!
//! # What it finds
//! A digest chain of a trail that does not verify: a digest or a log file that is not what `CloudTrail` signed, or one that
//! a signed digest names and that is not in the bucket. There is one finding for each chain: a trail has one in every
//! Region, and a second one for log files that came late.
//!
//! # Why it matters
//! The log files are the evidence. One that was changed may have lost what it was to show, one that is gone shows
//! nothing, and whoever can do that to one of them can do it to others. Until it is explained, no report about that time
//! proves anything.
//!
//! # When it stays silent
//! - Everything that was checked is as it was signed.
//! - The digests are not checked (`verify_digests` of the trail's bucket is not set), or could not be read: coverage of
//!   `trail:digest` tells.
//! - For some time there are no digests, and nothing tells that there were any: logging or validation was off, which
//!   `trail-degraded` finds; `roletrail coverage` and the metric `roletrail_trail_digest_verified` show the gap.
//!
//! # What to do
//! Keep the bucket as it is. `roletrail verify trail` lists every object that does not verify, with the reason. Look for
//! `PutObject` and `DeleteObject` on these objects in the data events or access logs of the bucket, for older versions of
//! them, and for lifecycle rules that delete log files before their digests. Put the versions back that `CloudTrail`
//! delivered: with the next collection the finding clears. What cannot be brought back stays broken: say so in an
//! exception that names who has examined it.

use std::sync::LazyLock;

use super::{Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{ChainProblemKind, ChainState, Evidence, Finding, Severity, StandingProblem};

/// The rule's id.
const ID: &str = "evidence-broken";

static DOC: LazyLock<RuleDoc> =
    LazyLock::new(|| RuleDoc::of(ID, Severity::Critical, include_str!("evidence_broken.rs")));

/// The rule.
pub(super) struct EvidenceBroken;

impl Rule for EvidenceBroken {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge_account(&self, evidence: &Evidence) -> Ruling {
        let findings = evidence.digests.iter().filter_map(|chain| judge(evidence, chain));
        Ruling { findings: findings.collect(), ..Ruling::silent() }
    }
}

fn judge(evidence: &Evidence, chain: &ChainState) -> Option<Finding> {
    let broken: Vec<_> = chain.problems.iter().filter(|standing| standing.problem.kind.is_broken()).collect();
    let first = broken.first()?;
    let found = broken.iter().map(|standing| standing.found_at).min().unwrap_or(first.found_at);
    let summary = format!(
        "The digests of {} do not verify: {}; s3://{}/{} first: {}.",
        chain.id.words(),
        counted(&broken),
        chain.bucket,
        first.problem.object,
        first.problem.reason
    );
    let how = format!(
        "Keep s3://{0} as it is, and run `roletrail verify trail s3://{0} --account {1} --region {2}`: it lists every object \
         that does not verify. Find out who wrote or deleted them, and put back what CloudTrail delivered.",
        chain.bucket, chain.id.account, chain.id.region
    );
    let subject = format!("s3://{} {}", chain.bucket, chain.id.words());
    let draft = Draft::of_account(&evidence.account, &DOC, Severity::Critical, summary, evidence.as_of)
        .region(Some(chain.id.region.clone()))
        .subject(Some(subject))
        .seen(found, chain.checked_at.min(evidence.as_of))
        .count(broken.len() as u64);
    Some(draft.fix(how, "every digest and log file of the chain is what CloudTrail signed"))
}

/// "1 object is not what was signed, 2 are missing".
fn counted(broken: &[&StandingProblem]) -> String {
    let count = |kind| broken.iter().filter(|standing| standing.problem.kind == kind).count();
    let (invalid, missing) = (count(ChainProblemKind::Invalid), count(ChainProblemKind::Missing));
    let objects = |number: usize| format!("{number} object{}", if number == 1 { "" } else { "s" });
    let are = |number: usize| if number == 1 { "is" } else { "are" };
    match (invalid, missing) {
        (0, missing) => format!("{} {} missing", objects(missing), are(missing)),
        (invalid, 0) => format!("{} {} not what was signed", objects(invalid), are(invalid)),
        (invalid, missing) => {
            format!("{} {} not what was signed, {missing} {} missing", objects(invalid), are(invalid), are(missing))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{ChainId, ChainKind, ChainProblem, ChainProblemKind as Kind, ChainState, StandingProblem};
    use crate::rules::tests::{Scene, check, fires, silent};

    const ID: &str = "evidence-broken";

    fn chain(kind: ChainKind, problems: &[Kind]) -> ChainState {
        let time = |text: &str| text.parse::<jiff::Timestamp>().expect("the test's own time");
        let standing = |(at, kind): (usize, &Kind)| StandingProblem {
            problem: ChainProblem {
                kind: *kind,
                object: format!("log-{at}"),
                reason: "it was changed".to_owned(),
                from: time("2026-06-01T00:00:00Z"),
                to: time("2026-06-01T01:00:00Z"),
            },
            found_at: time("2026-06-02T00:00:00Z"),
        };
        let [account, region, trail] = ["111122223333", "eu-west-1", "main"].map(str::to_owned);
        ChainState {
            bucket: "logs".to_owned(),
            id: ChainId { account, home_region: region.clone(), region, trail, kind },
            checked: None,
            checked_at: time("2026-06-30T00:00:00Z"),
            digests: 0,
            logs: 0,
            link: None,
            problems: problems.iter().enumerate().map(standing).collect(),
        }
    }

    fn scene(chains: Vec<ChainState>) -> Scene {
        let mut scene = Scene::aws();
        scene.evidence.digests = chains;
        scene
    }

    #[test]
    fn each_chain_that_does_not_verify_is_one_finding() {
        let both = vec![
            chain(ChainKind::Standard, &[Kind::Invalid, Kind::Missing]),
            chain(ChainKind::Backfill, &[Kind::Missing]),
        ];
        let found = check(ID, &scene(both), fires(2));
        assert_ne!(found[0].subject, found[1].subject);
        let (first, told) = (&found[0], "1 object is not what was signed, 1 is missing");
        assert!(first.summary.contains(told) && first.summary.contains("s3://logs/log-0"), "{}", first.summary);
        assert_eq!((first.count, first.region.as_deref(), first.profile.as_deref()), (2, Some("eu-west-1"), None));
        assert_eq!(first.first_seen, "2026-06-02T00:00:00Z".parse().expect("a time"));
    }

    #[test]
    fn what_verifies_or_is_not_checked_is_silent() {
        check(ID, &scene(Vec::new()), silent());
        check(ID, &scene(vec![chain(ChainKind::Standard, &[])]), silent());
    }

    #[test]
    fn a_gap_and_what_could_not_be_read_break_no_evidence() {
        check(ID, &scene(vec![chain(ChainKind::Standard, &[Kind::Gap, Kind::Unread])]), silent());
    }
}
