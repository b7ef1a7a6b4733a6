//! The inventory of one account: the watched roles, the instances and clusters of every Region, its trails.

use futures_util::future::{join, join3};

use super::{Plan, clusters, roles, stores, trails};
use crate::config::Alibaba;
use crate::model::{Account, Collection, Provider, api};
use crate::profiles::Profile;
use crate::sources::live::Entered;
use crate::sources::report::Report;

/// Reads everything of an account that was entered. What could not be read is in the coverage of the answer. Whoever
/// needs the Regions first asks for them.
pub(super) async fn collect(plan: &Plan, account: &Entered<Alibaba>) -> Collection {
    let session = &account.session;
    let mut report = Report::new(Account::new(Provider::Alibaba, session.account.as_str()), plan.now);
    report.complete(api::ACCOUNT, None, None);
    let profiles: Vec<&Profile> = plan.profiles.of(Provider::Alibaba).collect();
    let of_regions = async {
        let regions = account.regions(plan).await;
        let instances = stores::list(plan, session, regions, &profiles);
        (regions, join(instances, clusters::list(session, regions)).await)
    };
    let (answers, trails, (regions, (instances, clusters))) =
        join3(roles::ask(session, &profiles), trails::ask(session), of_regions).await;
    regions.note(api::ALIBABA_REGIONS, &mut report);
    roles::note(answers, &mut report);
    trails::note(trails, &mut report);
    stores::note(instances, &profiles, &mut report);
    clusters::note(clusters, &mut report);
    report.finish()
}
