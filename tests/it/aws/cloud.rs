//! The running fake.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use hyper::Response;

use super::catalogue::Service;
use super::keys::{SECRET, key_of};
use super::server;
use super::world::World;
use crate::fake::{self, Received, Reset, Served};

/// The fake on a thread of its own; it ends when this is dropped.
pub type Cloud = fake::Cloud<World>;

/// What the server's tasks share.
pub type Shared = fake::Shared<World>;

impl Served for World {
    async fn respond(received: Received, shared: Arc<Shared>) -> Result<Response<Body>, Reset> {
        server::respond(received, shared).await
    }

    fn environment(&self, url: &str) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ACCESS_KEY_ID", key_of(&self.management)),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ("AWS_ENDPOINT_URL", url.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
        ]
    }
}

impl Cloud {
    /// Has another server answer services, named as requests are signed for them: `s3`, `sqs`, `sns`, `iam` ...
    pub fn forward(&self, services: &[&str], url: &str) {
        let host = url.trim_start_matches("http://").trim_end_matches('/');
        let address: SocketAddr = host.parse().expect("the URL of a server is http://ADDRESS:PORT");
        self.change(|world| {
            for name in services {
                let service = Service::of(name).expect("the fake knows the service");
                world.forwards.retain(|(known, _)| *known != service);
                world.forwards.push((service, address));
            }
        });
    }
}
