//! Credentials: those of the SDK's own chain for the hub, a role for every other account.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::config::IdentityCache;
use aws_sdk_sts::config::StalledStreamProtectionConfig;
use aws_sdk_sts::config::retry::RetryConfig;
use tokio::sync::Mutex;

use super::Failure;
use super::calls::Call;
use super::connections;
use super::doctor::clock::interceptor;
use super::partition;
use crate::config::Aws;
use crate::model::{Outcome, Partition};
use crate::sources::live::doctor::Watch;
use crate::sources::live::{self, Caller, Scan};

/// No connection takes longer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// No service is silent for longer before its answer begins.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A body that stands still for so long is given up; the SDK's own five seconds end downloads that are merely slow.
const STALL_GRACE: Duration = Duration::from_secs(20);

/// The name of our sessions, as the trails of the accounts show it.
const SESSION_NAME: &str = "roletrail";

/// Credentials are renewed so long before their end: longer than any call takes.
const RENEWAL_MARGIN: Duration = Duration::from_secs(150);

/// The account from which a source enters all others.
#[derive(Debug, Clone)]
pub struct Hub {
    /// Its id.
    pub account: String,
    /// Whose credentials these are.
    pub arn: String,
    /// Its partition.
    pub partition: Partition,
    own: Session,
    member_role: String,
    external_id: Option<String>,
}

impl Hub {
    /// The session of the hub's own account.
    #[must_use]
    pub fn own(&self) -> &Session {
        &self.own
    }
}

impl live::Hub for Hub {
    type Source = Aws;
    type Session = Session;

    async fn open(source: &Aws, scan: Arc<Scan>, watch: Option<&Watch>) -> Result<Self, Failure> {
        let (config, region) = load(source.profile.as_deref(), source.endpoint_url.as_deref(), &scan).await;
        let caller = Caller::new(scan);
        let mut sts = aws_sdk_sts::config::Builder::from(&config);
        if let Some(watch) = watch {
            sts.push_interceptor(interceptor(watch));
        }
        let sts = aws_sdk_sts::Client::from_conf(sts.build());
        let identity = caller
            .call(Call::GetCallerIdentity, &region, || sts.get_caller_identity().send())
            .await
            .map_err(|failure| failure.at(&format!("source {:?}", source.name)))?;
        let (Some(account), Some(arn)) = (identity.account, identity.arn) else {
            return Err(Failure::protocol("sts:GetCallerIdentity told no account"));
        };
        let partition = partition::of_arn(&arn);
        let own = Session { account: account.clone(), partition, home: region, config, caller };
        let (member_role, external_id) = (source.member_role.clone(), source.external_id.clone());
        Ok(Self { account, arn, partition, own, member_role, external_id })
    }

    fn account(&self) -> &str {
        &self.account
    }

    fn arn(&self) -> &str {
        &self.arn
    }

    async fn enter(&self, account: &str) -> Result<Session, Failure> {
        let caller = Caller::new(Arc::clone(self.own.caller.scan()));
        if account == self.account {
            return Ok(Session { caller, ..self.own.clone() });
        }
        let member = Member {
            sts: aws_sdk_sts::Client::new(&self.own.config),
            region: self.own.home.clone(),
            // Entering is a call of the hub: its rate is the hub's, its place the account's own.
            caller: self.own.caller.clone(),
            role_arn: format!(
                "arn:{}:iam::{account}:role/{}",
                self.partition.name(),
                self.member_role.trim_start_matches('/')
            ),
            external_id: self.external_id.clone(),
            current: Mutex::new(None),
        };
        member.credentials().await?;
        let config = self
            .own
            .config
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(member))
            .identity_cache(IdentityCache::no_cache())
            .build();
        Ok(Session { account: account.to_owned(), config, caller, ..self.own.clone() })
    }
}

/// The configuration of the SDK, and the Region that it names; the first of the commercial ones where it names none.
async fn load(profile: Option<&str>, endpoint: Option<&str>, scan: &Scan) -> (SdkConfig, String) {
    let attempt = scan.call_timeout();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT.min(attempt))
        .read_timeout(READ_TIMEOUT.min(attempt))
        .operation_attempt_timeout(attempt)
        .operation_timeout(attempt)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(connections::shared())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().grace_period(STALL_GRACE).build());
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = endpoint {
        loader = loader.endpoint_url(url);
    }
    let config = loader.load().await;
    if let Some(region) = config.region().map(ToString::to_string) {
        return (config, region);
    }
    let region = partition::global_region(Partition::default());
    (config.to_builder().region(Region::new(region)).build(), region.to_owned())
}

/// The right to ask in one account, in all of its Regions.
#[derive(Debug, Clone)]
pub struct Session {
    /// The account's id.
    pub account: String,
    /// Its partition.
    pub partition: Partition,
    /// The Region of the hub's own configuration.
    pub home: String,
    /// How to ask.
    pub caller: Caller,
    config: SdkConfig,
}

impl Session {
    /// The session of the environment's credentials, without asking whose they are: reading a bucket needs no more.
    pub(super) async fn of_environment(profile: Option<&str>, endpoint: Option<&str>, caller: Caller) -> Self {
        let (config, home) = load(profile, endpoint, caller.scan()).await;
        Self { account: String::new(), partition: partition::of_region(&home), home, caller, config }
    }

    /// The same session with bounds of its own: work that must not wait for the other calls of the account.
    pub(super) fn apart(&self) -> Self {
        Self { caller: Caller::new(Arc::clone(self.caller.scan())), ..self.clone() }
    }

    /// The Region in which the services without Regions answer.
    #[must_use]
    pub fn global_region(&self) -> &'static str {
        partition::global_region(self.partition)
    }

    /// IAM answers in one Region of each partition.
    pub(super) fn iam(&self) -> aws_sdk_iam::Client {
        aws_sdk_iam::Client::new(&self.in_region(self.global_region()))
    }

    pub(super) fn organizations(&self) -> aws_sdk_organizations::Client {
        aws_sdk_organizations::Client::new(&self.in_region(self.global_region()))
    }

    pub(super) fn account(&self) -> aws_sdk_account::Client {
        aws_sdk_account::Client::new(&self.in_region(self.global_region()))
    }

    pub(super) fn kms(&self, region: &str) -> aws_sdk_kms::Client {
        aws_sdk_kms::Client::new(&self.in_region(region))
    }

    pub(super) fn cloudhsm(&self, region: &str) -> aws_sdk_cloudhsmv2::Client {
        aws_sdk_cloudhsmv2::Client::new(&self.in_region(region))
    }

    pub(super) fn cloudtrail(&self, region: &str) -> aws_sdk_cloudtrail::Client {
        aws_sdk_cloudtrail::Client::new(&self.in_region(region))
    }

    pub(super) fn sqs(&self, region: &str) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.in_region(region))
    }

    /// A stand-in behind one address knows no host names of buckets; neither do buckets with dots in their names.
    pub(super) fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.in_region(region)).force_path_style(true).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    fn in_region(&self, region: &str) -> SdkConfig {
        self.config.to_builder().region(Region::new(region.to_owned())).build()
    }
}

/// The credentials of the member role in one account, renewed in time. The SDK's own cache renews ten seconds before
/// the end, which is too late for a call that waits for its turn.
#[derive(Debug)]
struct Member {
    sts: aws_sdk_sts::Client,
    region: String,
    caller: Caller,
    role_arn: String,
    external_id: Option<String>,
    current: Mutex<Option<Credentials>>,
}

impl Member {
    /// Whoever comes while another renews waits for the same credentials.
    async fn credentials(&self) -> Result<Credentials, Failure> {
        let mut current = self.current.lock().await;
        if let Some(known) = current.as_ref().filter(|known| is_fresh(known, SystemTime::now())) {
            return Ok(known.clone());
        }
        let renewed = self.assume().await?;
        *current = Some(renewed.clone());
        Ok(renewed)
    }

    async fn assume(&self) -> Result<Credentials, Failure> {
        let answer = self
            .caller
            .call(Call::AssumeRole, &self.region, || {
                let call = self.sts.assume_role().role_arn(&self.role_arn).role_session_name(SESSION_NAME);
                call.set_external_id(self.external_id.clone()).send()
            })
            .await?;
        let Some(given) = answer.credentials else {
            return Err(Failure::new(Outcome::Error, "sts:AssumeRole gave no credentials"));
        };
        let expires = SystemTime::try_from(given.expiration).map_err(|error| {
            Failure::new(Outcome::Error, format!("sts:AssumeRole gave no usable expiration: {error}"))
        })?;
        let token = Some(given.session_token);
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            token,
            Some(expires),
            "roletrail member role",
        ))
    }
}

/// Credentials that never lived longer than the margin are used to their end.
fn is_fresh(credentials: &Credentials, now: SystemTime) -> bool {
    let Some(expiry) = credentials.expiry() else { return true };
    expiry.duration_since(now).is_ok_and(|left| RENEWAL_MARGIN < left)
}

impl ProvideCredentials for Member {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(
            async move { self.credentials().await.map_err(CredentialsError::provider_error) },
        )
    }
}
