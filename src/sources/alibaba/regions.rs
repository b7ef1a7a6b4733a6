//! The Regions of the key service: each of them is expected to answer.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::answer;
use super::calls::Call;
use super::session::Session;
use super::{Failure, Plan};
use crate::config::Regions as Asked;
use crate::model::api;
use crate::sources::report::Report;

/// The Region that is asked what is not a question about one Region.
pub(super) const HOME: &str = "cn-hangzhou";

/// The Regions of the key service in December 2025 (its API metadata). They are asked where the service's own list
/// cannot be read: nothing is concluded then, and what can be told still is.
const KNOWN: [&str; 36] = [
    "cn-qingdao",
    "cn-beijing",
    "cn-zhangjiakou",
    "cn-zhengzhou-jva",
    "cn-huhehaote",
    "cn-wulanchabu",
    "cn-hangzhou",
    "cn-shanghai",
    "cn-fuzhou",
    "cn-shenzhen",
    "cn-heyuan",
    "cn-guangzhou",
    "cn-chengdu",
    "cn-wuhan-lr",
    "cn-hongkong",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "us-east-1",
    "us-west-1",
    "eu-west-1",
    "eu-central-1",
    "ap-south-1",
    "me-east-1",
    "me-central-1",
    "na-south-1",
    "cn-hangzhou-finance",
    "cn-shanghai-finance-1",
    "cn-shenzhen-finance-1",
    "cn-beijing-finance-1",
    "cn-heyuan-acdr-1",
];

/// The Regions of an account.
#[derive(Debug, Default)]
pub(super) struct Regions {
    /// To be asked.
    pub(super) expected: BTreeSet<String>,
    /// How the list of Regions was read; `None` where the configuration lists them.
    listing: Option<Result<(), Failure>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(deserialize_with = "answer::list")]
    regions: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    region_id: String,
}

/// Which Regions to ask: those of the key service, or those of the configuration; and in any case those in which a
/// store was seen before.
pub(super) async fn of(plan: &Plan, session: &Session) -> Regions {
    let mut regions = match &plan.source.regions {
        Asked::List(list) => Regions::listed(list),
        Asked::Enabled => every(session).await,
    };
    match plan.history.regions_with_stores(&session.account) {
        Ok(known) => regions.expected.extend(known),
        Err(failure) => regions.listing = Some(Err(failure)),
    }
    regions
}

/// Every Region of the key service.
pub(super) async fn every(session: &Session) -> Regions {
    let answer: Result<Answer, _> = session.ask(Call::DescribeKmsRegions, HOME, &[]).await;
    let listed = answer.map(|answer| answer.regions.into_iter().map(|region| region.region_id).collect());
    match listed {
        Ok(expected) if !BTreeSet::is_empty(&expected) => Regions { expected, listing: Some(Ok(())) },
        Ok(_) => Regions::known(Failure::protocol("an answer without any Region")),
        Err(failure) => Regions::known(failure),
    }
}

impl Regions {
    /// Those that somebody has listed.
    pub(super) fn listed(names: &[String]) -> Self {
        Self { expected: names.iter().cloned().collect(), listing: None }
    }

    fn known(failure: Failure) -> Self {
        Self { expected: KNOWN.map(str::to_owned).into(), listing: Some(Err(failure)) }
    }

    /// How the list was read; `None` where nobody asked for it.
    pub(super) fn listing(&self) -> Option<&Result<(), Failure>> {
        self.listing.as_ref()
    }

    /// Why it is not known which Regions there are, if so.
    pub(super) fn trouble(&self) -> Option<&Failure> {
        self.listing()?.as_ref().err()
    }

    /// Says how the list was read.
    pub(super) fn note(&self, report: &mut Report) {
        match &self.listing {
            Some(Ok(())) => report.complete(api::ALIBABA_REGIONS, None, None),
            Some(Err(failure)) => report.failed(api::ALIBABA_REGIONS, None, None, failure),
            None => {}
        }
    }
}
