//! The running fake.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::Response;

use super::keys::{SECRET, key_of};
use super::server;
use super::world::World;
use crate::fake::{self, Call, Received, Reset, Served};

/// The fake on a thread of its own; it ends when this is dropped.
pub type Cloud = fake::Cloud<World>;

/// What the server's tasks share.
pub type Shared = fake::Shared<World>;

impl Served for World {
    async fn respond(received: Received, shared: Arc<Shared>) -> Result<Response<Body>, Reset> {
        server::respond(received, shared).await
    }

    fn environment(&self, _url: &str) -> Vec<(&'static str, String)> {
        vec![
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", key_of(&self.management)),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET.to_owned()),
            ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true".to_owned()),
            ("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true".to_owned()),
        ]
    }
}

impl Cloud {
    /// The template of endpoints for the program's configuration.
    pub fn endpoint(&self) -> String {
        format!("{}/{{product}}/{{region}}", self.url())
    }

    /// An address that gives credentials of the management account to whoever asks.
    pub fn credentials_address(&self) -> String {
        format!("{}{}", self.url(), server::CREDENTIALS)
    }

    /// The most calls of `LookupEvents` in any second, of one account in all its Regions; of the calls that were kept.
    pub fn most_lookups_of_an_account(&self) -> usize {
        let calls = self.calls_of("actiontrail:LookupEvents");
        let within = |first: &Call| {
            let near = |call: &&Call| {
                call.account == first.account && first.at <= call.at && call.at - first.at < Duration::from_secs(1)
            };
            calls.iter().filter(near).count()
        };
        calls.iter().map(within).max().unwrap_or(0)
    }
}
