//! The integration tests: one binary, real files, real databases, the real program.

#![allow(
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "these are tests, their helpers too; records are made and given away"
)]

mod bad_input;
mod cli;
mod config;
mod crash;
mod daemon;
mod demo;
mod house;
mod ingest;
mod judging;
mod records;
mod snapshot;
mod store;
mod support;
