//! YAML as a tree in which everything knows its place.
//!
//! It is made from the parser's events: a deserializer would forget where a value stood, take the last of two equal
//! keys, and stop at the first mistake.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

/// More nodes than any web configuration has. Aliases repeat what they stand for, so that a short text can be a large
/// tree.
const MOST_NODES: usize = 10_000;

/// Deeper than the format goes.
const MOST_LEVELS: usize = 16;

/// A place in the text, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) at: At,
    pub(super) message: String,
    pub(super) remedy: String,
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) at: At,
    pub(super) value: Value,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Nothing,
    /// A plain one is written without quotes: only such a text can mean a number or a switch.
    Text {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key and its place.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) at: At,
    pub(super) name: String,
}

/// Reads the only document of a text; an empty text is [`Value::Nothing`].
pub(super) fn parse(text: &str) -> Result<Node, Flaw> {
    let mut builder = Builder { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0 };
    let mut root = None;
    while let Some((event, span)) = builder.next()? {
        match event {
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            Event::StreamEnd => break,
            _ if root.is_some() => {
                return Err(flaw(at(span), "a second document begins", "keep one document in the file"));
            }
            event => root = Some(builder.node(event, span, 0)?),
        }
    }
    Ok(root.unwrap_or(Node { at: At { line: 1, column: 1 }, value: Value::Nothing }))
}

struct Builder<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<Option<(Event<'a>, Span)>, Flaw> {
        self.parser.next_event().transpose().map_err(|error| {
            let at = At { line: error.marker().line(), column: error.marker().col() + 1 };
            flaw(at, &format!("no YAML: {}", error.info()), "see the commented config/web.example.yml")
        })
    }

    /// The value that begins with `event`.
    fn node(&mut self, event: Event<'a>, span: Span, level: usize) -> Result<Node, Flaw> {
        let at = at(span);
        self.count(1, at)?;
        if MOST_LEVELS < level {
            return Err(flaw(at, "is nested too deeply", "the format has three levels"));
        }
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                (anchor, scalar(text.into_owned(), style, tag.as_deref(), at)?)
            }
            Event::SequenceStart(anchor, tag) => (anchor, self.list(tag.as_deref(), at, level)?),
            Event::MappingStart(anchor, tag) => (anchor, self.map(tag.as_deref(), at, level)?),
            Event::Alias(anchor) => (0, self.alias(anchor, at)?),
            _ => return Err(flaw(at, "a value is missing", "write one, or take the key away")),
        };
        let node = Node { at, value };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self, tag: Option<&Tag>, at: At, level: usize) -> Result<Value, Flaw> {
        untagged(tag, at)?;
        let mut items = Vec::new();
        while let Some((event, span)) = self.next()? {
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            items.push(self.node(event, span, level + 1)?);
        }
        Ok(Value::List(items))
    }

    fn map(&mut self, tag: Option<&Tag>, at: At, level: usize) -> Result<Value, Flaw> {
        untagged(tag, at)?;
        let mut entries: Vec<(Key, Node)> = Vec::new();
        while let Some((event, span)) = self.next()? {
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = key_of(self.node(event, span, level + 1)?)?;
            if let Some((first, _)) = entries.iter().find(|(other, _)| other.name == key.name) {
                let message = format!("the key {:?} stands in line {} already", key.name, first.at.line);
                return Err(flaw(key.at, &message, "keep one of them"));
            }
            let Some((event, span)) = self.next()? else { break };
            entries.push((key, self.node(event, span, level + 1)?));
        }
        Ok(Value::Map(entries))
    }

    /// What an alias stands for. An anchor within itself is not complete yet and so not known.
    fn alias(&mut self, anchor: usize, at: At) -> Result<Value, Flaw> {
        let Some(meant) = self.anchors.get(&anchor).cloned() else {
            return Err(flaw(at, "an alias stands within what it means", "write the value out"));
        };
        self.count(size(&meant), at)?;
        Ok(meant.value)
    }

    fn count(&mut self, nodes: usize, at: At) -> Result<(), Flaw> {
        self.nodes = self.nodes.saturating_add(nodes);
        if MOST_NODES < self.nodes {
            let message = format!("the file has more than {MOST_NODES} values");
            return Err(flaw(at, &message, "a web configuration has a few dozen; is it the right file?"));
        }
        Ok(())
    }
}

fn at(span: Span) -> At {
    At { line: span.start.line(), column: span.start.col() + 1 }
}

fn flaw(at: At, message: &str, remedy: &str) -> Flaw {
    Flaw { at, message: message.to_owned(), remedy: remedy.to_owned() }
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Nothing | Value::Text { .. } => 0,
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(entries) => entries.iter().map(|(_, node)| 1 + size(node)).sum(),
    }
}

fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>, at: At) -> Result<Value, Flaw> {
    let plain = style == ScalarStyle::Plain;
    if tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str") {
        return Ok(Value::Text { text, plain: false });
    }
    untagged(tag, at)?;
    let nothing = plain && ["", "~", "null", "Null", "NULL"].contains(&text.as_str());
    Ok(if nothing { Value::Nothing } else { Value::Text { text, plain } })
}

/// A tag can change what a value means; none of the format's values needs one.
fn untagged(tag: Option<&Tag>, at: At) -> Result<(), Flaw> {
    tag.map_or(Ok(()), |tag| Err(flaw(at, &format!("the tag {tag} is not understood"), "take it away")))
}

fn key_of(node: Node) -> Result<Key, Flaw> {
    match node.value {
        Value::Text { text, .. } => Ok(Key { at: node.at, name: text }),
        _ => Err(flaw(node.at, "a key is no text", "write a name and a colon")),
    }
}
