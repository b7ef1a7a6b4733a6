//! Plain data that the layers hand to each other: no I/O, no clock, no SQL, no provider SDK types.
//!
//! Everything that crosses a layer border is defined here, so that `sources`, `store`, `rules` and `exports`
//! depend on this module and never on one another.

mod account;
mod check;
mod collection;
mod control;
mod coverage;
mod digest;
mod event;
mod evidence;
mod exception;
mod finding;
mod judgement;
mod key_store;
mod lookup;
pub mod moment;
mod permission;
mod policy;
mod role;
mod task;
mod trail_settings;
mod verdict;

pub use account::{Account, ParseProviderError, Provider};
pub use check::{Check, CheckKind, CheckOutcome};
pub use collection::{Collection, ObjectHashes, RunKind, SourceSummary};
pub use control::ControlEntry;
pub use coverage::{Coverage, CoverageKey, Outcome, api};
pub use digest::{
    ChainId, ChainKind, ChainLink, ChainProblem, ChainProblemKind, ChainState, DigestUpdate, StandingProblem,
};
pub use event::{Actor, Concern, ConcernKind, EventOutcome, Reject, StoreEffect, TrailEvent};
pub use evidence::{CoverageSpan, Evidence, JudgingSettings, RoleSpan, RoleUse, StoreSpan};
pub use exception::{Exception, ExceptionScope, ExceptionState, Pattern, is_wildcard};
pub use finding::{
    Basis, Finding, FindingChange, FindingEvent, FindingId, FindingOutcome, FindingStatus, Fix, Fixer, Severity,
    StoredFinding,
};
pub use judgement::{Cleared, FindingUpdate, Judgement, Undecided};
pub use key_store::{HSM_CLUSTER, KeyStore, StoreNeed, StoreState};
pub use lookup::LookupProgress;
pub use permission::{ExternalId, MemberRoles, ParsePartitionError, Partition, Permissions, Statement};
pub use policy::{PolicyDocument, PolicyError};
pub use role::{AttachedPolicy, InlinePolicy, Role, RoleObservation};
pub use task::{DeletionTask, TaskStatus, TaskUsage};
pub use trail_settings::{
    AdvancedSelector, EventSelector, FieldSelector, ReadWrite, Recording, TrailSettings, TrailSpan, both, either,
};
pub use verdict::{AccountVerdict, AssumptionCount, RolePresence, StoreCount, Verdict};
