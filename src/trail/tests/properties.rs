//! What holds for any record and any bytes.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::outline::Outline;
use super::super::{actiontrail, cloudtrail, json as reader_json, record, shape};
use super::{Reader, alibaba, assumption, aws, gzip, irrelevant, read, with};
use crate::model::Provider;

/// Records of many kinds.
pub(super) fn samples() -> Vec<Value> {
    let named = json!({"requestParameters": {"roleName": super::ROLE_NAME, "note": "é \"\\ \u{1F600} \u{0}"}});
    let instance = json!({"requestParameters": {"KmsInstanceId": "kst-1", "n": 1.5}});
    vec![
        assumption(),
        irrelevant(),
        with(aws("AttachRolePolicy", "iam.amazonaws.com"), named),
        with(alibaba("ReleaseKmsInstance", "Kms"), instance),
        alibaba("GetRole", "Ram"),
    ]
}

/// How a record is written down.
#[derive(Debug, Clone)]
pub(super) struct Style {
    pub(super) envelope: usize,
    pub(super) blank: &'static str,
    pub(super) escape_every: usize,
    pub(super) rotate: usize,
    pub(super) compressed: bool,
}

pub(super) fn style() -> impl Strategy<Value = Style> {
    let blank = prop_oneof![Just(""), Just(" "), Just("\n\t"), Just("\r\n")];
    (0..8usize, blank, 1..6usize, 0..20usize, any::<bool>()).prop_map(
        |(envelope, blank, escape_every, rotate, compressed)| Style {
            envelope,
            blank,
            escape_every,
            rotate,
            compressed,
        },
    )
}

/// Writes a value with the style's white space, escapes and order of keys.
pub(super) fn write(value: &Value, style: &Style) -> String {
    let blank = style.blank;
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            let by = style.rotate % members.len().max(1);
            members.rotate_left(by);
            let members = members.iter().map(|(key, value)| {
                format!("{blank}{}{blank}:{blank}{}{blank}", quoted(key, style), write(value, style))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| format!("{blank}{}{blank}", write(item, style)));
            format!("[{}]", items.collect::<Vec<_>>().join(","))
        }
        Value::String(text) => quoted(text, style),
        other => other.to_string(),
    }
}

fn quoted(text: &str, style: &Style) -> String {
    let mut out = String::from("\"");
    for (index, character) in text.chars().enumerate() {
        if index % style.escape_every == 0 || matches!(character, '"' | '\\' | '\0'..='\u{1f}') {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(character);
        }
    }
    out + "\""
}

fn wrap(record: &Value, style: &Style) -> String {
    let text = || Value::String(record.to_string());
    match style.envelope {
        0 => write(record, style),
        1 => write(&json!([record]), style),
        2 => write(&json!({"Records": [record]}), style),
        3 => write(&json!({"Events": [record], "NextToken": "x"}), style),
        4 => write(&json!({"CloudTrailEvent": text()}), style),
        5 => write(&json!([{"detail-type": "AWS API Call via CloudTrail", "detail": record}]), style),
        6 => write(&json!({"contents": {"event": text()}}), style),
        _ => write(&json!({"__topic__": "actiontrail_event", "event": record}), style),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_record_means_the_same_however_it_is_written(sample in 0..5usize, style in style()) {
        let record = &samples()[sample];
        let plain = read(record.to_string());
        let text = wrap(record, &style);
        let bytes = if style.compressed { gzip(text.as_bytes()) } else { text.clone().into_bytes() };
        let other = read(&bytes);
        prop_assert_eq!(other.report().records, 1, "{}", text);
        prop_assert_eq!(other.report().rejected, 0, "{}: {:?}", text, other.kept.rejects);
        let essence = |outcome: &super::Outcome| {
            outcome.kept.events.iter().map(|event| (event.id.clone(), event.role.clone(), event.store.clone(),
                event.actor.clone(), event.outcome, event.concerns.clone(), event.time)).collect::<Vec<_>>()
        };
        prop_assert_eq!(essence(&plain), essence(&other));
    }

    #[test]
    fn losing_any_required_field_rejects_the_record(sample in 0..5usize, field in 0..3usize, style in style()) {
        let record = samples()[sample].clone();
        let source = if record.get("serviceName").is_some() { "serviceName" } else { "eventSource" };
        let field = ["eventName", "eventTime", source][field];
        let outcome = read(wrap(&with(record, json!({ field: null })), &style));
        prop_assert_eq!(outcome.report().rejected, 1);
        prop_assert!(outcome.reason().contains(field), "{}", outcome.reason());
    }

    #[test]
    fn no_bytes_make_it_panic_or_lose_count(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let outcome = read(&bytes);
        prop_assert!(outcome.report.is_err() || outcome.report().records <= bytes.len() as u64);
    }

    #[test]
    fn no_json_like_bytes_make_it_panic_or_lose_count(text in "[\\[\\]{},:\"\\\\ \n1eartul]{0,200}") {
        let outcome = read(&text);
        prop_assert!(outcome.report.is_err() || outcome.report().records <= text.len() as u64);
    }

    #[test]
    fn damage_in_one_record_never_costs_the_ones_after_it(
        at in 0usize..600, damage in prop::collection::vec(any::<u8>(), 0..3), lines in any::<bool>(),
    ) {
        let records: Vec<_> = (0..4).map(|id| with(assumption(), json!({"eventID": id.to_string()})).to_string()).collect();
        let mut bad = records[1].clone().into_bytes();
        let at = at % bad.len();
        bad.splice(at..=at, damage);
        let last = [records[2].as_bytes(), records[3].as_bytes()];
        let bytes = if lines {
            [records[0].as_bytes(), &bad, last[0], last[1]].join(&b'\n')
        } else {
            [b"{\"Records\":[", [records[0].as_bytes(), &bad, last[0], last[1]].join(&b',').as_slice(), b"]}"].concat()
        };
        let outcome = read(&bytes);
        let ids = outcome.ids();
        prop_assert!(ids.contains(&"0") && ids.contains(&"3"), "{:?} {:?}", ids, outcome.kept.rejects);
        prop_assert!(ids.contains(&"2") || 0 < outcome.report().rejected);
        prop_assert!(4 <= outcome.report().records + u64::from(ids.len() < 3));
    }

    #[test]
    fn what_is_filtered_out_concerns_nobody(sample in 0..5usize, style in style()) {
        let text = write(&samples()[sample], &style);
        let fields = reader_json::fields(&text).expect("the test's own JSON is good");
        let outline = Outline::of(&fields);
        prop_assert_eq!(shape::shape(&fields, &outline), Ok(shape::Shape::Record));
        let reader = Reader::new();
        let header = record::header(&outline, &reader.layout).expect("a whole record");
        let whole = reader_json::node(&text).expect("the test's own JSON is good");
        let judged = match header.provider {
            Provider::Aws => cloudtrail::judge(&header, &whole, &reader.profiles),
            Provider::Alibaba => actiontrail::judge(&header, &whole, &reader.profiles),
        };
        prop_assert_eq!(reader.read(text.as_bytes()).kept.events.is_empty(), judged.concerns.is_empty());
    }

    #[test]
    fn what_is_kept_of_a_record_is_the_same_however_it_is_written(sample in 0..5usize, style in style()) {
        let secrets = json!({
            "responseElements": {"credentials": {"sessionToken": "hidden"}, "text": "{\"a\":{\"password\":\"hidden\"}}"},
            "errorMessage": " [{\"client_secret\" : \"hidden\"}, 1]",
        });
        let sample = with(samples()[sample].clone(), secrets);
        let all = Reader { keep_all: true, ..Reader::new() };
        let kept = |text: &str| {
            let mut events = all.read(text.as_bytes()).kept.events;
            for event in &mut events {
                event.sha256.clear();
            }
            events
        };
        let events = kept(&write(&sample, &Style { rotate: 0, ..style }));
        prop_assert_eq!(events.len(), 1);
        prop_assert!(!format!("{events:?}").contains("hidden"), "{:?}", events);
        prop_assert_eq!(events, kept(&sample.to_string()));
    }
}
