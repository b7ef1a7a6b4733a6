//! The inventory of one account: its Regions, the watched roles, the stores of every Region, its trails.

use futures_util::future::join;

use super::calls::Call;
use super::{Plan, roles, stores, trails};
use crate::config::Aws;
use crate::model::{Account, Collection, Provider, api};
use crate::profiles::Profile;
use crate::sources::live::Entered;
use crate::sources::report::Report;

/// Reads everything of an account that was entered. What could not be read is in the coverage of the answer. Whoever
/// needs the Regions first asks for them.
pub(super) async fn collect(plan: &Plan, account: &Entered<Aws>) -> Collection {
    let session = &account.session;
    let mut report = Report::new(Account::new(Provider::Aws, session.account.as_str()), plan.now);
    report.complete(api::ACCOUNT, None, None);
    let profiles: Vec<&Profile> = plan.profiles.of(Provider::Aws).collect();
    let of_regions = async {
        let regions = account.regions(plan).await;
        let (listings, trails) = join(stores::list(session, regions, &profiles), trails::ask(session, regions)).await;
        (regions, listings, trails)
    };
    let (answers, (regions, listings, trails)) = join(roles::ask(session, &profiles), of_regions).await;
    regions.note(Call::ListRegions.action(), &mut report);
    roles::note(answers, &mut report);
    trails.note(&mut report);
    stores::note(regions, listings, &profiles, &mut report);
    report.finish()
}
