//! Reading a query: every parameter is known, comes once and is what it should be, or the request is refused with what to
//! send instead.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::http::StatusCode;
use jiff::Timestamp;
use percent_encoding::percent_decode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::List;
use super::cursor::{self, Cursor};
use super::parameters::{DEFAULT_LIMIT, Parameter, limit};
use super::problem::Problem;
use crate::model::moment;

/// Bytes of a query string.
const QUERY_BYTES: usize = 8 * 1024;
/// Characters of a parameter's name or value that a refusal repeats.
const REPEATED_CHARACTERS: usize = 64;

/// The parameters of a request, each as its declaration wants it.
#[derive(Debug, Clone)]
pub(super) struct Query {
    list: List,
    values: BTreeMap<&'static str, String>,
    digest: String,
    cursor: Option<Cursor>,
}

impl Query {
    /// Reads the query of a request for a list or a part of it.
    pub(super) fn read(list: List, known: &[Parameter], query: Option<&str>) -> Result<Self, Problem> {
        let text = query.unwrap_or_default();
        if QUERY_BYTES < text.len() {
            let detail = format!("a query may have {QUERY_BYTES} bytes; send fewer or shorter parameters");
            return Err(Problem::new(StatusCode::URI_TOO_LONG, detail));
        }
        let mut values = BTreeMap::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name).ok_or_else(|| undecodable(name))?;
            let parameter = known.iter().find(|known| known.name == name).ok_or_else(|| unknown(&name, known))?;
            let value = decoded(value).ok_or_else(|| undecodable(&name))?;
            parameter.kind.check(&value).map_err(|wanted| {
                Problem::parameter(&name, format!("{name} is {:?} and must be {wanted}", shortened(&value)))
            })?;
            if values.insert(parameter.name, value).is_some() {
                return Err(Problem::parameter(&name, format!("{name} is there more than once; send it once")));
            }
        }
        let digest = digest(&values);
        let read = |text: &String| cursor::read(text, list, &digest);
        let cursor = values.get("cursor").map(read).transpose()?;
        Ok(Self { list, values, digest, cursor })
    }

    /// The moment from which relative times count: that of the first page, as exactly as cursors tell it.
    pub(super) fn now(&self, now: Timestamp) -> Timestamp {
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        self.cursor.as_ref().map_or(now, |cursor| cursor.now)
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }

    /// A word of a type's own.
    pub(super) fn word<T: FromStr>(&self, name: &str) -> Option<T> {
        self.values.get(name).and_then(|word| word.parse().ok())
    }

    /// A moment, where relative ones lie before `now`.
    pub(super) fn moment(&self, name: &str, now: Timestamp) -> Option<Timestamp> {
        self.values.get(name).and_then(|text| moment::parse(text, now))
    }

    /// Whether something is asked for.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| value == "true")
    }

    /// How many rows are asked for.
    pub(super) fn limit(&self) -> usize {
        self.values.get("limit").and_then(|text| limit(text)).unwrap_or(DEFAULT_LIMIT)
    }

    /// Where to go on.
    pub(super) fn after<P: DeserializeOwned>(&self) -> Result<Option<P>, Problem> {
        self.cursor.as_ref().map(Cursor::place).transpose()
    }

    /// The cursor of the page that begins behind a place, in the query that was begun at `now`.
    pub(super) fn cursor_to<P: Serialize>(&self, place: &P, now: Timestamp) -> String {
        cursor::write(self.list, &self.digest, self.now(now), place)
    }
}

/// What a cursor must fit: everything that narrows or shapes the list.
fn digest(values: &BTreeMap<&'static str, String>) -> String {
    let mut hash = Sha256::new();
    for (name, value) in values.iter().filter(|(name, _)| !["limit", "cursor"].contains(name)) {
        // No value holds a line feed.
        hash.update(format!("{name}={value}\n"));
    }
    hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text of a percent-encoded form value; `None` where an escape is broken or the bytes are no text.
fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_escape =
        |place: usize| bytes.get(place + 1..place + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if bytes.iter().enumerate().any(|(place, byte)| *byte == b'%' && !is_escape(place)) {
        return None;
    }
    let spaced = text.replace('+', " ");
    percent_decode(spaced.as_bytes()).decode_utf8().ok().map(Into::into)
}

fn undecodable(name: &str) -> Problem {
    let name = shortened(name);
    Problem::parameter(
        &name,
        format!("{name} is not encoded as it should be; write other characters as %XX, in UTF-8"),
    )
}

fn unknown(name: &str, known: &[Parameter]) -> Problem {
    let nearest = known.iter().min_by_key(|known| strsim::damerau_levenshtein(&shortened(name), known.name));
    let names = known.iter().map(|known| known.name).collect::<Vec<_>>().join(", ");
    let name = shortened(name);
    let hint = nearest.map_or_else(String::new, |nearest| format!(" (nearest: {})", nearest.name));
    Problem::parameter(&name, format!("{name:?} is no parameter of this list{hint}; there are {names}"))
}

/// The beginning of a text.
fn shortened(text: &str) -> String {
    text.chars().take(REPEATED_CHARACTERS).collect()
}
