//! The daemon's parts that know nothing of its business: when work is due, how it ends, what the service manager
//! hears.

pub mod schedule;
