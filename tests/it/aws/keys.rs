//! Access keys: whose they are, and how long.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::fake::Identity;

/// What every key of the fake is followed by.
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// The long-lived key of an account.
pub fn key_of(account: &str) -> String {
    format!("AKIA{account:0>16}")
}

/// A session's key.
#[derive(Debug, Clone)]
struct Session {
    identity: Identity,
    token: String,
    ends: Instant,
}

/// The keys of sessions.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    sessions: HashMap<String, Session>,
    issued: u64,
}

/// Why a key is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadKey {
    Unknown,
    Expired,
}

impl Keys {
    /// A new session: its key and its token.
    pub fn issue(&mut self, account: &str, arn: &str, life: Duration) -> (String, String) {
        self.issued += 1;
        let key = format!("ASIA{:016X}", self.issued);
        let token = format!("IQoJb3JpZ2luX2VjEXAMPLE{:032x}", self.issued.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        self.learn(&key, &token, account, arn, life);
        (key, token)
    }

    /// A session that another server gave out.
    pub fn learn(&mut self, key: &str, token: &str, account: &str, arn: &str, life: Duration) {
        let identity = Identity { account: account.to_owned(), arn: arn.to_owned(), session: true };
        let session = Session { identity, token: token.to_owned(), ends: Instant::now() + life };
        self.sessions.insert(key.to_owned(), session);
    }

    /// Whose session a key is.
    pub fn session(&self, key: &str, token: Option<&str>) -> Result<Identity, BadKey> {
        let session = self.sessions.get(key).ok_or(BadKey::Unknown)?;
        if token != Some(session.token.as_str()) {
            return Err(BadKey::Unknown);
        }
        if session.ends <= Instant::now() {
            return Err(BadKey::Expired);
        }
        Ok(session.identity.clone())
    }

    /// Ends every session at once.
    pub fn expire(&mut self) {
        let now = Instant::now();
        self.sessions.values_mut().for_each(|session| session.ends = now);
    }
}
