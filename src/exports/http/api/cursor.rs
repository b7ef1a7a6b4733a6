//! Cursors: where the next page begins, of which query, and since when. They come from outside and are not trusted: each
//! part is checked, and a place is only a place to begin at.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{List, Problem};

/// The version of the format.
const VERSION: u8 = 1;

/// Characters that follow the beginning of a cursor: names in it are as long as the providers' names.
pub(super) const REST: std::ops::RangeInclusive<usize> = 32..=4096;

/// Where a list goes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<P> {
    /// The version.
    v: u8,
    /// The list.
    l: String,
    /// Digest of what else the query says.
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
pub(super) fn write<P: Serialize>(list: List, digest: &str, now: Timestamp, place: &P) -> String {
    let written =
        Written { v: VERSION, l: list.name().to_owned(), q: digest.to_owned(), n: now.as_millisecond(), p: place };
    // Plain data with text keys is always JSON.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&written).unwrap_or_default())
}

/// How every cursor of a list begins; a text that begins otherwise is none.
pub(super) fn begin(list: List) -> String {
    let written = format!("{{\"v\":{VERSION},\"l\":\"{}\"", list.name());
    // Three bytes are four characters; what is left over depends on what follows.
    URL_SAFE_NO_PAD.encode(&written[..written.len() / 3 * 3])
}

/// Whether a text looks like a cursor of a list.
pub(super) fn looks_right(list: List, text: &str) -> bool {
    text.strip_prefix(&begin(list)).is_some_and(|rest| {
        REST.contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    })
}

/// Reads a cursor that looks right. One that no page of this query gave out names a page that is not there: the request is
/// well formed, as far as its description can tell.
pub(super) fn read(text: &str, list: List, digest: &str) -> Result<Cursor, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| unknown())?;
    let written: Written<Box<RawValue>> = serde_json::from_slice(&bytes).map_err(|_| unknown())?;
    let now = Timestamp::from_millisecond(written.n).map_err(|_| unknown())?;
    if written.v != VERSION || written.l != list.name() {
        return Err(unknown());
    }
    if written.q != digest {
        let detail = "this cursor belongs to a query with other parameters; send it with those of the request that gave \
                      it (only limit may differ), or leave it out to begin anew";
        return Err(Problem::new(StatusCode::NOT_FOUND, detail).about("cursor"));
    }
    Ok(Cursor { place: written.p, now })
}

impl Cursor {
    /// The place.
    pub(super) fn place<P: DeserializeOwned>(&self) -> Result<P, Problem> {
        serde_json::from_str(self.place.get()).map_err(|_| unknown())
    }
}

fn unknown() -> Problem {
    let detail =
        "no page begins at this cursor; take `next` of the page before as it stands, or leave it out to begin anew";
    Problem::new(StatusCode::NOT_FOUND, detail).about("cursor")
}
