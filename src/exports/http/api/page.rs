//! A page while it is filled: bounded in rows and in bytes.

use jiff::Timestamp;
use serde::Serialize;

use super::query::Query;

/// Bytes at which a page takes no further row. One row may be larger: it comes alone.
const PAGE_BYTES: usize = 4 << 20;

/// A page of a list whose rows have places of the type `P`.
pub(super) struct Page<'q, P> {
    query: &'q Query,
    now: Timestamp,
    limit: usize,
    body: Vec<u8>,
    rows: usize,
    last: Option<P>,
    more: bool,
}

impl<'q, P: Serialize> Page<'q, P> {
    /// An empty page of a query that is answered at `now`.
    pub(super) fn new(query: &'q Query, now: Timestamp) -> Self {
        let body = b"{\"items\":[".to_vec();
        Self { query, now, limit: query.limit(), body, rows: 0, last: None, more: false }
    }

    /// Whether there is room for the row that has been found. Where there is none, the list goes on in another page.
    pub(super) fn has_room(&mut self) -> bool {
        self.more = self.limit <= self.rows || PAGE_BYTES <= self.body.len();
        !self.more
    }

    /// Adds a row if there is room for it; answers whether there was.
    pub(super) fn take(&mut self, place: P, row: &impl Serialize) -> bool {
        if !self.has_room() {
            return false;
        }
        if 0 < self.rows {
            self.body.push(b',');
        }
        serde_json::to_writer(&mut self.body, row).expect("plain data with text keys is JSON, and a vector takes it");
        self.rows += 1;
        self.last = Some(place);
        true
    }

    /// The whole answer. With `stopped`, reading stopped there although more rows may come.
    pub(super) fn end(mut self, stopped: Option<P>) -> Vec<u8> {
        let next = if self.more { self.last } else { stopped };
        let next = next.map(|place| self.query.cursor_to(&place, self.now));
        let end = serde_json::to_string(&next).expect("a text is JSON");
        self.body.extend_from_slice(format!("],\"next\":{end}}}\n").as_bytes());
        self.body
    }
}
