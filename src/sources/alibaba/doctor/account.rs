//! Every call that reads one account.

use std::collections::BTreeSet;

use futures_util::future::{join_all, join5};
use serde::de::IgnoredAny;

use super::{Trial, invented, roles};
use crate::model::{Check, CheckOutcome, Provider, api};
use crate::profiles::StoreKind;
use crate::sources::alibaba::calls::Call;
use crate::sources::alibaba::instance::ListKmsInstances;
use crate::sources::alibaba::lookup_regions::LookupRegions;
use crate::sources::alibaba::regions::HOME;
use crate::sources::alibaba::{Failure, Session, clusters, trails};
use crate::sources::live::Regions;
use crate::sources::live::doctor::{judged, permission, untried, what_they_record, worst};
use crate::sources::seen;

/// An id that no instance has.
const NO_INSTANCE: &str = "kst-roletrail-doctor";

/// What is said of an instance that is not there: it looks like a missing permission.
const NO_SUCH_INSTANCE: [&str; 1] = ["Forbidden.DKMSInstanceNotFound"];

/// Tries `calls` in an account.
pub(super) async fn try_all(trial: &Trial, session: &Session, calls: &BTreeSet<Call>) -> Vec<Check> {
    let regions = Regions::asked(&*trial.source, session).await;
    let mut checks = Vec::new();
    if let Some(answer) = regions.listing.as_ref().filter(|_| calls.contains(&Call::DescribeKmsRegions)) {
        checks.push(permission(&session.account, None, Call::DescribeKmsRegions, judged(answer.clone(), &[])));
    }
    let tried = join5(
        roles::try_all(trial, session, calls),
        instances(trial, session, &regions, calls),
        clusters(session, &regions, calls),
        events(session, &regions, calls),
        settings_of_trails(session, calls),
    );
    let (roles, instances, clusters, events, trails) = tried.await;
    checks.into_iter().chain(roles).chain(instances).chain(clusters).chain(events).chain(trails).collect()
}

/// The instances of each Region: their list, and one of them.
async fn instances(trial: &Trial, session: &Session, regions: &Regions, calls: &BTreeSet<Call>) -> Vec<Check> {
    let mut kinds = trial.profiles.of(Provider::Alibaba).filter_map(|profile| profile.store.as_ref());
    let kind = kinds.find(|kind| kind.api == api::ALIBABA_INSTANCES);
    let Some(kind) = kind.filter(|_| calls.contains(&Call::ListKmsInstances)) else { return Vec::new() };
    let tried = regions.expected.iter().map(|region| in_region(session, kind, region));
    join_all(tried).await.into_iter().flatten().collect()
}

async fn in_region(session: &Session, kind: &StoreKind, region: &str) -> [Check; 2] {
    let first_page = [("PageNumber", "1".to_owned()), ("PageSize", "1".to_owned())];
    let listed = session.ask::<ListKmsInstances>(Call::ListKmsInstances, region, &first_page).await;
    let first = listed.as_ref().ok().and_then(|listed| listed.kms_instances.first());
    let id = first.map_or(NO_INSTANCE, |instance| &instance.kms_instance_id).to_owned();
    let got = session.ask::<IgnoredAny>(Call::GetKmsInstance, region, &[("KmsInstanceId", id)]).await;
    // A Region that is known to be without the service has nothing to permit.
    let explained = |failure: Failure| seen::explained(failure, kind, region);
    let (listed, got) = (listed.map(drop).map_err(explained), got.map(drop).map_err(explained));
    let check = |call, tried| permission(&session.account, Some(region), call, tried);
    [
        check(Call::ListKmsInstances, judged(listed, &[])),
        check(Call::GetKmsInstance, invented(got, &NO_SUCH_INSTANCE)),
    ]
}

/// The clusters of each Region that can have any.
async fn clusters(session: &Session, regions: &Regions, calls: &BTreeSet<Call>) -> Vec<Check> {
    let asked = clusters::sold(regions).filter(|_| calls.contains(&Call::ListClusters));
    let tried = asked.map(|region| async move {
        let one = || "1".to_owned();
        let parameters = [("CurrentPage", one()), ("PageSize", one()), ("RegionId", region.to_owned())];
        let answer = session.ask::<IgnoredAny>(Call::ListClusters, HOME, &parameters).await;
        permission(&session.account, Some(region), Call::ListClusters, judged(answer.map(drop), &[]))
    });
    join_all(tried).await
}

/// The event history of each Region that keeps one.
async fn events(session: &Session, regions: &Regions, calls: &BTreeSet<Call>) -> Vec<Check> {
    if !calls.contains(&Call::LookupEvents) {
        return Vec::new();
    }
    let places = LookupRegions::of(session, &regions.expected).await;
    let listing = places.trouble.clone().map_or(Ok(()), Err);
    let mut checks = vec![permission(&session.account, None, Call::DescribeTrailRegions, judged(listing, &[]))];
    let tried = places.asked.iter().map(|region| {
        let place = places.place(region);
        async move {
            let one = [("MaxResults", "1".to_owned())];
            let answer = session.ask::<IgnoredAny>(Call::LookupEvents, place, &one).await;
            permission(&session.account, Some(region), Call::LookupEvents, judged(answer.map(drop), &[]))
        }
    });
    checks.extend(join_all(tried).await);
    checks
}

/// The permissions to read the settings of trails, and a word on what they say.
async fn settings_of_trails(session: &Session, calls: &BTreeSet<Call>) -> Vec<Check> {
    if !calls.contains(&Call::DescribeTrails) {
        return Vec::new();
    }
    let account = &session.account;
    let trails = match trails::ask(session).await {
        Ok(trails) => trails,
        Err(failure) => {
            let mut checks = vec![permission(account, None, Call::DescribeTrails, judged(Err(failure), &[]))];
            checks.extend(untried(&[Call::GetTrailStatus], Some(account), "the trails cannot be listed"));
            return checks;
        }
    };
    let none = || (CheckOutcome::Untested, "the account has no trail to try it on".to_owned());
    let status = worst(trails.iter().map(|(_, status)| judged(status.clone(), &[])));
    let settings: Vec<_> = trails.into_iter().map(|(settings, _)| settings).collect();
    vec![
        permission(account, None, Call::DescribeTrails, judged(Ok(()), &[])),
        permission(account, None, Call::GetTrailStatus, status.unwrap_or_else(none)),
        what_they_record(Provider::Alibaba, account, &settings),
    ]
}
