//! A role in another account, assumed with the credentials of the chain.

use std::sync::Arc;

use super::kept::Kept;
use super::{AskSts, AssumeRole, Chain, Credentials, SESSION_NAME};
use crate::clock::Clock;
use crate::sources::live::Failure;

/// The member role of one account, renewed in time.
pub(in crate::sources::alibaba) struct Member {
    chain: Arc<Chain>,
    request: AssumeRole,
    kept: Kept,
}

impl Member {
    /// The role of this name in an account. Nothing is asked yet.
    pub(in crate::sources::alibaba) fn new(
        chain: Arc<Chain>,
        account: &str,
        role: &str,
        external_id: Option<&str>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let request = AssumeRole {
            role_arn: format!("acs:ram::{account}:role/{}", role.trim_start_matches('/')),
            session_name: SESSION_NAME.to_owned(),
            external_id: external_id.map(str::to_owned),
            policy: None,
            duration_seconds: None,
            region: chain.sts_region().map(str::to_owned),
        };
        Self { chain, request, kept: Kept::new(clock) }
    }

    /// The credentials of the role, for now.
    ///
    /// # Errors
    /// [`Failure`] when there are none of our own, or the role cannot be assumed with them.
    pub(in crate::sources::alibaba) async fn current(&self, sts: &dyn AskSts) -> Result<Credentials, Failure> {
        let renew = || async {
            let own = self.chain.current(sts).await?;
            sts.assume_role(&own, &self.request).await
        };
        self.kept.get(renew).await.map_err(|failure| failure.at(&format!("role {}", self.request.role_arn)))
    }
}
