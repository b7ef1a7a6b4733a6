//! Moments as people write them: RFC 3339, a date, or relative to now (`7d`, `12h`).

use jiff::{SignedDuration, Timestamp, civil};

/// What a moment may look like, for refusals.
pub const ACCEPTED: &str =
    "write 2026-01-31T12:00:00Z, 2026-01-31 (its beginning in UTC), or how long ago: 90m, 12h, 7d, 4w";

/// Reads a moment; relative ones lie before `now`. `None` for a text that is none.
#[must_use]
pub fn parse(text: &str, now: Timestamp) -> Option<Timestamp> {
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| date(text))
        .or_else(|| relative(text).and_then(|span| now.checked_sub(span).ok()))
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
            assert_eq!(parse(text, now).expect(text).to_string(), expected, "{text}");
        }
        for text in ["", "7", "d", "-7d", "7x", "yesterday", "2026-13-01", "99999999999999d", "7é"] {
            assert_eq!(parse(text, now), None, "{text}");
        }
    }
}
