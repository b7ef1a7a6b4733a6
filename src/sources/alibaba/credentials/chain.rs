//! The provider's default credential chain: the first place that is set up gives the credentials.
//!
//! A place that is set up and fails ends the search. The provider's SDKs go on to the next one; for an audit that would
//! be a silent change of identity, and perhaps of account.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::kept::Kept;
use super::metadata::{self, Metadata};
use super::uri::{self, Uri};
use super::{AskSts, Credentials, Given, Lookup, Provide, cli, environment, ini, set, unusable};
use crate::clock::Clock;
use crate::sources::live::Failure;

/// Where credentials are looked for.
pub(in crate::sources::alibaba) struct Surroundings<'e> {
    /// How the environment is read.
    pub environment: Lookup<'e>,
    /// The home directory, if there is one.
    pub home: Option<PathBuf>,
    /// The client for metadata and credentials addresses: without a proxy, and without redirects.
    pub http: reqwest::Client,
    /// The base address of the metadata service.
    pub metadata: String,
    /// The clock that says when credentials end.
    pub clock: Arc<dyn Clock>,
}

impl<'e> Surroundings<'e> {
    /// Those of a process: its home directory is what its environment says, the metadata service is at its usual place.
    pub(in crate::sources::alibaba) fn of(
        environment: Lookup<'e>,
        http: &reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let home = set(environment, "HOME").map(PathBuf::from);
        Self { environment, home, http: http.clone(), metadata: metadata::ADDRESS.to_owned(), clock }
    }
}

/// The chain: its places, and the credentials that the first of them gave.
pub(in crate::sources::alibaba) struct Chain {
    places: Vec<Box<dyn Provide>>,
    /// The place that gave credentials: it is asked again, and no other.
    used: Mutex<Option<usize>>,
    kept: Kept,
    sts_region: Option<String>,
}

impl Chain {
    /// Looks once at the environment and the files. Nothing is asked over the network yet.
    ///
    /// # Errors
    /// [`Failure`] when a place is set up wrongly, or none is.
    pub(in crate::sources::alibaba) fn find(around: &Surroundings<'_>) -> Result<Self, Failure> {
        let places = places(around)?;
        if places.is_empty() {
            return Err(none_found(&[]));
        }
        let sts_region = set(around.environment, "ALIBABA_CLOUD_STS_REGION");
        Ok(Self { places, used: Mutex::default(), kept: Kept::new(Arc::clone(&around.clock)), sts_region })
    }

    /// The credentials, for now: renewed before they end, by one for all who wait.
    ///
    /// # Errors
    /// [`Failure`] when no place gives any.
    pub(in crate::sources::alibaba) async fn current(&self, sts: &dyn AskSts) -> Result<Credentials, Failure> {
        self.kept.get(|| self.ask(sts)).await
    }

    /// The Region whose Security Token Service is to be asked, where the environment names one.
    pub(in crate::sources::alibaba) fn sts_region(&self) -> Option<&str> {
        self.sts_region.as_deref()
    }

    async fn ask(&self, sts: &dyn AskSts) -> Result<Credentials, Failure> {
        let used = *self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut empty = Vec::new();
        for (index, place) in self.places.iter().enumerate() {
            if used.is_some_and(|used| used != index) {
                continue;
            }
            match place.provide(sts).await? {
                Given::These(credentials) => {
                    *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Some(index);
                    return Ok(credentials);
                }
                Given::NotHere(why) => empty.push(why),
            }
        }
        Err(none_found(&empty))
    }
}

/// The places that are asked, in order. What is written down needs no other behind it.
fn places(around: &Surroundings<'_>) -> Result<Vec<Box<dyn Provide>>, Failure> {
    if let Some(place) = written(around)? {
        return Ok(vec![place]);
    }
    if let Some(name) = set(around.environment, "ALIBABA_CLOUD_PROFILE") {
        return Err(unusable(format!(
            "ALIBABA_CLOUD_PROFILE is {name:?}, and no profile of that name is in ~/.aliyun/config.json or in \
             ~/.alibabacloud/credentials.ini; write one, or unset the variable"
        )));
    }
    let mut places: Vec<Box<dyn Provide>> = Vec::new();
    if let Some(machine) = Metadata::of_environment(around.environment, &around.http, &around.metadata) {
        places.push(Box::new(machine));
    }
    if let Some(address) = set(around.environment, uri::VARIABLE) {
        places.push(Box::new(Uri::new(&around.http, &address)?));
    }
    Ok(places)
}

fn written(around: &Surroundings<'_>) -> Result<Option<Box<dyn Provide>>, Failure> {
    if let Some(key) = environment::key(around.environment)? {
        return Ok(Some(key));
    }
    if let Some(role) = environment::oidc(around.environment) {
        return Ok(Some(role));
    }
    if let Some(profile) = cli::find(around)? {
        return Ok(Some(profile));
    }
    ini::find(around)
}

fn none_found(empty: &[String]) -> Failure {
    let tried = if empty.is_empty() { String::new() } else { format!(" ({})", empty.join("; ")) };
    unusable(format!(
        "no credentials for Alibaba Cloud were found{tried}; set ALIBABA_CLOUD_ACCESS_KEY_ID and \
         ALIBABA_CLOUD_ACCESS_KEY_SECRET, write a profile into ~/.aliyun/config.json, or give the machine a RAM role"
    ))
}
