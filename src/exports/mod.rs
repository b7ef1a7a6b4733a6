//! What leaves the program: JSON, metrics and the pages that carry them, and the policies that it asks for.

pub mod http;
pub mod json;
pub mod metrics;
pub mod policies;
mod view;

pub use view::{FindingPage, View, Views};
