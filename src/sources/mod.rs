//! Where facts come from: inventory files, trail files, and live providers, one folder each.
//!
//! A source reports what it could not read as carefully as what it could: a gap is data, never an empty list.

pub mod alibaba;
pub mod aws;
pub mod digests;
pub mod files;
pub mod live;
mod report;
mod seen;
pub mod snapshot;
