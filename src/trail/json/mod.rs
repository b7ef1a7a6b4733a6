//! JSON as trail records need it: strict where two readers could disagree, lenient where nothing can be lost.
//!
//! `serde_json` is not used for records: it keeps the last of two equal keys, refuses numbers that do not fit, and
//! would build a tree for every record only to find it irrelevant. Here a record is checked whole without a tree
//! ([`fields`]), and only what may concern a profile becomes a [`Node`]. Both refuse the same texts: repeated keys
//! (after decoding, at every level), lone surrogates, nesting beyond [`MAX_DEPTH`]. Numbers stay text.

mod keys;
mod scan;
mod text;
mod write;

use std::borrow::Cow;

pub(super) use scan::{end_of_value, fields, node};
pub(super) use text::{checked_string, decoded, end_of_blank, end_of_plain};
pub(super) use write::{canonical, compact, quoted};

/// Deepest nesting of lists and objects that a record may have; the same limit as `serde_json`'s.
pub(super) const MAX_DEPTH: usize = 128;

/// Why a text is no acceptable JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bad {
    /// Where, in bytes from the beginning of the text.
    pub at: usize,
    /// What is wrong.
    pub reason: String,
}

#[cold]
#[expect(
    clippy::unnecessary_box_returns,
    reason = "every step of the scan hands its answer on, nearly always a good one"
)]
fn bad(at: usize, reason: impl Into<String>) -> Box<Bad> {
    Box::new(Bad { at, reason: reason.into() })
}

/// One member of an object, its value unparsed but checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// The key, decoded.
    pub key: Cow<'a, str>,
    /// The value's JSON.
    pub raw: &'a str,
}

/// The value of `key` among `fields`.
pub(super) fn find<'a>(fields: &[Field<'a>], key: &str) -> Option<&'a str> {
    fields.iter().find(|field| field.key == key).map(|field| field.raw)
}

/// The object of those of `fields` that are wanted.
pub(super) fn part<'a>(fields: &[Field<'a>], wanted: impl Fn(&str) -> bool) -> Result<Node<'a>, Bad> {
    let wanted = fields.iter().filter(|field| wanted(&field.key));
    let members = wanted.map(|field| Ok((field.key.clone(), node(field.raw)?)));
    members.collect::<Result<_, _>>().map(Node::Map)
}

/// The text of a checked JSON value that is a string (decoded) or a number (as written).
pub(super) fn text(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first()? {
        b'"' => Some(text::decoded(raw.strip_prefix('"')?.strip_suffix('"')?)),
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(raw)),
        _ => None,
    }
}

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as written: no number is too large to be kept.
    Number(Cow<'a, str>),
    /// A string, decoded.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Node<'a>>),
    /// An object, its members in the order of the text.
    Map(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// What a path that leads nowhere leads to.
static NULL: Node<'static> = Node::Null;

impl<'a> Node<'a> {
    /// The member with that key, or `null`.
    pub(super) fn get(&self, key: &str) -> &Node<'a> {
        self.member(|name| name == key)
    }

    /// The member with that key, ASCII case ignored where no exact one exists, or `null`.
    pub(super) fn get_any_case(&self, key: &str) -> &Node<'a> {
        match self.get(key) {
            Node::Null => self.member(|name| name.eq_ignore_ascii_case(key)),
            found => found,
        }
    }

    fn member(&self, wanted: impl Fn(&str) -> bool) -> &Node<'a> {
        match self {
            Node::Map(members) => members.iter().find(|(name, _)| wanted(name)).map_or(&NULL, |(_, value)| value),
            _ => &NULL,
        }
    }

    /// What a dotted path of keys (ASCII case ignored) and list indices leads to, or `null`.
    pub(super) fn path(&self, path: &str) -> &Node<'a> {
        path.split('.').fold(self, |node, step| match node {
            Node::List(items) => step.parse().ok().and_then(|index: usize| items.get(index)).unwrap_or(&NULL),
            other => other.get_any_case(step),
        })
    }

    /// The text of a string or number; `None` for anything else and for the empty string.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) | Node::Number(text) => Some(text.as_ref()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// The text as an owned string.
    pub(super) fn owned_text(&self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    /// The items of a list; none for anything else.
    pub(super) fn items(&self) -> &[Node<'a>] {
        match self {
            Node::List(items) => items,
            _ => &[],
        }
    }

    /// The members of an object; none for anything else.
    pub(super) fn members(&self) -> &[(Cow<'a, str>, Node<'a>)] {
        match self {
            Node::Map(members) => members,
            _ => &[],
        }
    }

    /// The same value, independent of the text that it was read from.
    pub(super) fn into_owned(self) -> Node<'static> {
        match self {
            Node::Null => Node::Null,
            Node::Bool(value) => Node::Bool(value),
            Node::Number(text) => Node::Number(Cow::Owned(text.into_owned())),
            Node::Text(text) => Node::Text(Cow::Owned(text.into_owned())),
            Node::List(items) => Node::List(items.into_iter().map(Node::into_owned).collect()),
            Node::Map(members) => Node::Map(
                members.into_iter().map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned())).collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both readers must give the same verdict on every text.
    fn verdict(text: &str) -> Result<(), Bad> {
        let whole = node(text).map(|_| ());
        let checked = fields(text).map(|_| ());
        assert_eq!(whole, checked, "the readers disagree on {text:?}");
        whole
    }

    fn refused(text: &str, at: usize, reason: &str) {
        let bad = verdict(text).expect_err(text);
        assert!(bad.at == at && bad.reason.contains(reason), "{text}: {bad:?}");
    }

    #[test]
    fn well_formed_objects_are_read() {
        for text in [
            "{}",
            " { } ",
            r#"{"a":[1,-2.5e+10,{"b":null},true,false,"x\u0041\n"],"":""}"#,
            r#"{"big":1e400,"long":123456789012345678901234567890,"nul":"\u0000","pair":"\ud83d\ude00"}"#,
        ] {
            assert_eq!(verdict(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn repeated_keys_are_refused_at_every_level_after_decoding() {
        refused(r#"{"a":1,"a":2}"#, 12, "the key \"a\" is repeated");
        refused(r#"{"b":[{"a":1,"\u0061":2}]}"#, 23, "the key \"a\" is repeated");
        let many: Vec<_> = (0..40).map(|number| format!("\"k{number}\":0")).collect();
        assert_eq!(verdict(&format!("{{{}}}", many.join(","))), Ok(()));
        let bad = verdict(&format!("{{{},\"k7\":1}}", many.join(","))).expect_err("is repeated");
        assert!(bad.reason.contains("\"k7\""), "{bad:?}");
    }

    #[test]
    fn bad_syntax_is_refused_where_it_stands() {
        refused(r#"{"a":"x"#, 5, "string has no end");
        refused("{\"a\":\"x\ty\"}", 7, "control character");
        refused(r#"{"a":"\ud83d"}"#, 6, "surrogate");
        refused(r#"{"a":"\ude00"}"#, 6, "surrogate");
        refused(r#"{"a":"\x"}"#, 6, "escape");
        refused(r#"{"a":tru}"#, 5, "value");
        refused(r#"{"a":01}"#, 6, "comma");
        refused(r#"{"a":1.}"#, 7, "number");
        refused(r#"{"a":1,}"#, 7, "key");
        refused(r#"{"a" 1}"#, 5, "colon");
        refused(r#"{"a":1} x"#, 8, "after the end");
        refused(r#"{"a":[1 2]}"#, 8, "comma");
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert_eq!(verdict(&nested(MAX_DEPTH - 1)), Ok(()));
        let bad = verdict(&nested(MAX_DEPTH)).expect_err("is too deep");
        assert!(bad.reason.contains("128"), "{bad:?}");
        assert!(verdict(&nested(200_000)).is_err());
    }

    #[test]
    fn paths_lead_through_lists_and_either_case() {
        let value = node(r#"{"Resources":[{"ARN":"x"},{"n":7}]}"#).expect("parses");
        assert_eq!(value.path("resources.0.arn").text(), Some("x"));
        assert_eq!(value.path("Resources.1.n").text(), Some("7"));
        assert_eq!(value.path("Resources.2.n"), &Node::Null);
    }

    #[test]
    fn one_value_has_one_canonical_form() {
        let form = |text: &str| canonical(&node(text).expect("parses"));
        assert_eq!(form("{ \"b\" : \"\\u0041\" , \"a\":[1e400, null] }"), r#"{"a":[1e400,null],"b":"A"}"#);
        assert_eq!(form(r#"{"a":[1e400,null],"b":"A"}"#), form("{\"b\":\"A\",\n\"a\":[1e400,null]}"));
        assert_ne!(form(r#"{"a":"1"}"#), form(r#"{"a":1}"#));
    }
}
