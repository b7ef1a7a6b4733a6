//! The daemon: when work is due, one piece of it at a time, how it ends, how the configuration is read again, what
//! the service manager hears; and `jobs`, the work itself, which commands do as well.

mod exceptions_file;
pub mod jobs;
pub mod notify;
mod pace;
mod reporting;
pub mod run;
pub mod schedule;
pub mod service;
pub mod shutdown;
mod timetable;

pub use exceptions_file::ExceptionsFile;
pub use notify::Notifier;
pub use run::{DaemonParts, Ended, FirstRun, Run, Task, run};
pub use schedule::{Schedule, ScheduleError};
pub use shutdown::{Signal, Stop};
pub use timetable::Timetable;
