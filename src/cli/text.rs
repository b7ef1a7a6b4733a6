//! Text for people and spreadsheets. Text from logs is hostile: it passes through here.

use serde_json::Value;

/// The text on one line, with control characters and marks that turn the reading direction shown as escapes.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmful(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// A count, where there is one.
#[must_use]
pub fn count(count: Option<u64>) -> String {
    count.map_or_else(|| "uncounted".to_owned(), |count| count.to_string())
}

/// Control characters, and the bidirectional and invisible format characters that disguise a text.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A cell of CSV. A text that a spreadsheet would take for a formula gets a quote before it.
#[must_use]
pub fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if begins_like_formula(text) => format!("'{text}"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// OWASP's list for CSV injection, and the full-width forms that spreadsheets take for the same. Some drop spaces
/// before they look.
fn begins_like_formula(text: &str) -> bool {
    text.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_marks_become_visible() {
        assert_eq!(one_line("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\\u{a}c");
        assert_eq!(one_line("evil\u{202e}gpj.exe"), "evil\\u{202e}gpj.exe");
        assert_eq!(one_line("Straße 東京"), "Straße 東京");
    }

    #[test]
    fn formulas_become_text_and_nothing_else_changes() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            assert_eq!(csv_cell(&Value::from(formula)), format!("'{formula}"));
        }
        assert_eq!(csv_cell(&Value::from("a=b")), "a=b");
        assert_eq!(csv_cell(&Value::from(-3)), "-3");
        assert_eq!(csv_cell(&Value::Null), "");
    }
}
