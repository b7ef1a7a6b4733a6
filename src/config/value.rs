//! Values of single settings: how they are written, what is accepted, how a wrong one is named.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use jiff::SignedDuration;
use serde::{Serialize, Serializer};
use toml::de::DeValue;

use super::reader::nearest;

/// A value of one setting.
pub(super) trait Leaf: Sized {
    /// What a user may write, after "give".
    const EXPECTED: &'static str;

    /// Reads the value; `base` is what relative paths are relative to. The error says what was found.
    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String>;
}

/// A value that was found, in words.
pub(super) fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {text:?}"),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(switch) => format!("{switch}"),
        DeValue::Datetime(time) => format!("the time {time}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}

fn wrong<T>(value: &DeValue<'_>) -> Result<T, String> {
    Err(format!("{} cannot be used", found(value)))
}

/// One of a few words.
pub(super) fn word<T: Copy>(value: &DeValue<'_>, words: &[(&'static str, T)]) -> Result<T, String> {
    let DeValue::String(text) = value else { return wrong(value) };
    if let Some((_, meaning)) = words.iter().find(|(word, _)| word == text) {
        return Ok(*meaning);
    }
    let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
    Err(format!("{} is not known (nearest: {:?})", found(value), nearest(text, &known).unwrap_or_default()))
}

impl Leaf for String {
    const EXPECTED: &'static str = "a text in quotes that is not empty";

    fn read(value: &DeValue<'_>, _base: &Path) -> Result<Self, String> {
        match value {
            DeValue::String(text) if !text.trim().is_empty() => Ok(text.clone().into_owned()),
            _ => wrong(value),
        }
    }
}

impl Leaf for bool {
    const EXPECTED: &'static str = "true or false";

    fn read(value: &DeValue<'_>, _base: &Path) -> Result<Self, String> {
        match value {
            DeValue::Boolean(switch) => Ok(*switch),
            _ => wrong(value),
        }
    }
}

impl Leaf for u64 {
    const EXPECTED: &'static str = "a whole number without quotes";

    fn read(value: &DeValue<'_>, _base: &Path) -> Result<Self, String> {
        let DeValue::Integer(number) = value else { return wrong(value) };
        Self::from_str_radix(number.as_str(), number.radix()).or_else(|_| wrong(value))
    }
}

impl Leaf for PathBuf {
    const EXPECTED: &'static str = "a path in quotes";

    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String> {
        match value {
            DeValue::String(text) if !text.is_empty() => Ok(base.join(text.as_ref())),
            _ => wrong(value),
        }
    }
}

impl Leaf for SocketAddr {
    const EXPECTED: &'static str = "an address with its port, such as \"127.0.0.1:9847\" or \"[::1]:9847\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Result<Self, String> {
        let DeValue::String(text) = value else { return wrong(value) };
        text.parse().or_else(|_| wrong(value))
    }
}

impl<T: Leaf> Leaf for Vec<T> {
    const EXPECTED: &'static str = "a list in square brackets of texts in quotes";

    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String> {
        let DeValue::Array(items) = value else { return wrong(value) };
        let (mut read, mut errors) = (Self::new(), Vec::new());
        for (index, item) in items.iter().enumerate() {
            match T::read(item.get_ref(), base) {
                Ok(item) => read.push(item),
                Err(error) => errors.push(format!("item {}: {error} (expected: {})", index + 1, T::EXPECTED)),
            }
        }
        if errors.is_empty() { Ok(read) } else { Err(errors.join("; ")) }
    }
}

/// A period of time: numbers with the units `s`, `m`, `h` and `d`, such as `30m`, `24h`, `7d` or `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(SignedDuration);

impl Period {
    /// The longest period: a hundred years. More is a slip of the pen, and would overflow dates.
    const LONGEST: SignedDuration = SignedDuration::from_hours(100 * 365 * 24);

    /// A period of whole seconds.
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self(SignedDuration::from_secs(seconds))
    }

    /// A period of whole minutes.
    #[must_use]
    pub const fn from_mins(minutes: i64) -> Self {
        Self(SignedDuration::from_mins(minutes))
    }

    /// A period of whole hours.
    #[must_use]
    pub const fn from_hours(hours: i64) -> Self {
        Self(SignedDuration::from_hours(hours))
    }

    /// Its length.
    #[must_use]
    pub const fn duration(self) -> SignedDuration {
        self.0
    }

    /// Its length for timers, which know no negative ones; neither do settings.
    #[must_use]
    pub fn unsigned(self) -> std::time::Duration {
        self.0.unsigned_abs()
    }

    /// Whether it is no time at all.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

/// A text that is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no period; write a number and s, m, h or d, such as \"30m\", \"24h\" or \"7d\"")]
pub struct ParsePeriodError(String);

impl FromStr for Period {
    type Err = ParsePeriodError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParsePeriodError(text.to_owned());
        let mut seconds: i64 = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: i64 = rest[..digits].parse().map_err(|_| error())?;
            let scale = match rest.as_bytes().get(digits) {
                Some(b's') => 1,
                Some(b'm') => 60,
                Some(b'h') => 60 * 60,
                Some(b'd') => 24 * 60 * 60,
                _ => return Err(error()),
            };
            seconds = number.checked_mul(scale).and_then(|part| seconds.checked_add(part)).ok_or_else(error)?;
            rest = &rest[digits + 1..];
        }
        let period = SignedDuration::from_secs(seconds);
        if text.is_empty() || Self::LONGEST < period { Err(error()) } else { Ok(Self(period)) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        for (unit, scale) in [('d', 24 * 60 * 60), ('h', 60 * 60), ('m', 60)] {
            if seconds != 0 && seconds % scale == 0 {
                return write!(f, "{}{unit}", seconds / scale);
            }
        }
        write!(f, "{seconds}s")
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Period {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^([0-9]+[smhd])+$",
            "description": "A period of time: numbers with the units s, m, h and d, such as \"30m\", \"24h\" or \"7d\".",
        })
    }
}

impl Leaf for Period {
    const EXPECTED: &'static str = "a period such as \"30m\", \"24h\" or \"7d\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Result<Self, String> {
        let DeValue::String(text) = value else { return wrong(value) };
        text.parse().or_else(|_| wrong(value))
    }
}

/// Writes a path as text, whatever bytes it holds: showing the configuration must not fail.
pub(super) fn path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// Writes an optional path as text.
#[allow(clippy::ref_option, reason = "serde gives fields by reference")]
pub(super) fn optional_path<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_and_written_back_in_their_largest_unit() {
        for (written, shown, seconds) in [
            ("30m", "30m", 1800),
            ("24h", "1d", 86_400),
            ("7d", "7d", 604_800),
            ("1h30m", "90m", 5400),
            ("0s", "0s", 0),
        ] {
            let period: Period = written.parse().expect("a period");
            assert_eq!((period.to_string().as_str(), period.duration().as_secs()), (shown, seconds), "{written}");
        }
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in ["", "30", "m", "1w", "-1h", "1.5h", "1h ", "99999999999d", "9223372036854775807d", "1\u{e9}"] {
            assert!(text.parse::<Period>().is_err(), "{text:?}");
        }
    }
}
