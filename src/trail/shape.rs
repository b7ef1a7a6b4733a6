//! What a piece of an object is: a record, something around a record, or no part of a log.

use std::borrow::Cow;

use super::json::{self, Field, MAX_DEPTH, Node};
use super::outline::Outline;

/// What a piece is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape<'a> {
    /// A record of a trail, or what claims to be one.
    Record,
    /// Something around a record: its JSON.
    Around(Cow<'a, str>),
    /// A digest, an insight, another event of an event bus.
    NoLog,
}

/// Prefix of the keys under which SLS stores a record that it has flattened.
const FLATTENED: &str = "event.";

/// Most members of a flattened record: putting it together takes time that grows with their square. Records have
/// some hundreds at most.
const MOST_FLATTENED: usize = 4096;

/// Tells what a piece with these members is.
///
/// # Errors
/// A reason, when it is something around a record and the record in it cannot be had.
pub(super) fn shape<'a>(fields: &[Field<'a>], outline: &Outline<'a>) -> Result<Shape<'a>, String> {
    if outline.digest_start.is_some() && outline.digest_end.is_some() || is_insight(outline) {
        return Ok(Shape::NoLog);
    }
    if outline.event_name.is_some() {
        return Ok(Shape::Record);
    }
    around(fields)
}

/// Tells what a piece without an event's name is.
fn around<'a>(fields: &[Field<'a>]) -> Result<Shape<'a>, String> {
    let get = |key: &str| json::find(fields, key);
    // An item of the answer of CloudTrail's LookupEvents.
    if let Some(raw) = get("CloudTrailEvent") {
        return inner(raw, "CloudTrailEvent").map(Shape::Around);
    }
    // An event of EventBridge; other services' events share its buses and archives.
    if let (Some(kind), Some(detail)) = (get("detail-type"), get("detail")) {
        let from_trail = json::text(kind).is_some_and(|kind| kind.contains("CloudTrail"));
        let record = json::fields(detail).is_ok_and(|fields| json::find(&fields, "eventName").is_some());
        return if from_trail || record { inner(detail, "detail").map(Shape::Around) } else { Ok(Shape::NoLog) };
    }
    // Items of Alibaba Cloud's Simple Log Service.
    if let Some(contents) = get("contents") {
        return from_contents(contents);
    }
    if let Some(event) = get("event") {
        return inner(event, "event").map(Shape::Around);
    }
    if fields.iter().any(|field| field.key.starts_with(FLATTENED)) {
        return unflatten(fields).map(|text| Shape::Around(Cow::Owned(text)));
    }
    Ok(Shape::Record)
}

/// Whether an object looks like a record or something around one, for what follows broken structure.
pub(super) fn plausible(bytes: &[u8]) -> bool {
    let Some(fields) = std::str::from_utf8(bytes).ok().and_then(|text| json::fields(text).ok()) else {
        // Too broken to tell by its members, yet it may be a record of which the operator has to know.
        return memchr::memmem::find(bytes, b"\"eventName\"").is_some();
    };
    let outline = Outline::of(&fields);
    match shape(&fields, &outline) {
        Ok(Shape::Record) => outline.event_name.is_some(),
        _ => true,
    }
}

fn is_insight(outline: &Outline<'_>) -> bool {
    let says = |raw: Option<&str>| raw.and_then(json::text).is_some_and(|text| text.contains("Insight"));
    outline.insight.is_some() || says(outline.event_category) || says(outline.event_type)
}

/// The record in a member that holds it as an object, or as a string of JSON.
fn inner<'a>(raw: &'a str, key: &str) -> Result<Cow<'a, str>, String> {
    match raw.as_bytes().first() {
        Some(b'{') => Ok(Cow::Borrowed(raw)),
        Some(b'"') => json::text(raw).ok_or_else(|| format!("{key} cannot be read")),
        _ => Err(format!("{key} holds no record")),
    }
}

fn from_contents(raw: &str) -> Result<Shape<'_>, String> {
    let text = inner(raw, "contents")?;
    let fields = json::fields(&text).map_err(|bad| format!("contents: {}", bad.reason))?;
    let record = match json::find(&fields, "event") {
        Some(event) => inner(event, "contents.event")?.into_owned(),
        None => unflatten(&fields)?,
    };
    Ok(Shape::Around(Cow::Owned(record)))
}

/// Builds the record from members such as `event.userIdentity.type`.
fn unflatten(fields: &[Field<'_>]) -> Result<String, String> {
    let mut record = Node::Map(Vec::new());
    if MOST_FLATTENED < fields.len() {
        return Err(format!("it has more than {MOST_FLATTENED} flattened members"));
    }
    for field in fields {
        let Some(path) = field.key.strip_prefix(FLATTENED) else { continue };
        if MAX_DEPTH < path.split('.').count() {
            return Err(format!("it is nested deeper than {MAX_DEPTH} levels"));
        }
        let mut value = json::node(field.raw).map_err(|bad| bad.reason)?;
        // Objects arrive as strings of JSON.
        if let Node::Text(text) = &value
            && text.starts_with('{')
            && let Ok(object) = json::node(text)
        {
            value = object.into_owned();
        }
        insert(&mut record, path, value).ok_or_else(|| format!("{} contradicts another key", field.key))?;
    }
    if record.members().is_empty() {
        return Err("it holds no event".to_owned());
    }
    Ok(json::compact(&record))
}

fn insert<'a>(record: &mut Node<'a>, path: &str, value: Node<'a>) -> Option<()> {
    let Node::Map(members) = record else { return None };
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let at = members.iter().position(|(key, _)| key == step);
    match (at, rest) {
        (None, None) => members.push((Cow::Owned(step.to_owned()), value)),
        (Some(at), Some(rest)) => insert(&mut members[at].1, rest, value)?,
        (None, Some(rest)) => {
            let mut inside = Node::Map(Vec::new());
            insert(&mut inside, rest, value)?;
            members.push((Cow::Owned(step.to_owned()), inside));
        }
        (Some(_), None) => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape_of(text: &str) -> Result<Shape<'_>, String> {
        let fields = json::fields(text).expect("the test's own JSON is good");
        shape(&fields, &Outline::of(&fields))
    }

    #[test]
    fn what_is_around_a_record_is_taken_off() {
        for (around, record) in [
            (r#"{"EventId":"1","CloudTrailEvent":"{\"eventName\":\"A\"}"}"#, r#"{"eventName":"A"}"#),
            (r#"{"detail-type":"AWS API Call via CloudTrail","detail":{"eventName":"A"}}"#, r#"{"eventName":"A"}"#),
            (r#"{"contents":{"event":"{\"eventName\":\"A\"}","__topic__":"t"}}"#, r#"{"eventName":"A"}"#),
            (r#"{"__topic__":"actiontrail_event","event":{"eventName":"A"}}"#, r#"{"eventName":"A"}"#),
            (
                r#"{"event.eventName":"A","event.userIdentity.type":"system","event.requestParameters":"{\"a\":1}"}"#,
                r#"{"eventName":"A","userIdentity":{"type":"system"},"requestParameters":{"a":1}}"#,
            ),
            (r#"{"contents":{"event.eventName":"A"}}"#, r#"{"eventName":"A"}"#),
        ] {
            assert_eq!(shape_of(around), Ok(Shape::Around(record.into())), "{around}");
        }
    }

    #[test]
    fn digests_insights_and_other_events_are_no_log() {
        for text in [
            r#"{"awsAccountId":"1","digestStartTime":"x","digestEndTime":"y","logFiles":[]}"#,
            r#"{"eventVersion":"1.07","eventType":"AwsCloudTrailInsight","insightDetails":{}}"#,
            r#"{"detail-type":"EC2 Instance State-change Notification","detail":{"state":"running"}}"#,
        ] {
            assert_eq!(shape_of(text), Ok(Shape::NoLog), "{text}");
        }
    }

    #[test]
    fn an_envelope_without_its_record_is_an_error() {
        for text in [
            r#"{"CloudTrailEvent":null}"#,
            r#"{"contents":{"other":"x"}}"#,
            r#"{"event":7}"#,
            r#"{"event.a":"x","event.a.b":"y"}"#,
        ] {
            assert!(shape_of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn flattened_records_are_bounded_in_size_and_depth() {
        let deep = format!("{{\"event{}\":1}}", ".a".repeat(1 << 20));
        assert!(shape_of(&deep).expect_err("is too deep").contains("128"));
        let members: Vec<_> = (0..=MOST_FLATTENED).map(|number| format!("\"event.k{number}\":1")).collect();
        assert!(shape_of(&format!("{{{}}}", members.join(","))).expect_err("is too large").contains("4096"));
    }
}
