//! The text of a cron expression: read field by field, so that an error can name the column, the reason and the
//! remedy, then handed to the `cron` crate in the crate's own dialect (seconds first, Sunday is 1).

use std::str::FromStr;

use super::ScheduleError;

/// What can stand in one field.
struct FieldKind {
    name: &'static str,
    first: u32,
    last: u32,
    /// Names of the values from `first` on, where the field has them.
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Sunday's second number in classic cron.
const SUNDAY_AGAIN: u32 = 7;

const DAY_OF_MONTH: usize = 3;
const DAY_OF_WEEK: usize = 5;

/// The six fields in their order.
const FIELDS: [FieldKind; 6] = [
    FieldKind { name: "second", first: 0, last: 59, names: &[] },
    FieldKind { name: "minute", first: 0, last: 59, names: &[] },
    FieldKind { name: "hour", first: 0, last: 23, names: &[] },
    FieldKind { name: "day of month", first: 1, last: 31, names: &[] },
    FieldKind { name: "month", first: 1, last: 12, names: &MONTHS },
    FieldKind { name: "day of week", first: 0, last: SUNDAY_AGAIN, names: &WEEKDAYS },
];

/// A field as it was written.
#[derive(Clone, Copy)]
struct Field<'a> {
    text: &'a str,
    /// Column of its first character, from 1.
    column: usize,
}

impl Field<'_> {
    /// Whether it begins with a star. Classic cron lets a day field without one widen the other day field.
    fn is_star(self) -> bool {
        self.text.starts_with(['*', '?'])
    }
}

/// Reads `text` into the crate's schedules: usually one, two where both day fields are restricted, because classic
/// cron then runs on days that satisfy either, and the crate only on days that satisfy both.
pub(super) fn parse(text: &str) -> Result<Vec<cron::Schedule>, ScheduleError> {
    let fields = split(text)?;
    let mut translated = Vec::with_capacity(FIELDS.len());
    for (kind, field) in FIELDS.iter().zip(&fields) {
        let values = kind.values(*field).map_err(|refusal| refusal.in_text(text))?;
        translated.push(kind.in_crate_dialect(values));
    }
    let either_day = !fields[DAY_OF_MONTH].is_star() && !fields[DAY_OF_WEEK].is_star();
    if !either_day {
        return Ok(vec![to_crate(text, &translated)?]);
    }
    [DAY_OF_MONTH, DAY_OF_WEEK]
        .into_iter()
        .map(|day_field| {
            let mut one_day_field = translated.clone();
            "*".clone_into(&mut one_day_field[day_field]);
            to_crate(text, &one_day_field)
        })
        .collect()
}

fn to_crate(text: &str, fields: &[String]) -> Result<cron::Schedule, ScheduleError> {
    cron::Schedule::from_str(&fields.join(" ")).map_err(|error| ScheduleError::Syntax {
        text: text.to_owned(),
        column: 1,
        reason: error.to_string(),
        remedy: "write it with plain numbers".to_owned(),
    })
}

/// Splits `text` into six fields; the second is 0 where only five are given.
fn split(text: &str) -> Result<Vec<Field<'_>>, ScheduleError> {
    let mut fields = words(text);
    match fields.len() {
        5 => fields.insert(0, Field { text: "0", column: 1 }),
        6 => {}
        count => {
            return Err(ScheduleError::Syntax {
                text: text.to_owned(),
                column: fields.get(6).map_or(1, |field| field.column),
                reason: format!("it has {count} fields"),
                remedy: "write 5 (minute, hour, day of month, month, day of week) or 6 with the second before them, \
                         for example \"*/15 * * * *\""
                    .to_owned(),
            });
        }
    }
    Ok(fields)
}

fn words(text: &str) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    let mut rest = text;
    let mut column = 1;
    while let Some(gap) = rest.find(|c: char| !c.is_whitespace()) {
        column += rest[..gap].chars().count();
        rest = &rest[gap..];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        fields.push(Field { text: &rest[..end], column });
        column += rest[..end].chars().count();
        rest = &rest[end..];
    }
    fields
}

/// Why a field is refused, before the whole text is put to it.
struct Refusal {
    column: usize,
    reason: String,
    remedy: String,
}

impl Refusal {
    fn in_text(self, text: &str) -> ScheduleError {
        ScheduleError::Syntax { text: text.to_owned(), column: self.column, reason: self.reason, remedy: self.remedy }
    }
}

impl FieldKind {
    /// The values that `field` selects, a bit each.
    fn values(&self, field: Field<'_>) -> Result<u64, Refusal> {
        let mut selected = 0;
        let mut column = field.column;
        for item in field.text.split(',') {
            selected |= self.item(Field { text: item, column })?;
            column += item.chars().count() + 1;
        }
        Ok(selected)
    }

    /// One element of a list: `*`, `5`, `1-5`, each with an optional step; `5/10` is every tenth from 5 on.
    fn item(&self, item: Field<'_>) -> Result<u64, Refusal> {
        let (range, step) = match item.text.split_once('/') {
            None => (item.text, None),
            Some((range, step)) => {
                let column = item.column + range.chars().count() + 1;
                (range, Some(self.step(Field { text: step, column })?))
            }
        };
        let (start, end) = self.range(Field { text: range, ..item }, step.is_some())?;
        Ok((start..=end).step_by(step.unwrap_or(1)).fold(0, |bits, value| bits | (1 << value)))
    }

    fn range(&self, range: Field<'_>, stepped: bool) -> Result<(u32, u32), Refusal> {
        // "?" means "no matter" in other crons, and only for days.
        if range.text == "*" || (range.text == "?" && self.name.starts_with("day")) {
            return Ok((self.first, self.last));
        }
        let Some((start, end)) = range.text.split_once('-') else {
            let value = self.value(range)?;
            return Ok((value, if stepped { self.last } else { value }));
        };
        let from = self.value(Field { text: start, ..range })?;
        let column = range.column + start.chars().count() + 1;
        let to = match self.value(Field { text: end, column })? {
            // A week may end on Sunday: FRI-SUN.
            0 if self.has_second_sunday() && from > 0 => SUNDAY_AGAIN,
            to => to,
        };
        if to < from {
            return Err(self.refusal(range, format!("the range {:?} runs backwards", range.text)));
        }
        Ok((from, to))
    }

    fn value(&self, word: Field<'_>) -> Result<u32, Refusal> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(word.text));
        if let Some(place) = named.and_then(|place| u32::try_from(place).ok()) {
            return Ok(self.first + place);
        }
        let digits = !word.text.is_empty() && word.text.bytes().all(|byte| byte.is_ascii_digit());
        match word.text.parse() {
            Ok(value) if digits && self.first <= value && value <= self.last => Ok(value),
            _ if digits => Err(self.refusal(word, format!("{} is out of range for the {}", word.text, self.name))),
            _ if word.text.is_empty() => Err(self.refusal(word, format!("a value of the {} is missing", self.name))),
            _ => Err(self.refusal(word, format!("{:?} is no {}", word.text, self.name))),
        }
    }

    /// A step that leaves the field after its first value is always a mistake: `*/90` in the minute runs hourly.
    fn step(&self, word: Field<'_>) -> Result<usize, Refusal> {
        let span = self.last - self.first;
        match word.text.parse::<u32>() {
            Ok(step) if 0 < step && step <= span && !word.text.starts_with('+') => Ok(step as usize),
            _ => Err(Refusal {
                column: word.column,
                reason: format!("{:?} is no step within the {}", word.text, self.name),
                remedy: format!("use a step from 1 to {span}"),
            }),
        }
    }

    fn refusal(&self, word: Field<'_>, reason: String) -> Refusal {
        let names = match self.names {
            [first, .., last] => format!(", {} to {}", first.to_uppercase(), last.to_uppercase()),
            _ => String::new(),
        };
        let remedy =
            format!("use {} to {}{names}, a list (1,2), a range (1-5) or a step (*/2)", self.first, self.last);
        Refusal { column: word.column, reason, remedy }
    }

    fn has_second_sunday(&self) -> bool {
        self.last == SUNDAY_AGAIN
    }

    /// The selected values as the crate writes them.
    fn in_crate_dialect(&self, values: u64) -> String {
        let chosen = (self.first..=self.last).filter(|value| values & (1 << value) != 0);
        let mut numbers: Vec<u32> = if self.has_second_sunday() {
            chosen.map(|day| day % SUNDAY_AGAIN + 1).collect()
        } else {
            chosen.collect()
        };
        numbers.sort_unstable();
        numbers.dedup();
        let all = self.last - self.first + u32::from(!self.has_second_sunday());
        if numbers.len() == all as usize {
            return "*".to_owned();
        }
        numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
    }
}
