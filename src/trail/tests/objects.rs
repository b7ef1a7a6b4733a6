//! Whole objects: compression, limits, kinds, what the report says.

use std::io::{self, Read};

use serde_json::{Value, json};

use super::super::{ObjectKind, layout};
use super::{Limits, ObjectError, Reader, alibaba, assumption, gzip, irrelevant, read, with};

fn numbered(count: usize) -> Vec<Value> {
    (0..count).map(|id| with(assumption(), json!({"eventID": id.to_string()}))).collect()
}

fn log(count: usize) -> Vec<u8> {
    json!({"Records": numbered(count)}).to_string().into_bytes()
}

#[test]
fn compression_is_told_by_content() {
    let plain = log(3);
    let bom = [b"\xEF\xBB\xBF", plain.as_slice()].concat();
    let lines = |range: std::ops::Range<usize>| {
        numbered(3)[range].iter().map(|record| format!("{record}\n")).collect::<String>().into_bytes()
    };
    for bytes in [
        plain.clone(),
        bom.clone(),
        gzip(&plain),
        gzip(&bom),
        [gzip(&plain[..100]), gzip(&plain[100..])].concat(),
        [gzip(&lines(0..1)), gzip(b""), gzip(&lines(1..3))].concat(),
    ] {
        let outcome = read(&bytes);
        assert_eq!(outcome.ids(), ["0", "1", "2"]);
        assert_eq!(outcome.report().bytes_in, bytes.len() as u64);
    }
    assert_eq!(read(gzip(&plain)).report().bytes_out, plain.len() as u64);
}

#[test]
fn a_gzip_cut_anywhere_is_rejected() {
    let whole = gzip(&log(2));
    for length in 0..whole.len() {
        let outcome = read(&whole[..length]);
        assert!(matches!(outcome.report, Err(ObjectError::Content { .. })), "cut at {length}: {:?}", outcome.report);
    }
    assert!(read(&whole[..whole.len() / 2]).refusal().contains("cut off"));
}

#[test]
fn damage_and_trailing_bytes_are_rejected() {
    let whole = gzip(&log(2));
    let outcome = read([whole.as_slice(), b"garbage after the end"].concat());
    assert!(outcome.refusal().contains("after the end of the gzip stream"), "{}", outcome.refusal());
    let mut damaged = whole.clone();
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    assert!(read(&damaged).refusal().contains("damaged"));
    assert!(read(b"\x1F\x8B\x07not deflate").refusal().contains("damaged"));
}

#[test]
fn what_is_no_trail_log_is_rejected_whole() {
    for (bytes, reason) in [
        (&b""[..], "empty"),
        (b" \n ", "empty"),
        (b"Event Type,Event Name\r\nAwsApiCall,\"{'a': 1}\"\r\n", "no trail log"),
        (b"\x00\x01\x02", "no trail log"),
        (b"\xFF\xFE{\x00", "no trail log"),
    ] {
        let outcome = read(bytes);
        assert!(outcome.refusal().contains(reason), "{bytes:?}: {}", outcome.refusal());
        assert!(outcome.kept.rejects.is_empty());
    }
}

#[test]
fn limits_name_the_setting_that_raises_them() {
    let mut reader = Reader::new();
    reader.limits = Limits { max_object_bytes: 500, ..Limits::default() };
    assert!(reader.read(&gzip(&log(5))).refusal().contains("`[limits] max_object_bytes`"));
    assert!(reader.read(&log(5)).refusal().contains("`[limits] max_object_bytes`"));
    reader.limits = Limits { max_record_bytes: 100, ..Limits::default() };
    assert!(reader.read(&log(1)).refusal().contains("`[limits] max_record_bytes`"));
    let bomb = gzip(&[b"[\"".as_slice(), &vec![b'0'; 32 << 20]].concat());
    assert!(read(&bomb).refusal().contains("`[limits] max_ratio`"));
}

/// Gives one byte at a time, and fails at last.
struct Dripping<'a>(&'a [u8], bool);

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((first, rest)) = self.0.split_first() else {
            return if self.1 { Err(io::Error::other("the disk is gone")) } else { Ok(0) };
        };
        buffer[0] = *first;
        self.0 = rest;
        Ok(1)
    }
}

#[test]
fn the_size_of_reads_does_not_matter_and_failures_of_the_source_are_told_apart() {
    let reader = Reader::new();
    let reading = super::Reading {
        profiles: &reader.profiles,
        limits: reader.limits,
        keep_all: false,
        count: true,
        parse_all: false,
    };
    for bytes in [gzip(&log(2)), [b"\xEF\xBB\xBF", log(2).as_slice()].concat()] {
        let mut kept = super::Kept::default();
        let report = super::read_object(Dripping(&bytes, false), "x", &reader.layout, &reading, &mut kept);
        assert_eq!(report.expect("is read").kept, 2);
        let failing = Dripping(&bytes[..bytes.len() - 1], true);
        let report = super::read_object(failing, "x", &reader.layout, &reading, &mut kept);
        assert!(matches!(report, Err(ObjectError::Io(_))), "{report:?}");
    }
}

#[test]
fn digests_and_insights_are_skipped_by_place_and_by_content() {
    let mut reader = Reader::new();
    let digest = json!({"awsAccountId": "1", "digestStartTime": "a", "digestEndTime": "b", "logFiles": []});
    let insight = json!({"Records": [{"eventVersion": "1.07", "eventTime": "2026-01-01T00:00:00Z", "awsRegion": "us-east-1",
        "eventID": "1", "eventType": "AwsCloudTrailInsight", "insightDetails": {"state": "Start"}, "eventCategory": "Insight"}]});
    for content in [&digest, &insight] {
        let outcome = reader.read(&gzip(content.to_string().as_bytes()));
        assert!(outcome.report().skipped && outcome.report().records == 0, "{outcome:?}");
    }
    let mixed = json!([insight["Records"][0], assumption()]).to_string();
    let outcome = reader.read(mixed.as_bytes());
    assert_eq!((outcome.report().skipped, outcome.report().irrelevant, outcome.report().kept), (false, 1, 1));
    for kind in [ObjectKind::Digest, ObjectKind::Insight] {
        reader.layout.kind = kind;
        assert!(reader.read(b"not even looked at").report().skipped);
    }
}

#[test]
fn the_report_says_what_the_object_covers() {
    let later = json!({"eventID": "9", "eventTime": "2026-05-05T00:00:00Z"});
    let elsewhere = json!({"eventTime": "2026-05-03T00:00:00Z", "awsRegion": "eu-west-1"});
    let records =
        json!([irrelevant(), with(assumption(), later), with(irrelevant(), elsewhere), assumption(), assumption()]);
    let outcome = read(records.to_string());
    let report = outcome.report();
    assert_eq!((report.kept, report.duplicate, report.irrelevant), (2, 1, 2));
    let time = |text: &str| text.parse().expect("the test's own time");
    assert_eq!(report.span, Some((time("2026-05-03T00:00:00Z"), time("2026-05-05T00:00:00Z"))));
    let places: Vec<_> = report.places.iter().map(|place| (place.region.as_deref(), place.from, place.to)).collect();
    let (first, last) = (time("2026-05-04T10:01:00Z"), time("2026-05-05T00:00:00Z"));
    assert_eq!(
        places,
        [
            (Some("eu-west-1"), time("2026-05-03T00:00:00Z"), time("2026-05-03T00:00:00Z")),
            (Some("us-east-1"), first, last)
        ]
    );
}

#[test]
fn all_management_events_are_kept_on_request_and_no_data_events() {
    let reader = Reader { keep_all: true, ..Reader::new() };
    let data = with(irrelevant(), json!({"eventID": "3", "managementEvent": false, "eventCategory": "Data"}));
    let records = json!([irrelevant(), alibaba("GetRole", "Ram"), data]);
    let outcome = reader.read(records.to_string().as_bytes());
    assert_eq!((outcome.report().kept, outcome.report().irrelevant), (2, 1));
    assert!(outcome.kept.events.iter().all(|event| event.concerns.is_empty()));
}

#[test]
fn an_event_carries_where_it_came_from_and_no_secret() {
    let mut reader = Reader::new();
    reader.layout = layout("111122223333_CloudTrail_us-east-1_20260504T1005Z_A.json.gz");
    let text = assumption().to_string();
    let outcome = reader.read(format!("[ {text} ]").as_bytes());
    let event = outcome.event();
    assert_eq!(event.delivered_at, Some("2026-05-04T10:05:00Z".parse().expect("the test's own time")));
    assert_eq!(event.object, "test.json");
    assert_eq!(event.sha256, super::super::record::sha256(text.as_bytes()));
    assert!(event.raw.contains("[removed]") && !event.raw.contains("hidden"), "{}", event.raw);
}

#[test]
fn logstash_lines_keep_their_time_under_its_key() {
    let record =
        with(assumption(), json!({"eventTime": null, "@version": "1", "@timestamp": "2026-05-04T10:01:00.000Z"}));
    assert_eq!(Reader::new().event(&record).time, Reader::new().event(&assumption()).time);
}
