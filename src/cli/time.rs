//! Moments on the command line: RFC 3339, a date, or relative to now (`7d`, `12h`).

use jiff::{SignedDuration, Timestamp, civil};

use super::Failure;

/// Reads a moment; relative ones lie before `now`.
///
/// # Errors
/// A usage error that names the option and the accepted forms.
pub fn moment(option: &str, text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| date(text))
        .or_else(|| relative(text).and_then(|span| now.checked_sub(span).ok()))
        .ok_or_else(|| {
            Failure::usage(format!(
                "{option} {text:?}: no time; write 2026-01-31T12:00:00Z, 2026-01-31 (its beginning in UTC), or how long \
                 ago: 90m, 12h, 7d, 4w"
            ))
        })
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
pub fn minute(time: &str) -> String {
    match time.split_once('T') {
        Some((date, clock)) if clock.len() >= 5 => format!("{date} {}Z", &clock[..5]),
        _ => time.to_owned(),
    }
}

fn date(text: &str) -> Option<Timestamp> {
    let date: civil::Date = text.parse().ok()?;
    date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn relative(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().next_back()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok().filter(|number| *number >= 0)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return None,
    };
    number.checked_mul(seconds).map(SignedDuration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_moment_is_read() {
        let now: Timestamp = "2026-03-10T12:00:00Z".parse().expect("a valid time");
        for (text, expected) in [
            ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
            ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00Z"),
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("7d", "2026-03-03T12:00:00Z"),
            ("12h", "2026-03-10T00:00:00Z"),
            ("0s", "2026-03-10T12:00:00Z"),
        ] {
            assert_eq!(moment("--at", text, now).expect(text).to_string(), expected, "{text}");
        }
        for text in ["", "7", "d", "-7d", "7x", "yesterday", "2026-13-01", "99999999999999d", "7é"] {
            assert!(moment("--at", text, now).is_err(), "{text}");
        }
    }
}
