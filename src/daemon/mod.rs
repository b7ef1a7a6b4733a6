//! The daemon's parts that know nothing of its business: when work is due, one piece of it at a time, how it ends,
//! how the configuration is read again, what the service manager hears.

pub mod notify;
mod pace;
pub mod run;
pub mod schedule;
pub mod shutdown;

pub use notify::Notifier;
pub use run::{DaemonParts, Ended, FirstRun, Run, Task, run};
pub use schedule::{Schedule, ScheduleError};
pub use shutdown::{Signal, Stop};
