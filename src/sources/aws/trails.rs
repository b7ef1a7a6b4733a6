//! The trails of an account as they are set up: whether they run, and what they record.

use std::collections::BTreeMap;

use aws_sdk_cloudtrail::types;
use futures_util::future::{join, join_all};

use super::calls::Call;
use super::{Failure, Session};
use crate::model::{AdvancedSelector, EventSelector, FieldSelector, ReadWrite, Recording, TrailSettings, api};
use crate::sources::live::Regions;
use crate::sources::report::Report;

/// What `CloudTrail` said.
pub(super) struct Answer {
    /// All trails, or why they are not known.
    pub(super) trails: Result<Vec<Known>, Failure>,
}

/// A trail, and what of it could not be read.
pub(super) struct Known {
    pub(super) settings: TrailSettings,
    pub(super) status: Result<(), Failure>,
    pub(super) selectors: Result<(), Failure>,
}

/// Asks for the trails of an account.
pub(super) async fn ask(session: &Session, regions: &Regions) -> Answer {
    let trails = match listed(session, regions).await {
        Ok(listed) => Ok(join_all(listed.into_iter().map(|trail| known(session, trail))).await),
        Err(failure) => Err(failure),
    };
    Answer { trails }
}

/// Every trail that records something of the account. One that records every Region is shown by each of them; only
/// where there is none, the other Regions are asked for trails of their own.
async fn listed(session: &Session, regions: &Regions) -> Result<Vec<TrailSettings>, Failure> {
    let first = session.global_region();
    let shown = described(session, first).await?;
    let others: Vec<_> = regions.expected.iter().filter(|region| *region != first).collect();
    let everywhere = shown.iter().any(|trail| trail.multi_region);
    let mut trails: BTreeMap<_, _> = shown.into_iter().map(|trail| (trail.arn.clone(), trail)).collect();
    if !everywhere {
        for answer in join_all(others.into_iter().map(|region| described(session, region))).await {
            trails.extend(answer?.into_iter().map(|trail| (trail.arn.clone(), trail)));
        }
    }
    Ok(trails.into_values().collect())
}

async fn described(session: &Session, region: &str) -> Result<Vec<TrailSettings>, Failure> {
    let client = session.cloudtrail(region);
    let ask = || async {
        let answer = client.describe_trails().send().await.map_err(|error| Failure::of(&error))?;
        let Some(trails) = answer.trail_list else { return Err(Failure::protocol("an answer without a list")) };
        trails.into_iter().map(settings).collect()
    };
    session.caller.check(Call::DescribeTrails, region, ask).await.map_err(|failure| failure.at(region))
}

fn settings(trail: types::Trail) -> Result<TrailSettings, Failure> {
    let (Some(name), Some(arn)) = (trail.name, trail.trail_arn) else {
        return Err(Failure::protocol("a trail without a name or ARN"));
    };
    Ok(TrailSettings {
        home_region: trail.home_region,
        multi_region: trail.is_multi_region_trail == Some(true),
        organization: trail.is_organization_trail == Some(true),
        log_file_validation: trail.log_file_validation_enabled,
        global_service_events: trail.include_global_service_events,
        bucket: trail.s3_bucket_name,
        ..TrailSettings::new(name, arn)
    })
}

async fn known(session: &Session, mut settings: TrailSettings) -> Known {
    let home = settings.home_region.clone().unwrap_or_else(|| session.global_region().to_owned());
    let (status, selectors) =
        join(status(session, &home, &settings.arn), recording(session, &home, &settings.arn)).await;
    let status = status.map(|(logging, delivery_error)| {
        settings.logging = Some(logging);
        settings.delivery_error = delivery_error;
    });
    let selectors = selectors.map(|recording| settings.recording = recording);
    Known { settings, status, selectors }
}

async fn status(session: &Session, region: &str, arn: &str) -> Result<(bool, Option<String>), Failure> {
    let client = session.cloudtrail(region);
    let ask = || client.get_trail_status().name(arn).send();
    let answer = session.caller.call(Call::GetTrailStatus, region, ask).await?;
    let Some(logging) = answer.is_logging else { return Err(Failure::protocol("an answer without a status")) };
    Ok((logging, answer.latest_delivery_error.filter(|error| !error.is_empty())))
}

async fn recording(session: &Session, region: &str, arn: &str) -> Result<Recording, Failure> {
    let client = session.cloudtrail(region);
    let ask = || client.get_event_selectors().trail_name(arn).send();
    let answer = session.caller.call(Call::GetEventSelectors, region, ask).await?;
    match (answer.event_selectors, answer.advanced_event_selectors) {
        (_, Some(advanced)) if !advanced.is_empty() => {
            let selectors: Vec<_> = advanced.into_iter().map(advanced_selector).collect();
            Ok(Recording::of_advanced_selectors(&selectors))
        }
        (Some(basic), _) => {
            let selectors: Vec<_> = basic.into_iter().map(event_selector).collect();
            Ok(Recording::of_event_selectors(&selectors))
        }
        _ => Err(Failure::protocol("an answer without selectors")),
    }
}

fn event_selector(selector: types::EventSelector) -> EventSelector {
    EventSelector {
        read_write: selector.read_write_type.and_then(|word| ReadWrite::from_word(word.as_str())),
        // Left out, it is true (CloudTrail API Reference, EventSelector).
        management: selector.include_management_events != Some(false),
        excluded_sources: selector.exclude_management_event_sources.unwrap_or_default(),
    }
}

fn advanced_selector(selector: types::AdvancedEventSelector) -> AdvancedSelector {
    let fields = selector.field_selectors.into_iter().map(|field| FieldSelector {
        equals: field.equals.unwrap_or_default(),
        starts_with: field.starts_with.unwrap_or_default(),
        ends_with: field.ends_with.unwrap_or_default(),
        not_equals: field.not_equals.unwrap_or_default(),
        not_starts_with: field.not_starts_with.unwrap_or_default(),
        not_ends_with: field.not_ends_with.unwrap_or_default(),
        field: field.field,
    });
    AdvancedSelector { fields: fields.collect() }
}

impl Answer {
    /// Takes the answer into the report.
    pub(super) fn note(self, report: &mut Report) {
        let trails = match self.trails {
            Err(failure) => return report.failed(api::AWS_DESCRIBE_TRAILS, None, None, &failure),
            Ok(trails) => trails,
        };
        report.complete(api::AWS_DESCRIBE_TRAILS, None, None);
        for trail in &trails {
            let parts = [(api::AWS_TRAIL_STATUS, &trail.status), (api::AWS_EVENT_SELECTORS, &trail.selectors)];
            for (api, part) in parts {
                match part {
                    Ok(()) => report.complete(api, None, Some(&trail.settings.arn)),
                    Err(failure) => report.failed(api, None, Some(&trail.settings.arn), failure),
                }
            }
        }
        report.collection.trails = Some(trails.into_iter().map(|trail| trail.settings).collect());
    }
}
