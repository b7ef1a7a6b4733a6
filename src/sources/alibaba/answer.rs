//! Answers as they really come: JSON whose types are not steady, and XML where something went wrong.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde_json::Value;

/// A list: an array, or an object whose only member is one, `{"Items": {"Item": []}}`. Nothing else is empty: an
/// answer without its list says nothing about what there is.
pub(super) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let items = match Value::deserialize(deserializer)? {
        Value::Array(items) => items,
        Value::Object(wrapper) if wrapper.len() <= 1 => match wrapper.into_iter().next() {
            None => Vec::new(),
            Some((_, Value::Array(items))) => items,
            Some((_, single @ Value::Object(_))) => vec![single],
            Some((name, _)) => return Err(D::Error::custom(format!("{name} is no list"))),
        },
        other => return Err(D::Error::custom(format!("no list but {}", kind(&other)))),
    };
    items.into_iter().map(|item| serde_json::from_value(item).map_err(D::Error::custom)).collect()
}

/// A list that may be missing or null: then it is empty. Goes with `#[serde(default)]`.
pub(super) fn optional_list<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(Vec::new()),
        value => list(value).map_err(D::Error::custom),
    }
}

/// Text, be it written as a number or a truth value.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    optional_text(deserializer)?.ok_or_else(|| D::Error::custom("no text"))
}

/// The same where it may be missing, null or empty. Goes with `#[serde(default)]`.
pub(super) fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        other => return Err(D::Error::custom(format!("no text but {}", kind(&other)))),
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A count, be it written as text.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = text(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("{text:?} is no count")))
}

/// Yes or no, be it written as text; missing or null is no answer. Goes with `#[serde(default)]`.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let Some(text) = optional_text(deserializer)? else { return Ok(None) };
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(Some(true)),
        "false" | "0" => Ok(Some(false)),
        _ => Err(D::Error::custom(format!("{text:?} is neither true nor false"))),
    }
}

/// A time: `2026-01-02T03:04:05Z`, the same without seconds, or milliseconds since 1970. Goes with `#[serde(default)]`.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = optional_text(deserializer)? else { return Ok(None) };
    let milliseconds = text.parse::<i64>().ok().and_then(|number| Timestamp::from_millisecond(number).ok());
    let time = milliseconds.or_else(|| text.parse().ok());
    time.map(Some).ok_or_else(|| D::Error::custom(format!("{text:?} is no time")))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The content of the first element of this name, without attributes or elements inside.
pub(super) fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (content, _) = rest.split_once(&format!("</{name}>"))?;
    Some(unescaped(content))
}

/// The five entities that XML has by itself; the ampersand comes last, so that nothing is resolved twice.
fn unescaped(text: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    entities.iter().fold(text.trim().to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Answer {
        #[serde(deserialize_with = "list")]
        items: Vec<Value>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Fields {
        #[serde(deserialize_with = "text")]
        text: String,
        #[serde(default, deserialize_with = "optional_text")]
        maybe: Option<String>,
        #[serde(deserialize_with = "count")]
        count: u64,
        #[serde(default, deserialize_with = "flag")]
        flag: Option<bool>,
        #[serde(default, deserialize_with = "time")]
        time: Option<Timestamp>,
    }

    #[test]
    fn lists_come_bare_or_wrapped() {
        for (items, length) in [
            (json!([1, 2]), 2),
            (json!([]), 0),
            (json!({"Item": [1]}), 1),
            (json!({"Item": []}), 0),
            (json!({"Item": {"Id": "one"}}), 1),
            (json!({}), 0),
        ] {
            let answer: Answer = serde_json::from_value(json!({"items": items})).expect("a list");
            assert_eq!(answer.items.len(), length, "{items}");
        }
    }

    #[test]
    fn what_is_no_list_is_not_an_empty_one() {
        for answer in [
            json!({}),
            json!({"items": null}),
            json!({"items": ""}),
            json!({"items": {"Item": null}}),
            json!({"items": {"Item": [], "Other": []}}),
        ] {
            assert!(serde_json::from_value::<Answer>(answer.clone()).is_err(), "{answer}");
        }
    }

    #[test]
    fn the_same_value_comes_in_many_types() {
        let time: Timestamp = "2026-01-02T03:04:00Z".parse().expect("a time");
        let expected = Fields { text: "7".to_owned(), maybe: None, count: 7, flag: Some(true), time: Some(time) };
        for (text, maybe, count, flag, at) in [
            (json!("7"), json!(""), json!("7"), json!("true"), json!("2026-01-02T03:04:00Z")),
            (json!(7), json!(null), json!(7), json!(true), json!(time.as_millisecond())),
            (json!(7), json!(null), json!(7), json!("True"), json!(time.as_millisecond().to_string())),
            (json!(7), json!(null), json!(7), json!("True"), json!("2026-01-02T03:04Z")),
        ] {
            let fields = json!({"text": text, "maybe": maybe, "count": count, "flag": flag, "time": at});
            assert_eq!(serde_json::from_value::<Fields>(fields).expect("readable"), expected);
        }
        let fields = serde_json::from_value::<Fields>(json!({"text": "x", "count": 0})).expect("readable");
        assert!(fields.flag.is_none() && fields.time.is_none());
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (name, value) in [
            ("text", json!("")),
            ("text", json!([])),
            ("count", json!(-1)),
            ("count", json!("many")),
            ("flag", json!("perhaps")),
            ("time", json!("soon")),
        ] {
            let mut fields = json!({"text": "x", "count": 0});
            fields[name] = value.clone();
            assert!(serde_json::from_value::<Fields>(fields).is_err(), "{name} = {value}");
        }
    }

    #[test]
    fn elements_are_read_with_their_entities() {
        let xml = "<Error><Code>A</Code><Message> a &lt;b&gt; &amp;amp; c </Message></Error>";
        assert_eq!(element(xml, "Message").as_deref(), Some("a <b> &amp; c"));
        assert_eq!(element(xml, "Host"), None);
        assert_eq!(element("<Code>cut", "Code"), None);
    }
}
