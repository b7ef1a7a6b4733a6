//! Exceptions: findings that somebody has accepted for a time.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

/// What stands before a pattern of which `*` and `?` are no ordinary characters.
const GLOB: &str = "glob:";
/// What stands before an exact text that would be taken for something else: one that begins with a word of these two.
const EXACT: &str = "exact:";

/// What a part of a finding must be for an exception to cover it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// Exactly this.
    Exact(String),
    /// Anything of this form, asked for with `glob:`: `*` stands for any characters, `?` for one.
    Glob(String),
}

impl Pattern {
    /// The pattern that a text of the file stands for.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match (text.strip_prefix(GLOB), text.strip_prefix(EXACT)) {
            (Some(glob), _) => Self::Glob(glob.to_owned()),
            (None, Some(exact)) => Self::Exact(exact.to_owned()),
            (None, None) => Self::Exact(text.to_owned()),
        }
    }

    /// Whether a text is of this form. Every character counts, its case included.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Glob(glob) => glob_matches(glob, text),
        }
    }

    /// Whether it names nothing at all: a glob of nothing but `*` and `?`.
    #[must_use]
    pub fn is_anything(&self) -> bool {
        matches!(self, Self::Glob(glob) if glob.chars().all(is_wildcard))
    }
}

/// As it stands in the file: [`Pattern::read`] gives the same pattern again.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) if [GLOB, EXACT].iter().any(|word| text.starts_with(word)) => {
                write!(f, "{EXACT}{text}")
            }
            Self::Exact(text) => f.write_str(text),
            Self::Glob(text) => write!(f, "{GLOB}{text}"),
        }
    }
}

/// Whether a character of a glob stands for others.
#[must_use]
pub fn is_wildcard(character: char) -> bool {
    matches!(character, '*' | '?')
}

/// Goes through the text once and comes back to the last `*` only: texts from logs are long, and a search that tries
/// every division of the text among several `*` would not end.
fn glob_matches(glob: &str, text: &str) -> bool {
    let (mut pattern, mut rest) = (glob.chars(), text.chars());
    // The pattern after the last `*`, and the text that the `*` does not swallow yet.
    let mut last_star: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        let before = rest.clone();
        match (pattern.next(), rest.next()) {
            (Some('*'), _) => {
                last_star = Some((pattern.clone(), before.clone()));
                rest = before;
            }
            (Some('?'), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            (None, None) => return true,
            _ => {
                let Some((after_star, mut unswallowed)) = last_star else { return false };
                if unswallowed.next().is_none() {
                    return false;
                }
                (pattern, rest) = (after_star.clone(), unswallowed.clone());
                last_star = Some((after_star, unswallowed));
            }
        }
    }
}

/// What an exception covers: the rule, and every part that is named. A part that is not named may be anything, so the
/// file's reader demands rule and account at least, or the one finding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExceptionScope {
    /// Rule id; `None` only where the finding is named, which stands for it.
    pub rule: Option<Pattern>,
    /// Id of one finding, whole.
    pub finding: Option<String>,
    /// Provider, by its name.
    pub provider: Option<Pattern>,
    /// Account id; `None` only where the finding is named.
    pub account: Option<Pattern>,
    /// Region.
    pub region: Option<Pattern>,
    /// Profile id.
    pub profile: Option<Pattern>,
    /// Id of the store.
    pub store: Option<Pattern>,
    /// Who did it.
    pub actor: Option<Pattern>,
    /// What came of it.
    pub outcome: Option<Pattern>,
}

/// A finding, or a narrow kind of findings, that somebody has accepted until a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Its name, unique in the file.
    pub id: String,
    /// What it covers.
    pub scope: ExceptionScope,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Where it was decided.
    pub ticket: String,
    /// Who approved it.
    pub approver: Option<String>,
    /// What stands in for the control meanwhile.
    pub compensating_control: Option<String>,
    /// Since when; from the beginning where nobody said.
    pub created: Option<Timestamp>,
    /// From when on it covers nothing any more.
    pub expires: Timestamp,
}

/// How an exception stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExceptionState {
    /// In force, and it covers a finding.
    Active,
    /// The same, and it ends soon.
    Expiring,
    /// In force, and no open finding is one that it names.
    Unused,
    /// Its first day is still to come.
    Pending,
    /// It has ended, and covers nothing any more.
    Expired,
}

impl ExceptionState {
    /// Every state, in the order in which an exception goes through them.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Active, Self::Expiring, Self::Unused, Self::Expired];

    /// The name used in JSON, tables and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expiring => "expiring",
            Self::Unused => "unused",
            Self::Pending => "pending",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for ExceptionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Straight from the definition, and slow.
    fn reference(glob: &[char], text: &[char]) -> bool {
        match (glob.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => (0..=text.len()).any(|taken| reference(rest, &text[taken..])),
            (Some(('?', rest)), Some((_, text))) => reference(rest, text),
            (Some((wanted, rest)), Some((found, text))) => wanted == found && reference(rest, text),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn a_glob_matches_what_its_definition_says(glob in "[ab\u{e9}*?\n]{0,8}", text in "[ab\u{e9}*?\n]{0,10}") {
            let slow = reference(&glob.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(Pattern::Glob(glob).matches(&text), slow);
        }

        #[test]
        fn an_exact_pattern_matches_itself_alone(text in ".{0,20}", other in ".{0,20}") {
            prop_assert!(Pattern::Exact(text.clone()).matches(&text));
            prop_assert_eq!(Pattern::Exact(text.clone()).matches(&other), text == other);
        }

        #[test]
        fn a_pattern_is_read_as_it_is_written(begin in "(glob:|exact:)?", text in ".{0,20}") {
            let text = begin + &text;
            for pattern in [Pattern::Exact(text.clone()), Pattern::Glob(text)] {
                prop_assert_eq!(Pattern::read(&pattern.to_string()), pattern);
            }
        }
    }

    #[test]
    fn many_stars_on_a_long_text_end_soon() {
        let glob = Pattern::Glob("*a".repeat(100) + "b");
        assert!(!glob.matches(&"a".repeat(10_000)));
    }

    #[test]
    fn only_wildcards_name_nothing() {
        for (text, anything) in [("glob:*", true), ("glob:??*", true), ("glob:a*", false), ("*", false), ("a", false)]
        {
            assert_eq!(Pattern::read(text).is_anything(), anything, "{text}");
        }
    }
}
