//! `describe-trails`, `get-event-selectors`, `get-trail-status`: how the account's trails are set up.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::aws_trails;
use super::naming::{Call, plain};
use super::places::AccountFiles;
use super::saved::SavedFile;
use crate::model::{Outcome, Provider, TrailSettings, api};
use crate::sources::alibaba::trails::{DescribeTrails, GetTrailStatus};
use crate::sources::report::Report;

/// Reads every answer about trails. Only what was read gets a row: absence of such files says nothing.
pub(super) fn collect(files: &AccountFiles, report: &mut Report) {
    match report.account.provider {
        Provider::Aws => collect_aws(files, report),
        Provider::Alibaba => collect_alibaba(files, report),
    }
}

/// An answer, where it stands, and what its file is called.
pub(super) struct Answer<'a, T> {
    pub(super) file: &'a SavedFile,
    pub(super) region: Option<&'a str>,
    pub(super) content: T,
}

/// Every answer of a call that could be read, with a row for each place.
fn answers<'a, T: DeserializeOwned>(
    files: &'a AccountFiles,
    call: Call,
    api: &str,
    report: &mut Report,
) -> Vec<Answer<'a, T>> {
    let regional =
        files.regions.iter().flat_map(|(region, files)| files.iter().map(move |file| (Some(region.as_str()), file)));
    let all = files.global.iter().map(|file| (None, file)).chain(regional);
    let mut answers = Vec::new();
    for (region, file) in all.filter(|(_, file)| file.call == call) {
        match file.answer::<T>(report.now) {
            Ok(content) => {
                report.complete(api, region, None);
                answers.push(Answer { file, region, content });
            }
            Err(failure) => report.failed(api, region, None, &failure),
        }
    }
    answers
}

fn collect_aws(files: &AccountFiles, report: &mut Report) {
    let listings = answers::<aws_trails::Listing>(files, Call::DescribeTrails, api::AWS_DESCRIBE_TRAILS, report);
    let statuses = answers::<aws_trails::Status>(files, Call::GetTrailStatus, api::AWS_TRAIL_STATUS, report);
    let selectors = answers::<aws_trails::Recorded>(files, Call::GetEventSelectors, api::AWS_EVENT_SELECTORS, report);
    let is_complete = !listings.is_empty() && report.is_complete(api::AWS_DESCRIBE_TRAILS);
    let mut trails = by_arn(listings.into_iter().flat_map(|listing| listing.content.trails()));
    for status in statuses {
        match its_trail(&status, &mut trails) {
            Some(trail) => status.content.apply(trail),
            None => name_the_trail(&status, !trails.is_empty(), api::AWS_TRAIL_STATUS, report),
        }
    }
    for answer in selectors {
        let Some(recording) = answer.content.recording() else {
            let failure = answer.file.unusable("holds no selectors; save the whole answer");
            report.failed(api::AWS_EVENT_SELECTORS, answer.region, None, &failure);
            continue;
        };
        let arn = the_trail(&answer, answer.content.trail_arn.as_deref(), &trails);
        match arn.and_then(|arn| trails.get_mut(&arn)) {
            Some(trail) => trail.recording = recording,
            None => name_the_trail(&answer, !trails.is_empty(), api::AWS_EVENT_SELECTORS, report),
        }
    }
    if is_complete {
        report.collection.trails = Some(trails.into_values().collect());
    }
}

fn collect_alibaba(files: &AccountFiles, report: &mut Report) {
    let listings = answers::<DescribeTrails>(files, Call::DescribeTrails, api::ALIBABA_DESCRIBE_TRAILS, report);
    let statuses = answers::<GetTrailStatus>(files, Call::GetTrailStatus, api::ALIBABA_TRAIL_STATUS, report);
    let is_complete = !listings.is_empty() && report.is_complete(api::ALIBABA_DESCRIBE_TRAILS);
    let account = report.account.id.clone();
    let mut trails = by_arn(listings.into_iter().flat_map(|listing| listing.content.settings(&account)));
    for status in statuses {
        let Some(trail) = its_trail(&status, &mut trails) else {
            name_the_trail(&status, !trails.is_empty(), api::ALIBABA_TRAIL_STATUS, report);
            continue;
        };
        let region = status.region;
        if let Err(failure) = status.content.apply(trail) {
            report.failed(api::ALIBABA_TRAIL_STATUS, region, None, &failure);
        }
    }
    if is_complete {
        report.collection.trails = Some(trails.into_values().collect());
    }
}

/// Each trail once: one of every Region is listed in each.
fn by_arn(listed: impl Iterator<Item = TrailSettings>) -> BTreeMap<String, TrailSettings> {
    listed.map(|trail| (trail.arn.clone(), trail)).collect()
}

/// The trail that an answer is about which names none.
fn its_trail<'t, T>(
    answer: &Answer<'_, T>,
    trails: &'t mut BTreeMap<String, TrailSettings>,
) -> Option<&'t mut TrailSettings> {
    let arn = the_trail(answer, None, trails)?;
    trails.get_mut(&arn)
}

/// ARN of the trail that an answer is about: the one that it names, the one in its file's name, the only one of its
/// Region, or the only one there is.
fn the_trail<T>(
    answer: &Answer<'_, T>,
    named: Option<&str>,
    trails: &BTreeMap<String, TrailSettings>,
) -> Option<String> {
    if let Some(arn) = named {
        return Some(arn.to_owned());
    }
    let suffix = answer.file.suffix.as_str();
    let in_name = trails.values().filter(|trail| suffix.contains(&plain(&trail.name)));
    if let Some(trail) = in_name.max_by_key(|trail| trail.name.len()) {
        return Some(trail.arn.clone());
    }
    let at_home =
        trails.values().filter(|trail| answer.region.is_some() && trail.home_region.as_deref() == answer.region);
    only(at_home).or_else(|| only(trails.values())).filter(|_| suffix.is_empty()).map(|trail| trail.arn.clone())
}

fn only<'t>(mut trails: impl Iterator<Item = &'t TrailSettings>) -> Option<&'t TrailSettings> {
    trails.next().filter(|_| trails.next().is_none())
}

/// Says of an answer that it cannot be taken for any listed trail; without a list nobody needs it.
fn name_the_trail<T>(answer: &Answer<'_, T>, listed: bool, api: &str, report: &mut Report) {
    if listed {
        let detail =
            format!("{}: is about no listed trail; put the trail's name into the file's", answer.file.name());
        report.row(api, answer.region, None, Outcome::Partial, detail);
    }
}
