//! Access keys: whose they are, how long, and their secrets.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::fake::Identity;

/// The secret of every long-lived key.
pub const SECRET: &str = "fakeSecretOfALongLivedKey30abc";

/// The long-lived key of an account.
pub fn key_of(account: &str) -> String {
    format!("LTAI5t{account:0>18}")
}

/// A key that the fake knows.
#[derive(Debug, Clone)]
pub struct Key {
    pub identity: Identity,
    pub secret: String,
    /// Of a session.
    pub token: Option<String>,
    pub ends: Option<Instant>,
}

/// The keys of sessions, and the nonces of all.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    sessions: HashMap<String, Key>,
    issued: u64,
    nonces: HashSet<(String, String)>,
}

impl Keys {
    /// A new session: its key, its secret and its token.
    pub fn issue(&mut self, account: &str, arn: &str, life: Duration) -> (String, String, String) {
        self.issued += 1;
        let mixed = self.issued.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let id = format!("STS.NU{mixed:016x}");
        let (secret, token) = (format!("sessionSecret{mixed:x}"), format!("CAIS+fake/{mixed:032x}=="));
        let identity = Identity { account: account.to_owned(), arn: arn.to_owned(), session: true };
        let key =
            Key { identity, secret: secret.clone(), token: Some(token.clone()), ends: Some(Instant::now() + life) };
        self.sessions.insert(id.clone(), key);
        (id, secret, token)
    }

    pub fn session(&self, id: &str) -> Option<Key> {
        self.sessions.get(id).cloned()
    }

    /// Whether a key uses a nonce for the first time.
    pub fn is_new(&mut self, key: &str, nonce: &str) -> bool {
        self.nonces.insert((key.to_owned(), nonce.to_owned()))
    }

    /// Ends every session at once.
    pub fn expire(&mut self) {
        let now = Instant::now();
        self.sessions.values_mut().for_each(|key| key.ends = Some(now));
    }
}
