//! As much of the query language of Prometheus as it takes to tell which metrics and labels an expression names.

use std::collections::BTreeSet;

/// What an expression names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Metrics, each with the labels of its selector.
    pub selectors: Vec<(String, BTreeSet<String>)>,
    /// Labels of `by`, `without`, `on`, `ignoring`, `group_left` and `group_right`.
    pub grouping: BTreeSet<String>,
}

const GROUPING: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
const OPERATORS: [&str; 13] =
    ["and", "or", "unless", "bool", "offset", "sum", "min", "max", "avg", "count", "group", "topk", "sort_desc"];

/// Reads an expression.
pub fn named(expression: &str) -> Named {
    let mut named = Named::default();
    let mut rest = expression;
    while let Some(next) = rest.chars().next() {
        rest = match next {
            '"' | '\'' => after_string(rest),
            '[' => rest.split_once(']').map_or("", |(_, rest)| rest),
            _ if next.is_ascii_digit() => rest.trim_start_matches(is_word),
            _ if is_word(next) => word(rest, &mut named),
            _ => &rest[next.len_utf8()..],
        };
    }
    named
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_:".contains(character)
}

/// One word and what belongs to it.
fn word<'a>(text: &'a str, named: &mut Named) -> &'a str {
    let rest = text.trim_start_matches(is_word);
    let word = &text[..text.len() - rest.len()];
    let rest = rest.trim_start();
    if GROUPING.contains(&word) {
        let (labels, rest) = rest.trim_start_matches('(').split_once(')').unwrap_or_default();
        named.grouping.extend(labels.split(',').map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned));
        return rest;
    }
    if let Some(matchers) = rest.strip_prefix('{') {
        let (labels, rest) = matchers_of(matchers);
        named.selectors.push((word.to_owned(), labels));
        return rest;
    }
    if !rest.starts_with('(') && !OPERATORS.contains(&word) {
        named.selectors.push((word.to_owned(), BTreeSet::new()));
    }
    rest
}

/// The labels up to the closing brace, and what follows it.
fn matchers_of(text: &str) -> (BTreeSet<String>, &str) {
    let (mut labels, mut rest) = (BTreeSet::new(), text);
    loop {
        rest = rest.trim_start_matches([' ', ',', '\n']);
        if let Some(after) = rest.strip_prefix('}') {
            return (labels, after);
        }
        let value = rest.trim_start_matches(is_word);
        labels.insert(rest[..rest.len() - value.len()].to_owned());
        let quoted = value.trim_start_matches(['=', '!', '~', ' ']);
        assert!(quoted.len() < value.len() && quoted.starts_with(['"', '\'']), "no matcher: {rest}");
        rest = after_string(quoted);
    }
}

/// What follows a string.
fn after_string(text: &str) -> &str {
    let mut characters = text.char_indices();
    let quote = characters.next().map(|(_, quote)| quote);
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if Some(character) == quote {
            return &text[at + 1..];
        }
    }
    ""
}

#[test]
fn metrics_and_labels_are_found_wherever_they_stand() {
    let found = named(
        "(time() - max by (provider, a_b) (last_over_time(x_total{a=\"}{\\\"\", b!~'y'}[15m])) > 2 * 60) or up unless on () z{} == bool 1",
    );
    let labels = |all: &[&str]| all.iter().map(|label| (*label).to_owned()).collect::<BTreeSet<_>>();
    let expected = [("x_total", labels(&["a", "b"])), ("up", labels(&[])), ("z", labels(&[]))];
    assert_eq!(found.selectors, expected.map(|(metric, labels)| (metric.to_owned(), labels)));
    assert_eq!(found.grouping, labels(&["a_b", "provider"]));
}
