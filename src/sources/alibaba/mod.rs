//! Alibaba Cloud, live: the inventory of accounts and the events of their trails, through the provider's own APIs.
//!
//! Names and shapes of the wire stay in this folder; what leaves it is plain data and rows of coverage.

mod answer;
pub mod calls;
mod client;
mod credentials;
mod endpoint;
mod failure;
mod oss_signer;
mod session;
mod signer;

pub use session::Session;
