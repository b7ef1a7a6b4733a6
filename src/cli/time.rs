//! Moments on the command line: RFC 3339, a date, or relative to now (`7d`, `12h`).

use std::fmt;

use jiff::Timestamp;

use super::Failure;
use crate::model;

/// Reads a moment; relative ones lie before `now`.
///
/// # Errors
/// A usage error that names the option and the accepted forms.
pub fn moment(option: &str, text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    model::moment::parse(text, now)
        .ok_or_else(|| Failure::usage(format!("{option} {text:?}: no time; {}", model::moment::ACCEPTED)))
}

/// The same for an option that may be absent.
///
/// # Errors
/// As [`moment`].
pub fn optional_moment(option: &str, text: Option<&str>, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    text.map(|text| moment(option, text, now)).transpose()
}

/// A time of RFC 3339 in UTC as tables show it: to the minute.
#[must_use]
pub fn minute(time: &(impl fmt::Display + ?Sized)) -> String {
    let time = time.to_string();
    match time.split_once('T') {
        Some((date, clock)) if clock.len() >= 5 => format!("{date} {}Z", &clock[..5]),
        _ => time,
    }
}
