//! JSON back to text.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{Node, end_of_plain};

/// Bytes of most records, so that their text seldom has to move while it is written.
const USUAL_BYTES: usize = 2 << 10;

/// The value as JSON without white space, its members in their order.
pub(in crate::trail) fn compact(node: &Node<'_>) -> String {
    let mut out = String::with_capacity(USUAL_BYTES);
    write(&mut out, node, false);
    out
}

/// A text as a JSON string.
pub(in crate::trail) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    write_text(&mut out, text);
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
    out.push('{');
    if sorted {
        let mut order: Vec<_> = members.iter().collect();
        order.sort_by(|left, right| left.0.cmp(&right.0));
        order.into_iter().enumerate().for_each(|member| write_member(out, member, sorted));
    } else {
        members.iter().enumerate().for_each(|member| write_member(out, member, sorted));
    }
    out.push('}');
}

fn write_member(out: &mut String, (index, (key, value)): (usize, &(Cow<'_, str>, Node<'_>)), sorted: bool) {
    if index > 0 {
        out.push(',');
    }
    write_text(out, key);
    out.push(':');
    write(out, value, sorted);
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    loop {
        let end = end_of_plain(text.as_bytes(), from);
        out.push_str(&text[from..end]);
        let Some(special) = text.as_bytes().get(end) else { break };
        write_escape(out, *special);
        from = end + 1;
    }
    out.push('"');
}

fn write_escape(out: &mut String, special: u8) {
    match special {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        control => write!(out, "\\u{control:04x}").expect("writing to a string cannot fail"),
    }
}
