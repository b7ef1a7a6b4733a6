//! Where the event history of an account is kept: the Regions of `ActionTrail`, which are not those of the key service.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Failure;
use super::calls::Call;
use super::endpoint::Place;
use super::lookup_plan::GLOBAL_REGIONS;
use super::session::Session;

/// The Regions in which an event history is read, and those in which there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LookupRegions {
    /// To be asked.
    pub(super) asked: BTreeSet<String>,
    /// Expected to have events, and without an endpoint of `ActionTrail`.
    pub(super) absent: BTreeSet<String>,
    /// Why it is not known where there are endpoints, if so.
    pub(super) trouble: Option<Failure>,
    hosts: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(deserialize_with = "super::answer::list")]
    regions: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    region_id: String,
    #[serde(default, deserialize_with = "super::answer::optional_text")]
    region_endpoint: Option<String>,
}

impl LookupRegions {
    /// Asks where `ActionTrail` answers, and takes those of the expected Regions; and in any case those that keep the
    /// global events, because nobody may ask which of them an account has.
    pub(super) async fn of(session: &Session, expected: &BTreeSet<String>) -> Self {
        Self::from_list(list(session).await, expected)
    }

    fn from_list(listed: Result<Vec<Listed>, Failure>, expected: &BTreeSet<String>) -> Self {
        let wanted = expected.iter().cloned().chain(GLOBAL_REGIONS.map(str::to_owned)).collect();
        let (listed, trouble) = match listed {
            Ok(listed) => (listed, None),
            // Each Region is tried at its usual endpoint then: one that has none says so itself.
            Err(failure) => {
                return Self {
                    asked: wanted,
                    absent: BTreeSet::new(),
                    trouble: Some(failure),
                    hosts: BTreeMap::new(),
                };
            }
        };
        let there: BTreeSet<_> = listed.iter().map(|region| region.region_id.as_str()).collect();
        let (asked, lacking): (BTreeSet<_>, BTreeSet<_>) =
            wanted.into_iter().partition(|region| there.contains(region.as_str()));
        let absent = lacking.intersection(expected).cloned().collect();
        let hosts = listed.into_iter().filter_map(|region| Some((region.region_id, region.region_endpoint?)));
        Self { asked, absent, trouble, hosts: hosts.collect() }
    }

    /// Where to ask for a Region's events: the endpoint that the list names, which is not always the usual one.
    pub(super) fn place<'a>(&'a self, region: &'a str) -> Place<'a> {
        Place { region, host: self.hosts.get(region).map(String::as_str) }
    }
}

/// The list is the same wherever it is asked for: where one endpoint fails, the other one may answer.
async fn list(session: &Session) -> Result<Vec<Listed>, Failure> {
    let mut last = None;
    for region in GLOBAL_REGIONS {
        let answer: Result<Answer, _> = session.ask(Call::DescribeTrailRegions, region, &[]).await;
        match answer {
            Ok(answer) if answer.regions.is_empty() => {
                last = Some(Failure::protocol("the list of Regions is empty"));
            }
            Ok(answer) => return Ok(answer.regions),
            Err(failure) => last = Some(failure),
        }
    }
    Err(last.unwrap_or_else(|| Failure::protocol("no Region was asked for the list of Regions")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Outcome;

    fn set(regions: &[&str]) -> BTreeSet<String> {
        regions.iter().map(|region| (*region).to_owned()).collect()
    }

    fn listed() -> Vec<Listed> {
        let regions = json!({"Regions": {"Region": [
            {"RegionId": "cn-hangzhou", "RegionEndpoint": "actiontrail.cn-hangzhou.aliyuncs.com", "LocalName": "x"},
            {"RegionId": "ap-southeast-1", "RegionEndpoint": ""},
            {"RegionId": "ap-southeast-6", "RegionEndpoint": "actiontrail.aliyuncs.com"},
            {"RegionId": "eu-central-1", "RegionEndpoint": "actiontrail.eu-central-1.aliyuncs.com"},
        ]}});
        serde_json::from_value::<Answer>(regions).expect("an answer").regions
    }

    #[test]
    fn expected_regions_with_an_endpoint_are_asked_and_the_global_ones_always() {
        let regions = LookupRegions::from_list(Ok(listed()), &set(&["ap-southeast-6", "me-central-1"]));
        assert_eq!(regions.asked, set(&["ap-southeast-1", "ap-southeast-6", "cn-hangzhou"]));
        assert_eq!((regions.absent.clone(), regions.trouble.clone()), (set(&["me-central-1"]), None));
        assert_eq!(regions.place("ap-southeast-6").host, Some("actiontrail.aliyuncs.com"));
        assert_eq!(regions.place("ap-southeast-1"), Place::from("ap-southeast-1"));
    }

    #[test]
    fn a_global_region_without_an_endpoint_is_not_asked_and_nobody_misses_it() {
        let mut one = listed();
        one.retain(|region| region.region_id != "cn-hangzhou");
        let regions = LookupRegions::from_list(Ok(one), &set(&["eu-central-1"]));
        assert_eq!((regions.asked, regions.absent), (set(&["ap-southeast-1", "eu-central-1"]), set(&[])));
    }

    #[test]
    fn without_the_list_nothing_is_taken_for_absent() {
        let failure = Failure::new(Outcome::Denied, "NoPermission");
        let regions = LookupRegions::from_list(Err(failure.clone()), &set(&["me-central-1"]));
        assert_eq!(regions.asked, set(&["ap-southeast-1", "cn-hangzhou", "me-central-1"]));
        assert_eq!((regions.absent.clone(), regions.trouble.clone()), (set(&[]), Some(failure)));
        assert_eq!(regions.place("me-central-1").host, None);
    }
}
