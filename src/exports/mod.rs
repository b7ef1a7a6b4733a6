//! What leaves the program: JSON, metrics and the pages that carry them, and the policies that it asks for.

pub mod csv;
pub mod http;
pub mod json;
pub mod metrics;
pub mod policies;
pub mod reports;
mod view;
pub mod visible;

pub use view::{View, Views};
