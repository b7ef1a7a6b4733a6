//! Which Regions an account's inventory has to answer for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::naming::Call;
use super::places::AccountFiles;
use super::saved::{Failure, SavedFile};
use crate::model::{Outcome, Provider, api};
use crate::sources::report::{Report, Trouble};

/// The Regions of an account.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Regions {
    /// Those that are expected to have answers.
    pub(super) expected: BTreeSet<String>,
    /// Those that are switched off, with the provider's word for it.
    pub(super) not_enabled: BTreeMap<String, String>,
}

/// Settles the Regions of an account: those with a directory, those that the settings, the account's own list or its
/// history name. A Region that the list calls switched off is not expected, unless it has answers all the same.
pub(super) fn settle(files: &AccountFiles, known: Vec<String>, report: &mut Report) -> Regions {
    let mut regions = Regions::default();
    regions.expected.extend(files.expected.iter().cloned().chain(known));
    for file in &files.global {
        if !matches!(file.call, Call::ListRegions | Call::DescribeRegions) {
            continue;
        }
        match listed(file, report.account.provider, report.now) {
            Ok(listed) => regions.take(listed, &file.name(), report),
            Err(failure) => trouble(report, failure.outcome(), failure.detail()),
        }
    }
    for off in regions.not_enabled.keys() {
        regions.expected.remove(off);
    }
    for (region, answers) in &files.regions {
        if !answers.is_empty() || !regions.not_enabled.contains_key(region) {
            regions.expected.insert(region.clone());
        }
    }
    if regions.expected.is_empty() {
        let detail = "no Region has a directory; save each Region's answers in a directory named by it";
        trouble(report, Outcome::Error, detail.to_owned());
    }
    regions
}

fn trouble(report: &mut Report, outcome: Outcome, detail: String) {
    report.row(api::ACCOUNT, None, None, outcome, detail);
}

struct Listed {
    regions: Vec<Region>,
    cut_off: bool,
}

impl Regions {
    fn take(&mut self, listed: Listed, file: &str, report: &mut Report) {
        if listed.cut_off {
            trouble(report, Outcome::Partial, format!("{file}: is cut off; save all pages of the list"));
        }
        for region in listed.regions {
            match region.off().map(|word| format!("{file}: {word}")) {
                Some(reason) => {
                    self.not_enabled.insert(region.name, reason);
                }
                None => {
                    self.expected.insert(region.name);
                }
            }
        }
    }
}

fn listed(file: &SavedFile, provider: Provider, now: Timestamp) -> Result<Listed, Failure> {
    if provider == Provider::Alibaba {
        let AlibabaList { regions } = file.answer(now)?;
        return Ok(Listed { regions: regions.region, cut_off: false });
    }
    let AwsList { regions, next_token } = file.answer(now)?;
    Ok(Listed { regions, cut_off: next_token.is_some_and(|token| !token.is_empty()) })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AwsList {
    regions: Vec<Region>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AlibabaList {
    regions: AlibabaRegions,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AlibabaRegions {
    region: Vec<Region>,
}

#[derive(Deserialize)]
struct Region {
    #[serde(rename = "RegionName", alias = "RegionId")]
    name: String,
    /// `account list-regions`: `ENABLED`, `ENABLED_BY_DEFAULT`, `ENABLING`, `DISABLING`, `DISABLED`.
    #[serde(rename = "RegionOptStatus")]
    opt_status: Option<String>,
    /// `ec2 describe-regions`: `opt-in-not-required`, `opted-in`, `not-opted-in`.
    #[serde(rename = "OptInStatus")]
    opt_in_status: Option<String>,
}

impl Region {
    /// The provider's word where the Region is off. An unknown word is not taken for off: the Region stays expected.
    fn off(&self) -> Option<&str> {
        let words = [self.opt_status.as_deref(), self.opt_in_status.as_deref()];
        words.into_iter().flatten().find(|word| ["DISABLED", "DISABLING", "not-opted-in"].contains(word))
    }
}
