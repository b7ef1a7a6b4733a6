//! The permissions behind the calls: who makes each of them, on which resources, and which of them a configuration
//! needs.
//!
//! Which resources an action can be limited to: AWS Service Authorization Reference, one page per service.

use super::bucket::root;
use super::calls::Call;
use crate::config::{Aws, AwsAccounts, AwsTrail, Regions, Settings};
use crate::model::{Partition, Permissions, Provider};
use crate::profiles::{Profile, Profiles, RoleMatch};
use crate::sources::live::{self, MEMBER_ROLE, Permitted, Scope};

/// Calls that share their resources, and so a statement. The order is that of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sources) enum Grant {
    ListAccounts,
    MemberRoles,
    Roles,
    ManagedPolicies,
    Account,
    Trails,
    DigestKeys,
    BucketRegion,
    Bucket,
    Objects,
    Queue,
}

impl Call {
    /// Where it is made. `None` needs no permission: AWS answers `GetCallerIdentity` to whoever has credentials, even
    /// where a policy denies it (AWS STS API reference), so that a statement for it would grant nothing.
    #[must_use]
    pub fn scope(self) -> Option<Scope> {
        self.grant().map(live::Grant::scope)
    }
}

impl Permitted for Call {
    type Grant = Grant;

    const PROVIDER: Provider = Provider::Aws;
    const CALLS: &'static [Self] = &Self::ALL;

    fn grant(self) -> Option<Grant> {
        Some(match self {
            Self::GetCallerIdentity => return None,
            Self::ListAccounts => Grant::ListAccounts,
            Self::AssumeRole => Grant::MemberRoles,
            Self::GetRole
            | Self::ListAttachedRolePolicies
            | Self::ListRolePolicies
            | Self::GetRolePolicy
            | Self::GetServiceLinkedRoleDeletionStatus => Grant::Roles,
            Self::GetPolicy | Self::GetPolicyVersion => Grant::ManagedPolicies,
            Self::ListRegions
            | Self::ListRoles
            | Self::DescribeCustomKeyStores
            | Self::ListKeys
            | Self::DescribeClusters
            | Self::LookupEvents
            | Self::DescribeTrails => Grant::Account,
            Self::GetTrailStatus | Self::GetEventSelectors => Grant::Trails,
            Self::ListPublicKeys => Grant::DigestKeys,
            Self::GetBucketLocation => Grant::BucketRegion,
            Self::ListBucket => Grant::Bucket,
            Self::GetObject => Grant::Objects,
            Self::ReceiveMessage | Self::DeleteMessage | Self::ChangeMessageVisibility => Grant::Queue,
        })
    }
}

impl live::Grant for Grant {
    fn scope(self) -> Scope {
        match self {
            Self::ListAccounts | Self::MemberRoles => Scope::Hub,
            Self::Roles | Self::ManagedPolicies | Self::Account | Self::Trails => Scope::Member,
            Self::DigestKeys | Self::BucketRegion | Self::Bucket | Self::Objects => Scope::TrailBucket,
            Self::Queue => Scope::TrailQueue,
        }
    }

    fn sid(self) -> &'static str {
        match self {
            Self::ListAccounts => "HubListAccounts",
            Self::MemberRoles => "HubAssumeMemberRoles",
            Self::Roles => "ReadRoles",
            Self::ManagedPolicies => "ReadManagedPolicies",
            Self::Account => "ReadAccount",
            Self::Trails => "ReadTrails",
            Self::DigestKeys => "TrailDigestKeys",
            Self::BucketRegion => "TrailBucketRegion",
            Self::Bucket => "TrailBucket",
            Self::Objects => "TrailObjects",
            Self::Queue => "TrailQueue",
        }
    }
}

/// The policy for every call there is: whatever somebody may configure later.
#[must_use]
pub fn everything(partition: Partition) -> Permissions {
    let mut needs = Needs::new(partition);
    needs.all.call(Call::ALL);
    needs.service_linked();
    needs.trails();
    needs.member(MEMBER_ROLE, None);
    needs.any_trail_object();
    needs.add(Grant::Bucket, "s3:::*");
    needs.add(Grant::Queue, "sqs:*:*:*");
    needs.all.into_permissions()
}

/// The policy for what a configuration needs, all of its sources together. Without statements where it needs nothing.
#[must_use]
pub fn needed(settings: &Settings, profiles: &Profiles, partition: Partition) -> Permissions {
    let mut needs = Needs::new(partition);
    for source in &settings.aws {
        needs.source(source, profiles);
    }
    needs.all.into_permissions()
}

/// What has been asked for so far.
struct Needs {
    partition: Partition,
    all: live::Needs<Call>,
}

impl Needs {
    fn new(partition: Partition) -> Self {
        Self { partition, all: live::Needs::default() }
    }

    /// Adds a resource, given as what stands behind the partition in its ARN.
    fn add(&mut self, grant: Grant, rest: &str) {
        self.all.resource(grant, format!("arn:{}:{rest}", self.partition.name()));
    }

    fn member(&mut self, role: &str, external_id: Option<&str>) {
        self.all.member(role, external_id);
        self.add(Grant::MemberRoles, &format!("iam::*:role/{}", literal(role)));
    }

    fn source(&mut self, source: &Aws, profiles: &Profiles) {
        let has_inventory = source.accounts != AwsAccounts::None;
        let looks_up = source.trail.iter().any(|trail| matches!(trail, AwsTrail::LookupEvents { .. }));
        if matches!(source.accounts, AwsAccounts::Organization | AwsAccounts::List(_)) {
            self.all.call([Call::AssumeRole]);
            self.member(&source.member_role, source.external_id.as_deref());
        }
        if source.accounts == AwsAccounts::Organization {
            self.all.call([Call::ListAccounts]);
        }
        if source.regions == Regions::Enabled && (has_inventory || looks_up) {
            self.all.call([Call::ListRegions]);
        }
        if has_inventory {
            self.all.call([Call::DescribeTrails, Call::GetTrailStatus, Call::GetEventSelectors]);
            self.trails();
            self.inventory(profiles);
        }
        source.trail.iter().for_each(|trail| self.trail(trail));
    }

    /// The roles of the profiles, and the stores that they serve.
    fn inventory(&mut self, profiles: &Profiles) {
        let watched: Vec<_> = profiles.of(Provider::Aws).collect();
        if watched.is_empty() {
            return;
        }
        self.all.call([
            Call::GetRole,
            Call::ListAttachedRolePolicies,
            Call::ListRolePolicies,
            Call::GetRolePolicy,
            Call::GetPolicy,
            Call::GetPolicyVersion,
            Call::GetServiceLinkedRoleDeletionStatus,
        ]);
        if watched.iter().any(|profile| profile.role == RoleMatch::ServiceLinked) {
            self.all.call([Call::ListRoles]);
        }
        let apis: Vec<_> = watched.iter().filter_map(|profile| profile.store.as_ref()).collect();
        let lists = |call: &Call| apis.iter().any(|store| store.api == call.action());
        let store_calls = [Call::DescribeCustomKeyStores, Call::ListKeys, Call::DescribeClusters];
        self.all.call(store_calls.into_iter().filter(lists));
        self.service_linked();
        for profile in watched {
            self.other_role(profile);
        }
    }

    /// Service-linked roles and their policies have a path of their own. Of a role that is not there IAM knows no path
    /// (inferred: refusals name such a role by its name alone), and that it is not there is an answer too.
    fn service_linked(&mut self) {
        self.add(Grant::Roles, "iam::*:role/aws-service-role/*");
        self.add(Grant::Roles, "iam::*:role/AWSServiceRoleFor*");
        self.add(Grant::ManagedPolicies, "iam::*:policy/aws-service-role/*");
    }

    /// The trails of an organization belong to another account than the one that is asked.
    fn trails(&mut self) {
        self.add(Grant::Trails, "cloudtrail:*:*:trail/*");
    }

    /// A profile of the user's own may watch a role elsewhere, to which any managed policy can be attached.
    fn other_role(&mut self, profile: &Profile) {
        let RoleMatch::Named { name, path: Some(path) } = &profile.role else { return };
        if !path.starts_with("/aws-service-role/") {
            self.add(Grant::Roles, &format!("iam::*:role{}{}", literal(path), literal(name)));
            self.add(Grant::ManagedPolicies, "iam::*:policy/*");
        }
    }

    fn trail(&mut self, trail: &AwsTrail) {
        match trail {
            AwsTrail::LookupEvents { .. } => {
                self.all.call([Call::LookupEvents]);
            }
            AwsTrail::S3 { bucket, prefix, verify_digests, .. } => {
                self.all.call([Call::GetBucketLocation, Call::ListBucket, Call::GetObject]);
                self.all.call(verify_digests.then_some(Call::ListPublicKeys));
                let bucket = literal(bucket);
                let logs = literal(&root(prefix.as_deref()));
                self.add(Grant::BucketRegion, &format!("s3:::{bucket}"));
                self.add(Grant::Bucket, &format!("s3:::{bucket}"));
                self.add(Grant::Objects, &format!("s3:::{bucket}/{logs}*"));
            }
            AwsTrail::Sqs { queue_url } => {
                self.all.call([Call::ReceiveMessage, Call::DeleteMessage, Call::ChangeMessageVisibility]);
                self.add(Grant::Queue, &queue(queue_url));
                // Only the messages tell in which buckets the objects are.
                self.all.call([Call::GetBucketLocation, Call::GetObject]);
                self.any_trail_object();
            }
            // Nobody is called for files, and nobody yet for tables.
            AwsTrail::Files { .. } | AwsTrail::Athena { .. } => {}
        }
    }

    /// Trails put their objects below a folder of this name, whatever stands before it.
    fn any_trail_object(&mut self) {
        self.add(Grant::BucketRegion, "s3:::*");
        self.add(Grant::Objects, "s3:::*/AWSLogs/*");
    }
}

/// A name inside an ARN of a policy. There `*`, `?` and `$` mean something else, and stand for themselves in this form
/// (IAM user guide, "Policy variables").
fn literal(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for character in name.chars() {
        if matches!(character, '*' | '?' | '$') {
            text.extend(["${", character.encode_utf8(&mut [0; 4]), "}"]);
        } else {
            text.push(character);
        }
    }
    text
}

/// The ARN of a queue without the partition, as far as its URL tells: `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`,
/// the older `https://REGION.queue.amazonaws.com/ACCOUNT/NAME`, or a host of somebody's own.
fn queue(url: &str) -> String {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = behind_scheme.split_once('/').unwrap_or((behind_scheme, ""));
    let region = region_of_host(host).unwrap_or("*");
    let mut segments = path.trim_end_matches('/').rsplit('/');
    let name = segments.next().filter(|name| !name.is_empty()).map_or_else(|| "*".to_owned(), literal);
    let is_account = |text: &&str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let account = segments.next().filter(is_account).unwrap_or("*");
    format!("sqs:{region}:{account}:{name}")
}

/// The Region of a queue, where its URL tells.
pub(super) fn region_of_queue(url: &str) -> Option<&str> {
    let behind_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    region_of_host(behind_scheme.split('/').next().unwrap_or_default())
}

fn region_of_host(host: &str) -> Option<&str> {
    host.split(['.', ':']).find(|label| is_region(label))
}

/// Whether a text looks like the name of a Region: `eu-west-1`, `us-gov-east-1`.
fn is_region(label: &str) -> bool {
    let parts: Vec<_> = label.split('-').collect();
    let Some((number, words)) = parts.split_last() else { return false };
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    2 <= words.len() && words.iter().all(is_word) && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests;
