//! Where facts come from: inventory files and trail files. Live providers stand beside them, one folder each.
//!
//! A source reports what it could not read as carefully as what it could: a gap is data, never an empty list.

pub mod aws;
pub mod files;
pub mod snapshot;
