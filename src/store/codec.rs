//! How model types are written in columns: times as milliseconds, words as in every output, the rest as JSON.

use std::fmt;

use jiff::Timestamp;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};

use super::ObjectFate;
use crate::model::{
    Basis, EventOutcome, FindingStatus, Fixer, Outcome, Provider, RolePresence, RunKind, Severity, TaskStatus,
    Verdict,
};

/// Milliseconds of a day, the unit of daily counts.
pub(super) const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// A time as a column has it.
pub(super) fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// An optional time as a column has it.
pub(super) fn opt_millis(time: Option<Timestamp>) -> Option<i64> {
    time.map(millis)
}

/// A time out of a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(pub(super) Timestamp);

impl FromSql for Moment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        Timestamp::from_millisecond(number).map(Self).map_err(|_| FromSqlError::OutOfRange(number))
    }
}

/// A count as a column has it. SQLite has no unsigned numbers; no count of ours comes near the limit.
pub(super) fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count out of a column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count(pub(super) u64);

impl FromSql for Count {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number).map(Self).map_err(|_| FromSqlError::OutOfRange(number))
    }
}

/// A value that is kept as JSON.
#[derive(Debug, Clone)]
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let text = serde_json::to_string(&self.0)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
        Ok(ToSqlOutput::from(text))
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(|error| FromSqlError::Other(Box::new(error)))
    }
}

/// A word that no version of this program has written.
#[derive(Debug, thiserror::Error)]
#[error("the database holds a word that this program does not know: {0}")]
struct StrangeWord(String);

fn strange(error: impl fmt::Display) -> FromSqlError {
    FromSqlError::Other(Box::new(StrangeWord(error.to_string())))
}

fn word<'de, T: Deserialize<'de>>(text: &'de str) -> FromSqlResult<T> {
    let deserializer: StrDeserializer<'de, WordError> = text.into_deserializer();
    T::deserialize(deserializer).map_err(strange)
}

macro_rules! words {
    ($($kind:ty),+ $(,)?) => {$(
        impl ToSql for $kind {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.as_str()))
            }
        }

        impl FromSql for $kind {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                word(value.as_str()?)
            }
        }
    )+};
}

words!(
    Provider,
    Outcome,
    EventOutcome,
    Severity,
    Basis,
    Fixer,
    FindingStatus,
    TaskStatus,
    Verdict,
    RolePresence,
    RunKind
);

impl ToSql for ObjectFate {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.as_str()))
    }
}

impl FromSql for ObjectFate {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "read" => Ok(Self::Read),
            "skipped" => Ok(Self::Skipped),
            "rejected" => Ok(Self::Rejected),
            other => Err(strange(other)),
        }
    }
}

/// Text in which the empty string stands for none: keys of places, where SQL's NULL would equal nothing.
pub(super) fn filled(text: String) -> Option<String> {
    if text.is_empty() { None } else { Some(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<T: ToSql + FromSql + PartialEq + fmt::Debug>(value: &T) {
        let written = value.to_sql().expect("a word");
        let ToSqlOutput::Borrowed(text) = &written else { panic!("a borrowed word") };
        assert_eq!(&T::column_result(*text).expect("the word is known"), value);
    }

    #[test]
    fn every_word_is_read_as_it_was_written() {
        Outcome::ALL.iter().for_each(round_trip);
        Severity::ALL.iter().for_each(round_trip);
        TaskStatus::ALL.iter().for_each(round_trip);
        Verdict::ALL.iter().for_each(round_trip);
        Provider::ALL.iter().for_each(round_trip);
        [RunKind::Collect, RunKind::Ingest, RunKind::Analyze].iter().for_each(round_trip);
        [Basis::Observed, Basis::Inferred].iter().for_each(round_trip);
        [Fixer::Customer, Fixer::Provider].iter().for_each(round_trip);
        [FindingStatus::Open, FindingStatus::Resolved, FindingStatus::Excepted].iter().for_each(round_trip);
        [RolePresence::Present, RolePresence::Absent, RolePresence::Unknown].iter().for_each(round_trip);
        [EventOutcome::Allowed, EventOutcome::Denied, EventOutcome::Failed].iter().for_each(round_trip);
        [ObjectFate::Read, ObjectFate::Skipped, ObjectFate::Rejected].iter().for_each(round_trip);
    }

    #[test]
    fn a_strange_word_is_an_error_and_not_a_guess() {
        assert!(Severity::column_result(ValueRef::Text(b"dreadful")).is_err());
        assert!(ObjectFate::column_result(ValueRef::Text(b"eaten")).is_err());
    }
}
