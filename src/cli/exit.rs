//! Exit codes, and how failures are told.

use std::io;
use std::process::ExitCode;

use crate::config::ConfigError;
use crate::daemon::jobs::JobError;
use crate::evidence::KeyError;
use crate::exports::http::EntranceError;
use crate::profiles::ProfileError;
use crate::store::StoreError;

use super::text::one_line;

/// How a command ended. The codes are a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; nothing at or above `--fail-on`.
    Done,
    /// Done; findings at or above `--fail-on` are open.
    Findings,
    /// Something could not be read; what could be is there.
    Incomplete,
    /// Usage or configuration error; nothing was done.
    Usage,
    /// The store cannot be used.
    Store,
    /// Interrupted; what was committed stays.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Findings => 1,
            Exit::Incomplete => 2,
            Exit::Usage => 3,
            Exit::Store => 4,
            Exit::Interrupted => 130,
        })
    }
}

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Wrong arguments.
    #[error("{0}")]
    Usage(String),
    /// Wrong configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Wrong web configuration, or one that does not suit the address.
    #[error(transparent)]
    Entrance(#[from] EntranceError),
    /// Wrong profiles.
    #[error(transparent)]
    Profiles(#[from] ProfileError),
    /// The key that signs checkpoints.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Output could not be written, or something else of the machine failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The daemon could not run.
    #[error("{0:#}")]
    Daemon(anyhow::Error),
}

impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Store(error) => Self::Store(error),
            broken @ JobError::Broken(_) => Self::Io(io::Error::other(broken.to_string())),
        }
    }
}

impl Failure {
    /// A usage error about a value of an option.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Usage(_)
            | Self::Config(_)
            | Self::Entrance(_)
            | Self::Profiles(_)
            | Self::Key(_)
            | Self::Daemon(_) => Exit::Usage,
            Self::Store(_) => Exit::Store,
            Self::Io(_) => Exit::Incomplete,
        }
    }
}

/// Tells a failure on standard error and answers its exit code. A reader that went away (`| head`) is no failure.
pub(super) fn report(failure: &Failure) -> Exit {
    if let Failure::Io(error) = failure
        && error.kind() == io::ErrorKind::BrokenPipe
    {
        return Exit::Done;
    }
    for (number, line) in failure.to_string().lines().enumerate() {
        eprintln!("{}{}", if number == 0 { "roletrail: " } else { "  " }, one_line(line));
    }
    failure.exit()
}

/// Help and version go to standard output and are no error; everything else about arguments ends with code 3.
pub(super) fn of_usage(error: &clap::Error) -> Exit {
    // A closed standard output cannot be told about anywhere.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}
