//! Inventory from files: the saved output of the providers' own command-line tools.
//!
//! ```text
//! <path>/<provider>/<account>/get-role.json
//! <path>/<provider>/<account>/list-attached-role-policies.json
//! <path>/<provider>/<account>/get-policy-version.json
//! <path>/<provider>/<account>/<region>/describe-custom-key-stores.json
//! ```
//! A file may hold the error that the tool printed instead of an answer. What is expected and missing, refused, cut
//! off, out of date or broken becomes a row of coverage, so that no absence is taken from it.

mod alibaba_role;
mod alibaba_stores;
mod aws_role;
mod aws_stores;
mod aws_trails;
mod claims;
mod naming;
mod places;
mod policies;
mod policy_texts;
mod refusal;
mod regions;
mod roles;
mod saved;
mod stores;
mod trails;
mod wire;

use std::collections::btree_map;
use std::path::PathBuf;

use jiff::Timestamp;

use super::report::Report;
use crate::config::SnapshotSource;
use crate::model::{Account, Collection, Coverage, CoverageKey, Outcome, Provider, api};
use crate::profiles::{Profile, Profiles};
use places::{AccountFiles, Places};

/// The inventory of some directories: an iterator that reads one account at a time, beside the gaps that concern no
/// single account.
pub struct Inventory<'a> {
    gaps: Vec<Coverage>,
    accounts: btree_map::IntoIter<Account, Vec<(&'a SnapshotSource, PathBuf)>>,
    profiles: &'a Profiles,
    known_regions: &'a dyn Fn(&Account) -> Vec<String>,
    now: Timestamp,
}

/// Reads the inventory of all `sources` together: an account may be spread over several. `known_regions` gives the
/// Regions in which an account's history has something; `now` is the time of the observation.
///
/// All sources have to be given at once: rows of one reading replace those of an earlier one, so that a source that
/// was read alone would hide the gaps of another.
#[must_use]
pub fn collect<'a>(
    sources: &'a [SnapshotSource],
    profiles: &'a Profiles,
    known_regions: &'a dyn Fn(&Account) -> Vec<String>,
    now: Timestamp,
) -> Inventory<'a> {
    let providers: Vec<_> =
        Provider::ALL.into_iter().filter(|provider| profiles.of(*provider).next().is_some()).collect();
    let Places { accounts, troubles } = places::find(sources, &providers);
    let providers = if sources.is_empty() { Vec::new() } else { providers };
    let gaps = providers.into_iter().map(|provider| directories(provider, &troubles, now)).collect();
    Inventory { gaps, accounts: accounts.into_iter(), profiles, known_regions, now }
}

impl Inventory<'_> {
    /// Whether the directories could be read, a row for each provider. A row that is not complete concerns every
    /// account: one may be missing altogether.
    #[must_use]
    pub fn directories(&self) -> &[Coverage] {
        &self.gaps
    }
}

impl Iterator for Inventory<'_> {
    type Item = Collection;

    fn next(&mut self) -> Option<Collection> {
        let (account, directories) = self.accounts.next()?;
        let files = AccountFiles::list(account.provider, &directories);
        let known = (self.known_regions)(&account);
        let profiles: Vec<_> = self.profiles.of(account.provider).collect();
        Some(collect_account(account, &files, known, &profiles, self.now))
    }
}

fn directories(provider: Provider, troubles: &[(Provider, String)], now: Timestamp) -> Coverage {
    let own: Vec<_> = troubles.iter().filter(|(of, _)| *of == provider).map(|(_, reason)| reason.as_str()).collect();
    let key = CoverageKey { provider, account: None, region: None, api: api::ACCOUNT.to_owned(), subject: None };
    let outcome = if own.is_empty() { Outcome::Complete } else { Outcome::Error };
    Coverage { key, outcome, detail: own.join("; "), from: now, to: now }
}

fn collect_account(
    account: Account,
    files: &AccountFiles,
    known_regions: Vec<String>,
    profiles: &[&Profile],
    now: Timestamp,
) -> Collection {
    let mut report = Report::new(account, now);
    report.complete(api::ACCOUNT, None, None);
    for trouble in &files.troubles {
        report.row(api::ACCOUNT, None, None, Outcome::Error, trouble.clone());
    }
    let regions = regions::settle(files, known_regions, &mut report);
    let spoken_of = roles::collect(files, profiles, &mut report);
    stores::collect(files, &regions, &spoken_of, &mut report);
    trails::collect(files, &mut report);
    report.finish()
}

#[cfg(test)]
mod tests;
