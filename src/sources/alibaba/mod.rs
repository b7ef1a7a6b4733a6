//! Alibaba Cloud, live: the inventory of accounts and the events of their trails, through the provider's own APIs.
//!
//! Names and shapes of the wire stay in this folder; what leaves it is plain data and rows of coverage.

mod answer;
pub mod calls;
mod client;
mod credentials;
mod endpoint;
mod failure;
mod hub;
mod oss_signer;
pub mod permissions;
mod security_tokens;
mod session;
mod signer;

use super::live::{self, Failure};
use crate::config::Alibaba;
pub use hub::Hub;
pub use session::Session;

/// Everything that reading a source takes.
pub type Plan = live::Plan<Alibaba>;

/// How far a source reaches.
pub type Reached = live::Reached<Hub>;
