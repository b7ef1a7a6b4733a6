//! Text from logs with everything made visible that a reader could not see: such text is hostile.

/// The text on one line, with control characters and marks that turn the reading direction shown as escapes.
#[must_use]
pub fn one_line(text: &str) -> String {
    shown(text, |character| is_harmful(character).then(|| character.escape_unicode().to_string()))
}

/// The same with the line breaks and tabs that it has.
#[must_use]
pub fn lines(text: &str) -> String {
    let keep = |character| matches!(character, '\t' | '\n' | '\r');
    shown(text, |character| {
        (is_harmful(character) && !keep(character)).then(|| character.escape_unicode().to_string())
    })
}

/// A text that is JSON, still JSON and with the same meaning.
#[must_use]
pub fn json(text: &str) -> String {
    // All of them are in the basic plane: one escape each.
    shown(text, |character| is_harmful(character).then(|| format!("\\u{:04x}", u32::from(character))))
}

fn shown(text: &str, escape: impl Fn(char) -> Option<String>) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match escape(character) {
            Some(escaped) => safe.push_str(&escaped),
            None => safe.push(character),
        }
    }
    safe
}

/// Control characters, and the bidirectional and invisible format characters that disguise a text.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
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
    fn lines_stay_lines() {
        assert_eq!(lines("a\r\n\tb\u{0}\u{2028}"), "a\r\n\tb\\u{0}\\u{2028}");
    }
}
