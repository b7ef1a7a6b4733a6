//! Envelopes, and what is left of an object whose syntax is broken.

use serde_json::{Value, json};

use super::{Outcome, Reader, alibaba, assumption, irrelevant, read, with};

/// Puts something around a record.
type Wrap = fn(&Value) -> Value;

fn in_text(record: &Value) -> Value {
    Value::String(record.to_string())
}

/// Two records with ids `1` and `2`.
fn two() -> [Value; 2] {
    ["1", "2"].map(|id| with(assumption(), json!({ "eventID": id })))
}

fn holds_both(text: impl AsRef<[u8]>) -> Outcome {
    let outcome = read(text.as_ref());
    assert_eq!(outcome.ids(), ["1", "2"], "{}", String::from_utf8_lossy(text.as_ref()));
    assert_eq!(outcome.report().records, 2);
    outcome
}

/// The first record, something broken, the second record: both are kept, and the trouble is told once.
fn survives(text: &str, reason: &str) -> Outcome {
    let outcome = read(text);
    assert_eq!(outcome.ids(), ["1", "2"], "{text}: {:?}", outcome.kept.rejects);
    assert!(
        outcome.report().rejected == 1 && outcome.reason().contains(reason),
        "{text}: {:?}",
        outcome.kept.rejects
    );
    outcome
}

#[test]
fn every_envelope_of_cloudtrail_is_read() {
    let [one, two] = two();
    let itself: Wrap = Value::clone;
    let looked_up: Wrap = |record| json!({"EventId": "x", "EventName": "y", "CloudTrailEvent": in_text(record)});
    let bus: Wrap = |record| json!({"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": record});
    for wrap in [itself, looked_up, bus] {
        let (one, two) = (wrap(&one), wrap(&two));
        holds_both(json!({"Records": [one, two]}).to_string());
        holds_both(
            json!({"a": {"Records": [1]}, "b": [{"Records": [2]}], "Records": [one, two], "c": [3]}).to_string(),
        );
        holds_both(json!({"Events": [one, two], "NextToken": "x"}).to_string());
        holds_both(json!([one, two]).to_string());
        holds_both(json!([{"Records": [one]}, {"Records": [two]}]).to_string());
        holds_both(format!("{one}\n{two}\n"));
        holds_both(format!("{one}{two}"));
        holds_both(format!("\u{feff}{one:#}\r\n\u{feff}{two:#}"));
        holds_both(format!("{}\n{}\n", json!({"Records": [one]}), json!({"Records": [two]})));
        holds_both(format!("{{\"\\u0052ecords\" :\n[ {one:#} ,\n{two:#} ] , \"x\":{{}} }}"));
    }
    holds_both(format!("{one}\n\n{}\n", looked_up(&two)));
    assert_eq!(read("{\"Records\":[]}").report().records, 0);
    assert_eq!(read("[]").report().records, 0);
}

#[test]
fn every_envelope_of_actiontrail_is_read() {
    let records = ["1", "2"].map(|id| {
        with(
            alibaba("ReleaseKmsInstance", "Kms"),
            json!({"eventId": id, "requestParameters": {"KmsInstanceId": "kst-1"}}),
        )
    });
    let itself: Wrap = Value::clone;
    let sls: Wrap =
        |record| json!({"timestamp": 1, "contents": {"__topic__": "actiontrail_event", "event": in_text(record)}});
    let string: Wrap = |record| json!({"__topic__": "actiontrail_audit_event", "event": in_text(record)});
    let object: Wrap = |record| json!({"__time__": 1, "event": record});
    let flat: Wrap = |record| {
        let members = record.as_object().expect("is an object").iter();
        Value::Object(members.map(|(key, value)| (format!("event.{key}"), value.clone())).collect())
    };
    for wrap in [itself, sls, string, object, flat] {
        let [one, two] = [wrap(&records[0]), wrap(&records[1])];
        holds_both(json!([one, two]).to_string());
        holds_both(json!({"Events": [one, two], "RequestId": "x"}).to_string());
        holds_both(format!("{one}{two}"));
        holds_both(format!("{one}\n{two}"));
    }
}

#[test]
fn lists_named_like_envelopes_inside_a_record_are_none() {
    let change =
        json!({"eventID": "1", "requestParameters": {"Records": [{"a": 1}], "Events": [2], "roleArn": super::ROLE}});
    let record = with(assumption(), change);
    assert_eq!(read(record.to_string()).ids(), ["1"]);
    let odd = with(
        json!({"eventName": "AssumeRole"}),
        with(with(assumption(), json!({"eventID": "1"})), json!({"Records": [1]})),
    );
    assert_eq!(read(odd.to_string()).ids(), ["1"]);
}

#[test]
fn one_bad_record_costs_that_record_alone() {
    let [one, two] = two();
    for (bad, reason) in [
        ("{\"eventName\":\"x\",}", "key in quotes"),
        ("{\"eventName\":tru}", "value is missing"),
        ("{\"eventName\" \"x\"}", "broken JSON"),
        ("{\"eventName\":\"a\tb\"}", "control character"),
        ("{\"eventName\":\"\\ud800\"}", "surrogate"),
        ("{\"eventName\":'x'}", "broken JSON"),
        ("{\"eventName\":\"x}", "broken JSON"),
        ("{\"eventName:\"x\"}", "broken JSON"),
        ("{\"eventName\":{\"x\":1}", "broken JSON"),
        ("{\"eventName\":[{\"x\":1}}", "broken JSON"),
        ("{\"eventName\":\"x\",\"resources\":[{\"ARN\":\"a\"},{\"ARN\":oops}]}", "broken JSON"),
        ("{\"a\":1,\"\\u0061\":2}", "repeated"),
        ("{\"x\":1}", "neither"),
        ("\u{1}", "broken JSON"),
        (":", "broken JSON"),
    ] {
        survives(&format!("{{\"Records\":[{one},{bad},{two}]}}"), reason);
        survives(&format!("[{one},{bad},{two}]"), reason);
        survives(&format!("[\n  {one},\n  {bad},\n  {two}\n]\n"), reason);
        survives(&format!("{one}\n{bad}\n{two}\n"), reason);
        survives(&format!("{}\n{bad}\n{}", json!({"Records": [one]}), json!({"Records": [two]})), reason);
    }
    for scalar in ["null", "7", "\"text\"", "[1,[2]]"] {
        survives(&format!("[{one},{scalar},{two}]"), "no JSON object");
    }
    survives(&format!("[{one},,{two}]"), "between two commas");
    survives(&format!("[{one}}},{two}]"), "broken JSON");
}

/// Bytes are read 64 KiB at a time; where one such reading ends must not matter.
#[test]
fn the_next_record_is_found_across_the_end_of_a_reading() {
    let [one, two] = two();
    for before_two in (64 << 10) - 8..(64 << 10) + 16 {
        let head = format!("[{one},{{\"eventName\":\"x}},");
        let blank = " ".repeat(before_two - head.len());
        survives(&format!("{blank}{head}{two}]"), "broken JSON");
    }
}

#[test]
fn a_reject_tells_where_it_was() {
    let [one, two] = two();
    let outcome = survives(&format!("[{one},{{\"eventName\":\"x\",}},{two}]"), "key");
    let reject = &outcome.kept.rejects[0];
    assert_eq!((reject.object.as_str(), reject.record), ("test.json", Some(2)));
    assert_eq!(reject.offset, Some(one.to_string().len() as u64 + 2 + 17));
    assert_eq!(reject.raw, b"{\"eventName\":\"x\",}");
    let secret = format!("{{\"sessionToken\":\"hidden\",\"x\":\"{}\"", "y".repeat(100 << 10));
    let outcome = read(&secret);
    let raw = &outcome.kept.rejects[0].raw;
    assert!(raw.len() <= (64 << 10) + 32 && memchr::memmem::find(raw, b"hidden").is_none());
}

#[test]
fn invalid_utf8_costs_its_record_alone() {
    let [one, two] = two();
    let (before, after) = (format!("[{one},{{\"eventName\":\""), format!("\"}},{two}]"));
    let outcome = holds_or_rejects(&[before.as_bytes(), b"\xFF\xFE", after.as_bytes()].concat());
    assert_eq!(outcome.kept.rejects[0].offset, Some(before.len() as u64));
    assert!(outcome.reason().contains("UTF-8"));
}

fn holds_or_rejects(bytes: &[u8]) -> Outcome {
    let outcome = read(bytes);
    assert_eq!((outcome.ids(), outcome.report().rejected), (vec!["1", "2"], 1));
    outcome
}

#[test]
fn a_cut_off_object_keeps_its_complete_records_and_says_so() {
    let [one, two] = two();
    let whole = json!({"Records": [one, two]}).to_string();
    let first_ends = "{\"Records\":[".len() + one.to_string().len();
    for length in "{\"Records\":[".len()..whole.len() {
        let outcome = read(&whole[..length]);
        let expected = u64::from(first_ends <= length) + u64::from(whole.len() - 2 <= length);
        assert_eq!((outcome.report().kept, outcome.report().rejected), (expected, 1), "cut at {length}");
        assert!(outcome.reason().contains("cut off"), "cut at {length}: {}", outcome.reason());
    }
    let lines = format!("{one}\n{two}");
    let outcome = read(&lines[..lines.len() - 1]);
    assert_eq!((outcome.ids(), outcome.report().rejected), (vec!["1"], 1));
}

#[test]
fn what_follows_lost_structure_is_told_where_it_cannot_be_read() {
    let [one, two] = two();
    let outcome = read(format!("{{\"Records\":[{one},{{\"eventName\":oops,\"a\":[1,2],\"b\":{{}}}}]}}"));
    assert_eq!((outcome.ids(), outcome.report().rejected), (vec!["1"], 1));
    assert!(outcome.reason().contains("rest of the object is not read"));
    survives(&format!("{{\"Records\":[{one}],\"x\":oops}}\n{two}"), "broken JSON");
    let outcome = read(format!("{one} trailing"));
    assert_eq!((outcome.ids(), outcome.report().rejected), (vec!["1"], 1));
}

#[test]
fn required_fields_are_required_of_every_record() {
    for (record, source) in [
        (assumption(), "eventSource"),
        (irrelevant(), "eventSource"),
        (alibaba("GetRole", "Ram"), "serviceName"),
        (alibaba("ReleaseKmsInstance", "Kms"), "serviceName"),
    ] {
        for field in ["eventName", "eventTime", source] {
            for value in [Value::Null, json!("")] {
                let outcome = read(with(record.clone(), json!({ field: value })).to_string());
                assert!(outcome.report().rejected == 1 && outcome.reason().contains(field), "{field}: {outcome:?}");
            }
        }
        let outcome = read(with(record, json!({"eventTime": "yesterday"})).to_string());
        assert!(outcome.reason().contains("eventTime"));
    }
}

#[test]
fn irrelevant_records_are_checked_as_strictly_as_relevant_ones() {
    for record in [assumption(), irrelevant()] {
        let text = record.to_string();
        let open = &text[..text.len() - 1];
        for (more, reason) in [
            (",\"x\":{\"a\":{\"b\":1,\"b\":2}}", "repeated"),
            (",\"eventName\":\"x\"", "repeated"),
            (&format!(",\"x\":{}{}", "[".repeat(200), "]".repeat(200)), "128"),
            (",\"x\":\"\\udc00\"", "surrogate"),
        ] {
            assert!(read(format!("{open}{more}}}")).reason().contains(reason), "{more}");
        }
        let large = format!("{open},\"x\":[1e400,-12345678901234567890123,\"\\u0000\"]}}");
        assert_eq!(read(large).report().rejected, 0);
    }
}

#[test]
fn numbers_that_fit_nowhere_are_kept_as_they_are() {
    let text = assumption().to_string();
    let outcome = read(format!("{},\"x\":1e400}}", &text[..text.len() - 1]));
    assert!(outcome.event().raw.contains("\"x\":1e400"));
}

#[test]
fn a_record_without_an_id_is_known_by_what_it_says() {
    let record = with(assumption(), json!({"eventID": null}));
    let id = |text: String| read(text).event().id.clone();
    let plain = id(record.to_string());
    assert!(plain.starts_with("sha256:") && plain.len() == "sha256:".len() + 64);
    assert_eq!(id(json!({"Records": [record]}).to_string()), plain);
    assert_eq!(id(format!("{record:#}")), plain);
    assert_ne!(id(with(record, json!({"userAgent": "other"})).to_string()), plain);
}

#[test]
fn the_account_is_the_records_own_or_the_nearest_known() {
    let mut reader = Reader::new();
    reader.layout.account = Some("999900001111".to_owned());
    let bare = with(assumption(), json!({"recipientAccountId": null}));
    let account = |change: Value| reader.event(&with(bare.clone(), change)).account;
    assert_eq!(account(json!({"recipientAccountId": "1"})), "1");
    assert_eq!(account(json!({"userIdentity": {"type": "IAMUser", "accountId": "2"}})), "2");
    assert_eq!(account(json!({"resources": [{"ARN": "x"}, {"accountId": "3"}]})), "3");
    assert_eq!(account(json!({"userIdentity": {"accountId": "ANONYMOUS_PRINCIPAL"}})), "999900001111");
    assert!(read(bare.to_string()).reason().contains("recipientAccountId"));
}
