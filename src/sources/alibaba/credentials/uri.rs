//! Credentials from an address that `ALIBABA_CLOUD_CREDENTIALS_URI` names.

use std::time::Duration;

use super::{AskSts, Given, Giving, Provide, http, unusable, wire};
use crate::sources::live::Failure;

/// The variable that names the address.
pub(super) const VARIABLE: &str = "ALIBABA_CLOUD_CREDENTIALS_URI";

/// Whoever gives credentials at an address may have to fetch them first.
const LIMIT: Duration = Duration::from_secs(10);

/// Credentials from an address. The address itself is not shown: it may carry a secret of its own.
pub(super) struct Uri {
    http: reqwest::Client,
    address: reqwest::Url,
}

impl Uri {
    /// # Errors
    /// [`Failure`] when this is no address.
    pub(super) fn new(http: &reqwest::Client, address: &str) -> Result<Self, Failure> {
        let parsed = reqwest::Url::parse(address).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
        let Some(address) = parsed else {
            return Err(unusable(format!("{VARIABLE} is no http or https address; correct or unset it")));
        };
        Ok(Self { http: http.clone(), address })
    }
}

impl std::fmt::Debug for Uri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Uri").field("host", &self.address.host_str()).finish_non_exhaustive()
    }
}

impl Provide for Uri {
    fn provide<'a>(&'a self, _sts: &'a dyn AskSts) -> Giving<'a> {
        Box::pin(async move {
            let asked = http::body(self.http.get(self.address.clone()), LIMIT).await;
            let given = asked.and_then(|body| wire::read(&body));
            given.map(Given::These).map_err(|failure| failure.at(&format!("the address in {VARIABLE}")))
        })
    }
}
