//! `[evidence]`: the log that shows whether the history was changed from outside.

use std::path::PathBuf;

use serde::Serialize;

use super::reader::Section;
use super::value;

/// `[evidence]`: the log that shows whether the history was changed from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Evidence {
    /// The private key that signs checkpoints: Ed25519 in PEM, readable by its owner only. Default: none, checkpoints are
    /// not signed.
    #[serde(serialize_with = "value::optional_path")]
    pub key_file: Option<PathBuf>,
    /// The name of this log in its checkpoints, unlike that of any other log, such as `example.org/roletrail`. Default
    /// `roletrail`.
    pub origin: String,
    /// Public keys that signed earlier checkpoints, as `roletrail doctor` shows them. Default: none.
    pub former_keys: Vec<String>,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { key_file: None, origin: "roletrail".to_owned(), former_keys: Vec::new() }
    }
}

/// Letters of an origin at most.
const MOST_LETTERS: usize = 200;

impl Evidence {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        let evidence = Self {
            key_file: section.optional("key_file"),
            origin: section.value("origin", default.origin),
            former_keys: section.value("former_keys", default.former_keys),
        };
        // Names of keys hold neither, and the line of a checkpoint has to be one.
        let fits = |letter: char| letter.is_ascii_graphic() && letter != '+';
        let origin = &evidence.origin;
        if MOST_LETTERS < origin.len() || !origin.chars().all(fits) {
            let remedy = "give a name of letters, digits, dots and slashes, such as \"example.org/roletrail\"";
            section.problem("origin", format!("{origin:?} is no name of a log"), remedy);
        }
        evidence
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::parse;

    #[test]
    fn an_origin_is_one_word_of_a_checkpoint() {
        let read = |origin: &str| parse(&format!("[evidence]\norigin = {origin:?}\n"), Path::new("roletrail.toml"));
        for origin in ["example.org/roletrail", "a", "x-1_y"] {
            assert!(read(origin).is_ok(), "{origin}");
        }
        for origin in ["two words", "a+b", "line\nbreak", "ä", &"a".repeat(201)] {
            let error = read(origin).expect_err(origin).to_string();
            assert!(error.contains("evidence.origin") && error.contains("example.org"), "{error}");
        }
    }
}
