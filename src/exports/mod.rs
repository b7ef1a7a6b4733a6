//! What leaves the program: JSON, metrics and the pages that carry them, the runbooks of the alerts, and the policies that
//! it asks for.

pub mod csv;
#[cfg(test)]
mod hostile;
pub mod html;
pub mod http;
pub mod json;
pub mod metrics;
pub mod pictures;
pub mod policies;
pub mod reports;
pub mod runbooks;
mod tally;
mod view;
pub mod visible;

pub use tally::{ExceptionStanding, Tally};
pub use view::{FindingPage, View, Views};
