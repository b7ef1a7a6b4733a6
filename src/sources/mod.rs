//! Where facts come from: inventory files and trail files. Live providers stand beside them, one folder each.
pub mod files;
pub mod snapshot;
