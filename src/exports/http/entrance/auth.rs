//! Basic authentication: who may read.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use zeroize::Zeroizing;

use super::file::Users;

/// Logins that are remembered. One is needed for each user; a password of more than 72 bytes has many spellings.
const MOST_KNOWN: usize = 100;

/// Salt and hash of no password, in bcrypt's base64.
const NO_PASSWORD: &str = ".....................................................";

/// The least work of bcrypt; only where no user is, and then nobody is asked.
const LEAST_COST: u32 = 4;

/// What a client says it is.
pub(super) struct Credentials {
    user: String,
    password: Zeroizing<Vec<u8>>,
}

#[cfg(test)]
impl Credentials {
    pub(super) fn parts(&self) -> (&str, &[u8]) {
        (&self.user, &self.password)
    }
}

/// Reads the `Authorization` header as the toolkit does (RFC 7617). Two of them are none: whatever stands in front
/// of this server may have looked at the other one.
pub(super) fn credentials(headers: &HeaderMap) -> Option<Credentials> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    let (scheme, encoded) = value.as_bytes().split_at_checked(b"Basic ".len())?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return None;
    }
    let decoded = Zeroizing::new(BASE64_STANDARD.decode(encoded).ok()?);
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let user = String::from_utf8(decoded[..colon].to_vec()).ok()?;
    Some(Credentials { user, password: Zeroizing::new(decoded[colon + 1..].to_vec()) })
}

/// Checks passwords, one at a time and away from the connections: each costs tens of milliseconds on purpose.
pub(super) struct Checker {
    pub(super) turn: Arc<Semaphore>,
    /// Logins that were found right, each as a keyed hash of all that was compared.
    known: Mutex<HashSet<[u8; 32]>>,
    key: Zeroizing<[u8; 32]>,
}

impl Checker {
    /// A checker that knows nobody yet; an error when the system has no randomness.
    pub(super) fn new() -> Result<Self, String> {
        let mut key = Zeroizing::new([0; 32]);
        let filled = aws_lc_rs::default_provider().secure_random.fill(key.as_mut());
        filled.map_err(|_| "the system gives no random numbers".to_owned())?;
        Ok(Self { turn: Arc::new(Semaphore::new(1)), known: Mutex::default(), key })
    }

    /// Whether these are the credentials of one of the users. An unknown user costs what a known one costs.
    pub(super) async fn admits(&self, users: &Users, credentials: Credentials) -> bool {
        let stored = users.get(&credentials.user);
        let is_user = stored.is_some();
        let hash = stored.map_or_else(|| stand_in(users), |hash| Zeroizing::new(hash.reveal().to_owned()));
        let proof = self.proof(&credentials, &hash);
        if is_user && self.known().contains(&proof) {
            return true;
        }
        let admitted = self.verify(credentials.password, hash).await && is_user;
        if admitted {
            self.remember(proof);
        }
        admitted
    }

    /// The turn goes with the work: a client that leaves does not let a second thread begin.
    async fn verify(&self, password: Zeroizing<Vec<u8>>, hash: Zeroizing<String>) -> bool {
        let Ok(turn) = Arc::clone(&self.turn).acquire_owned().await else { return false };
        let verified = spawn_blocking(move || {
            let right = bcrypt::verify(password.as_slice(), &hash);
            drop(turn);
            right.unwrap_or(false)
        });
        verified.await.unwrap_or(false)
    }

    /// Lengths come before what they measure, so that no two logins look the same.
    pub(super) fn proof(&self, credentials: &Credentials, hash: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_ref()).expect("HMAC takes keys of any length");
        for part in [credentials.user.as_bytes(), hash.as_bytes(), &credentials.password] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    fn remember(&self, proof: [u8; 32]) {
        let mut known = self.known();
        if MOST_KNOWN <= known.len() {
            known.clear();
        }
        known.insert(proof);
    }

    pub(super) fn known(&self) -> std::sync::MutexGuard<'_, HashSet<[u8; 32]>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A hash that no password has, as costly as the costliest of the users.
pub(super) fn stand_in(users: &Users) -> Zeroizing<String> {
    let cost = |hash: &str| hash.parse::<bcrypt::HashParts>().map_or(LEAST_COST, |parts| parts.get_cost());
    let cost = users.values().map(|hash| cost(hash.reveal())).max().unwrap_or(LEAST_COST);
    Zeroizing::new(format!("$2b${cost:02}${NO_PASSWORD}"))
}
