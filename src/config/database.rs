//! `[database]`: where the history is.

use std::fmt;

use serde::{Serialize, Serializer};

use super::problem::Problem;
use super::reader::Section;

/// `[database]`: where the history is.
#[derive(Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite://PATH` or `postgres://...`. Default `sqlite://roletrail.db`. A relative path of the file is relative to
    /// the file's directory, one of the command line or environment to the working directory.
    #[serde(serialize_with = "redacted")]
    pub url: String,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite://roletrail.db".to_owned() }
    }
}

const SQLITE: &str = "sqlite://";
const POSTGRES: [&str; 2] = ["postgres://", "postgresql://"];

impl Database {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let Some(url) = section.optional::<String>("url") else { return Self::default() };
        if let Some(problem) = Self::check("url", &url) {
            section.problem("url", problem.message, problem.remedy);
        }
        match sqlite_path(&url) {
            Some(path) => Self { url: format!("{SQLITE}{}", section.base().join(path).to_string_lossy()) },
            None => Self { url },
        }
    }

    /// What is wrong with a database URL that `key` gives.
    pub(super) fn check(key: &str, url: &str) -> Option<Problem> {
        let postgres = POSTGRES.iter().any(|scheme| scheme.len() < url.len() && url.starts_with(scheme));
        if postgres || sqlite_path(url).is_some_and(|path| !path.is_empty()) {
            return None;
        }
        let message = format!("{:?} is no database URL", without_password(url));
        Some(Problem::new(key, message, "give sqlite://PATH, such as \"sqlite://roletrail.db\""))
    }

    pub(super) fn is_postgres(&self) -> bool {
        POSTGRES.iter().any(|scheme| self.url.starts_with(scheme))
    }
}

/// The file that a URL names, with or without the slashes of a host that it has not.
fn sqlite_path(url: &str) -> Option<&str> {
    url.strip_prefix(SQLITE).or_else(|| url.strip_prefix("sqlite:"))
}

/// A URL may carry a password, and what shows settings ends up in logs and tickets.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("url", &without_password(&self.url)).finish()
    }
}

fn redacted<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&without_password(url))
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    if scheme == "sqlite" {
        return url.to_owned();
    }
    // The last @ ends the password: one that was not encoded may hold others.
    let Some((login, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    let Some((user, _)) = login.split_once(':') else { return url.to_owned() };
    format!("{scheme}://{user}:***@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_shown_nowhere() {
        let database = Database { url: "postgres://audit:s3cr@t:1@db.example:5432/roletrail".to_owned() };
        let shown = format!("{database:?} {}", serde_json::to_string(&database).expect("plain data"));
        assert!(!shown.contains("s3cr"), "{shown}");
        assert!(shown.contains("postgres://audit:***@db.example:5432/roletrail"), "{shown}");
    }
}
