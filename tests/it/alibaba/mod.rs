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

// The tests and the stand-in each use a part of it.
#![allow(dead_code, unused_imports)]

mod actiontrail;
mod catalogue;
mod cloud;
mod directory;
mod event;
mod hsm;
mod instance;
mod keys;
mod kms;
mod lookup;
mod oss;
mod protocol;
mod ram;
mod request;
mod role;
mod server;
mod signature;
mod sts;
#[cfg(test)]
mod tests;
mod world;

pub use crate::fake::{Call, Effect, Fault};
pub use cloud::Cloud;
pub use instance::Instance;
pub use keys::{SECRET, key_of};
pub use role::{KEY_STORE_ROLE, Policy, Role, Task};
pub use world::{Account, Attributes, Bucket, Trail, World};
