//! Any bytes among the records of an object at its place in a bucket: what is skimmed holds the same events as what is
//! parsed record by record, and as many records where none of them is broken.
//!
//! `cargo +nightly fuzz run skimming -- -dict=fuzz/skimming.dict -max_total_time=60`

#![no_main]

use std::cell::RefCell;
use std::convert::Infallible;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use roletrail::model::{Reject, TrailEvent};
use roletrail::profiles::Profiles;
use roletrail::trail::{Limits, ObjectReport, Reading, Scratch, Sink, layout, read_whole};

static PROFILES: LazyLock<Profiles> = LazyLock::new(|| Profiles::builtin().expect("built-in profiles load"));

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::new(&PROFILES));
}

/// Smaller objects are parsed whole.
const LEAST_SKIMMED: usize = 32 << 10;

/// A trail of either provider: the place of an object, and a record of no concern.
const TRAILS: [(&str, &str); 2] = [
    (
        "AWSLogs/111122223333/CloudTrail/us-east-1/2026/05/04/111122223333_CloudTrail_us-east-1_20260504T1005Z_abc.json",
        r#"{"eventVersion":"1.11","userIdentity":{"type":"AWSService","invokedBy":"ec2.amazonaws.com"},"eventTime":"2026-05-04T10:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"DescribeInstances","awsRegion":"us-east-1","eventID":"0","recipientAccountId":"111122223333"}"#,
    ),
    (
        "AliyunLogs/Actiontrail/rd-x/1000000000000001/cn-hangzhou/2026/01/02/Actiontrail_cn-hangzhou_20260102030405_1002_9_1_a",
        r#"{"eventId":"0","eventName":"DescribeInstances","eventTime":"2026-01-02T03:00:00Z","serviceName":"Ecs","acsRegion":"cn-hangzhou","recipientAccountId":"1000000000000001","userIdentity":{"type":"system"}}"#,
    ),
];

#[derive(Default)]
struct Kept {
    events: Vec<TrailEvent>,
}

impl Sink for Kept {
    type Error = Infallible;

    fn event(&mut self, event: TrailEvent) -> Result<bool, Infallible> {
        self.events.push(event);
        Ok(true)
    }

    fn reject(&mut self, _reject: Reject) -> Result<(), Infallible> {
        Ok(())
    }
}

fn read(name: &str, text: &str, count: bool, parse_all: bool) -> (Option<ObjectReport>, Vec<TrailEvent>) {
    let reading = Reading { profiles: &PROFILES, limits: Limits::default(), keep_all: false, count, parse_all };
    let mut kept = Kept::default();
    let report = SCRATCH.with_borrow_mut(|scratch| {
        read_whole(text.as_bytes(), scratch, name, &layout(name), &reading, &mut kept)
    });
    (report.ok(), kept.events)
}

fuzz_target!(|input: (bool, &str)| {
    let (alibaba, middle) = input;
    let (name, filler) = TRAILS[usize::from(alibaba)];
    let fillers = vec![filler; LEAST_SKIMMED.div_ceil(filler.len()) / 2 + 1].join(",");
    let list = format!("[{fillers},{middle},{fillers}]");
    let text = if alibaba { list } else { format!(r#"{{"Records":{list}}}"#) };
    let (parsed, expected) = read(name, &text, true, true);
    let (skimmed, events) = read(name, &text, true, false);
    assert_eq!(events, expected, "skimming and parsing differ");
    assert_eq!(read(name, &text, false, false).1, expected, "uncounted, they differ");
    if let Some(parsed) = parsed.filter(|parsed| parsed.rejected == 0) {
        assert_eq!(skimmed.map(|report| report.records), Some(parsed.records), "the number of records differs");
    }
});
