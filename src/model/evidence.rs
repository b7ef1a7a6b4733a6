//! Everything that the rules may know about one account. "Now" is a field of it.

use jiff::{SignedDuration, Timestamp};

use super::{Account, ChainState, Coverage, DeletionTask, KeyStore, Role, TrailEvent, TrailSpan};

/// A state of a role and the time for which it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSpan {
    /// Profile id.
    pub profile: String,
    /// The role's state, or `None` for an observed absence.
    pub role: Option<Role>,
    /// First observation of this state.
    pub valid_from: Timestamp,
    /// First observation of another state; `None` while it holds.
    pub valid_to: Option<Timestamp>,
    /// Last observation of this state.
    pub last_seen: Timestamp,
    /// When the role was last used according to the provider, and in which Region.
    pub last_used: Option<(Timestamp, Option<String>)>,
}

/// A state of a store and the time for which it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSpan {
    /// The store's state.
    pub store: KeyStore,
    /// First observation of this state.
    pub valid_from: Timestamp,
    /// First observation of another state or of its absence; `None` while it holds.
    pub valid_to: Option<Timestamp>,
    /// Last observation of this state.
    pub last_seen: Timestamp,
}

/// Ordinary use of a role by its trusted service, counted instead of listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleUse {
    /// Profile id.
    pub profile: String,
    /// ARN of the role.
    pub role: Option<String>,
    /// The role's unique id at its last use, where the trail told.
    pub role_id: Option<String>,
    /// Successful assumptions by trusted principals and calls of their sessions.
    pub count: u64,
    /// First one.
    pub first: Timestamp,
    /// Last one.
    pub last: Timestamp,
    /// The newest of them, newest first, at most [`RoleUse::RECENT`].
    pub recent: Vec<(Timestamp, String)>,
}

impl RoleUse {
    /// How many of the newest uses are listed: what a finding shows by default.
    pub const RECENT: usize = 20;
}

/// Times that the rules need. Every one is a setting of `[rules]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgingSettings {
    /// How long a role may outlive its last store, and a deletion task its end, before it counts.
    pub grace: SignedDuration,
    /// How long before its end a store is reported.
    pub expiry_notice: SignedDuration,
    /// How long something expected may stay uncollected: two schedules.
    pub collection_patience: SignedDuration,
    /// Whether a schedule promises that everything is collected again and again. Without one (a single scan, an
    /// archive) old inventory is no gap of collection.
    pub scheduled: bool,
    /// How near a store's creation must be to a role's creation for the two to belong together.
    pub creation_window: SignedDuration,
}

impl Default for JudgingSettings {
    fn default() -> Self {
        Self {
            grace: SignedDuration::from_hours(24),
            expiry_notice: SignedDuration::from_hours(30 * 24),
            collection_patience: SignedDuration::from_mins(30),
            scheduled: true,
            creation_window: SignedDuration::from_hours(24),
        }
    }
}

/// All that is known of one account at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The account.
    pub account: Account,
    /// The moment for which the rules judge.
    pub as_of: Timestamp,
    /// Times that the rules need.
    pub settings: JudgingSettings,
    /// Role states, oldest first.
    pub roles: Vec<RoleSpan>,
    /// Store states, oldest first; those that ended are among them.
    pub stores: Vec<StoreSpan>,
    /// The newest coverage of each place, for this account and for places that no account is known of.
    pub coverage: Vec<CoverageSpan>,
    /// Events that are not ordinary use, oldest first.
    pub events: Vec<TrailEvent>,
    /// Ordinary use.
    pub uses: Vec<RoleUse>,
    /// Deletion tasks, oldest first.
    pub tasks: Vec<DeletionTask>,
    /// States of trails, oldest first; those that ended are among them.
    pub trails: Vec<TrailSpan>,
    /// Digest chains of its log files.
    pub digests: Vec<ChainState>,
}

/// The newest coverage of one place and since when it stands so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageSpan {
    /// The row.
    pub coverage: Coverage,
    /// First run in a row that ended with the same outcome.
    pub since: Timestamp,
    /// Last run that tried.
    pub checked_at: Timestamp,
    /// Last run that was complete.
    pub last_complete: Option<Timestamp>,
}
