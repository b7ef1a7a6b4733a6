//! How accounts live: the turns from which a story is put together, for the demo and for corpora alike.

use jiff::{SignedDuration, Timestamp};

use super::organisation::{
    ALIBABA_PROFILE, AWS_PROFILE, Act, Caller, Happening, Refusal, SimulatedAccount, SimulatedRole, SimulatedStore,
    StoreCondition, StoreEdition,
};
use super::random::Random;
use crate::model::Provider;

/// How long after its creation a store is connected.
const CREATED_TO_CONNECTED: SignedDuration = SignedDuration::from_mins(12);
/// How long after it is disconnected a store is deleted.
const DISCONNECTED_TO_DELETED: SignedDuration = SignedDuration::from_mins(35);
/// How long after its creation a store is first looked after: just after it is connected.
const CREATED_TO_FIRST_USE: SignedDuration = SignedDuration::from_mins(13);
/// How often in a row the service assumes the role.
const USES_IN_A_ROW: i32 = 4;
/// Time between two of them.
const BETWEEN_USES: SignedDuration = SignedDuration::from_secs(40);
/// Time between an assumption and the call for which it was made.
const ASSUMED_TO_USED: SignedDuration = SignedDuration::from_secs(3);
/// Most seconds by which a use is late, so that no two accounts keep one beat.
const MOST_DELAY: u64 = 600;
/// What the service does with the role while it watches over a store, by provider.
const AWS_USES: [&str; 5] = [
    "cloudhsm:DescribeClusters",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcs",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeSecurityGroups",
];
const ALIBABA_USES: [&str; 4] =
    ["ecs:DescribeNetworkInterfaces", "ecs:DescribeSecurityGroups", "vpc:DescribeVSwitches", "hsm:DescribeClusters"];

impl SimulatedAccount {
    /// An account in which nothing has happened yet.
    pub(super) fn new(provider: Provider, id: &str, name: &str, regions: &[&str]) -> Self {
        Self {
            provider,
            id: id.to_owned(),
            name: name.to_owned(),
            regions: regions.iter().map(|&region| region.to_owned()).collect(),
            role: None,
            stores: Vec::new(),
            happenings: Vec::new(),
            silent: Vec::new(),
        }
    }

    /// Id of the profile of the role that this provider's accounts are watched for.
    #[must_use]
    pub fn profile(&self) -> &'static str {
        match self.provider {
            Provider::Aws => AWS_PROFILE,
            Provider::Alibaba => ALIBABA_PROFILE,
        }
    }

    /// The watched role's name.
    #[must_use]
    pub fn role_name(&self) -> &'static str {
        match self.provider {
            Provider::Aws => "AWSServiceRoleForKeyManagementServiceCustomKeyStores",
            Provider::Alibaba => "AliyunServiceRoleForKMSKeyStore",
        }
    }

    /// The service that may assume the watched role.
    #[must_use]
    pub fn service(&self) -> &'static str {
        match self.provider {
            Provider::Aws => "cks.kms.amazonaws.com",
            Provider::Alibaba => "keystore.kms.aliyuncs.com",
        }
    }

    /// The watched role's ARN as the provider spells it: Alibaba Cloud writes it in lower case.
    #[must_use]
    pub fn role_arn(&self) -> String {
        match self.provider {
            Provider::Aws => {
                format!("arn:aws:iam::{}:role/aws-service-role/{}/{}", self.id, self.service(), self.role_name())
            }
            Provider::Alibaba => format!("acs:ram::{}:role/{}", self.id, self.role_name().to_ascii_lowercase()),
        }
    }

    /// ARN of a person or program of this account, or the service's own name.
    #[must_use]
    pub fn caller_arn(&self, caller: &Caller) -> String {
        let prefix = match self.provider {
            Provider::Aws => "arn:aws:iam:",
            Provider::Alibaba => "acs:ram:",
        };
        match (caller, self.provider) {
            (Caller::Service, _) => self.service().to_owned(),
            (Caller::Person(name), _) => format!("{prefix}:{}:user/{name}", self.id),
            (Caller::Workload(role), Provider::Aws) => {
                format!("arn:aws:sts::{}:assumed-role/{role}/{role}-run", self.id)
            }
            (Caller::Workload(role), Provider::Alibaba) => format!("{prefix}:{}:role/{role}/{role}-run", self.id),
        }
    }

    /// The Region that keeps the events of global services.
    pub(super) fn home_region(&self) -> &str {
        self.regions.first().map_or("", String::as_str)
    }

    /// Something happens. Calls of global services are recorded in the home Region whatever `region` says.
    pub(super) fn happen(
        &mut self,
        random: &mut Random,
        at: Timestamp,
        region: &str,
        by: Caller,
        act: Act,
        refusal: Option<Refusal>,
    ) -> String {
        let global = match act {
            Act::CreateRole | Act::DeleteRole | Act::ReplaceTrust => true,
            // Security token calls are regional on AWS and global on Alibaba Cloud.
            Act::AssumeRole => self.provider == Provider::Alibaba,
            _ => false,
        };
        let region = if global { self.home_region() } else { region }.to_owned();
        let event_id = random.uuid();
        self.happenings.push(Happening { event_id: event_id.clone(), at, region, by, act, refusal });
        event_id
    }

    /// A person makes a store; the role comes into being with the first one that needs it.
    pub(super) fn make_store(
        &mut self,
        random: &mut Random,
        edition: StoreEdition,
        region: &str,
        at: Timestamp,
        person: &str,
    ) -> usize {
        let by = Caller::Person(person.to_owned());
        if edition == StoreEdition::Hsm && self.role.is_none() {
            self.make_role(random, at, person);
        }
        let place = self.stores.len();
        self.stores.push(new_store(self, random, edition, region, at));
        self.happen(random, at + SignedDuration::from_secs(2), region, by.clone(), Act::CreateStore(place), None);
        // KMS instances with hardware connect by themselves; only software ones have a call for it.
        if self.provider == Provider::Aws {
            self.happen(random, at + CREATED_TO_CONNECTED, region, by, Act::ConnectStore(place), None);
        }
        place
    }

    fn make_role(&mut self, random: &mut Random, at: Timestamp, person: &str) {
        let id = match self.provider {
            Provider::Aws => format!("AROAEXAMPLE{}", random.id(10)),
            Provider::Alibaba => format!("3{}", random.digits(17)),
        };
        self.role =
            Some(SimulatedRole { id, created: at, last_used: None, added_principal: None, foreign_policy: None });
        self.happen(random, at, "", Caller::Person(person.to_owned()), Act::CreateRole, None);
    }

    /// A person deletes a store, on AWS after disconnecting it.
    pub(super) fn delete_store(&mut self, random: &mut Random, place: usize, at: Timestamp, person: &str) {
        let by = Caller::Person(person.to_owned());
        let region = self.stores[place].region.clone();
        if self.provider == Provider::Aws {
            self.happen(random, at, &region, by.clone(), Act::DisconnectStore(place), None);
        }
        let deleted = at + DISCONNECTED_TO_DELETED;
        self.happen(random, deleted, &region, by, Act::DeleteStore(place), None);
        self.stores[place].deleted = Some(deleted);
    }

    /// The service looks after a store, again and again, and each time uses the role a few times in a row.
    pub(super) fn use_role(
        &mut self,
        random: &mut Random,
        place: usize,
        (from, until): (Timestamp, Timestamp),
        every: SignedDuration,
    ) {
        let region = self.stores[place].region.clone();
        let mut at = from + CREATED_TO_FIRST_USE;
        while at < until {
            for number in 0..USES_IN_A_ROW {
                self.use_once(random, at + BETWEEN_USES * number, &region);
            }
            let delay = i64::try_from(random.below(MOST_DELAY)).unwrap_or(0);
            at = at + every + SignedDuration::from_secs(delay);
        }
    }

    /// The service assumes the role and makes one call with it.
    fn use_once(&mut self, random: &mut Random, at: Timestamp, region: &str) {
        let then = at + ASSUMED_TO_USED;
        let action = self.ordinary_use(random).to_owned();
        self.happen(random, at, region, Caller::Service, Act::AssumeRole, None);
        self.happen(random, then, region, Caller::Service, Act::UseRole(action), None);
        if let Some(role) = &mut self.role {
            role.last_used = Some((then, region.to_owned()));
        }
    }

    /// A call that the service makes with the role in its ordinary work.
    pub(super) fn ordinary_use(&self, random: &mut Random) -> &'static str {
        match self.provider {
            Provider::Aws => random.pick::<&'static str>(&AWS_USES),
            Provider::Alibaba => random.pick::<&'static str>(&ALIBABA_USES),
        }
    }

    /// How the provider refuses `caller` who may not do `action` with the role.
    pub(super) fn no_permission(&self, caller: &Caller, action: &str) -> Refusal {
        let (caller, role) = (self.caller_arn(caller), self.role_arn());
        match self.provider {
            Provider::Aws => Refusal {
                code: "AccessDenied".to_owned(),
                message: format!("User: {caller} is not authorized to perform: {action} on resource: {role}"),
            },
            Provider::Alibaba => Refusal {
                code: "NoPermission".to_owned(),
                message: format!("You are not authorized to do this action. Action: {action}, resource: {role}"),
            },
        }
    }
}

fn new_store(
    account: &SimulatedAccount,
    random: &mut Random,
    edition: StoreEdition,
    region: &str,
    at: Timestamp,
) -> SimulatedStore {
    let (id, cluster) = match (account.provider, edition) {
        (Provider::Aws, StoreEdition::Hsm) => {
            (format!("cks-{}", random.hex(17)), format!("cluster-{}", random.name(11)))
        }
        (Provider::Aws, StoreEdition::WithoutRole) => (format!("cks-{}", random.hex(17)), String::new()),
        (Provider::Alibaba, _) => (format!("kst-{}", random.name(26)), String::new()),
    };
    SimulatedStore {
        id,
        name: format!("{}-{}", account.name, account.stores.len() + 1),
        region: region.to_owned(),
        cluster,
        edition,
        condition: StoreCondition::Connected,
        created: at + SignedDuration::from_secs(2),
        expires: None,
        deleted: None,
    }
}
