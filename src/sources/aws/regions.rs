//! The Regions of an account: which are switched on, and so expected to answer.

use super::calls::Call;
use super::{Failure, Session};
use crate::sources::live::{Pages, Regions};

/// Pages of the list of Regions that are read at most; there are three dozen Regions in all.
const MOST_PAGES: usize = 100;

/// The Regions that the account has switched on.
pub(super) async fn enabled(session: &Session) -> Regions {
    let mut regions = Regions::default();
    let listing = read_list(session, &mut regions).await;
    if listing.is_err() {
        // Which Regions there are is not known, so that nothing will be concluded; what can be told still is.
        regions.expected.extend([session.home.clone(), session.global_region().to_owned()]);
        regions.not_enabled.clear();
    }
    Regions { listing: Some(listing), ..regions }
}

async fn read_list(session: &Session, regions: &mut Regions) -> Result<(), Failure> {
    let (client, endpoint) = (session.account(), session.global_region());
    let mut pages = Pages::of("the list of Regions", MOST_PAGES);
    loop {
        let ask = || client.list_regions().set_next_token(pages.token()).send();
        let page = session.caller.call(Call::ListRegions, endpoint, ask).await?;
        let Some(listed) = page.regions else { return Err(Failure::protocol("an answer without a list of Regions")) };
        for region in listed {
            let (Some(name), Some(status)) = (region.region_name, region.region_opt_status) else {
                return Err(Failure::protocol("a Region without a name or status"));
            };
            match status.as_str() {
                "ENABLED" | "ENABLED_BY_DEFAULT" => drop(regions.expected.insert(name)),
                word => drop(regions.not_enabled.insert(name, word.to_owned())),
            }
        }
        if !pages.go_on(page.next_token)? {
            let any = !regions.expected.is_empty();
            return any.then_some(()).ok_or_else(|| Failure::protocol("no Region is switched on"));
        }
    }
}
