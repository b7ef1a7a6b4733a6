//! The description of a simulated organisation: who is in it, what happens there, and what roletrail should say.

use jiff::Timestamp;

use crate::model::{Provider, Verdict};

/// Profile of the role that KMS uses for custom key stores on AWS.
pub const AWS_PROFILE: &str = "aws-kms-custom-key-stores";
/// Profile of the role that KMS uses for key stores on Alibaba Cloud.
pub const ALIBABA_PROFILE: &str = "alibaba-kms-key-store";

/// A simulated organisation. It is plain data: everything that is written follows from it and its seed.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// The moment at which its story is told: inventory is taken then, and nothing happens later.
    pub now: Timestamp,
    /// When its trails begin.
    pub since: Timestamp,
    /// Seed of every detail that the story leaves open.
    pub seed: u64,
    /// Its accounts.
    pub accounts: Vec<SimulatedAccount>,
    /// What roletrail should say about each of them, in the order of the accounts.
    pub expected: Vec<Expected>,
}

/// What roletrail should say about one account and profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Provider.
    pub provider: Provider,
    /// Account id.
    pub account: String,
    /// Profile id.
    pub profile: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Rules with at least one open finding of severity low or above, in alphabetical order. Findings about
    /// collection itself are not listed: whether they are due depends on the schedule.
    pub rules: Vec<String>,
}

/// One account.
#[derive(Debug, Clone)]
pub struct SimulatedAccount {
    /// Provider.
    pub provider: Provider,
    /// Account id.
    pub id: String,
    /// What its owners call it.
    pub name: String,
    /// Regions in use; the first is the one that keeps the events of global services.
    pub regions: Vec<String>,
    /// The watched role, where it is there.
    pub role: Option<SimulatedRole>,
    /// Every store that ever was; deleted ones are marked.
    pub stores: Vec<SimulatedStore>,
    /// What happened to the role and the stores.
    pub happenings: Vec<Happening>,
    /// Regions that do not answer when inventory is taken.
    pub silent: Vec<SilentRegion>,
}

/// The watched role of an account.
#[derive(Debug, Clone)]
pub struct SimulatedRole {
    /// The provider's unique id.
    pub id: String,
    /// When it was made.
    pub created: Timestamp,
    /// When and where it was used last.
    pub last_used: Option<(Timestamp, String)>,
    /// A principal that somebody added to the trust policy.
    pub added_principal: Option<String>,
    /// A policy of the customer's that somebody attached, by name.
    pub foreign_policy: Option<String>,
}

/// What a store is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreEdition {
    /// Backed by an HSM cluster: it needs the role.
    Hsm,
    /// Backed by an external key manager (AWS) or by software (Alibaba Cloud): it works without.
    WithoutRole,
}

/// How a store stands when inventory is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreCondition {
    /// In use.
    Connected,
    /// Disconnected.
    Disconnected,
    /// Out of order, with the provider's error code.
    Failed(String),
}

/// A custom key store (AWS) or a KMS instance (Alibaba Cloud).
#[derive(Debug, Clone)]
pub struct SimulatedStore {
    /// The provider's id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Region.
    pub region: String,
    /// The HSM cluster behind it; empty where there is none.
    pub cluster: String,
    /// What it is made of.
    pub edition: StoreEdition,
    /// How it stands.
    pub condition: StoreCondition,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends (Alibaba Cloud).
    pub expires: Option<Timestamp>,
    /// When it was deleted.
    pub deleted: Option<Timestamp>,
}

/// A Region that does not answer, and how that looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentRegion {
    /// The Region.
    pub region: String,
    /// How it stays silent.
    pub silence: Silence,
}

/// How a Region stays silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// No connection.
    TimedOut,
    /// The caller has no permission.
    Denied,
    /// Nobody asked: there is no file.
    Missing,
}

/// Who makes a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The service that the role belongs to.
    Service,
    /// A person with a user of the account, by name.
    Person(String),
    /// A program with a role of the account, by the role's name.
    Workload(String),
}

/// A call that concerns the role or a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// The role comes into being.
    CreateRole,
    /// The role is assumed.
    AssumeRole,
    /// A session of the role calls an API, written `service:Call`. With [`Caller::Person`] it is a session that a
    /// person holds.
    UseRole(String),
    /// The role's trust policy is to be replaced.
    ReplaceTrust,
    /// The role's deletion is asked for.
    DeleteRole,
    /// A store is made. The number is its place in [`SimulatedAccount::stores`], as in all that follow.
    CreateStore(usize),
    /// A store is connected.
    ConnectStore(usize),
    /// A store is disconnected.
    DisconnectStore(usize),
    /// A store is deleted or released.
    DeleteStore(usize),
}

/// A refusal by the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Error code as the trail spells it.
    pub code: String,
    /// Error message.
    pub message: String,
}

/// Something that happened, and so a record of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// Event id of its record.
    pub event_id: String,
    /// When.
    pub at: Timestamp,
    /// The Region whose trail records it.
    pub region: String,
    /// Who.
    pub by: Caller,
    /// What.
    pub act: Act,
    /// Why it was refused, where it was.
    pub refusal: Option<Refusal>,
}
