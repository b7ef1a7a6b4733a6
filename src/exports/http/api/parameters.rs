//! The parameters of each list. Requests are read by these declarations, and the description is made of them.

use serde_json::{Value, json};

use super::{List, cursor};
use crate::model::{Provider, Severity};
use crate::rules;

/// Rows of a page unless another number is asked for.
pub(super) const DEFAULT_LIMIT: usize = 100;
/// Rows of a page at most.
pub(super) const LARGEST_LIMIT: usize = 1000;
/// Characters of a text.
const TEXT_CHARACTERS: usize = 128;
/// Years in which moments lie.
const YEARS: std::ops::RangeInclusive<&str> = "1900"..="2199";

/// A parameter of the query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: &'static str,
    /// What it is for.
    pub(super) about: &'static str,
    /// What it may be.
    pub(super) kind: Kind,
    /// What it is where it is absent.
    pub(super) default: Option<&'static str>,
    /// An example; none for cursors, which are good for one query alone.
    pub(super) example: Option<&'static str>,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// One of some words.
    Word(fn() -> Vec<&'static str>),
    /// A name: printable, without spaces.
    Text,
    /// A moment.
    Moment,
    /// `true` or `false`.
    Flag,
    /// The number of rows.
    Limit,
    /// The place to go on at, in that list.
    Cursor(List),
}

const LIMIT: Parameter = Parameter {
    name: "limit",
    about: "Rows of a page. A page may have fewer, even none, where it would become too large or where few rows match; \
            the list ends where `next` is null.",
    kind: Kind::Limit,
    default: Some("100"),
    example: Some("100"),
};

const fn cursor_of(list: List) -> Parameter {
    Parameter {
        name: "cursor",
        about: "Where to go on: `next` of the page before, with the same parameters (only `limit` may differ).",
        kind: Kind::Cursor(list),
        default: None,
        example: None,
    }
}

const PROVIDER: Parameter = Parameter {
    name: "provider",
    about: "Only this provider.",
    kind: Kind::Word(|| Provider::ALL.map(Provider::as_str).to_vec()),
    default: None,
    example: Some("aws"),
};
const ACCOUNT: Parameter = Parameter {
    name: "account",
    about: "Only this account.",
    kind: Kind::Text,
    default: None,
    example: Some("111122223333"),
};
const PROFILE: Parameter = Parameter {
    name: "profile",
    about: "Only this role profile.",
    kind: Kind::Text,
    default: None,
    example: Some("aws-kms-custom-key-stores"),
};
const AT: Parameter = Parameter {
    name: "at",
    about: "What held at that time.",
    kind: Kind::Moment,
    default: None,
    example: Some("2026-09-30T23:59:59Z"),
};
const SINCE: Parameter = Parameter {
    name: "since",
    about: "What held or happened at or after that time.",
    kind: Kind::Moment,
    default: None,
    example: Some("30d"),
};
const UNTIL: Parameter = Parameter {
    name: "until",
    about: "What held or happened before that time.",
    kind: Kind::Moment,
    default: None,
    example: Some("2026-10-01"),
};
const ALL_EVENTS: Parameter = Parameter {
    name: "all_events",
    about: "List the newest 10,000 events of a finding, not only the newest 20.",
    kind: Kind::Flag,
    default: Some("false"),
    example: Some("true"),
};

const OF_FINDINGS: &[Parameter] = &[
    Parameter {
        name: "status",
        about: "Where findings stand.",
        kind: Kind::Word(|| vec!["open", "resolved", "excepted", "all"]),
        default: Some("open"),
        example: Some("all"),
    },
    Parameter {
        name: "rule",
        about: "Only this rule.",
        kind: Kind::Word(|| rules::all().iter().map(|rule| rule.doc().id).collect()),
        default: None,
        example: Some("unexpected-assumer"),
    },
    Parameter {
        name: "severity",
        about: "Only this severity and worse.",
        kind: Kind::Word(|| Severity::ALL.map(Severity::as_str).to_vec()),
        default: None,
        example: Some("high"),
    },
    PROVIDER,
    ACCOUNT,
    Parameter { about: "Only those seen at or after that time.", ..SINCE },
    Parameter { about: "As they stood at that time.", ..AT },
    ALL_EVENTS,
    LIMIT,
    cursor_of(List::Findings),
];
const OF_VERDICTS: &[Parameter] = &[
    PROVIDER,
    ACCOUNT,
    PROFILE,
    Parameter { about: "Judged as of that time, from the history.", ..AT },
    Parameter { about: "Assumptions are counted since then; without it, for 90 days.", ..SINCE },
    LIMIT,
    cursor_of(List::Verdicts),
];
const OF_COVERAGE: &[Parameter] = &[
    PROVIDER,
    ACCOUNT,
    Parameter {
        name: "gaps",
        about: "Only what could not be read.",
        kind: Kind::Flag,
        default: Some("false"),
        example: Some("true"),
    },
    Parameter { about: "How every place stood at that time; without any time, how it stands now.", ..AT },
    SINCE,
    UNTIL,
    LIMIT,
    cursor_of(List::Coverage),
];
const OF_ROLES: &[Parameter] = &of_history(List::Roles);
const OF_STORES: &[Parameter] = &of_history(List::Stores);
const OF_TASKS: &[Parameter] = &of_history(List::Tasks);
const OF_EVENTS: &[Parameter] = &[
    PROVIDER,
    Parameter {
        about: "Only events recorded in this account; with a profile, those that concern the account's role or stores, \
                wherever recorded.",
        ..ACCOUNT
    },
    PROFILE,
    Parameter {
        name: "raw",
        about: "With the records themselves, credentials removed.",
        kind: Kind::Flag,
        default: Some("false"),
        example: Some("true"),
    },
    Parameter { about: "Up to that time.", ..AT },
    SINCE,
    UNTIL,
    LIMIT,
    cursor_of(List::Events),
];

const fn of_history(list: List) -> [Parameter; 8] {
    [PROVIDER, ACCOUNT, PROFILE, AT, SINCE, UNTIL, LIMIT, cursor_of(list)]
}

/// The parameters of one finding.
pub(super) const OF_ONE_FINDING: &[Parameter] = &[ALL_EVENTS];

/// The parameters of a list.
pub(super) fn of(list: List) -> &'static [Parameter] {
    match list {
        List::Findings => OF_FINDINGS,
        List::Verdicts => OF_VERDICTS,
        List::Coverage => OF_COVERAGE,
        List::Roles => OF_ROLES,
        List::Stores => OF_STORES,
        List::Tasks => OF_TASKS,
        List::Events => OF_EVENTS,
    }
}

impl Kind {
    /// Whether a value is one; otherwise what it should be.
    pub(super) fn check(self, value: &str) -> Result<(), String> {
        let (right, wanted) = match self {
            Self::Word(words) => (words().contains(&value), format!("one of {}", words().join(", "))),
            Self::Text => {
                let right =
                    (1..=TEXT_CHARACTERS).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_graphic());
                (right, format!("1 to {TEXT_CHARACTERS} printable ASCII characters without spaces"))
            }
            Self::Moment => (is_moment(value), crate::model::moment::ACCEPTED.replace("write ", "")),
            Self::Flag => (["true", "false"].contains(&value), "true or false".to_owned()),
            Self::Limit => (limit(value).is_some(), format!("a whole number from 1 to {LARGEST_LIMIT}")),
            Self::Cursor(list) => {
                (cursor::looks_right(list, value), "`next` of the page before, as it stands".to_owned())
            }
        };
        if right { Ok(()) } else { Err(wanted) }
    }

    /// The same as JSON Schema.
    pub(super) fn schema(self) -> Value {
        match self {
            Self::Word(words) => json!({ "type": "string", "enum": words() }),
            Self::Text => json!({ "type": "string", "pattern": format!("^[!-~]{{1,{TEXT_CHARACTERS}}}$") }),
            Self::Moment => json!({ "type": "string", "anyOf": [
                {
                    "format": "date-time",
                    "pattern": "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$",
                    "description": "A time of RFC 3339.",
                },
                { "format": "date", "pattern": "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$", "description": "The beginning of a day in UTC." },
                { "pattern": "^[0-9]{1,4}[smhdw]$", "description": "How long ago: seconds, minutes, hours, days or weeks." },
            ] }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Limit => json!({ "type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT }),
            Self::Cursor(list) => {
                let (begin, least, most) = (cursor::begin(list), cursor::REST.start(), cursor::REST.end());
                json!({ "type": "string", "pattern": format!("^{begin}[A-Za-z0-9_-]{{{least},{most}}}$") })
            }
        }
    }
}

/// A number of rows.
pub(super) fn limit(value: &str) -> Option<usize> {
    let plain = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
    value.parse().ok().filter(|limit| plain && (1..=LARGEST_LIMIT).contains(limit))
}

/// The forms of a moment that the description names, and no others: the commands are more generous.
fn is_moment(value: &str) -> bool {
    let shape: String = value.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let known = match shape.split_once('T') {
        None => {
            shape == "0000-00-00"
                || (shape.len() <= 5 && matches!(shape.trim_start_matches('0'), "s" | "m" | "h" | "d" | "w"))
        }
        Some((date, time)) => date == "0000-00-00" && is_clock(time),
    };
    let ago = shape.len() <= 5;
    let in_years = ago || value.get(..4).is_some_and(|year| YEARS.contains(&year));
    known
        && in_years
        && !(ago && value.len() < 2)
        && crate::model::moment::parse(value, jiff::Timestamp::UNIX_EPOCH).is_some()
}

/// Whether the digits, written as zeros, stand as in a time of day with its offset.
fn is_clock(shape: &str) -> bool {
    let Some(rest) = shape.strip_prefix("00:00:00") else { return false };
    let digits = rest.strip_prefix('.').map(|fraction| fraction.len() - fraction.trim_start_matches('0').len());
    let rest = match digits {
        None => rest,
        Some(digits @ 1..=9) => &rest[1 + digits..],
        Some(_) => return false,
    };
    ["Z", "+00:00", "-00:00"].contains(&rest)
}
