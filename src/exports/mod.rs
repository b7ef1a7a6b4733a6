//! What leaves the program: metrics and the pages that carry them.

pub mod http;
pub mod metrics;
