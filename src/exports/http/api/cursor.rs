//! Cursors: where the next page begins, of which query, and since when. They come from outside and are not trusted: each
//! part is checked, and a place is only a place to begin at.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Problem;

/// The version of the format.
const VERSION: u8 = 1;

/// How every cursor begins: `{"v":1,"q":"` in base64. Other texts are no cursors at all.
pub(super) const BEGIN: &str = "eyJ2IjoxLCJxIjoi";
/// How long cursors may be: names in them are as long as the providers' names.
pub(super) const BYTES: std::ops::RangeInclusive<usize> = 48..=4096;

/// Where a list goes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<P> {
    /// The version.
    v: u8,
    /// Digest of the query.
    q: String,
    /// The moment from which the query's relative times count, in milliseconds: they stay the same for all pages.
    n: i64,
    /// The place.
    p: P,
}

/// A cursor of a known query, its place not read yet.
#[derive(Debug, Clone)]
pub(super) struct Cursor {
    place: Box<RawValue>,
    /// From when relative times count.
    pub(super) now: Timestamp,
}

/// Writes a cursor.
pub(super) fn write<P: Serialize>(digest: &str, now: Timestamp, place: &P) -> String {
    let written = Written { v: VERSION, q: digest.to_owned(), n: now.as_millisecond(), p: place };
    // Plain data with text keys is always JSON.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).unwrap_or_default())
}

/// Whether a text looks like a cursor.
pub(super) fn looks_right(text: &str) -> bool {
    BYTES.contains(&text.len())
        && text.starts_with(BEGIN)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Reads a cursor that looks right.
pub(super) fn read(text: &str, digest: &str) -> Result<Cursor, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| unknown())?;
    let written: Written<Box<RawValue>> = serde_json::from_slice(&bytes).map_err(|_| unknown())?;
    if written.v != VERSION {
        return Err(unknown());
    }
    if written.q != digest {
        return Err(Problem::parameter(
            "cursor",
            "this cursor belongs to another query; send it with the parameters of the request that gave it (only limit \
             may differ), or leave it out to begin anew",
        ));
    }
    let now = Timestamp::from_millisecond(written.n).map_err(|_| unknown())?;
    Ok(Cursor { place: written.p, now })
}

impl Cursor {
    /// The place.
    pub(super) fn place<P: DeserializeOwned>(&self) -> Result<P, Problem> {
        serde_json::from_str(self.place.get()).map_err(|_| unknown())
    }
}

/// A text that could be a cursor and was never given out names a page that is not there: the request is well formed, as
/// far as its description can tell.
fn unknown() -> Problem {
    let detail =
        "no page begins at this cursor; take `next` of the page before as it stands, or leave it out to begin anew";
    Problem::new(StatusCode::NOT_FOUND, detail).about("cursor")
}
