//! Text of logs and times, as pages show them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, PreEscaped, Render, html};

/// Characters of a text that a page shows at once. ARNs are at most 2,048 characters long and mostly below 200; what
/// is longer is no name that anybody reads to its end.
pub const SHOWN: usize = 300;

/// Characters of a text that a page carries at all: the rest is in the command line's and the API's answers.
const CARRIED: usize = 20_000;

/// A text from outside, isolated from the reading direction of its surroundings, with control characters and marks
/// that disguise a text written out, and cut after [`SHOWN`] characters.
#[must_use]
pub fn shown(text: &str) -> Markup {
    brief(text, SHOWN)
}

/// The same, cut after so many characters.
#[must_use]
pub fn brief(text: &str, characters: usize) -> Markup {
    let (head, rest) = split(text, characters);
    html! {
        bdi { (Visible(head)) }
        @if !rest.is_empty() { span.cut { "… (" (number(count_of(rest))) " more characters)" } }
    }
}

/// The same with the whole text behind the cut one. It is no phrase: it cannot stand in a paragraph.
#[must_use]
pub fn shown_whole(text: &str) -> Markup {
    let (head, rest) = split(text, SHOWN);
    if rest.is_empty() {
        return shown(text);
    }
    let (carried, left) = split(text, CARRIED);
    html! {
        details.whole {
            summary { bdi { (Visible(head)) } span.cut { "… (" (number(count_of(rest))) " more characters)" } }
            bdi { (Visible(carried)) }
            @if !left.is_empty() {
                span.cut { "… (" (number(count_of(left))) " more characters: see the API)" }
            }
        }
    }
}

/// A text for a place that knows no elements, such as a title: what disguises is left as a mark, and the text is cut.
#[must_use]
pub fn plain(text: &str, characters: usize) -> String {
    let (head, rest) = split(text, characters);
    let mut plain = head.replace(disguises, "\u{fffd}");
    if !rest.is_empty() {
        plain.push('…');
    }
    plain
}

/// A sentence of the program with names from outside in it: what stands between backticks is code. It is cut, and the
/// whole of it behind the cut one, where a name makes it long.
#[must_use]
pub fn instruction(text: &str) -> Markup {
    let paired = text.matches('`').count().is_multiple_of(2);
    if !paired || !split(text, SHOWN).1.is_empty() {
        return shown_whole(text);
    }
    html! {
        @for (place, part) in text.split('`').enumerate().filter(|(_, part)| !part.is_empty()) {
            @if place % 2 == 1 { code { (shown(part)) } } @else { (shown(part)) }
        }
    }
}

/// Paragraphs and lists of the program's own documentation.
#[must_use]
pub fn prose(text: &str) -> Markup {
    html! {
        @for part in text.split("\n\n") {
            @let lines: Vec<&str> = part.lines().collect();
            @let items = lines.iter().position(|line| line.starts_with("- ")).unwrap_or(lines.len());
            @let (sentences, list) = lines.split_at(items);
            @if !sentences.is_empty() { p { (code_marked(&sentences.join(" "))) } }
            @if !list.is_empty() {
                ul { @for item in list { li { (code_marked(item.trim_start_matches("- "))) } } }
            }
        }
    }
}

/// What stands between backticks is code.
fn code_marked(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A time to the minute, with its second behind it.
#[must_use]
pub fn moment(time: Timestamp) -> Markup {
    // HTML knows fractions of three digits at most.
    html! { time datetime=(time.strftime("%Y-%m-%dT%H:%M:%SZ")) { (minute(time)) } }
}

/// A time to the minute, in UTC.
#[must_use]
pub fn minute(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// The day of a time, in UTC.
#[must_use]
pub fn day(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string()
}

/// A number with its thousands apart.
#[must_use]
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Text whose invisible characters are written out.
struct Visible<'a>(&'a str);

impl Render for Visible<'_> {
    fn render_to(&self, buffer: &mut String) {
        let mut rest = self.0;
        while let Some(at) = rest.find(disguises) {
            let (plain, from) = rest.split_at(at);
            plain.render_to(buffer);
            let mut characters = from.chars();
            let written = characters.next().map_or_else(String::new, |found| format!("U+{:04X}", u32::from(found)));
            html! { span.written-out { (written) } }.render_to(buffer);
            rest = characters.as_str();
        }
        rest.render_to(buffer);
    }

    fn render(&self) -> Markup {
        let mut buffer = String::new();
        self.render_to(&mut buffer);
        PreEscaped(buffer)
    }
}

/// Control characters, and marks that nobody sees and that turn, join or hide a text.
#[must_use]
pub fn disguises(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

fn split(text: &str, characters: usize) -> (&str, &str) {
    text.char_indices().nth(characters).map_or((text, ""), |(at, _)| text.split_at(at))
}

fn count_of(text: &str) -> u64 {
    text.chars().count() as u64
}
