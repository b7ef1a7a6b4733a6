//! JSON back to text.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::Node;

/// The value as JSON without white space, its members in their order.
pub(in crate::trail) fn compact(node: &Node<'_>) -> String {
    let mut out = String::new();
    write(&mut out, node, false);
    out
}

/// The value as JSON without white space, its keys in order: one text for one meaning.
pub(in crate::trail) fn canonical(node: &Node<'_>) -> String {
    let mut out = String::new();
    write(&mut out, node, true);
    out
}

fn write(out: &mut String, node: &Node<'_>, sorted: bool) {
    match node {
        Node::Null => out.push_str("null"),
        Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Node::Number(text) => out.push_str(text),
        Node::Text(text) => write_text(out, text),
        Node::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(out, item, sorted);
            }
            out.push(']');
        }
        Node::Map(members) => write_members(out, members, sorted),
    }
}

fn write_members(out: &mut String, members: &[(Cow<'_, str>, Node<'_>)], sorted: bool) {
    let mut order: Vec<_> = members.iter().collect();
    if sorted {
        order.sort_by(|left, right| left.0.cmp(&right.0));
    }
    out.push('{');
    for (index, (key, value)) in order.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(out, key);
        out.push(':');
        write(out, value, sorted);
    }
    out.push('}');
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                write!(out, "\\u{:04x}", u32::from(control)).expect("writing to a string cannot fail");
            }
            other => out.push(other),
        }
    }
    out.push('"');
}
