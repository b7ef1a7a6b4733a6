//! What the strict fakes of providers have in common: a server, a ledger of calls, faults, page tokens.
//!
//! A provider brings the world that it serves ([`Served`]) and its ways of telling errors ([`Errors`]).

// The tests and the stand-in each use a part of it.
#![allow(dead_code, unused_imports)]

mod answer;
mod catalogue;
mod cloud;
mod faults;
mod ledger;
mod records;
mod tokens;
mod wire;

pub use answer::{Answer, Errors, Refusal};
pub use catalogue::{Member, Paging, optional, required};
pub use cloud::{Cloud, Identity, Served, Shared, Stop, lock};
pub use faults::{Effect, Fault};
pub use ledger::Call;
pub use records::{seconds, text};
pub use tokens::{Asked, Tokens};
pub use wire::{Received, Reset, header, pairs, shape, whole};
