//! `describe-trails`, `get-event-selectors`, `get-trail-status`: no rule reads them yet, but a broken one is named.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::naming::Call;
use super::places::AccountFiles;
use super::saved::{Failure, SavedFile};
use crate::model::Provider;
use crate::sources::report::Report;

/// Reads every answer about trails. Only what was read gets a row: absence of such files says nothing.
pub(super) fn check(files: &AccountFiles, report: &mut Report) {
    let regional =
        files.regions.iter().flat_map(|(region, files)| files.iter().map(move |file| (Some(region), file)));
    for (region, file) in files.global.iter().map(|file| (None, file)).chain(regional) {
        let Some(api) = api(report.account.provider, file.call) else { continue };
        let region = region.map(String::as_str);
        match read(file, report) {
            Ok(()) => report.complete(api, region, None),
            Err(failure) => report.failed(api, region, None, &failure),
        }
    }
}

fn api(provider: Provider, call: Call) -> Option<&'static str> {
    match (provider, call) {
        (Provider::Aws, Call::DescribeTrails) => Some("cloudtrail:DescribeTrails"),
        (Provider::Aws, Call::GetEventSelectors) => Some("cloudtrail:GetEventSelectors"),
        (Provider::Aws, Call::GetTrailStatus) => Some("cloudtrail:GetTrailStatus"),
        (Provider::Alibaba, Call::DescribeTrails) => Some("actiontrail:DescribeTrails"),
        (Provider::Alibaba, Call::GetTrailStatus) => Some("actiontrail:GetTrailStatus"),
        _ => None,
    }
}

fn read(file: &SavedFile, report: &Report) -> Result<(), Failure> {
    match file.call {
        Call::DescribeTrails => file.answer::<Trails>(report.now).map(drop),
        Call::GetEventSelectors => {
            let selectors: Selectors = file.answer(report.now)?;
            let any = selectors.event_selectors.is_some() || selectors.advanced_event_selectors.is_some();
            any.then_some(()).ok_or_else(|| file.unusable("holds no selectors; save the whole answer"))
        }
        _ => file.answer::<Status>(report.now).map(drop),
    }
}

#[derive(Deserialize)]
struct Trails {
    #[serde(rename = "trailList", alias = "TrailList")]
    _trails: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Selectors {
    event_selectors: Option<Vec<IgnoredAny>>,
    advanced_event_selectors: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(rename = "IsLogging")]
    _is_logging: bool,
}
