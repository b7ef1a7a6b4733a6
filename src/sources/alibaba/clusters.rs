//! Clusters of HSMs: what instances stand on. One without an instance keeps no role alive, so that nothing is concluded
//! from them; they belong into the picture.

use std::num::NonZeroUsize;

use futures_util::future::join_all;
use serde::Deserialize;

use super::calls::Call;
use super::pages::{Next, Numbered};
use super::regions::HOME;
use super::session::Session;
use super::{Failure, answer};
use crate::model::{HSM_CLUSTER, KeyStore, StoreNeed, StoreState, api};
use crate::sources::live::{Regions, after};
use crate::sources::report::Report;

/// Pages of one listing that are read at most.
const MOST_PAGES: NonZeroUsize = NonZeroUsize::new(100).expect("not zero");

/// Clusters to a page: the most that `ListClusters` gives.
const PAGE: usize = 1_000;

/// Where Data Encryption Service is sold (its API metadata of December 2025): one host answers for all Regions, and
/// what it says of the others is not documented.
const REGIONS: [&str; 14] = [
    "cn-beijing",
    "cn-hangzhou",
    "cn-shanghai",
    "cn-shenzhen",
    "cn-heyuan",
    "cn-chengdu",
    "cn-hongkong",
    "ap-southeast-1",
    "ap-southeast-3",
    "me-east-1",
    "me-central-1",
    "cn-hangzhou-finance",
    "cn-shanghai-finance-1",
    "cn-shenzhen-finance-1",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    #[serde(deserialize_with = "answer::list")]
    clusters: Vec<Cluster>,
    #[serde(alias = "TotalCount", deserialize_with = "answer::count")]
    total: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Cluster {
    #[serde(deserialize_with = "answer::text")]
    cluster_id: String,
    #[serde(default, deserialize_with = "answer::optional_text")]
    cluster_name: Option<String>,
    #[serde(default, deserialize_with = "answer::optional_text")]
    status: Option<String>,
}

/// What one Region answered.
pub(super) struct Listing {
    region: String,
    answer: Result<Vec<Cluster>, Failure>,
}

/// The Regions that are asked.
pub(super) fn sold(regions: &Regions) -> impl Iterator<Item = &'static str> {
    REGIONS.into_iter().filter(|region| regions.expected.contains(*region))
}

/// Asks for the clusters of every Region that has any, side by side.
pub(super) async fn list(session: &Session, regions: &Regions) -> Vec<Listing> {
    let asked = sold(regions)
        .map(|region| async move { Listing { region: region.to_owned(), answer: clusters(session, region).await } });
    join_all(asked).await
}

async fn clusters(session: &Session, region: &str) -> Result<Vec<Cluster>, Failure> {
    let (mut clusters, mut pages) = (Vec::new(), Numbered::of("the list of clusters", MOST_PAGES));
    loop {
        let parameters =
            [("CurrentPage", pages.number()), ("PageSize", PAGE.to_string()), ("RegionId", region.to_owned())];
        let page = session.ask::<Page>(Call::ListClusters, HOME, &parameters).await;
        let page = page.map_err(|failure| after(failure, pages.before()))?;
        let next = pages.go_on(page.clusters.len(), page.total)?;
        clusters.extend(page.clusters);
        if next == Next::End {
            return Ok(clusters);
        }
    }
}

/// Takes the answers into the report.
pub(super) fn note(listings: Vec<Listing>, report: &mut Report) {
    for Listing { region, answer } in listings {
        match answer {
            Ok(clusters) => {
                report.complete(api::ALIBABA_CLUSTERS, Some(&region), None);
                let there = clusters.into_iter().filter(|cluster| cluster.status.as_deref() != Some("DELETED"));
                report.collection.stores.extend(there.map(|cluster| cluster.store(&region)));
            }
            Err(failure) => report.failed(api::ALIBABA_CLUSTERS, Some(&region), None, &failure),
        }
    }
}

impl Cluster {
    fn store(self, region: &str) -> KeyStore {
        let state = match self.status.as_deref() {
            Some("INITIALIZED") => StoreState::Connected,
            Some("NEW") => StoreState::Disconnected,
            Some("SYNCHRONIZING" | "TO_DELETE") => StoreState::Transition,
            _ => StoreState::Unknown,
        };
        KeyStore {
            kind: HSM_CLUSTER.to_owned(),
            id: self.cluster_id,
            region: region.to_owned(),
            name: self.cluster_name,
            need: StoreNeed::NotNeeded,
            store_type: None,
            state,
            provider_state: self.status,
            error_code: None,
            cluster: None,
            created: None,
            expires: None,
        }
    }
}
