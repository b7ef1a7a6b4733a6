//! The account from which a source enters all others.

use std::sync::Arc;

use serde::Deserialize;

use super::calls::Call;
use super::client::{Client, connections, neighbours};
use super::credentials::{Chain, Member};
use super::endpoint::Endpoint;
use super::security_tokens::{OfMember, Own, SecurityTokens, chain_of_process, place};
use super::session::{Keys, Session};
use crate::clock::{Clock, SystemClock};
use crate::config::{Alibaba, LOOKUPS_PER_SECOND};
use crate::sources::live::doctor::Watch;
use crate::sources::live::{self, Caller, Failure, Scan};

/// The account from which a source enters all others.
#[derive(Debug)]
pub struct Hub {
    /// Its id.
    pub account: String,
    /// Whose credentials these are.
    pub arn: String,
    own: Session,
    door: Door,
    member_role: String,
    external_id: Option<String>,
}

/// What it takes to ask with credentials of the environment, and to get those of others.
pub(super) struct Door {
    client: Arc<Client>,
    chain: Arc<Chain>,
    tokens: Arc<SecurityTokens>,
    clock: Arc<dyn Clock>,
    lookups_per_second: u64,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("client", &self.client).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Identity {
    #[serde(deserialize_with = "super::answer::text")]
    account_id: String,
    arn: String,
}

impl Door {
    /// Finds credentials; nothing is asked yet.
    ///
    /// # Errors
    /// [`Failure`] when there are none, or the endpoint is none.
    fn open(source: Option<&Alibaba>, caller: Caller, watch: Option<Watch>) -> Result<Self, Failure> {
        // Signatures carry the true time, whatever time a run is about.
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let client = Client::new(Endpoint::of(source)?, connections()?, Arc::clone(&clock)).watched(watch);
        let client = Arc::new(client);
        let chain = Arc::new(chain_of_process(&neighbours()?, Arc::clone(&clock))?);
        let tokens = Arc::new(SecurityTokens { client: Arc::clone(&client), caller });
        let lookups_per_second = source.map_or(LOOKUPS_PER_SECOND, |source| source.lookups_per_second);
        Ok(Self { client, chain, tokens, clock, lookups_per_second })
    }

    fn own(&self, account: &str) -> Session {
        let keys = Own { chain: Arc::clone(&self.chain), tokens: Arc::clone(&self.tokens) };
        self.session(account, Arc::new(keys), self.tokens.caller.clone())
    }

    fn session(&self, account: &str, keys: Arc<dyn Keys>, caller: Caller) -> Session {
        Session::new(account, Arc::clone(&self.client), keys, caller).limited(self.lookups_per_second)
    }
}

impl Session {
    /// The session of the environment's credentials, without asking whose they are: reading a bucket needs no more. It
    /// uses the endpoint of a source.
    ///
    /// # Errors
    /// [`Failure`] when there are none.
    pub(super) fn of_environment(source: Option<&Alibaba>, caller: Caller) -> Result<Self, Failure> {
        Ok(Door::open(source, caller, None)?.own(""))
    }
}

impl Hub {
    /// The session of the hub's own account.
    #[must_use]
    pub fn own(&self) -> &Session {
        &self.own
    }
}

impl live::Hub for Hub {
    type Source = Alibaba;
    type Session = Session;

    async fn open(source: &Alibaba, scan: Arc<Scan>, watch: Option<&Watch>) -> Result<Self, Failure> {
        let at = |failure: Failure| failure.at(&format!("source {:?}", source.name));
        let door = Door::open(Some(source), Caller::new(scan), watch.cloned()).map_err(at)?;
        let place = place(door.chain.sts_region());
        let identity: Identity = door.own("").ask(Call::GetCallerIdentity, place, &[]).await.map_err(at)?;
        let own = door.own(&identity.account_id);
        let (member_role, external_id) = (source.member_role.clone(), source.external_id.clone());
        Ok(Self { account: identity.account_id, arn: identity.arn, own, door, member_role, external_id })
    }

    fn account(&self) -> &str {
        &self.account
    }

    fn arn(&self) -> &str {
        &self.arn
    }

    async fn enter(&self, account: &str) -> Result<Session, Failure> {
        if account == self.account {
            return Ok(self.own.apart());
        }
        let (chain, clock) = (Arc::clone(&self.door.chain), Arc::clone(&self.door.clock));
        let member = Member::new(chain, account, &self.member_role, self.external_id.as_deref(), clock);
        let keys = OfMember { member, tokens: Arc::clone(&self.door.tokens) };
        let caller = Caller::new(Arc::clone(self.own.caller.scan()));
        let session = self.door.session(account, Arc::new(keys), caller);
        session.check_keys().await?;
        Ok(session)
    }
}
