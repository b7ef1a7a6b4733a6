//! What leaves the program: JSON, metrics and the pages that carry them, and the policies that it asks for.

pub mod html;
pub mod http;
pub mod json;
pub mod metrics;
pub mod pictures;
pub mod policies;
mod tally;
mod view;

pub use tally::{ExceptionStanding, Tally};
pub use view::{FindingPage, View, Views};
