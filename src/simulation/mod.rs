//! Simulated organisations: the story of `roletrail demo`, and benchmark archives of any size.
//!
//! Everything is made of a seed and a moment, so that the same call writes the same bytes. Records and inventory have
//! the providers' shapes with values of our own: documentation-style account ids, addresses of the ranges that are
//! reserved for documentation, credentials that say EXAMPLE.

mod archive;
mod corpus;
mod demo;
mod digests;
mod inventory;
mod life;
mod organisation;
mod random;
mod records;
mod trail;

#[cfg(test)]
mod tests;

pub use archive::{SimulationError, Written};
pub use corpus::{CorpusPlan, Flagged, Truth, corpus};
pub use demo::demo;
pub use digests::{DeliveredLog, DigestChain, DigestSigner, SignedDigest, log_object};
pub use organisation::{
    ALIBABA_PROFILE, AWS_PROFILE, Act, Caller, Expected, Happening, Organisation, Refusal, Silence, SilentRegion,
    SimulatedAccount, SimulatedRole, SimulatedStore, StoreCondition, StoreEdition,
};
