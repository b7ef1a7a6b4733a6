//! The Regions of an account: those that are expected to answer.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;
use super::{Failure, Plan};
use crate::config::Regions as Asked;
use crate::sources::report::Report;

/// The Regions of an account.
#[derive(Debug, Default)]
pub(in crate::sources) struct Regions {
    /// To be asked.
    pub(in crate::sources) expected: BTreeSet<String>,
    /// Not switched on, with the provider's word for it.
    pub(in crate::sources) not_enabled: BTreeMap<String, String>,
    /// How the list of Regions was read; `None` where the configuration lists them.
    pub(in crate::sources) listing: Option<Result<(), Failure>>,
}

impl Regions {
    /// Those of the configuration, or every one of the account; and in any case those in which a store was seen before,
    /// unless they are switched off.
    pub(super) async fn of<S: Source>(plan: &Plan<S>, account: &str, session: &S::Session) -> Self {
        let mut regions = Self::asked(&*plan.source, session).await;
        match plan.history.regions_with_stores(account) {
            Ok(known) => {
                let dark = &regions.not_enabled;
                let lit: Vec<_> = known.into_iter().filter(|region| !dark.contains_key(region)).collect();
                regions.expected.extend(lit);
            }
            Err(failure) => regions.listing = Some(Err(failure)),
        }
        regions
    }

    /// Those of the configuration, or every one of the account.
    pub(in crate::sources) async fn asked<S: Source>(source: &S, session: &S::Session) -> Self {
        match source.regions() {
            Asked::List(names) => Self { expected: names.iter().cloned().collect(), ..Self::default() },
            Asked::Enabled => S::every_region(session).await,
        }
    }

    /// Why it is not known which Regions there are, if so.
    pub(in crate::sources) fn trouble(&self) -> Option<&Failure> {
        self.listing.as_ref()?.as_ref().err()
    }

    /// Says how the list was read, which this call gives.
    pub(in crate::sources) fn note(&self, api: &str, report: &mut Report) {
        match &self.listing {
            Some(Ok(())) => report.complete(api, None, None),
            Some(Err(failure)) => report.failed(api, None, None, failure),
            None => {}
        }
    }
}
