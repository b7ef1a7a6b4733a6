//! Text inside SARIF messages: what would be a placeholder or a link is written so that it is text.

/// A plain text message, in which braces are placeholders and brackets begin links.
pub(super) fn plain(text: &str) -> String {
    escaped(text, |character| match character {
        '{' => Some("{{"),
        '}' => Some("}}"),
        '\\' => Some("\\\\"),
        '[' => Some("\\["),
        ']' => Some("\\]"),
        _ => None,
    })
}

/// A message in Markdown that we wrote ourselves, in which only braces mean something else.
pub(super) fn markdown(text: &str) -> String {
    escaped(text, |character| match character {
        '{' => Some("{{"),
        '}' => Some("}}"),
        _ => None,
    })
}

fn escaped(text: &str, escape: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match escape(character) {
            Some(escaped) => out.push_str(escaped),
            None => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_placeholder_nor_link_comes_from_a_text() {
        assert_eq!(plain("{0} [a](javascript:b) \\"), "{{0}} \\[a\\](javascript:b) \\\\");
        assert_eq!(markdown("a {0} `b`"), "a {{0}} `b`");
    }
}
