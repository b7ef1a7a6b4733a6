//! What events tell, read from records of trails.

use jiff::Timestamp;
use serde_json::Value;

/// Text that a record of the tests must have.
pub fn text(record: &Value, member: &str) -> String {
    let value = record[member].as_str().map(str::to_owned);
    value.unwrap_or_else(|| unreachable!("a record of the tests has no {member}: {record}"))
}

/// The time of a record, in seconds since 1970.
pub fn seconds(record: &Value) -> i64 {
    let time: Timestamp = text(record, "eventTime").parse().expect("eventTime is RFC 3339");
    time.as_second()
}
