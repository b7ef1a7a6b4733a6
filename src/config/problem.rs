//! What is wrong with a configuration: the place, the reason and the remedy.

use std::fmt;
use std::path::PathBuf;

/// A place in a configuration file, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands; `None` for what no file holds (a default, the environment, the command line).
    pub place: Option<Place>,
    /// The setting, such as `aws[0].trail[1].kind`; empty for the syntax of the file as a whole.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl Problem {
    /// A problem of the setting `key`, its place not known yet.
    #[must_use]
    pub fn new(key: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: None, key: key.into(), message: message.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}; {}", self.message, self.remedy)
    }
}

/// Why there is no configuration to work with. Exit code 3.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error(
        "cannot read the configuration {path} (named by {named_by}): {source}; name a file that this user can read"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What named it.
        named_by: &'static str,
        /// Cause.
        source: std::io::Error,
    },
    /// The file is not text.
    #[error("{path}: not UTF-8 at byte {offset}; save the configuration as UTF-8 text")]
    NotText {
        /// The file.
        path: PathBuf,
        /// First byte that is not UTF-8.
        offset: usize,
    },
    /// Settings are wrong: all that could be found at once.
    #[error("{}", list(.problems))]
    Invalid {
        /// What is wrong, in the order of the file.
        problems: Vec<Problem>,
    },
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}
