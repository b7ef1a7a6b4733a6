//! Every place of the chain, with a stand-in for the services: no environment, no network but loopback.

mod chain;
mod files;
mod network;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Answer, AskSts, AssumeRole, AssumeRoleWithOidc, Chain, Credentials, Secret, Surroundings, unusable};
use crate::clock::SettableClock;
use crate::sources::live::Failure;

/// No text that anybody sees may have this in it.
const PLANTED: &str = "pLaNtEd";

/// An address at which nobody listens: the discard port, refused at once.
const NOBODY: &str = "http://127.0.0.1:9";

fn start() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

/// A machine of a test: what its environment says, its home, its metadata service, its clock.
struct Machine {
    environment: BTreeMap<String, String>,
    home: tempfile::TempDir,
    metadata: String,
    clock: SettableClock,
}

impl Machine {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (environment, metadata) = (BTreeMap::new(), NOBODY.to_owned());
        Self { environment, home, metadata, clock: SettableClock::at(start()) }
    }

    fn with(mut self, variables: &[(&str, &str)]) -> Self {
        for (name, value) in variables {
            self.environment.insert(format!("ALIBABA_CLOUD_{name}"), (*value).to_owned());
        }
        self
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }

    fn find(&self) -> Result<Chain, Failure> {
        let environment = |name: &str| self.environment.get(name).cloned();
        Chain::find(&Surroundings {
            environment: &environment,
            home: Some(self.home.path().to_owned()),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            metadata: self.metadata.clone(),
            clock: Arc::new(self.clock.clone()),
        })
    }

    async fn ask(&self, sts: &Sts) -> Result<Credentials, Failure> {
        self.find()?.current(sts).await
    }

    /// The id of the key that the chain gives.
    async fn key(&self) -> String {
        self.ask(&Sts::new()).await.unwrap().key_id
    }

    /// What is said where the chain gives none; it never shows a secret.
    async fn refusal(&self) -> String {
        let failure = self.ask(&Sts::new()).await.expect_err("no credentials");
        let shown = format!("{failure} {failure:?}");
        assert!(!shown.contains(PLANTED), "{shown}");
        failure.detail
    }
}

/// A Security Token Service that answers with the role's name as the key's id.
struct Sts {
    asked: Mutex<Vec<String>>,
    ends: Mutex<Timestamp>,
    refuses: Mutex<bool>,
}

impl Sts {
    fn new() -> Self {
        let ends = Mutex::new(start() + SignedDuration::from_hours(1));
        Self { asked: Mutex::default(), ends, refuses: Mutex::new(false) }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn answer(&self, role: &AssumeRole, asked: String) -> Answer<'_> {
        self.asked.lock().unwrap().push(asked);
        let key_id = role.role_arn.rsplit('/').next().unwrap().to_owned();
        Box::pin(async {
            // Others may come meanwhile: they must wait.
            tokio::task::yield_now().await;
            if *self.refuses.lock().unwrap() {
                return Err(unusable("NoPermission"));
            }
            let secret = Secret::new(format!("{PLANTED} of {key_id}"));
            let expires = Some(*self.ends.lock().unwrap());
            Ok(Credentials { key_id, secret, token: Some(Secret::new(PLANTED)), expires })
        })
    }
}

impl AskSts for Sts {
    fn assume_role<'a>(&'a self, credentials: &'a Credentials, request: &'a AssumeRole) -> Answer<'a> {
        self.answer(request, format!("{} {:?}", credentials.key_id, request.parameters()))
    }

    fn assume_role_with_oidc<'a>(&'a self, request: &'a AssumeRoleWithOidc) -> Answer<'a> {
        self.answer(&request.role, format!("unsigned {:?}", request.parameters()))
    }
}

/// A service on loopback that answers each request by its head; the heads it saw.
async fn serve(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, seen) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let heads = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { break };
                head.push(byte);
            }
            let head = String::from_utf8(head).unwrap();
            let (status, body) = answer(&head);
            heads.lock().unwrap().push(head);
            let length = body.len();
            let reply = format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
            stream.write_all(reply.as_bytes()).await.unwrap();
        }
    });
    (format!("http://{address}"), seen)
}

/// Credentials as the metadata service and a credentials URI write them.
fn document(key: &str) -> String {
    format!(
        r#"{{"Code":"Success","AccessKeyId":"{key}","AccessKeySecret":"{PLANTED}","SecurityToken":"{PLANTED}",
            "Expiration":"2026-01-02T09:04:05Z","LastUpdated":"2026-01-02T03:04:05Z"}}"#
    )
}
