//! A strict fake of AWS: real HTTP and real protocols on loopback, and nothing accepted that AWS would refuse.
//!
//! ```text
//! let cloud = Cloud::start(World::new("111111111111").account(Account::new("222222222222").orphaned()));
//! cloud.fault(Fault::on("kms:DescribeCustomKeyStores").region("eu-west-1").always(Effect::AccessDenied));
//! ... run the program with cloud.environment() ...
//! assert!(cloud.refusals().is_empty());
//! ```
//! S3, SQS and SNS are moto's: see [`Cloud::forward`].

// The tests and the stand-in each use a part of it.
#![allow(dead_code, unused_imports)]

mod account;
mod catalogue;
mod cloud;
mod cloudhsm;
mod cloudtrail;
mod event;
mod forward;
mod iam;
mod keys;
mod kms;
mod lookup;
mod moto;
mod organizations;
mod paging;
mod protocol;
mod request;
mod role;
mod server;
mod sts;
#[cfg(test)]
mod tests;
mod world;

pub use crate::fake::{Call, Effect, Fault};
pub use cloud::Cloud;
pub use event::Event;
pub use moto::Moto;
pub use role::{CKS_ROLE, Role, Task};
pub use world::{Account, Trail, World, external_store, hsm_store};
