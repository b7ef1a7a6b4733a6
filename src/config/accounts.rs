//! Settings that both providers have: which Regions, and since when.

use std::path::Path;

use serde::{Serialize, Serializer};
use toml::de::DeValue;

use super::reader::{Section, nearest};
use super::value::{Leaf, Period};

/// Which Regions to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Regions {
    /// Those that the account has switched on; it is asked.
    Enabled,
    /// These.
    List(Vec<String>),
}

impl Serialize for Regions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Enabled => serializer.serialize_str("enabled"),
            Self::List(regions) => regions.serialize(serializer),
        }
    }
}

impl Leaf for Regions {
    const EXPECTED: &'static str = "\"enabled\" or a list such as [\"us-east-1\"]";

    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String> {
        Ok(match word_or_list(value, base, &["enabled"])? {
            WordOrList::Word(_) => Self::Enabled,
            WordOrList::List(regions) => Self::List(regions),
        })
    }
}

/// A word out of a few, or a list of texts.
pub(super) enum WordOrList {
    Word(String),
    List(Vec<String>),
}

pub(super) fn word_or_list(value: &DeValue<'_>, base: &Path, words: &[&str]) -> Result<WordOrList, String> {
    if let DeValue::Array(items) = value {
        if items.is_empty() {
            return Err("an empty list cannot be used".to_owned());
        }
        return Vec::read(value, base).map(WordOrList::List);
    }
    let word = String::read(value, base)?;
    if words.contains(&word.as_str()) {
        return Ok(WordOrList::Word(word));
    }
    Err(format!("{word:?} is not known (nearest: {:?})", nearest(&word, words).unwrap_or_default()))
}

/// Account ids are digits, kept as text because of leading zeros.
pub(super) fn check_ids(ids: Vec<String>, digits: Option<usize>) -> Result<Vec<String>, String> {
    let well_formed = |id: &String| {
        let right_length = digits.is_none_or(|digits| id.len() == digits);
        right_length && id.bytes().all(|byte| byte.is_ascii_digit())
    };
    match ids.iter().find(|id| !well_formed(id)) {
        Some(id) => Err(format!("{id:?} is no account id")),
        None => Ok(ids),
    }
}

/// Checks a start of reading: a date, a time of RFC 3339, or a period before now.
pub(super) fn since(section: &mut Section<'_, '_>) -> Option<String> {
    let since: String = section.optional("since")?;
    let understood = since.parse::<jiff::Timestamp>().is_ok()
        || since.parse::<jiff::civil::Date>().is_ok()
        || since.parse::<Period>().is_ok();
    if !understood {
        let remedy = "give a date (\"2026-01-31\"), a time of RFC 3339 or a period (\"90d\")";
        section.problem("since", format!("{since:?} is no time"), remedy);
    }
    Some(since)
}

/// Checks that a URL is one of HTTP.
pub(super) fn url(section: &mut Section<'_, '_>, key: &'static str) -> Option<String> {
    let url: String = section.optional(key)?;
    if !url.starts_with("https://") && !url.starts_with("http://") {
        section.problem(key, format!("{url:?} is no URL"), "give one that begins with https:// or http://");
    }
    Some(url)
}

/// Names of sources of one kind must differ: coverage and metrics tell sources apart by them.
pub(super) fn name(section: &mut Section<'_, '_>, taken: &mut Vec<String>) -> String {
    let name: String = section.required("name");
    if taken.contains(&name) {
        section.problem("name", format!("{name:?} is taken by another source"), "give each source a name of its own");
    }
    taken.push(name.clone());
    name
}
