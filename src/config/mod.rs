//! The settings: one file per section, read from TOML, the environment and the command line.
//!
//! The command line wins over the environment, the environment over the file, the file over the defaults. The file
//! is the one that `--config` names, else the one that `ROLETRAIL_CONFIG` names, else `roletrail.toml` in the working
//! directory where there is one; none is needed. Relative paths in the file are relative to the file's directory,
//! all others to the working directory. Nothing else of the environment is read, and only here.

mod accounts;
mod alibaba;
mod aws;
mod collect;
mod controls;
mod controls_file;
mod database;
mod evidence;
mod exceptions;
mod exceptions_edit;
mod exceptions_file;
mod explain;
mod limits;
mod problem;
mod profiles;
mod reader;
mod replace;
mod reports;
mod rules;
mod schedule;
mod snapshot;
mod unsupported;
mod value;
mod web;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use accounts::Regions;
pub use alibaba::{Alibaba, AlibabaAccounts, AlibabaTrail, LOOKUPS_PER_SECOND};
pub use aws::{Aws, AwsAccounts, AwsTrail};
pub use collect::{Collect, Keep, MOST_THREADS};
pub use controls::Controls;
pub use controls_file::{parse_controls, read_controls};
pub use database::Database;
pub use evidence::Evidence;
pub use exceptions::Exceptions;
pub use exceptions_edit::{EditError, NewException, add_exception, end_exception};
pub use exceptions_file::{ExceptionsLaw, parse_exceptions, read_exceptions};
pub use explain::{Explained, Origin};
pub use limits::Limits;
pub use problem::{ConfigError, Place, Problem};
pub use profiles::Profiles;
pub use replace::replace_file;
pub use reports::{ReportFormat, ReportSpan, Reports};
pub use rules::Rules;
pub use schedule::{Analyze, Schedule};
pub use snapshot::SnapshotSource;
pub use value::{ParsePeriodError, Period};
pub use web::Web;

pub(crate) use reader::nearest;
use reader::{Document, Section};

/// The file that is read where none is named and it exists.
pub const DEFAULT_FILE: &str = "roletrail.toml";
/// The variable that names the file.
pub const CONFIG_VARIABLE: &str = "ROLETRAIL_CONFIG";
/// The variable that names the database.
pub const DATABASE_VARIABLE: &str = "ROLETRAIL_DATABASE";

/// Every setting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(title = "roletrail.toml", default, deny_unknown_fields)]
pub struct Settings {
    /// Where the history is.
    pub database: Database,
    /// The metrics page and the API.
    pub web: Web,
    /// When the daemon works.
    pub schedule: Schedule,
    /// How much a collection may take, and what it keeps.
    pub collect: Collect,
    /// Times that the rules need.
    pub rules: Rules,
    /// What one trail object may cost.
    pub limits: Limits,
    /// Which roles are watched.
    pub profiles: Profiles,
    /// Accounts of AWS and their trails.
    pub aws: Vec<Aws>,
    /// Accounts of Alibaba Cloud and their trails.
    pub alibaba: Vec<Alibaba>,
    /// Inventory from files.
    pub snapshot: Vec<SnapshotSource>,
    /// What reports are written, and where.
    pub reports: Reports,
    /// Which controls of which frameworks the findings support.
    pub controls: Controls,
    /// Findings that somebody has accepted for a time.
    pub exceptions: Exceptions,
    /// The log that shows whether the history was changed from outside.
    pub evidence: Evidence,
}

/// The commented example that `config init` writes; a test reads it.
pub const EXAMPLE: &str = include_str!("../../config/roletrail.example.toml");

impl Settings {
    /// Whether there is nothing to collect from.
    #[must_use]
    pub fn has_no_source(&self) -> bool {
        self.aws.is_empty() && self.alibaba.is_empty() && self.snapshot.is_empty()
    }

    /// Whether the digests of some trail are checked with each collection.
    #[must_use]
    pub fn verifies_digests(&self) -> bool {
        self.aws.iter().any(Aws::verifies_digests)
    }

    fn read(section: &mut Section<'_, '_>) -> Self {
        let mut names = Vec::new();
        Self {
            database: section.section("database", Database::read),
            web: section.section("web", Web::read),
            schedule: section.section("schedule", Schedule::read),
            collect: section.section("collect", Collect::read),
            rules: section.section("rules", Rules::read),
            limits: section.section("limits", Limits::read),
            profiles: section.section("profiles", Profiles::read),
            aws: section.sections("aws", |source| Aws::read(source, &mut names)),
            alibaba: section.sections("alibaba", |source| Alibaba::read(source, &mut names)),
            snapshot: section.sections("snapshot", SnapshotSource::read),
            reports: section.section("reports", Reports::read),
            controls: section.section("controls", Controls::read),
            exceptions: section.section("exceptions", Exceptions::read),
            evidence: section.section("evidence", Evidence::read),
        }
    }
}

/// What the command line says about settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--database`.
    pub database: Option<String>,
}

/// The settings and where each of them came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Origin by key; what is not here is a default.
    origins: BTreeMap<String, Origin>,
}

/// Loads the settings. `path` is what `--config` says, `env` looks a variable of the environment up.
///
/// # Errors
/// [`ConfigError`] with everything that is wrong, as far as it can be found at once.
pub fn load(
    path: Option<&Path>,
    env: &dyn Fn(&str) -> Option<String>,
    overrides: &Overrides,
) -> Result<Loaded, ConfigError> {
    let variable = |name: &str| env(name).filter(|value| !value.is_empty());
    let (mut loaded, mut problems) = match find(path, &variable) {
        Some((file, named_by)) => read(&file, named_by)?,
        None => (Loaded { settings: Settings::default(), file: None, origins: BTreeMap::new() }, Vec::new()),
    };
    let from_environment = variable(DATABASE_VARIABLE).map(|url| (url, Origin::Environment(DATABASE_VARIABLE)));
    let from_command_line = overrides.database.clone().map(|url| (url, Origin::CommandLine("--database")));
    if let Some((url, origin)) = from_command_line.or(from_environment) {
        problems.extend(Database::check(&origin.to_string(), &url));
        loaded.settings.database = Database { url };
        loaded.origins.insert("database.url".to_owned(), origin);
    }
    if problems.is_empty() { Ok(loaded) } else { Err(ConfigError::Invalid { problems }) }
}

/// Parses the text of a configuration file that stands, or would stand, at `file`.
///
/// # Errors
/// [`ConfigError::Invalid`] with everything that is wrong.
pub fn parse(text: &str, file: &Path) -> Result<Loaded, ConfigError> {
    let (loaded, problems) = read_text(text, file);
    if problems.is_empty() { Ok(loaded) } else { Err(ConfigError::Invalid { problems }) }
}

/// The JSON schema of the configuration file.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Settings).to_value()
}

fn find(path: Option<&Path>, variable: &dyn Fn(&str) -> Option<String>) -> Option<(PathBuf, &'static str)> {
    if let Some(path) = path {
        return Some((path.to_owned(), "--config"));
    }
    if let Some(path) = variable(CONFIG_VARIABLE) {
        return Some((PathBuf::from(path), CONFIG_VARIABLE));
    }
    let default = Path::new(DEFAULT_FILE);
    default.exists().then(|| (default.to_owned(), "being in the working directory"))
}

fn read(file: &Path, named_by: &'static str) -> Result<(Loaded, Vec<Problem>), ConfigError> {
    let bytes =
        std::fs::read(file).map_err(|source| ConfigError::Read { path: file.to_owned(), named_by, source })?;
    let text = String::from_utf8(bytes)
        .map_err(|error| ConfigError::NotText { path: file.to_owned(), offset: error.utf8_error().valid_up_to() })?;
    Ok(read_text(&text, file))
}

fn read_text(text: &str, file: &Path) -> (Loaded, Vec<Problem>) {
    let (settings, report) = Document::new(file, text).read(Settings::read);
    let origins = report.origins.into_iter().map(|(key, place)| (key, Origin::File(place))).collect();
    (Loaded { settings, file: Some(file.to_owned()), origins }, report.problems)
}

#[cfg(test)]
mod tests;
