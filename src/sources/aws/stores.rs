//! The key stores of every Region: custom key stores, `CloudHSM` clusters, multi-Region keys.

use aws_smithy_types::DateTime;
use futures_util::future::join_all;
use jiff::Timestamp;

use super::calls::Call;
use super::{Failure, Session};
use crate::model::{Outcome, StoreState, api};
use crate::profiles::{Profile, StoreKind};
use crate::sources::live::{Pages, Regions, after, marker_of};
use crate::sources::report::Report;
use crate::sources::seen::{self, SeenStore, explained, kinds};

/// Pages of one listing that are read at most: with a thousand keys to a page, ten million keys.
const MOST_PAGES: usize = 10_000;

/// What one API answered in one Region.
pub(super) struct Listing<'p> {
    kind: &'p StoreKind,
    region: String,
    answer: Result<Vec<SeenStore>, Failure>,
}

/// Asks every expected Region for the stores of every kind, side by side.
pub(super) async fn list<'p>(session: &Session, regions: &Regions, profiles: &[&'p Profile]) -> Vec<Listing<'p>> {
    let places = kinds(profiles).into_iter().flat_map(|kind| {
        let regions = regions.expected.iter();
        regions.map(move |region| (kind, region))
    });
    let asked = places.filter_map(|(kind, region)| {
        let reader = Reader::of(&kind.api)?;
        Some(async move {
            let answer = reader.read(session, region).await;
            Listing {
                kind,
                region: region.clone(),
                answer: answer.map_err(|failure| explained(failure, kind, region)),
            }
        })
    });
    join_all(asked).await
}

/// Takes the answers into the report.
pub(super) fn note(regions: &Regions, listings: Vec<Listing<'_>>, profiles: &[&Profile], report: &mut Report) {
    for kind in kinds(profiles) {
        if Reader::of(&kind.api).is_none() {
            let detail = format!("this version cannot ask {}", kind.api);
            report.row(&kind.api, None, None, Outcome::NotConfigured, detail);
            continue;
        }
        for (region, word) in &regions.not_enabled {
            report.row(&kind.api, Some(region), None, Outcome::NotEnabled, word.clone());
        }
    }
    for Listing { kind, region, answer } in listings {
        match answer {
            Ok(stores) => {
                let own = stores.into_iter().filter(|store| store.is_a(kind));
                report.collection.stores.extend(own.map(|store| store.of(kind, &region)));
                report.complete(&kind.api, Some(&region), None);
            }
            Err(failure) => report.failed(&kind.api, Some(&region), None, &failure),
        }
    }
}

/// How the stores of a kind are listed.
#[derive(Clone, Copy)]
enum Reader {
    KeyStores,
    Clusters,
    Keys,
}

/// One page of a listing.
struct Page {
    stores: Vec<SeenStore>,
    /// Where the next page begins.
    next: Option<String>,
}

impl Reader {
    fn of(api: &str) -> Option<Self> {
        match api {
            api::AWS_KEY_STORES => Some(Self::KeyStores),
            api::AWS_CLUSTERS => Some(Self::Clusters),
            api::AWS_KEYS => Some(Self::Keys),
            _ => None,
        }
    }

    /// All pages, or a failure: a part of the stores proves nothing about the rest.
    async fn read(self, session: &Session, region: &str) -> Result<Vec<SeenStore>, Failure> {
        let (mut stores, mut pages) = (Vec::new(), Pages::of("the list", MOST_PAGES));
        loop {
            let token = pages.token();
            let page = match self {
                Self::KeyStores => key_stores(session, region, token.as_deref()).await,
                Self::Clusters => clusters(session, region, token.as_deref()).await,
                Self::Keys => keys(session, region, token.as_deref()).await,
            };
            let page = page.map_err(|failure| after(failure, pages.read()))?;
            stores.extend(page.stores);
            if !pages.go_on(page.next)? {
                return Ok(stores);
            }
        }
    }
}

async fn key_stores(session: &Session, region: &str, marker: Option<&str>) -> Result<Page, Failure> {
    let client = session.kms(region);
    let ask = || async {
        let call = client.describe_custom_key_stores().set_marker(marker.map(str::to_owned));
        let answer = call.send().await.map_err(|error| Failure::of(&error))?;
        let Some(stores) = answer.custom_key_stores else {
            return Err(Failure::protocol("an answer without a list"));
        };
        let stores = stores.into_iter().map(key_store).collect::<Result<_, _>>()?;
        Ok(Page { stores, next: marker_of(answer.truncated, answer.next_marker)? })
    };
    session.caller.check(Call::DescribeCustomKeyStores, region, ask).await
}

fn key_store(entry: aws_sdk_kms::types::CustomKeyStoresListEntry) -> Result<SeenStore, Failure> {
    let Some(id) = entry.custom_key_store_id else { return Err(Failure::protocol("a store without an id")) };
    let state = entry.connection_state.map(|state| state.as_str().to_owned());
    Ok(SeenStore {
        id,
        name: entry.custom_key_store_name,
        store_type: entry.custom_key_store_type.map(|word| word.as_str().to_owned()),
        state: seen::connection_state(state.as_deref()),
        provider_state: state,
        error_code: entry.connection_error_code.map(|code| code.as_str().to_owned()),
        cluster: entry.cloud_hsm_cluster_id,
        created: entry.creation_date.as_ref().and_then(time),
        expires: None,
    })
}

async fn clusters(session: &Session, region: &str, token: Option<&str>) -> Result<Page, Failure> {
    let client = session.cloudhsm(region);
    let ask = || async {
        let call = client.describe_clusters().set_next_token(token.map(str::to_owned));
        let answer = call.send().await.map_err(|error| Failure::of(&error))?;
        let Some(clusters) = answer.clusters else { return Err(Failure::protocol("an answer without a list")) };
        let clusters = clusters.into_iter().map(cluster).collect::<Result<Vec<_>, _>>()?;
        let next = answer.next_token.filter(|token| !token.is_empty());
        Ok(Page { stores: clusters.into_iter().flatten().collect(), next })
    };
    session.caller.check(Call::DescribeClusters, region, ask).await
}

fn cluster(cluster: aws_sdk_cloudhsmv2::types::Cluster) -> Result<Option<SeenStore>, Failure> {
    let word = cluster.state.map(|state| state.as_str().to_owned());
    if seen::is_deleted_cluster(word.as_deref()) {
        return Ok(None);
    }
    let Some(id) = cluster.cluster_id else { return Err(Failure::protocol("a cluster without an id")) };
    let state = seen::cluster_state(word.as_deref());
    Ok(Some(SeenStore {
        id,
        name: None,
        store_type: cluster.hsm_type,
        state,
        provider_state: word,
        error_code: cluster.state_message.filter(|_| state == StoreState::Failed),
        cluster: None,
        created: cluster.create_timestamp.as_ref().and_then(time),
        expires: None,
    }))
}

async fn keys(session: &Session, region: &str, marker: Option<&str>) -> Result<Page, Failure> {
    let client = session.kms(region);
    let ask = || async {
        let call = client.list_keys().limit(MOST_KEYS).set_marker(marker.map(str::to_owned));
        let answer = call.send().await.map_err(|error| Failure::of(&error))?;
        let Some(keys) = answer.keys else { return Err(Failure::protocol("an answer without a list")) };
        let stores = keys.into_iter().map(|key| key.key_id.map(SeenStore::listed).ok_or("a key without an id"));
        let stores = stores.collect::<Result<Vec<_>, _>>().map_err(Failure::protocol)?;
        // An account may have a hundred thousand keys and not one that counts.
        let stores = stores.into_iter().filter(|key| key.id.starts_with(MULTI_REGION)).collect();
        Ok(Page { stores, next: marker_of(answer.truncated, answer.next_marker)? })
    };
    session.caller.check(Call::ListKeys, region, ask).await
}

/// Keys to a page: the most that `ListKeys` gives.
const MOST_KEYS: i32 = 1_000;

/// Ids of multi-Region keys begin so (AWS KMS developer guide, "Multi-Region keys in AWS KMS").
const MULTI_REGION: &str = "mrk-";

/// A time of the provider; one that no calendar has is left out.
pub(super) fn time(time: &DateTime) -> Option<Timestamp> {
    Timestamp::from_nanosecond(time.as_nanos()).ok()
}
