//! The Regions of an account: which are switched on, and so expected to answer.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::Call;
use super::{Failure, Plan, Session};
use crate::config::Regions as Asked;
use crate::sources::live::Pages;
use crate::sources::report::{Report, Trouble};

/// Pages of the list of Regions that are read at most; there are three dozen Regions in all.
const MOST_PAGES: usize = 100;

/// The Regions of an account.
#[derive(Debug, Default)]
pub(super) struct Regions {
    /// To be asked.
    pub(super) expected: BTreeSet<String>,
    /// Not switched on, with the provider's word for it.
    pub(super) not_enabled: BTreeMap<String, String>,
    /// How the list of Regions was read; `None` where the configuration lists them.
    listing: Option<Result<(), Failure>>,
}

/// Which Regions to ask: those that the account has switched on, or those of the configuration; and in any case those
/// in which a store was seen before, unless they are switched off.
pub(super) async fn of(plan: &Plan, session: &Session) -> Regions {
    let mut regions = match &plan.source.regions {
        Asked::List(list) => Regions::listed(list),
        Asked::Enabled => enabled(session).await,
    };
    match plan.history.regions_with_stores(&session.account) {
        Ok(known) => {
            let dark = &regions.not_enabled;
            let lit: Vec<_> = known.into_iter().filter(|region| !dark.contains_key(region)).collect();
            regions.expected.extend(lit);
        }
        Err(failure) => regions.listing = Some(Err(failure)),
    }
    regions
}

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

impl Regions {
    /// Those that somebody has listed.
    pub(super) fn listed(names: &[String]) -> Self {
        Self { expected: names.iter().cloned().collect(), ..Self::default() }
    }

    /// How the list of Regions was read; `None` where nobody asked for it.
    pub(super) fn listing(&self) -> Option<&Result<(), Failure>> {
        self.listing.as_ref()
    }

    /// Why it is not known which Regions are switched on, if so.
    pub(super) fn trouble(&self) -> Option<&Failure> {
        self.listing.as_ref()?.as_ref().err()
    }

    /// Says how the list was read.
    pub(super) fn note(&self, report: &mut Report) {
        let api = Call::ListRegions.action();
        match &self.listing {
            Some(Ok(())) => report.complete(api, None, None),
            Some(Err(failure)) => report.row(api, None, None, failure.outcome(), failure.detail()),
            None => {}
        }
    }
}
