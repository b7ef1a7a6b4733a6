//! A strict fake of Alibaba Cloud: real HTTP on loopback, every signature verified, and nothing accepted that the real
//! services would refuse.
//!
//! ```text
//! let cloud = Cloud::start(World::new("1000000000000001").account(Account::new("1000000000000002").orphaned()));
//! cloud.fault(Fault::on("kms:ListKmsInstances").region("cn-beijing").always(Effect::AccessDenied));
//! ... run the program with cloud.environment() and the endpoint cloud.endpoint() ...
//! assert!(cloud.refusals().is_empty());
//! ```
//! Whoever cannot put product and Region into the path asks at `/`: the product follows from the version, the Region
//! from the header [`server::REGION_HEADER`].

// Not every test uses every part of it. What the simulated AWS does in the same way is the same source, with the types of
// this provider around it.
#![allow(dead_code, unused_imports, clippy::duplicate_mod)]

mod actiontrail;
mod catalogue;
mod cloud;
mod directory;
mod event;
#[path = "../aws/faults.rs"]
mod faults;
mod hsm;
mod instance;
mod keys;
mod kms;
#[path = "../aws/ledger.rs"]
mod ledger;
mod lookup;
mod oss;
#[path = "../aws/paging.rs"]
mod paging;
mod protocol;
mod ram;
mod request;
mod role;
mod server;
mod signature;
mod sts;
#[cfg(test)]
mod tests;
#[path = "../aws/wire.rs"]
mod wire;
mod world;

pub use cloud::Cloud;
pub use faults::{Effect, Fault};
pub use instance::Instance;
pub use keys::{SECRET, key_of};
pub use ledger::Call;
pub use role::{KEY_STORE_ROLE, Policy, Role, Task};
pub use world::{Account, Attributes, Bucket, Trail, World};
