//! The Regions of the key service: each of them is expected to answer.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Failure;
use super::answer;
use super::calls::Call;
use super::session::Session;
use crate::sources::live::Regions;

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

/// Every Region of the key service.
pub(super) async fn every(session: &Session) -> Regions {
    let answer: Result<Answer, _> = session.ask(Call::DescribeKmsRegions, HOME, &[]).await;
    let listed = answer.map(|answer| answer.regions.into_iter().map(|region| region.region_id).collect());
    match listed {
        Ok(expected) if !BTreeSet::is_empty(&expected) => {
            Regions { expected, listing: Some(Ok(())), ..Regions::default() }
        }
        Ok(_) => known(Failure::protocol("an answer without any Region")),
        Err(failure) => known(failure),
    }
}

fn known(failure: Failure) -> Regions {
    let expected = KNOWN.map(str::to_owned).into();
    Regions { expected, listing: Some(Err(failure)), ..Regions::default() }
}
