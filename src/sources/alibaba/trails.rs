//! How the account's trails are set up: whether they run, and what they record.

use futures_util::future::join_all;
use serde::Deserialize;

use super::calls::Call;
use super::regions::HOME;
use super::session::Session;
use super::{Failure, answer};
use crate::model::{Recording, TrailSettings, api};
use crate::sources::report::Report;

/// What `ActionTrail` said: all trails with how their status was read, or why they are not known.
pub(super) type Answer = Result<Vec<(TrailSettings, Result<(), Failure>)>, Failure>;

/// `DescribeTrails`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct DescribeTrails {
    #[serde(alias = "trailList", deserialize_with = "answer::list")]
    trail_list: Vec<Trail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Trail {
    name: String,
    #[serde(default, deserialize_with = "answer::optional_text")]
    trail_arn: Option<String>,
    #[serde(default, deserialize_with = "answer::optional_text")]
    home_region: Option<String>,
    /// The Regions that are recorded, by commas; `All`.
    #[serde(default, deserialize_with = "answer::optional_text")]
    trail_region: Option<String>,
    /// `Read`, `Write` or `All`.
    #[serde(default, rename = "EventRW", deserialize_with = "answer::optional_text")]
    event_rw: Option<String>,
    #[serde(default, deserialize_with = "answer::flag")]
    is_organization_trail: Option<bool>,
    #[serde(default, deserialize_with = "answer::optional_text")]
    oss_bucket_name: Option<String>,
}

/// `GetTrailStatus`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources) struct GetTrailStatus {
    #[serde(default, deserialize_with = "answer::flag")]
    is_logging: Option<bool>,
    #[serde(default, deserialize_with = "answer::optional_text")]
    latest_delivery_error: Option<String>,
}

/// Asks for the trails of an account: its own of every Region, and those of the organization.
pub(super) async fn ask(session: &Session) -> Answer {
    let yes = || "true".to_owned();
    let parameters = [("IncludeOrganizationTrail", yes()), ("IncludeShadowTrails", yes())];
    let answer: DescribeTrails = session.ask(Call::DescribeTrails, HOME, &parameters).await?;
    let known = answer.settings(&session.account).into_iter().map(|trail| known(session, trail));
    Ok(join_all(known).await)
}

async fn known(session: &Session, mut trail: TrailSettings) -> (TrailSettings, Result<(), Failure>) {
    let home = trail.home_region.clone().unwrap_or_else(|| HOME.to_owned());
    let mut parameters = vec![("Name", trail.name.clone())];
    if trail.organization {
        parameters.push(("IsOrganizationTrail", "true".to_owned()));
    }
    let status = session.ask::<GetTrailStatus>(Call::GetTrailStatus, &*home, &parameters).await;
    let status = status.and_then(|status| status.apply(&mut trail));
    (trail, status)
}

impl DescribeTrails {
    /// The trails as they are set up, without their status.
    pub(in crate::sources) fn settings(self, account: &str) -> Vec<TrailSettings> {
        self.trail_list.into_iter().map(|trail| trail.settings(account)).collect()
    }
}

impl Trail {
    fn settings(self, account: &str) -> TrailSettings {
        let home = self.home_region.clone().unwrap_or_default();
        let arn = format!("acs:actiontrail:{home}:{account}:trail/{}", self.name);
        TrailSettings {
            home_region: self.home_region,
            multi_region: self.trail_region.is_some_and(|regions| regions.eq_ignore_ascii_case("all")),
            organization: self.is_organization_trail == Some(true),
            bucket: self.oss_bucket_name,
            recording: recording(self.event_rw.as_deref()),
            ..TrailSettings::new(self.name, self.trail_arn.unwrap_or(arn))
        }
    }
}

/// No service can be left out of a trail, so that the calls of KMS are recorded like all others.
fn recording(events: Option<&str>) -> Recording {
    let (reads, writes) = match events {
        Some("All") => (true, true),
        Some("Write") => (false, true),
        Some("Read") => (true, false),
        _ => return Recording::UNKNOWN,
    };
    Recording { records_reads: Some(reads), records_writes: Some(writes), records_kms: Some(writes) }
}

impl GetTrailStatus {
    /// Adds the status to a trail. One that was never started does not log.
    pub(in crate::sources) fn apply(self, trail: &mut TrailSettings) -> Result<(), Failure> {
        let Some(logging) = self.is_logging else { return Err(Failure::protocol("an answer without a status")) };
        trail.logging = Some(logging);
        trail.delivery_error = self.latest_delivery_error;
        Ok(())
    }
}

/// Takes the answer into the report.
pub(super) fn note(answer: Answer, report: &mut Report) {
    let trails = match answer {
        Err(failure) => return report.failed(api::ALIBABA_DESCRIBE_TRAILS, None, None, &failure),
        Ok(trails) => trails,
    };
    report.complete(api::ALIBABA_DESCRIBE_TRAILS, None, None);
    for (trail, status) in &trails {
        match status {
            Ok(()) => report.complete(api::ALIBABA_TRAIL_STATUS, None, Some(&trail.arn)),
            Err(failure) => report.failed(api::ALIBABA_TRAIL_STATUS, None, Some(&trail.arn), failure),
        }
    }
    report.collection.trails = Some(trails.into_iter().map(|(trail, _)| trail).collect());
}
