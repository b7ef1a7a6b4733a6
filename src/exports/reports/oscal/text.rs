//! OSCAL's kinds of text: tokens, strings of one line, lines of markup and markup of many lines.

use crate::exports::visible::{lines, one_line};

/// What stands where a text is blank.
const BLANK: &str = "(blank)";

/// A string: one line that is not blank and has no space at its ends.
pub(super) fn string(text: &str) -> String {
    let shown = one_line(text);
    let kept = shown.trim();
    if kept.is_empty() { BLANK.to_owned() } else { kept.to_owned() }
}

/// A line of markup that says `text` and nothing else.
pub(super) fn line(text: &str) -> String {
    plain(&string(text))
}

/// Markup that says `text` and nothing else, with its line breaks.
pub(super) fn markup(text: &str) -> String {
    let shown = lines(text);
    if shown.trim().is_empty() { BLANK.to_owned() } else { plain(&shown) }
}

/// A token: letters, digits, dots, hyphens and underscores, a letter or underscore first.
pub(super) fn token(text: &str) -> String {
    let mut token = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || character == '.' || character == '_' {
            token.push(character.to_ascii_lowercase());
        } else if !token.is_empty() && !token.ends_with('-') {
            token.push('-');
        }
    }
    let token = token.trim_end_matches('-');
    if token.starts_with(|first: char| first.is_ascii_lowercase() || first == '_') {
        token.to_owned()
    } else {
        format!("_{token}")
    }
}

/// Without what begins a tag, a link or the insertion of a parameter in OSCAL's Markdown.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '<' | '[' | '{' | '`') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_from_a_text_is_text() {
        assert_eq!(
            markup("<script>\n[a](b) {{ insert: param, x }}"),
            "\\<script>\n\\[a](b) \\{\\{ insert: param, x }}"
        );
        assert_eq!(line(" a\nb "), "a\\\\u\\{a}b");
        assert_eq!(markup(" \n"), BLANK);
    }

    #[test]
    fn tokens_keep_what_they_can() {
        assert_eq!(token("PCI DSS 4.0.1_7.2.5.1"), "pci-dss-4.0.1_7.2.5.1");
        assert_eq!(token("7.2"), "_7.2");
        assert_eq!(token("<>"), "_");
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_string_and_a_token(text in any::<String>()) {
            let string = string(&text);
            let one_line = !string.contains(['\n', '\r', '\u{2028}']);
            prop_assert!(!string.is_empty() && string.trim() == string && one_line);
            let token = token(&text);
            prop_assert!(token.starts_with(|first: char| first.is_ascii_lowercase() || first == '_'));
            prop_assert!(token.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c)));
        }
    }
}
