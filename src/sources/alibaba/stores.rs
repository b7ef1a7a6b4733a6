//! The key stores of every Region: KMS instances, listed by their ids and asked for one by one.

use std::num::NonZeroUsize;

use futures_util::future::join_all;

use super::calls::Call;
use super::instance::{GetKmsInstance, ListKmsInstances};
use super::pages::{Next, Numbered};
use super::session::Session;
use super::{Failure, Plan};
use crate::model::{Outcome, api};
use crate::profiles::{Profile, StoreKind};
use crate::sources::live::{Regions, after};
use crate::sources::report::Report;
use crate::sources::seen::{SeenStore, explained, kinds};

/// Pages of one listing that are read at most.
const MOST_PAGES: NonZeroUsize = NonZeroUsize::new(1_000).expect("not zero");

/// Instances to a page: the most that `ListKmsInstances` gives.
const PAGE: usize = 100;

/// What one Region answered.
pub(super) struct Listing<'p> {
    kind: &'p StoreKind,
    region: String,
    answer: Result<Vec<Asked>, Failure>,
}

/// An instance that was listed, and what was told of it.
struct Asked {
    id: String,
    answer: Result<SeenStore, Failure>,
}

/// Asks every expected Region for its instances, side by side.
pub(super) async fn list<'p>(
    plan: &Plan,
    session: &Session,
    regions: &Regions,
    profiles: &[&'p Profile],
) -> Vec<Listing<'p>> {
    let kinds = kinds(profiles).into_iter().filter(|kind| is_known(kind));
    let places = kinds.flat_map(|kind| regions.expected.iter().map(move |region| (kind, region)));
    let asked = places.map(|(kind, region)| async move {
        let answer = instances(plan, session, region).await;
        let answer = answer.map_err(|failure| explained(failure, kind, region));
        Listing { kind, region: region.clone(), answer }
    });
    join_all(asked).await
}

fn is_known(kind: &StoreKind) -> bool {
    kind.api == api::ALIBABA_INSTANCES
}

/// All instances of a Region, or a failure: a part of the list proves nothing about the rest.
async fn instances(plan: &Plan, session: &Session, region: &str) -> Result<Vec<Asked>, Failure> {
    let (mut ids, mut pages) = (Vec::new(), Numbered::of("the list of instances", MOST_PAGES));
    loop {
        let parameters = [("PageNumber", pages.number()), ("PageSize", PAGE.to_string())];
        let page = session.ask::<ListKmsInstances>(Call::ListKmsInstances, region, &parameters).await;
        let page = page.map_err(|failure| after(failure, pages.before()))?;
        let next = pages.go_on(page.kms_instances.len(), page.total_count)?;
        for listed in page.kms_instances {
            if ids.contains(&listed.kms_instance_id) {
                return Err(Failure::protocol(format!("the list tells {} twice", listed.kms_instance_id)));
            }
            ids.push(listed.kms_instance_id);
        }
        if next == Next::End {
            break;
        }
    }
    let asked = ids.into_iter().map(|id| async move {
        let answer = instance(plan, session, region, &id).await;
        Asked { id, answer }
    });
    Ok(join_all(asked).await)
}

async fn instance(plan: &Plan, session: &Session, region: &str, id: &str) -> Result<SeenStore, Failure> {
    let parameters = [("KmsInstanceId", id.to_owned())];
    let answer: GetKmsInstance = session.ask(Call::GetKmsInstance, region, &parameters).await?;
    let seen = answer.kms_instance.seen(plan.now);
    if seen.id == id { Ok(seen) } else { Err(Failure::protocol(format!("an answer about {:?}", seen.id))) }
}

/// Takes the answers into the report.
pub(super) fn note(listings: Vec<Listing<'_>>, profiles: &[&Profile], report: &mut Report) {
    for kind in kinds(profiles).into_iter().filter(|kind| !is_known(kind)) {
        let detail = format!("this version cannot ask {}", kind.api);
        report.row(&kind.api, None, None, Outcome::NotConfigured, detail);
    }
    for Listing { kind, region, answer } in listings {
        match answer {
            Ok(instances) => {
                report.complete(&kind.api, Some(&region), None);
                for asked in instances {
                    take(asked, kind, &region, report);
                }
            }
            Err(failure) => report.failed(&kind.api, Some(&region), None, &failure),
        }
    }
}

/// An instance of which nothing but the id is known counts as needing the role: its edition is unknown.
fn take(asked: Asked, kind: &StoreKind, region: &str, report: &mut Report) {
    let Asked { id, answer } = asked;
    match &answer {
        Ok(_) => report.complete(api::ALIBABA_INSTANCE, Some(region), Some(&id)),
        Err(failure) => report.failed(api::ALIBABA_INSTANCE, Some(region), Some(&id), failure),
    }
    let store = answer.unwrap_or_else(|_| SeenStore::listed(id));
    if store.is_a(kind) {
        report.collection.stores.push(store.of(kind, region));
    }
}
