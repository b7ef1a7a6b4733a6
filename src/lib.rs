//! roletrail: read-only audit of the service-linked roles behind cloud key stores.
//!
//! Data flows one way through these modules, in this order; `ARCHITECTURE.md` is the map with its reasons.
//!
//! 1. [`model`]: plain data that the layers hand to each other; [`clock`]: "now".
//! 2. [`profiles`]: which roles are watched; [`config`]: the settings.
//! 3. [`trail`]: trail objects, from bytes to normalised events; [`sources`]: where facts come from.
//! 4. [`evidence`]: the log that shows whether the history was changed from outside; [`store`]: the history in SQLite.
//! 5. [`rules`]: judge the evidence; [`findings`]: the life of what they find.
//! 6. [`exports`]: JSON, metrics, HTTP.
//! 7. [`daemon`]: when all of it happens; [`boot`] builds it, [`cli`] starts it.
//!
//! [`simulation`] writes the organisations that the demo, the tests and the benchmarks read.

pub mod boot;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod evidence;
pub mod exports;
pub mod findings;
pub mod model;
pub mod profiles;
pub mod rules;
pub mod simulation;
pub mod sources;
pub mod store;
pub mod trail;
