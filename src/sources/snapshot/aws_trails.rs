//! Answers of `aws cloudtrail` about trails.

use serde::Deserialize;

use super::wire;
use crate::model::{AdvancedSelector, EventSelector, FieldSelector, ReadWrite, Recording, TrailSettings};

/// `describe-trails`.
#[derive(Deserialize)]
pub(super) struct Listing {
    #[serde(rename = "trailList", alias = "TrailList")]
    trails: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    name: String,
    #[serde(rename = "TrailARN")]
    trail_arn: Option<String>,
    home_region: Option<String>,
    #[serde(rename = "S3BucketName")]
    bucket: Option<String>,
    is_multi_region_trail: Option<bool>,
    is_organization_trail: Option<bool>,
    include_global_service_events: Option<bool>,
    log_file_validation_enabled: Option<bool>,
}

impl Listing {
    /// The trails, without what other calls tell.
    pub(super) fn trails(self) -> impl Iterator<Item = TrailSettings> {
        self.trails.into_iter().map(|trail| {
            let arn = trail.trail_arn.unwrap_or_else(|| trail.name.clone());
            TrailSettings {
                home_region: trail.home_region,
                multi_region: trail.is_multi_region_trail == Some(true),
                organization: trail.is_organization_trail == Some(true),
                log_file_validation: trail.log_file_validation_enabled,
                global_service_events: trail.include_global_service_events,
                bucket: trail.bucket,
                ..TrailSettings::new(trail.name, arn)
            }
        })
    }
}

/// `get-trail-status`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Status {
    is_logging: bool,
    #[serde(default, deserialize_with = "wire::text")]
    latest_delivery_error: Option<String>,
}

impl Status {
    pub(super) fn apply(self, trail: &mut TrailSettings) {
        trail.logging = Some(self.is_logging);
        trail.delivery_error = self.latest_delivery_error;
    }
}

/// `get-event-selectors`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Recorded {
    #[serde(rename = "TrailARN")]
    pub(super) trail_arn: Option<String>,
    event_selectors: Option<Vec<Basic>>,
    advanced_event_selectors: Option<Vec<Advanced>>,
}

/// What is absent has the default of `PutEventSelectors`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Basic {
    read_write_type: Option<String>,
    include_management_events: Option<bool>,
    #[serde(default)]
    exclude_management_event_sources: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Advanced {
    field_selectors: Vec<Condition>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Condition {
    field: String,
    equals: Vec<String>,
    starts_with: Vec<String>,
    ends_with: Vec<String>,
    not_equals: Vec<String>,
    not_starts_with: Vec<String>,
    not_ends_with: Vec<String>,
}

impl Recorded {
    /// What they record; nothing where the answer holds no selectors. A trail has selectors of one kind.
    pub(super) fn recording(&self) -> Option<Recording> {
        match (&self.advanced_event_selectors, &self.event_selectors) {
            (Some(advanced), basic) if !advanced.is_empty() || basic.is_none() => {
                let selectors: Vec<_> = advanced.iter().map(Advanced::selector).collect();
                Some(Recording::of_advanced_selectors(&selectors))
            }
            (_, Some(basic)) => {
                let selectors: Vec<_> = basic.iter().map(Basic::selector).collect();
                Some(Recording::of_event_selectors(&selectors))
            }
            (_, None) => None,
        }
    }
}

impl Basic {
    fn selector(&self) -> EventSelector {
        EventSelector {
            read_write: self.read_write_type.as_deref().map_or(Some(ReadWrite::All), ReadWrite::from_word),
            management: self.include_management_events.unwrap_or(true),
            excluded_sources: self.exclude_management_event_sources.clone(),
        }
    }
}

impl Advanced {
    fn selector(&self) -> AdvancedSelector {
        AdvancedSelector { fields: self.field_selectors.iter().map(Condition::selector).collect() }
    }
}

impl Condition {
    fn selector(&self) -> FieldSelector {
        FieldSelector {
            field: self.field.clone(),
            equals: self.equals.clone(),
            starts_with: self.starts_with.clone(),
            ends_with: self.ends_with.clone(),
            not_equals: self.not_equals.clone(),
            not_starts_with: self.not_starts_with.clone(),
            not_ends_with: self.not_ends_with.clone(),
        }
    }
}
