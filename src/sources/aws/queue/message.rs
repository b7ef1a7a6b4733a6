//! What a message of a queue says: which objects are new, whatever way the notification took.
//!
//! Shapes: an event notification of S3 (Amazon S3 user guide, "Event message structure"), the same through SNS,
//! `CloudTrail`'s own notification through SNS (`CloudTrail` user guide, "Configuring Amazon SNS notifications"),
//! with and without SNS's envelope, an event of `EventBridge` (Amazon S3 user guide, "`EventBridge` event message
//! structure"), and the message by which S3 tries a new configuration.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// An object that a message names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) bucket: String,
    pub(super) key: String,
    /// Size and entity tag, where the message tells.
    pub(super) version: Option<(u64, String)>,
}

/// Envelopes within envelopes that are opened: SNS puts one around what it delivers, and no one puts two.
const MOST_ENVELOPES: u32 = 3;

/// The objects that a message tells of; none where there is nothing to read.
///
/// # Errors
/// What about the message cannot be understood.
pub(super) fn objects(body: &str) -> Result<Vec<Named>, String> {
    opened(body, MOST_ENVELOPES)
}

fn opened(body: &str, envelopes: u32) -> Result<Vec<Named>, String> {
    let value: Value = serde_json::from_str(body).map_err(|error| format!("it is no JSON: {error}"))?;
    let Value::Object(message) = value else { return Err("it is no JSON object".to_owned()) };
    if let Some(Value::Array(records)) = message.get("Records") {
        return records.iter().filter_map(|record| of_record(record).transpose()).collect();
    }
    if message.contains_key("s3ObjectKey") {
        return of_cloudtrail(&message);
    }
    if message.contains_key("detail-type") {
        return of_event_bridge(&message).map(|named| named.into_iter().collect());
    }
    if text(&message, "Event") == Some("s3:TestEvent") {
        return Ok(Vec::new());
    }
    match (text(&message, "Type"), text(&message, "Message")) {
        (Some("Notification"), Some(_)) if envelopes == 0 => Err("it is an envelope in envelopes".to_owned()),
        (Some("Notification"), Some(inner)) => opened(inner, envelopes - 1),
        _ => Err("it is no notification of S3, SNS, CloudTrail or EventBridge".to_owned()),
    }
}

/// A record of an event notification; its key is encoded as in a form.
fn of_record(record: &Value) -> Result<Option<Named>, String> {
    let name = record.get("eventName").and_then(Value::as_str).ok_or("a record has no eventName")?;
    // Through SNS and SQS the names come without `s3:`, in configurations they are written with it.
    if !name.trim_start_matches("s3:").starts_with("ObjectCreated:") {
        return Ok(None);
    }
    let place = record.get("s3").ok_or("a record has no s3")?;
    let mut named = named(place, "eTag").ok_or("a record names no bucket or no key")?;
    named.key = decoded(&named.key).ok_or("a record's key is no UTF-8")?;
    Ok(Some(named))
}

/// `{"s3Bucket":"...","s3ObjectKey":["...", ...]}`, the keys as they are.
fn of_cloudtrail(message: &Map<String, Value>) -> Result<Vec<Named>, String> {
    let bucket = text(message, "s3Bucket").ok_or("a notification of CloudTrail names no bucket")?;
    let keys = match message.get("s3ObjectKey") {
        Some(Value::Array(keys)) => keys.iter().collect(),
        Some(key) => vec![key],
        None => Vec::new(),
    };
    let keys: Option<Vec<_>> = keys.into_iter().map(Value::as_str).collect();
    let keys = keys.ok_or("a notification of CloudTrail has a key that is no text")?;
    let named = |key: &str| Named { bucket: bucket.to_owned(), key: key.to_owned(), version: None };
    Ok(keys.into_iter().map(named).collect())
}

/// The key is as it is.
fn of_event_bridge(message: &Map<String, Value>) -> Result<Option<Named>, String> {
    if text(message, "source") != Some("aws.s3") {
        return Err("it is an event of EventBridge, and not one of S3".to_owned());
    }
    if text(message, "detail-type") != Some("Object Created") {
        return Ok(None);
    }
    let detail = message.get("detail").ok_or("an event of EventBridge has no detail")?;
    named(detail, "etag").map(Some).ok_or_else(|| "an event of EventBridge names no bucket or no key".to_owned())
}

fn named(place: &Value, tag: &str) -> Option<Named> {
    let object = place.get("object")?;
    let size = object.get("size").and_then(Value::as_u64);
    let tag = object.get(tag).and_then(Value::as_str);
    let version = size.zip(tag).map(|(size, tag)| (size, tag.trim_matches('"').to_owned()));
    let bucket = place.get("bucket")?.get("name")?.as_str()?.to_owned();
    let key = object.get("key")?.as_str()?.to_owned();
    (!bucket.is_empty() && !key.is_empty()).then_some(Named { bucket, key, version })
}

fn decoded(key: &str) -> Option<String> {
    let spaced = key.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn text<'m>(message: &'m Map<String, Value>, name: &str) -> Option<&'m str> {
    message.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn created(key: &str) -> Value {
        json!({"eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
               "s3": {"bucket": {"name": "logs"}, "object": {"key": key, "size": 7, "eTag": "abc"}}})
    }

    fn keys(message: &Value) -> Vec<String> {
        let named = objects(&message.to_string()).expect("an understood message");
        assert!(named.iter().all(|named| named.bucket == "logs"));
        named.into_iter().map(|named| named.key).collect()
    }

    fn enveloped(message: &Value) -> Value {
        json!({"Type": "Notification", "MessageId": "1", "TopicArn": "arn", "Message": message.to_string()})
    }

    #[test]
    fn every_shape_tells_its_objects() {
        let of_s3 = json!({"Records": [created("a/b%2Bc+d%C3%A9.json.gz"), created("x")]});
        let of_cloudtrail = json!({"s3Bucket": "logs", "s3ObjectKey": ["a+b", "c%20d"]});
        let of_event_bridge = json!({"source": "aws.s3", "detail-type": "Object Created",
            "detail": {"bucket": {"name": "logs"}, "object": {"key": "a+b%20c", "size": 7, "etag": "abc"}}});
        for (message, expected) in [
            (of_s3, vec!["a/b+c dé.json.gz", "x"]),
            (of_cloudtrail, vec!["a+b", "c%20d"]),
            (of_event_bridge, vec!["a+b%20c"]),
        ] {
            assert_eq!(keys(&message), expected);
            assert_eq!(keys(&enveloped(&message)), expected, "through SNS");
        }
    }

    #[test]
    fn a_version_is_told_where_the_message_has_one() {
        let named = objects(&json!({"Records": [created("x")]}).to_string()).expect("an understood message");
        assert_eq!(named[0].version, Some((7, "abc".to_owned())));
    }

    #[test]
    fn messages_about_nothing_new_name_no_object() {
        let mut removed = created("x");
        removed["eventName"] = "ObjectRemoved:Delete".into();
        for message in [
            json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "logs"}),
            json!({"Records": [removed]}),
            json!({"Records": []}),
            json!({"source": "aws.s3", "detail-type": "Object Deleted", "detail": {}}),
            json!({"s3Bucket": "logs", "s3ObjectKey": []}),
        ] {
            assert_eq!(keys(&message), Vec::<String>::new(), "{message}");
            assert_eq!(keys(&enveloped(&message)), Vec::<String>::new(), "{message} through SNS");
        }
    }

    #[test]
    fn what_cannot_be_understood_is_an_error_and_never_nothing() {
        let nested = (0..5).fold(json!({"Records": []}), |message, _| enveloped(&message));
        for body in [
            "hello".to_owned(),
            String::new(),
            "[]".to_owned(),
            "{}".to_owned(),
            json!({"Records": [{}]}).to_string(),
            json!({"Records": [created(""), created("x")]}).to_string(),
            json!({"Records": [created("%ff")]}).to_string(),
            json!({"Records": [created("x"), {"eventName": "ObjectCreated:Put"}]}).to_string(),
            json!({"s3Bucket": "logs", "s3ObjectKey": [1]}).to_string(),
            json!({"s3ObjectKey": ["x"]}).to_string(),
            json!({"source": "aws.ec2", "detail-type": "Instance State-change"}).to_string(),
            json!({"source": "aws.s3", "detail-type": "Object Created", "detail": {}}).to_string(),
            json!({"Type": "SubscriptionConfirmation", "Message": "You have chosen"}).to_string(),
            nested.to_string(),
        ] {
            assert!(objects(&body).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_message_breaks_the_reader(body in ".*") {
            let _ = objects(&body);
        }

        #[test]
        fn no_change_of_a_message_breaks_the_reader(at in 0_usize..200, with in any::<char>()) {
            let mut body: Vec<char> = enveloped(&json!({"Records": [created("a%20b")]})).to_string().chars().collect();
            let at = at % body.len();
            body[at] = with;
            let _ = objects(&body.into_iter().collect::<String>());
        }

        #[test]
        fn every_key_comes_back_from_its_encoding(key in "[ -~é]{1,40}") {
            let encoded = percent_encoding::utf8_percent_encode(&key, percent_encoding::NON_ALPHANUMERIC).to_string();
            prop_assert_eq!(keys(&json!({"Records": [created(&encoded.replace("%20", "+"))]})), vec![key]);
        }
    }
}
