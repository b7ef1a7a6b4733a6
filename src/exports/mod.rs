//! What leaves the program: JSON, metrics and the pages that carry them.

pub mod http;
pub mod json;
pub mod metrics;
