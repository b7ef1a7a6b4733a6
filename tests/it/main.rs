//! The integration tests: one binary, real files, real databases, the real program.

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
