//! What there is in the simulated resource directory. Tests build it, and change it while it is served.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::event::Event;
use super::instance::Instance;
use super::keys::Keys;
use super::role::{Policy, Role, Task, system_policies};
use crate::fake::Tokens;

/// Regions unless the test says otherwise.
const REGIONS: [&str; 3] = ["cn-hangzhou", "cn-beijing", "ap-southeast-1"];

/// The simulated cloud.
#[derive(Debug, Clone)]
pub struct World {
    /// The management account, where the hub's key belongs.
    pub management: String,
    /// Id of the resource directory; `None` where there is none.
    pub directory: Option<String>,
    /// Whether the listing of accounts has the management account in it.
    pub lists_management: bool,
    pub accounts: BTreeMap<String, Account>,
    /// Regions of the key service.
    pub regions: Vec<String>,
    /// Regions of `ActionTrail`.
    pub trail_regions: Vec<String>,
    /// Where the global events are.
    pub global_region: String,
    /// The role that the hub may assume in other accounts.
    pub member_role: String,
    /// What has to be told to assume it.
    pub external_id: Option<String>,
    /// How long a session lasts at most.
    pub session_life: Duration,
    /// Who may enter the management account without a key.
    pub identity_provider: IdentityProvider,
    pub policies: Vec<Policy>,
    pub buckets: BTreeMap<String, Bucket>,
    /// Nothing gives out more than this on one page, whatever is asked.
    pub page_size: usize,
    /// Whether the last page of events has an empty token instead of none.
    pub empty_tokens: bool,
    pub attributes: Attributes,
    /// `LookupEvents` a second, per account.
    pub lookups_per_second: usize,
    /// How long a throttled client is told to wait.
    pub retry_after: Option<Duration>,
    /// Whether errors are in XML.
    pub xml_errors: bool,
    /// How far the services' clock is ahead of ours.
    pub ahead: SignedDuration,
    pub tokens: Tokens,
    pub keys: Keys,
}

impl World {
    /// A resource directory of one account.
    pub fn new(management: &str) -> Self {
        let regions: Vec<_> = REGIONS.map(str::to_owned).to_vec();
        Self {
            management: management.to_owned(),
            directory: Some("rd-fake01".to_owned()),
            lists_management: false,
            accounts: BTreeMap::from([(management.to_owned(), Account::new(management))]),
            trail_regions: regions.clone(),
            regions,
            global_region: "ap-southeast-1".to_owned(),
            member_role: "roletrail-reader".to_owned(),
            external_id: None,
            session_life: Duration::from_hours(1),
            identity_provider: IdentityProvider::of(management),
            policies: system_policies(),
            buckets: BTreeMap::new(),
            page_size: 1000,
            empty_tokens: false,
            attributes: Attributes::Heeded,
            lookups_per_second: 2,
            retry_after: None,
            xml_errors: false,
            ahead: SignedDuration::ZERO,
            tokens: Tokens::new(),
            keys: Keys::default(),
        }
    }

    /// Adds an account, or replaces it (the management account is there from the beginning).
    pub fn account(mut self, account: Account) -> Self {
        self.accounts.insert(account.id.clone(), account);
        self
    }

    /// Replaces the Regions of the key service and of `ActionTrail`.
    pub fn regions(mut self, regions: &[&str]) -> Self {
        self.regions = regions.iter().map(|region| (*region).to_owned()).collect();
        self.trail_regions.clone_from(&self.regions);
        self
    }

    /// Sets where global events are.
    pub fn global_region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.global_region);
        self
    }

    /// No resource directory.
    pub fn alone(mut self) -> Self {
        self.directory = None;
        self
    }

    /// Sets the external id that assuming the member role needs.
    pub fn external_id(mut self, id: &str) -> Self {
        self.external_id = Some(id.to_owned());
        self
    }

    /// Sets how long sessions last at most.
    pub fn session_life(mut self, life: Duration) -> Self {
        self.session_life = life;
        self
    }

    /// Sets how much is on a page at most.
    pub fn page_size(mut self, entries: usize) -> Self {
        self.page_size = entries;
        self
    }

    pub fn policy(mut self, policy: Policy) -> Self {
        self.policies.push(policy);
        self
    }

    pub fn bucket(mut self, name: &str, bucket: Bucket) -> Self {
        self.buckets.insert(name.to_owned(), bucket);
        self
    }

    /// An account that must be there, to change it.
    pub fn at(&mut self, account: &str) -> &mut Account {
        self.accounts.get_mut(account).expect("the account is in the world")
    }

    /// What the services' clock shows.
    pub fn now(&self) -> Timestamp {
        Timestamp::now() + self.ahead
    }
}

/// An identity provider whose token opens a role of the management account.
#[derive(Debug, Clone)]
pub struct IdentityProvider {
    pub arn: String,
    pub role: String,
    pub token: String,
}

impl IdentityProvider {
    fn of(account: &str) -> Self {
        Self {
            arn: format!("acs:ram::{account}:oidc-provider/cluster"),
            role: format!("acs:ram::{account}:role/roletrail-hub"),
            token: "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJmYWtlIn0.c2lnbmVkLWJ5LWEtZmFrZQ".to_owned(),
        }
    }
}

/// What `LookupEvents` does with attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attributes {
    /// It finds what has them.
    Heeded,
    /// It finds everything in the window: what it does with attributes that it does not take.
    Ignored,
}

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: String,
    pub name: String,
    /// `CreateSuccess`, `InviteSuccess`, `PromoteSuccess`, `Removed` ...
    pub status: String,
    /// Whether the hub's member role is there.
    pub has_member_role: bool,
    pub roles: Vec<Role>,
    pub regions: HashMap<String, Holdings>,
    /// Events that only the global Region has, newest first.
    pub global_events: Vec<Event>,
    pub trails: Vec<Trail>,
    /// Deletions of roles by task id.
    pub tasks: BTreeMap<String, Task>,
}

/// What an account has in a Region.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    pub instances: Vec<Instance>,
    /// Clusters of HSMs: id and status.
    pub clusters: Vec<(String, String)>,
    /// Newest first.
    pub events: Vec<Event>,
}

impl Account {
    /// An account with the member role and nothing in it.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: format!("account-{id}"),
            status: "CreateSuccess".to_owned(),
            has_member_role: true,
            roles: Vec::new(),
            regions: HashMap::new(),
            global_events: Vec::new(),
            trails: Vec::new(),
            tasks: BTreeMap::new(),
        }
    }

    /// The same account in another status.
    pub fn status(mut self, status: &str) -> Self {
        status.clone_into(&mut self.status);
        self
    }

    /// The same account without the role that the hub enters it with.
    pub fn without_member_role(mut self) -> Self {
        self.has_member_role = false;
        self
    }

    pub fn role(mut self, role: Role) -> Self {
        self.roles.push(role);
        self
    }

    /// The role for key stores and an instance that needs it.
    pub fn with_instance(self, region: &str, id: &str) -> Self {
        self.role(Role::key_stores()).instance(region, Instance::hardware(id))
    }

    /// The role for key stores, and no instance.
    pub fn orphaned(self) -> Self {
        self.role(Role::key_stores())
    }

    pub fn instance(mut self, region: &str, instance: Instance) -> Self {
        self.region(region).instances.push(instance);
        self
    }

    pub fn cluster(mut self, region: &str, id: &str, status: &str) -> Self {
        self.region(region).clusters.push((id.to_owned(), status.to_owned()));
        self
    }

    /// Adds records to the event history of a Region; global ones are only in the global Region.
    pub fn events(mut self, region: &str, records: &[Value]) -> Self {
        self.add_events(region, records);
        self
    }

    pub fn trail(mut self, trail: Trail) -> Self {
        self.trails.push(trail);
        self
    }

    pub fn task(mut self, id: &str, task: Task) -> Self {
        self.tasks.insert(id.to_owned(), task);
        self
    }

    /// What is in a Region, to change it.
    pub fn region(&mut self, region: &str) -> &mut Holdings {
        self.regions.entry(region.to_owned()).or_default()
    }

    /// Adds records to the event history, which stays in order.
    pub fn add_events(&mut self, region: &str, records: &[Value]) {
        let (global, own): (Vec<_>, Vec<_>) = records.iter().map(Event::of).partition(|event| event.global);
        add(&mut self.global_events, global);
        add(&mut self.region(region).events, own);
    }
}

fn add(events: &mut Vec<Event>, more: Vec<Event>) {
    events.extend(more);
    events.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
}

/// A trail with its status.
#[derive(Debug, Clone)]
pub struct Trail {
    pub name: String,
    pub home: String,
    /// As `DescribeTrails` answers it.
    pub description: Value,
    /// As `GetTrailStatus` answers it.
    pub status: Value,
}

impl Trail {
    /// A trail that records every event of every Region, and logs.
    pub fn healthy(account: &str, home: &str, name: &str, bucket: &str) -> Self {
        let delivered = (Timestamp::now() - SignedDuration::from_mins(5)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Self {
            name: name.to_owned(),
            home: home.to_owned(),
            description: json!({
                "Name": name,
                "HomeRegion": home,
                "Region": home,
                "TrailRegion": "All",
                "TrailArn": format!("acs:actiontrail:{home}:{account}:trail/{name}"),
                "EventRW": "All",
                "Status": "Enable",
                "IsOrganizationTrail": false,
                "OssBucketName": bucket,
                "OssBucketLocation": format!("oss-{home}"),
                "OssKeyPrefix": "",
                "CreateTime": "2026-01-15T09:30:00Z",
                "StartLoggingTime": "2026-01-15T09:31:00Z",
            }),
            status: json!({
                "IsLogging": true,
                "LatestDeliveryTime": delivered,
                "StartLoggingTime": "2026-01-15T09:31:00Z",
                "OssBucketStatus": true,
            }),
        }
    }

    /// The same trail, stopped.
    pub fn stopped(mut self) -> Self {
        self.description["Status"] = json!("Disable");
        self.status["IsLogging"] = json!(false);
        self.status["StopLoggingTime"] = json!("2026-02-01T00:00:00Z");
        self
    }

    /// The same trail as its creation leaves it: it never began to log.
    pub fn never_started(mut self) -> Self {
        self.description["Status"] = json!("Fresh");
        self.status = json!({"IsLogging": false});
        self
    }

    /// The same trail, which records `All`, `Write` or `Read`.
    pub fn recording(mut self, events: &str) -> Self {
        self.description["EventRW"] = json!(events);
        self
    }
}

/// A bucket of an account in a Region.
#[derive(Debug, Clone)]
pub struct Bucket {
    pub owner: String,
    pub region: String,
    pub objects: BTreeMap<String, Vec<u8>>,
}

impl Bucket {
    pub fn new(owner: &str, region: &str) -> Self {
        Self { owner: owner.to_owned(), region: region.to_owned(), objects: BTreeMap::new() }
    }

    pub fn object(mut self, key: &str, content: &[u8]) -> Self {
        self.objects.insert(key.to_owned(), content.to_vec());
        self
    }
}
