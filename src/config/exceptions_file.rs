//! The file of exceptions: `[[exception]]` with what it covers, who answers for it, why, and until when.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use toml::de::DeValue;

use super::problem::{ConfigError, Problem};
use super::reader::{Document, Section, nearest};
use super::value::{Leaf, found};
use super::{Exceptions, Period};
use crate::model::{EventOutcome, Exception, ExceptionScope, Pattern, Provider, is_wildcard};

/// A file beyond this is none of exceptions: each of them is a decision of a person.
const MOST_BYTES: u64 = 16 << 20;

/// Characters of a glob: longer than any id or ARN.
const LONGEST_GLOB: usize = 512;

/// Characters of an exception's id, which commands and labels of reports repeat.
const LONGEST_ID: usize = 64;

/// A date means a whole day, so that a period counted in dates may be up to a day longer.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

const SYNTAX_REMEDY: &str =
    "see config/exceptions.example.toml; texts stand in quotes, and account ids are texts, with their leading zeros";

/// What exceptions are held against.
#[derive(Debug, Clone)]
pub struct ExceptionsLaw<'a> {
    /// Ids of the rules that exist.
    pub rules: &'a [&'a str],
    /// How long an exception may last at most.
    pub longest: Period,
    /// The current time.
    pub now: Timestamp,
}

/// Reads the file of exceptions. One that is `required` must exist, another is empty where it does not.
///
/// # Errors
/// [`ConfigError`] with everything that is wrong.
pub fn read_exceptions(
    file: &Path,
    required: bool,
    law: &ExceptionsLaw<'_>,
) -> Result<(String, Vec<Exception>), ConfigError> {
    let unreadable = |message: String, remedy: &str| {
        let message = format!("cannot read {}: {message}", file.display());
        ConfigError::Invalid { problems: vec![Problem::new(Exceptions::FILE_KEY, message, remedy)] }
    };
    let mut bytes = Vec::new();
    match std::fs::metadata(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => {}
        Err(error) => return Err(unreadable(error.to_string(), "make the file, or take the setting out")),
        Ok(metadata) if !metadata.is_file() => return Err(unreadable("it is no file".to_owned(), "name a file")),
        Ok(_) => {
            let opened = File::open(file).map(|file| file.take(MOST_BYTES + 1));
            let read = opened.and_then(|mut file| file.read_to_end(&mut bytes));
            read.map_err(|error| unreadable(error.to_string(), "let the user that runs roletrail read it"))?;
        }
    }
    if MOST_BYTES < bytes.len() as u64 {
        return Err(unreadable(format!("it is larger than {MOST_BYTES} bytes"), "name the file of the exceptions"));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| ConfigError::NotText { path: file.to_owned(), offset: error.utf8_error().valid_up_to() })?;
    let exceptions = parse_exceptions(&text, file, law)?;
    Ok((text, exceptions))
}

/// Parses the text of a file of exceptions that stands, or would stand, at `file`.
///
/// # Errors
/// [`ConfigError::Invalid`] with everything that is wrong.
pub fn parse_exceptions(text: &str, file: &Path, law: &ExceptionsLaw<'_>) -> Result<Vec<Exception>, ConfigError> {
    let document = Document::new(file, text).with_syntax_remedy(SYNTAX_REMEDY);
    let (exceptions, report) = document.read(|root| {
        let mut ids = Vec::new();
        root.sections("exception", |section| exception(section, law, &mut ids))
    });
    let problems = report.problems;
    if problems.is_empty() { Ok(exceptions) } else { Err(ConfigError::Invalid { problems }) }
}

fn exception(section: &mut Section<'_, '_>, law: &ExceptionsLaw<'_>, ids: &mut Vec<(String, String)>) -> Exception {
    let created = section.optional::<Moment>("created").map(|moment| moment.begin(section, "created"));
    Exception {
        id: id(section, ids),
        scope: scope(section, law),
        owner: demanded(section, "owner", "say who answers for it: a team or a person"),
        reason: demanded(section, "reason", "say why the finding is accepted"),
        ticket: demanded(section, "ticket", "say where it was decided, such as \"SEC-142\" or a link"),
        approver: section.optional("approver"),
        compensating_control: section.optional("compensating_control"),
        created,
        expires: expires(section, law, created),
    }
}

/// The text of a key without which there is no exception.
fn demanded(section: &mut Section<'_, '_>, key: &'static str, remedy: &str) -> String {
    let text = section.optional(key);
    if !section.has(key) {
        section.problem(key, "is missing", remedy);
    }
    text.unwrap_or_default()
}

fn id(section: &mut Section<'_, '_>, ids: &mut Vec<(String, String)>) -> String {
    let id = demanded(section, "id", "give it a name that no other one has, such as \"SEC-142\"");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !id.chars().all(is_plain) || LONGEST_ID < id.len() {
        let remedy = format!("use at most {LONGEST_ID} of the characters A-Z a-z 0-9 - _ .");
        section.problem("id", format!("{id:?} cannot be used"), remedy);
    } else if let Some((_, place)) = ids.iter().find(|(taken, _)| *taken == id && !id.is_empty()) {
        section.problem("id", format!("{id:?} is the id of {place} as well"), "give each its own");
    }
    ids.push((id.clone(), section.path().to_owned()));
    id
}

fn scope(section: &mut Section<'_, '_>, law: &ExceptionsLaw<'_>) -> ExceptionScope {
    let mut scope = ExceptionScope {
        finding: finding(section),
        provider: part(section, "provider"),
        region: part(section, "region"),
        profile: part(section, "profile"),
        store: part(section, "store"),
        actor: part(section, "actor"),
        outcome: part(section, "outcome"),
        rule: part(section, "rule"),
        account: part(section, "account"),
    };
    if !section.has("finding") {
        for (key, remedy) in [
            ("rule", "name the rule (`roletrail rules` lists them), or the one finding: finding = \"ID\""),
            ("account", "name the account, or the one finding: finding = \"ID\""),
        ] {
            if !section.has(key) {
                section.problem(key, "is missing", remedy);
            }
        }
    }
    if scope.account.as_ref().is_some_and(Pattern::is_anything) {
        section.problem("account", "names every account", "write an [[exception]] for each account that you mean");
        scope.account = None;
    }
    rule(section, scope.rule.as_ref(), law.rules);
    let providers = Provider::ALL.map(Provider::as_str);
    one_of(section, "provider", scope.provider.as_ref(), &providers);
    let outcomes = [EventOutcome::Allowed, EventOutcome::Denied, EventOutcome::Failed].map(EventOutcome::as_str);
    one_of(section, "outcome", scope.outcome.as_ref(), &outcomes);
    scope
}

/// A part of the scope.
fn part(section: &mut Section<'_, '_>, key: &'static str) -> Option<Pattern> {
    let Text(text) = section.optional(key)?;
    let pattern = Pattern::read(&text);
    match &pattern {
        Pattern::Exact(exact) if exact.is_empty() => section.problem(key, "is empty", "name what you mean"),
        Pattern::Glob(glob) if LONGEST_GLOB < glob.chars().count() => {
            let message = format!("is a pattern of more than {LONGEST_GLOB} characters");
            section.problem(key, message, "write a shorter one, or the exact text without glob:");
        }
        Pattern::Glob(glob) if !glob.contains(is_wildcard) => {
            let exact = Pattern::Exact(glob.clone());
            section.problem(key, format!("{text:?} has no * and no ?"), format!("write {:?}", exact.to_string()));
        }
        Pattern::Exact(_) | Pattern::Glob(_) => {}
    }
    Some(pattern)
}

fn finding(section: &mut Section<'_, '_>) -> Option<String> {
    let Text(id) = section.optional("finding")?;
    let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    if id.len() != FINDING_ID || !id.chars().all(is_digit) {
        let remedy = format!("give all {FINDING_ID} characters of it, as `roletrail findings show ID` prints them");
        section.problem("finding", format!("{id:?} is no id of a finding"), remedy);
    }
    Some(id)
}

/// Characters of a finding's id.
const FINDING_ID: usize = 16;

fn rule(section: &Section<'_, '_>, rule: Option<&Pattern>, known: &[&str]) {
    let all = rule.is_some_and(|rule| rule.is_anything() || known.iter().all(|id| rule.matches(id)));
    if all && 1 < known.len() {
        section.problem("rule", "names every rule", "write an [[exception]] for each rule that you mean");
    } else {
        one_of(section, "rule", rule, known);
    }
}

/// Of what has few values, a misspelt one would only never match.
fn one_of(section: &Section<'_, '_>, key: &'static str, pattern: Option<&Pattern>, known: &[&str]) {
    let Some(pattern) = pattern.filter(|pattern| !known.iter().any(|word| pattern.matches(word))) else { return };
    let text = match pattern {
        Pattern::Exact(text) | Pattern::Glob(text) => text,
    };
    let near = nearest(text, known).unwrap_or_default();
    let remedy = format!("did you mean {near:?}? Known are {}", known.join(", "));
    section.problem(key, format!("no {key} is {:?}", pattern.to_string()), remedy);
}

fn expires(section: &mut Section<'_, '_>, law: &ExceptionsLaw<'_>, created: Option<Timestamp>) -> Timestamp {
    let key = "expires";
    let moment = section.optional::<Moment>(key);
    if !section.has(key) {
        section.problem(key, "is missing", "no exception is for ever: give its last day, such as \"2026-12-31\"");
    }
    let Some(moment) = moment else { return Timestamp::UNIX_EPOCH };
    let expires = moment.end(section, key);
    let from = created.unwrap_or(law.now);
    let slack = if matches!(moment, Moment::Day(_)) { A_DAY } else { SignedDuration::ZERO };
    let latest = from.checked_add(law.longest.duration() + slack).unwrap_or(Timestamp::MAX);
    if created.is_some_and(|created| expires <= created) {
        section.problem(key, "lies before created", "give a later one");
    } else if latest < expires {
        let since = if created.is_some() { "created" } else { "today" };
        let message = format!("lies more than {} after {since}", law.longest);
        let last = from.checked_add(law.longest.duration()).unwrap_or(Timestamp::MAX);
        let last = last.to_zoned(TimeZone::UTC).date();
        section.problem(key, message, format!("give {last} at the latest, or change [exceptions] longest"));
    }
    expires
}

/// A text without spaces around it, which nobody would see.
struct Text(String);

impl Leaf for Text {
    const EXPECTED: &'static str = "the exact text in quotes, ids too, or a pattern: \"glob:...\" with * or ?";

    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String> {
        let text = String::read(value, base)?;
        if text.trim() == text { Ok(Self(text)) } else { Err(format!("{} has spaces around it", found(value))) }
    }
}

/// A day or a moment.
#[derive(Clone, Copy)]
enum Moment {
    Day(Date),
    Time(Timestamp),
}

impl Leaf for Moment {
    const EXPECTED: &'static str =
        "a date such as \"2026-12-31\", which means all of it in UTC, or a time such as \"2026-12-31T12:00:00Z\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Result<Self, String> {
        let text = match value {
            DeValue::String(text) => text.clone().into_owned(),
            DeValue::Datetime(time) => time.to_string(),
            _ => return Err(format!("{} cannot be used", found(value))),
        };
        let day = || Date::strptime("%Y-%m-%d", &text).ok().filter(|day| day.to_string() == text);
        let time = text.parse().ok().map(Self::Time);
        time.or_else(|| day().map(Self::Day)).ok_or_else(|| format!("{} cannot be used", found(value)))
    }
}

impl Moment {
    fn begin(self, section: &Section<'_, '_>, key: &str) -> Timestamp {
        self.at(section, key, 0, 0, 0)
    }

    /// A date is over with its last second, so that whoever reads the time finds the date again.
    fn end(self, section: &Section<'_, '_>, key: &str) -> Timestamp {
        self.at(section, key, 23, 59, 59)
    }

    fn at(self, section: &Section<'_, '_>, key: &str, hour: i8, minute: i8, second: i8) -> Timestamp {
        let day = match self {
            Self::Time(time) => return time,
            Self::Day(day) => day,
        };
        day.at(hour, minute, second, 0).to_zoned(TimeZone::UTC).map_or_else(
            |_| {
                section.problem(key, format!("{day} is no day that can be told"), "give a nearer one");
                Timestamp::UNIX_EPOCH
            },
            |zoned| zoned.timestamp(),
        )
    }
}

#[cfg(test)]
mod tests;
