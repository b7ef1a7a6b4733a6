//! What there is in the simulated organisation. Tests build it, and change it while it is served.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::catalogue::Service;
use super::event::Event;
use super::keys::Keys;
use super::role::{ManagedPolicy, Role, Task, managed_policies};
use crate::fake::Tokens;

/// Regions of an account unless the test says otherwise: two to ask, and one that is switched off.
const REGIONS: [(&str, &str); 3] =
    [("us-east-1", "ENABLED_BY_DEFAULT"), ("eu-west-1", "ENABLED_BY_DEFAULT"), ("me-central-1", "DISABLED")];

/// The simulated AWS.
#[derive(Debug, Clone)]
pub struct World {
    /// The management account, where the hub's key belongs.
    pub management: String,
    /// Id of the organisation; `None` where there is none.
    pub organization: Option<String>,
    pub accounts: BTreeMap<String, Account>,
    /// Regions with the opt status that accounts have without one of their own, in the order of the service.
    pub regions: Vec<(String, String)>,
    /// The role that the hub may assume in other accounts.
    pub member_role: String,
    /// What has to be told to assume it.
    pub external_id: Option<String>,
    /// How long a session lasts at most.
    pub session_life: Duration,
    pub policies: Vec<ManagedPolicy>,
    /// The partition that its ARNs have.
    pub partition: String,
    /// Services give out no more than this on one page, whatever is asked.
    pub page_size: usize,
    /// Whether the listing of accounts has an empty page with a token in it.
    pub empty_pages: bool,
    /// LookupEvents a second, per account and Region.
    pub lookups_per_second: usize,
    /// `DescribeCustomKeyStores` a second, per account and Region.
    pub stores_per_second: usize,
    pub tokens: Tokens,
    pub keys: Keys,
    /// Services that another server answers, at its address.
    pub forwards: Vec<(Service, SocketAddr)>,
}

impl World {
    /// An organisation of one account.
    pub fn new(management: &str) -> Self {
        Self {
            management: management.to_owned(),
            organization: Some("o-exampleorgid".to_owned()),
            accounts: BTreeMap::from([(management.to_owned(), Account::new(management))]),
            regions: REGIONS.map(|(name, status)| (name.to_owned(), status.to_owned())).to_vec(),
            member_role: "roletrail-reader".to_owned(),
            external_id: None,
            session_life: Duration::from_hours(1),
            policies: managed_policies(),
            partition: "aws".to_owned(),
            page_size: 1000,
            empty_pages: false,
            lookups_per_second: 2,
            stores_per_second: 5,
            tokens: Tokens::new(),
            keys: Keys::default(),
            forwards: Vec::new(),
        }
    }

    /// Adds an account, or replaces it (the management account is there from the beginning).
    pub fn account(mut self, account: Account) -> Self {
        self.accounts.insert(account.id.clone(), account);
        self
    }

    /// Replaces the Regions.
    pub fn regions(mut self, regions: &[(&str, &str)]) -> Self {
        self.regions = regions.iter().map(|(name, status)| ((*name).to_owned(), (*status).to_owned())).collect();
        self
    }

    /// Another partition.
    pub fn partition(mut self, name: &str) -> Self {
        name.clone_into(&mut self.partition);
        self
    }

    /// No organisation: one account of its own.
    pub fn alone(mut self) -> Self {
        self.organization = None;
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

    /// An account that must be there, to change it.
    pub fn at(&mut self, account: &str) -> &mut Account {
        self.accounts.get_mut(account).expect("the account is in the world")
    }

    /// How an account stands to a Region; `None` where AWS has no such Region.
    pub fn opt_status<'a>(&'a self, account: &'a str, region: &str) -> Option<&'a str> {
        let own = self.accounts.get(account).and_then(|account| account.opt.get(region));
        let common = || self.regions.iter().find(|(name, _)| name == region).map(|(_, status)| status);
        own.or_else(common).map(String::as_str)
    }

    /// Whether an account's calls are answered in a Region.
    pub fn is_served(&self, account: &str, region: &str) -> bool {
        matches!(self.opt_status(account, region), Some("ENABLED" | "ENABLED_BY_DEFAULT" | "DISABLING"))
    }
}

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: String,
    pub name: String,
    /// `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE`, `PENDING_ACTIVATION` or `CLOSED`.
    pub state: String,
    /// Whether the hub's member role is there.
    pub has_member_role: bool,
    pub roles: Vec<Role>,
    /// Region to opt status, where it is not the common one.
    pub opt: BTreeMap<String, String>,
    pub regions: HashMap<String, Holdings>,
    pub trails: Vec<Trail>,
    /// Deletions of roles by task id.
    pub tasks: BTreeMap<String, Task>,
}

/// What an account has in a Region.
#[derive(Debug, Clone, Default)]
pub struct Holdings {
    pub stores: Vec<Value>,
    pub clusters: Vec<Value>,
    /// Ids of keys.
    pub keys: Vec<String>,
    /// Newest first.
    pub events: Vec<Event>,
    /// As `ListPublicKeys` answers them.
    pub public_keys: Vec<Value>,
}

impl Account {
    /// An active account with the member role and nothing in it.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: format!("account-{id}"),
            state: "ACTIVE".to_owned(),
            has_member_role: true,
            roles: Vec::new(),
            opt: BTreeMap::new(),
            regions: HashMap::new(),
            trails: Vec::new(),
            tasks: BTreeMap::new(),
        }
    }

    /// The same account in another state.
    pub fn state(mut self, state: &str) -> Self {
        state.clone_into(&mut self.state);
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

    /// The role for custom key stores and a store that needs it.
    pub fn with_store(self, region: &str, id: &str) -> Self {
        self.role(Role::custom_key_stores()).store(region, hsm_store(id))
    }

    /// The role for custom key stores, and no store.
    pub fn orphaned(self) -> Self {
        self.role(Role::custom_key_stores())
    }

    pub fn store(mut self, region: &str, store: Value) -> Self {
        self.region(region).stores.push(store);
        self
    }

    pub fn cluster(mut self, region: &str, id: &str) -> Self {
        self.region(region).clusters.push(cluster(id, "ACTIVE"));
        self
    }

    pub fn key(mut self, region: &str, id: &str) -> Self {
        self.region(region).keys.push(id.to_owned());
        self
    }

    /// Adds records to a Region's event history.
    pub fn events(mut self, region: &str, records: &[Value]) -> Self {
        self.add_events(region, records);
        self
    }

    /// Adds a public key of digests, as `ListPublicKeys` answers it.
    pub fn public_key(mut self, region: &str, key: Value) -> Self {
        self.region(region).public_keys.push(key);
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

    /// Gives a Region another opt status in this account.
    pub fn opt(mut self, region: &str, status: &str) -> Self {
        self.opt.insert(region.to_owned(), status.to_owned());
        self
    }

    /// What is in a Region, to change it.
    pub fn region(&mut self, region: &str) -> &mut Holdings {
        self.regions.entry(region.to_owned()).or_default()
    }

    /// Adds records to a Region's event history, which stays in order.
    pub fn add_events(&mut self, region: &str, records: &[Value]) {
        let events = &mut self.region(region).events;
        events.extend(records.iter().map(Event::of));
        events.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
    }

    pub fn is_active(&self) -> bool {
        self.state == "ACTIVE"
    }
}

/// A store of type `AWS_CLOUDHSM`, connected.
pub fn hsm_store(id: &str) -> Value {
    json!({
        "CustomKeyStoreId": id,
        "CustomKeyStoreName": format!("store-{id}"),
        "CustomKeyStoreType": "AWS_CLOUDHSM",
        "CloudHsmClusterId": "cluster-1a23b4cdefg",
        "TrustAnchorCertificate": "-----BEGIN CERTIFICATE-----\nEXAMPLE\n-----END CERTIFICATE-----",
        "ConnectionState": "CONNECTED",
        "CreationDate": 1_768_471_200,
    })
}

/// A store of type `EXTERNAL_KEY_STORE`, which does not need the role.
pub fn external_store(id: &str) -> Value {
    json!({
        "CustomKeyStoreId": id,
        "CustomKeyStoreName": format!("store-{id}"),
        "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
        "ConnectionState": "CONNECTED",
        "CreationDate": 1_768_471_200,
        "XksProxyConfiguration": {
            "Connectivity": "PUBLIC_ENDPOINT",
            "AccessKeyId": "ABCDE12345670EXAMPLE",
            "UriEndpoint": "https://keys.example.com",
            "UriPath": "/kms/xks/v1",
        },
    })
}

/// A cluster in a state.
pub fn cluster(id: &str, state: &str) -> Value {
    json!({
        "ClusterId": id, "State": state, "CreateTimestamp": 1_768_471_200, "HsmType": "hsm1.medium",
        "SecurityGroup": "sg-0123456789abcdef0", "VpcId": "vpc-0123456789abcdef0", "SubnetMapping": {},
        "BackupPolicy": "DEFAULT", "Hsms": [], "Mode": "FIPS",
    })
}

/// A trail with its status and selectors.
#[derive(Debug, Clone)]
pub struct Trail {
    pub name: String,
    pub home: String,
    pub arn: String,
    pub multi_region: bool,
    /// More members of the trail's description, or others in their place.
    pub description: Value,
    /// As `GetTrailStatus` answers it.
    pub status: Value,
    /// As `GetEventSelectors` answers it, without the ARN.
    pub selectors: Value,
}

impl Trail {
    /// A trail that records every management event of every Region, and logs.
    pub fn healthy(account: &str, home: &str, name: &str, bucket: &str) -> Self {
        let now = Timestamp::now().as_second();
        Self {
            name: name.to_owned(),
            home: home.to_owned(),
            arn: format!("arn:aws:cloudtrail:{home}:{account}:trail/{name}"),
            multi_region: true,
            description: json!({
                "S3BucketName": bucket,
                "IncludeGlobalServiceEvents": true,
                "LogFileValidationEnabled": true,
                "HasCustomEventSelectors": false,
                "HasInsightSelectors": false,
                "IsOrganizationTrail": false,
            }),
            status: json!({
                "IsLogging": true,
                "LatestDeliveryTime": now - 300,
                "StartLoggingTime": 1_768_471_200,
                "LatestDigestDeliveryTime": now - 1800,
            }),
            selectors: json!({"EventSelectors": [{
                "ReadWriteType": "All",
                "IncludeManagementEvents": true,
                "DataResources": [],
                "ExcludeManagementEventSources": [],
            }]}),
        }
    }

    /// The same trail, stopped.
    pub fn stopped(mut self) -> Self {
        self.status["IsLogging"] = json!(false);
        self.status["StopLoggingTime"] = json!(Timestamp::now().as_second());
        self
    }

    /// The same trail with other event selectors.
    pub fn recording(mut self, read_write: &str, excluded: &[&str]) -> Self {
        self.selectors["EventSelectors"][0]["ReadWriteType"] = json!(read_write);
        self.selectors["EventSelectors"][0]["ExcludeManagementEventSources"] = json!(excluded);
        self.description["HasCustomEventSelectors"] = json!(true);
        self
    }
}
