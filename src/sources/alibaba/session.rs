//! The right to ask in one account, in all of its Regions.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::calls::{Call, Limited, Product};
use super::client::{Client, Given, Wanted};
use super::credentials::Credentials;
use super::endpoint::Place;
use crate::config::LOOKUPS_PER_SECOND;
use crate::sources::live::{Caller, Failure};

/// What a look-up of credentials comes to.
pub(super) type Lookup<'a> = Pin<Box<dyn Future<Output = Result<Credentials, Failure>> + Send + 'a>>;

/// Whoever has credentials that are good for the next minutes: the environment, or a role of another account.
pub(super) trait Keys: fmt::Debug + Send + Sync {
    /// The credentials to sign with now.
    fn current(&self) -> Lookup<'_>;
}

/// The right to ask in one account.
#[derive(Debug, Clone)]
pub struct Session {
    /// The account's id.
    pub account: String,
    /// How to ask.
    pub caller: Caller,
    client: Arc<Client>,
    keys: Arc<dyn Keys>,
    lookups_per_second: u64,
}

impl Session {
    pub(super) fn new(account: impl Into<String>, client: Arc<Client>, keys: Arc<dyn Keys>, caller: Caller) -> Self {
        Self { account: account.into(), caller, client, keys, lookups_per_second: LOOKUPS_PER_SECOND }
    }

    /// The same session with a limit of its own for the event history.
    pub(super) fn limited(self, lookups_per_second: u64) -> Self {
        Self { lookups_per_second, ..self }
    }

    /// The same session with bounds of its own: work that must not wait for the other calls of the account.
    pub(super) fn apart(&self) -> Self {
        Self { caller: Caller::new(Arc::clone(self.caller.scan())), ..self.clone() }
    }

    /// Whether there are credentials to ask with.
    ///
    /// # Errors
    /// [`Failure`] when there are none.
    pub(super) async fn check_keys(&self) -> Result<(), Failure> {
        self.keys.current().await.map(drop)
    }

    /// Reads a page of a bucket's listing, or an object of it. `take` makes of each answer what is wanted, or a failure
    /// like any other: half a page is asked for again.
    ///
    /// # Errors
    /// As [`Session::ask`].
    pub(super) async fn fetch<T>(
        &self,
        wanted: &Wanted<'_>,
        take: impl Fn(Given) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let call = if wanted.key.is_some() { Call::GetObject } else { Call::ListObjects };
        let credentials = self.keys.current().await?;
        let attempt = || async { take(self.client.fetch(&credentials, wanted).await?) };
        self.caller.check(call, wanted.place.region, attempt).await
    }

    /// Makes a call until it succeeds, is refused for good, or patience or the scan ends. Every attempt has a date and
    /// a nonce of its own.
    ///
    /// # Errors
    /// The last [`Failure`].
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        call: Call,
        place: impl Into<Place<'_>>,
        parameters: &[(&str, String)],
    ) -> Result<T, Failure> {
        let place = place.into();
        let parameters: Vec<_> = parameters.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        // Before the attempts, not within one: whoever renews credentials makes a call as well, and would wait for a
        // place while holding one.
        let credentials = self.keys.current().await?;
        let attempt = || self.client.send(&credentials, call, place, &parameters);
        let limited = Limited { call, lookups_per_second: self.lookups_per_second };
        self.caller.check(limited, limited_as(call, place.region), attempt).await
    }
}

/// The Region that a call counts for. Products with one host for all Regions have one share of the places, and the
/// limit of the event history holds for an account in all its Regions.
fn limited_as(call: Call, region: &str) -> &str {
    match (call, call.product()) {
        (Call::LookupEvents, _) | (_, Product::Ram | Product::ResourceManager | Product::Hsm) => "all",
        _ => region,
    }
}
