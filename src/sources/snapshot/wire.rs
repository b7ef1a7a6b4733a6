//! Values as the tools print them: numbers as text, times as text or seconds, absent as null, as "" or not at all.

use std::fmt;
use std::marker::PhantomData;

use jiff::{SignedDuration, Timestamp};
use serde::de::{Deserializer, Error, Visitor};

/// What a scalar can be read as.
trait Scalar: Sized {
    const EXPECTED: &'static str;
    fn from_text(text: &str) -> Option<Self>;
    fn from_seconds(seconds: f64) -> Option<Self>;
    fn from_integer(number: i64) -> Option<Self>;
}

impl Scalar for String {
    const EXPECTED: &'static str = "a text or a number";

    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn from_seconds(number: f64) -> Option<Self> {
        Some(number.to_string())
    }

    fn from_integer(number: i64) -> Option<Self> {
        Some(number.to_string())
    }
}

impl Scalar for Timestamp {
    const EXPECTED: &'static str = "a time of ISO 8601 or seconds since 1970";

    fn from_text(text: &str) -> Option<Self> {
        text.trim().parse().ok()
    }

    fn from_seconds(seconds: f64) -> Option<Self> {
        let since = SignedDuration::try_from_secs_f64(seconds).ok()?;
        // Tools print milliseconds; the digits below are noise of binary fractions.
        Self::from_millisecond(i64::try_from(since.as_millis()).ok()?).ok()
    }

    fn from_integer(number: i64) -> Option<Self> {
        Self::from_second(number).ok()
    }
}

struct Lenient<T>(PhantomData<T>);

impl<T: Scalar> Visitor<'_> for Lenient<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        T::from_text(text).map(Some).ok_or_else(|| E::custom(format!("{text:?} is not {}", T::EXPECTED)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        T::from_integer(number).map(Some).ok_or_else(|| E::custom(format!("{number} is not {}", T::EXPECTED)))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_i64(i64::try_from(number).map_err(|_| E::custom(format!("{number} is too large")))?)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        T::from_seconds(number).map(Some).ok_or_else(|| E::custom(format!("{number} is not {}", T::EXPECTED)))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// A text, or a number taken as text; nothing where it is empty or null.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    from.deserialize_any(Lenient(PhantomData))
}

/// A time as text or in seconds.
pub(super) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    from.deserialize_any(Lenient(PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "text")]
        text: Option<String>,
        #[serde(default, deserialize_with = "time")]
        time: Option<Timestamp>,
    }

    fn row(json: &str) -> Option<Row> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn times_are_read_as_every_tool_prints_them() {
        let expected: Timestamp = "2023-10-05T16:00:00Z".parse().expect("a time");
        for written in [
            "\"2023-10-05T16:00:00Z\"",
            "\"2023-10-05T16:00Z\"",
            "\"2023-10-05T18:00:00+02:00\"",
            "\"2023-10-05 16:00:00+00:00\"",
            "1696521600",
            "1696521600.0",
        ] {
            let row = row(&format!("{{\"time\":{written}}}"));
            assert_eq!(row.and_then(|row| row.time), Some(expected), "{written}");
        }
    }

    #[test]
    fn numbers_and_texts_may_stand_for_each_other() {
        let row = row(r#"{"text": 5, "time": ""}"#).expect("reads");
        assert_eq!((row.text.as_deref(), row.time), (Some("5"), None));
    }

    #[test]
    fn a_broken_value_is_an_error_and_not_nothing() {
        for json in [r#"{"time":"soon"}"#, r#"{"time":1e300}"#, r#"{"text":[]}"#] {
            assert!(row(json).is_none(), "{json}");
        }
    }
}
