//! Damaged and hostile input: named, counted and kept for inspection, and the rest is still read.

use serde_json::{Value, json};
use sha2::Digest as _;

use crate::records::{
    ACCOUNT, PERSON, PROFILE, ROLE, SERVICE, alibaba_routine, delivered, delivered_texts, gzip, intrusion, person,
    routine, with,
};
use crate::support::{Workplace, sorted};

/// Ingests `bytes`, of which something must be rejected, and answers the report.
fn rejected(place: &Workplace, bytes: &[u8]) -> Value {
    place.write("bad.json", bytes);
    let report = place.ingest(&["bad.json"], 2);
    let rejects = report["rejects"].as_array().expect("a list");
    assert!(!rejects.is_empty(), "{report}");
    for reject in rejects {
        assert!(reject["object"].as_str().is_some_and(|object| object.ends_with("bad.json")), "{reject}");
        assert!(reject["reason"].as_str().is_some_and(|reason| 10 < reason.len()), "{reject}");
    }
    let listed = place.list(&["events", "--rejected"]);
    assert_eq!(listed.len(), rejects.len(), "{listed:?}");
    for verdict in place.list(&["verdicts"]) {
        assert_ne!(verdict["verdict"], "clean", "{verdict}");
    }
    report
}

/// The bad record stands between two good ones, which must be kept; the bad one is the second of three.
fn rejects_the_second(name: &str, bad: &[u8], reason: &str) {
    let place = Workplace::new();
    let (first, last) = (routine("before").to_string(), intrusion("after").to_string());
    let bytes = [b"{\"Records\":[", first.as_bytes(), b",", bad, b",", last.as_bytes(), b"]}"].concat();
    let report = rejected(&place, &bytes);
    assert_eq!(sorted(&place.list(&["events"]), "event_id"), ["after", "before"], "{name}: {report}");
    let [reject] = &report["rejects"].as_array().expect("a list")[..] else { panic!("{name}: one reject: {report}") };
    assert_eq!(reject["record"], 2, "{name}: {reject}");
    let begin = 13 + first.len();
    let offset = reject["offset"].as_u64().unwrap_or_else(|| panic!("{name}: no offset: {reject}"));
    assert!((begin as u64..=(begin + bad.len()) as u64).contains(&offset), "{name}: {reject}");
    assert!(reject["reason"].as_str().is_some_and(|text| text.contains(reason)), "{name}: {reject}");
    assert_eq!(sorted(&place.findings(), "rule"), ["unexpected-assumer"], "{name}");
}

#[test]
fn a_broken_record_is_rejected_alone() {
    let good = intrusion("bad").to_string();
    let change = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let latin = [&good.as_bytes()[..20], b"\xE9", &good.as_bytes()[20..]].concat();
    rejects_the_second("invalid UTF-8", &latin, "UTF-8");
    for (name, bad, reason) in [
        ("a lone surrogate", change("\"tests\"", "\"\\ud800\""), ""),
        ("half a pair", change("\"tests\"", "\"\\udc00\\ud800\""), ""),
        ("a raw control character", change("\"tests\"", "\"a\u{0}b\""), ""),
        ("a raw line feed in a string", change("\"tests\"", "\"a\nb\""), ""),
        ("a repeated key", change("\"eventName\"", "\"eventName\":\"GetRole\",\"eventName\""), "eventName"),
        (
            "a repeated key, escaped",
            change("\"eventName\"", "\"event\\u004eame\":\"GetRole\",\"eventName\""),
            "eventName",
        ),
        ("a repeated key within", change("\"roleArn\"", "\"roleArn\":\"x\",\"roleArn\""), "roleArn"),
        ("a repeated key where nobody looks", change("\"userAgent\"", "\"x\":{\"y\":1,\"y\":2},\"userAgent\""), ""),
        ("a broken number", change("\"tests\"", "01"), ""),
        ("a word that is none", change("\"tests\"", "nul"), ""),
        ("a missing colon", change("\"userAgent\":", "\"userAgent\" "), ""),
        ("a trailing comma", change("\"tests\"", "\"tests\","), ""),
        ("no object", "\"text\"".to_owned(), ""),
        ("a number", "17".to_owned(), ""),
        ("an odd time", change("2026-03-04T05:06:07Z", "yesterday"), "eventTime"),
        ("depth without end", change("\"tests\"", &format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000))), ""),
    ] {
        rejects_the_second(name, bad.as_bytes(), reason);
    }
}

#[test]
fn odd_but_valid_values_are_no_trouble() {
    let place = Workplace::new();
    let record = |id: &str, value: &str| intrusion(id).to_string().replacen("\"tests\"", value, 1);
    let texts = [
        record("huge", "1e400"),
        record("tiny", "-1e-400"),
        record("digits", "12345678901234567890"),
        record("fraction", "0.12345678901234567890123456789"),
        record("nul", "\"a\\u0000b\""),
        record("pair", "\"\\ud83d\\ude00\""),
        record("empty", "{}"),
        record("deep", &format!("{}{}", "[".repeat(60), "]".repeat(60))),
        record("absent", "null"),
    ];
    place.write("a.json", delivered_texts(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
    let report = place.ingest(&["a.json"], 0);
    assert_eq!((&report["records"]["kept"], &report["records"]["rejected"]), (&9.into(), &0.into()), "{report}");
    assert_eq!(place.findings()[0]["count"], 9);
    // What was stored is printed as it was found.
    let raw = place.ends(&["events", "--format", "ndjson", "--raw"], 0).stdout;
    for text in ["1e400", "12345678901234567890", "0.12345678901234567890123456789", "\\u0000"] {
        assert!(raw.contains(text), "{text}");
    }
}

#[test]
fn escapes_change_nothing() {
    let escape = |text: &str| text.bytes().map(|byte| format!("\\u{byte:04x}")).collect::<String>();
    let place = Workplace::new();
    let person = intrusion("e-1").to_string();
    let slashes = intrusion("e-2").to_string().replace('/', "\\/");
    let service = routine("e-3").to_string().replace("\"cks.", "\"\\u0063ks.");
    let texts = [
        person
            .replace(ROLE, &escape(ROLE))
            .replace("\"roleArn\"", &format!("\"{}\"", escape("roleArn")))
            .replace("\"AssumeRole\"", &format!("\"{}\"", escape("AssumeRole")))
            .replace("\"eventName\"", "\"event\\u004Eame\""),
        slashes,
        service,
        alibaba_routine("e-4")
            .to_string()
            .replace("aliyunservice", "\\u0061liyunservice")
            .replace("\"RoleArn\"", "\"\\u0052oleArn\""),
    ];
    place.write("a.json", delivered_texts(&texts.iter().map(String::as_str).collect::<Vec<_>>()));
    place.ingest(&["a.json"], 0);
    assert_eq!(sorted(&place.list(&["events"]), "event_id"), ["e-1", "e-2", "e-3", "e-4"]);
    let [finding] = &place.findings()[..] else { panic!("one finding: {:?}", place.findings()) };
    assert_eq!((&finding["actor"], &finding["count"]), (&PERSON.into(), &2.into()));
}

#[test]
fn principals_that_merely_look_right_are_found() {
    let place = Workplace::new();
    let names = [
        "CKS.kms.amazonaws.com",
        " cks.kms.amazonaws.com",
        "cks.kms.amazonaws.com ",
        "cks.kms.amazonaws.com.",
        "\u{441}ks.kms.amazonaws.com",
        "cks\u{200b}.kms.amazonaws.com",
        "cks.kms.amazonaws.com\u{0}",
        "xn--ks-mlc.kms.amazonaws.com",
        "cks\u{ff0e}kms.amazonaws.com",
        "",
    ];
    let records: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(n, name)| {
            with(routine(&format!("l-{n}")), json!({"userIdentity": {"type": "AWSService", "invokedBy": name}}))
        })
        .collect();
    place.write("a.json", delivered(&records));
    place.ingest(&["a.json"], 0);
    let findings = place.findings();
    let events: u64 = findings.iter().map(|finding| finding["count"].as_u64().expect("a count")).sum();
    assert_eq!(events, names.len() as u64, "{findings:?}");
    assert!(findings.iter().all(|finding| finding["severity"] == "critical"));
    // Nothing of a terminal's concern reaches it.
    let table = place.ends(&["findings", "--format", "table"], 0).stdout;
    assert!(!table.contains(['\u{0}', '\u{1b}']), "{table:?}");
}

#[test]
fn a_missing_member_is_never_passed_over_in_silence() {
    let whole = with(intrusion("m"), json!({"resources": null}));
    let members: Vec<String> = whole.as_object().expect("an object").keys().cloned().collect();
    for member in members {
        let mut outcomes = Vec::new();
        for null in [false, true] {
            let mut record = whole.clone();
            if null {
                record[&member] = Value::Null;
            } else {
                record.as_object_mut().expect("an object").remove(&member);
            }
            let place = Workplace::new();
            place.write("a.json", delivered(&[record]));
            let ran = place.run(&["ingest", "a.json"]);
            let report: Value =
                serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{member}: {}", ran.stderr));
            let count = |name: &str| report["records"][name].as_u64().expect("a count");
            let findings = place.findings().len();
            outcomes.push((ran.code, count("kept"), count("rejected"), count("irrelevant"), findings));
        }
        assert_eq!(outcomes[0], outcomes[1], "{member}: null and absent mean the same");
        // Without the call's own target and name it speaks of no role.
        let needless = ["requestParameters"].contains(&member.as_str());
        match outcomes[0] {
            (0, 1, 0, 0, 1) | (2, 0, 1, 0, 0) => {}
            (0, 0, 0, 1, 0) if needless => {}
            other => panic!("{member}: code, kept, rejected, irrelevant, findings: {other:?}"),
        }
    }
}

#[test]
fn a_cut_off_archive_is_rejected_wherever_it_is_cut() {
    let records: Vec<_> = (0..40).map(|n| intrusion(&format!("t-{n}"))).collect();
    let whole = gzip(&delivered(&records));
    for cut in [1, 2, 9, 10, 11, whole.len() / 4, whole.len() / 2, whole.len() - 9, whole.len() - 8, whole.len() - 1]
    {
        let place = Workplace::new();
        let report = rejected(&place, &whole[..cut]);
        assert_eq!(report["objects"]["rejected"], 1, "{cut}: {report}");
        assert_eq!(place.list(&["events"]), Vec::<Value>::new(), "{cut}: all or nothing");
        let reject = &report["rejects"][0];
        assert_eq!(reject["record"], Value::Null, "{cut}: {reject}");
        // Once it is whole it is read.
        place.write("bad.json", &whole);
        assert_eq!(place.ingest(&["bad.json"], 0)["records"]["kept"], 40, "{cut}");
        let gaps = place.list(&["coverage", "--gaps"]);
        assert!(gaps.iter().all(|row| row["api"] != "trail:files"), "{cut}: {gaps:?}");
    }
}

#[test]
fn a_plain_object_that_is_cut_off_keeps_its_whole_records() {
    let place = Workplace::new();
    let whole = delivered(&[intrusion("p-1"), intrusion("p-2")]);
    let report = rejected(&place, &whole[..whole.len() - 40]);
    assert_eq!(report["records"]["kept"], 1, "{report}");
    assert_eq!(sorted(&place.list(&["events"]), "event_id"), ["p-1"]);
}

#[test]
fn what_follows_the_gzip_stream_is_not_ignored() {
    for (name, tail) in [("text", &b"garbage"[..]), ("zeros", &[0; 512]), ("half a member", &gzip(b"{}")[..12])] {
        let place = Workplace::new();
        let report = rejected(&place, &[&gzip(&delivered(&[intrusion("g")]))[..], tail].concat());
        assert_eq!(report["objects"]["rejected"], 1, "{name}: {report}");
    }
    let place = Workplace::new();
    let mut damaged = gzip(&delivered(&[intrusion("crc")]));
    let at = damaged.len() - 6;
    damaged[at] ^= 0xFF;
    assert_eq!(rejected(&place, &damaged)["objects"]["rejected"], 1);
}

/// A mebibyte of spaces that was compressed once stands there again and again, between two good records.
fn bomb(mebibytes: usize) -> Vec<u8> {
    let record = intrusion("bomb").to_string();
    let blank = gzip(&vec![b' '; 1 << 20]).repeat(mebibytes);
    let (head, tail) = (format!("{{\"Records\":[{record},"), format!("{record}]}}"));
    [gzip(head.as_bytes()), blank, gzip(tail.as_bytes())].concat()
}

#[test]
fn a_gzip_bomb_is_rejected_in_little_memory() {
    let place = Workplace::new();
    place.write("gibibytes.json.gz", bomb(4096));
    let one_record = [gzip(b"{\"Records\":[{\"x\":\""), gzip(&vec![b'a'; 1 << 20]).repeat(512)].concat();
    place.write("record.json.gz", one_record);
    place.write("fine.json", delivered(&[intrusion("fine")]));
    place.write(
        "patient.toml",
        "[limits]\nmax_ratio = 1000000\nmax_object_bytes = 6291456\nmax_record_bytes = 2097152\n",
    );
    let patient = "--config patient.toml --database sqlite:patient.db";
    for (limits, more) in [(["max_ratio", "max_ratio"], ""), (["max_record_bytes", "max_object_bytes"], patient)] {
        for threads in [1, 8] {
            let files = "gibibytes.json.gz record.json.gz fine.json";
            let (code, report) = in_little_memory(&place, &format!("{files} {more} --threads {threads}"));
            let kept = i32::from(threads == 1);
            assert_eq!((code, &report["objects"]["rejected"]), (Some(2), &2.into()), "{report}");
            assert_eq!(report["records"]["kept"], kept, "{report}");
            let reasons = sorted(report["rejects"].as_array().expect("a list"), "reason");
            let named = reasons.iter().zip(limits).all(|(reason, limit)| reason.contains(limit));
            assert!(reasons.len() == 2 && named, "{reasons:?}");
        }
    }
}

/// Ingests with an address space of less than 200 MB; answers exit code and report. The allocator of the C library
/// sets address space aside for every thread, which is no memory: it may do so once.
fn in_little_memory(place: &Workplace, arguments: &str) -> (Option<i32>, Value) {
    let program = env!("CARGO_BIN_EXE_roletrail");
    let script = format!("ulimit -v 200000; MALLOC_ARENA_MAX=1 exec {program} ingest {arguments}");
    let output = place.other("sh", &["-c", &script]).output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (output.status.code(), report)
}

/// Text that hardly compresses: hexadecimal digits of a chain of hashes.
fn noise(length: usize, seed: usize) -> String {
    let mut hash = sha2::Sha256::digest(seed.to_le_bytes());
    let mut text = String::with_capacity(length + 64);
    while text.len() < length {
        hash = sha2::Sha256::digest(hash);
        text.extend(hash.iter().map(|byte| format!("{byte:02x}")));
    }
    text
}

#[test]
fn a_large_object_among_many_is_read_in_little_memory_with_every_record_kept() {
    let place = Workplace::new();
    place.write("all.toml", "[collect]\nkeep = \"all\"\n");
    let agents: Vec<_> = (0..50).map(|seed| noise(50_000, seed)).collect();
    let long = |id: &str, n: usize| with(routine(id), json!({"userAgent": agents[n % agents.len()]}));
    let large: Vec<_> = (0..1000).map(|n| long(&format!("large-{n}"), n)).collect();
    place.write("logs/50.json.gz", gzip(&delivered(&large)));
    for object in 0..60 {
        let records: Vec<_> = (0..5).map(|n| long(&format!("{object}-{n}"), n)).collect();
        place.write(&format!("logs/{object:02}-small.json.gz"), gzip(&delivered(&records)));
    }
    let (code, report) = in_little_memory(&place, "logs --no-analyze --config all.toml --threads 8");
    assert_eq!((code, &report["records"]["kept"]), (Some(0), &1300.into()), "{report}");
}

#[test]
fn an_object_beyond_a_limit_that_was_set_is_rejected_with_the_settings_name() {
    let place = Workplace::new();
    place.write("c.toml", "[limits]\nmax_ratio = 20\nmax_object_bytes = 3145728\nmax_record_bytes = 1048576\n");
    let long = |id: &str, length: usize| with(routine(id), json!({"userAgent": "x".repeat(length)}));
    place.write("long.json", delivered(&[routine("a"), long("b", 1 << 20)]));
    place.write("large.json", delivered(&[long("c", 900_000)]).repeat(4));
    place.write("dense.json.gz", gzip(&delivered(&[long("d", 1_040_000), long("e", 1_040_000)])));
    place.write("fine.json", delivered(&[long("f", 1_000_000), routine("g")]));
    let objects = ["long.json", "large.json", "dense.json.gz", "fine.json"];
    let report = place.json(&[&["ingest", "--config", "c.toml"], &objects[..]].concat(), 2);
    crate::support::reconcile(&report);
    let rejects = report["rejects"].as_array().expect("a list");
    for (reject, setting) in rejects.iter().zip(["max_record_bytes", "max_object_bytes", "max_ratio"]) {
        assert!(reject["reason"].as_str().is_some_and(|reason| reason.contains(setting)), "{reject}");
    }
    assert_eq!(rejects.len(), 3, "{report}");
    assert_eq!(sorted(&place.list(&["events"]), "event_id"), ["f", "g"]);
    // With wider limits all of it is read.
    place.write("c.toml", "[limits]\nmax_ratio = 2000\n");
    let report = place.json(&[&["ingest", "--config", "c.toml"], &objects[..]].concat(), 0);
    assert_eq!((&report["objects"]["read"], &report["objects"]["already_ingested"]), (&3.into(), &1.into()));
    assert_eq!(sorted(&place.list(&["events"]), "event_id"), ["a", "b", "c", "d", "e", "f", "g"]);
}

#[test]
fn what_is_no_log_at_all_is_rejected_as_a_whole() {
    for (name, bytes) in [
        ("empty", &b""[..]),
        ("a text", b"hello"),
        ("a page", b"<html><body>AccessDenied</body></html>"),
        ("an image", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("UTF-16", b"\xff\xfe{\0\"\0"),
        ("zeros", &[0; 4096]),
        ("open brackets", &[b'['; 5000]),
    ] {
        let place = Workplace::new();
        place.write("odd.json", bytes);
        let ran = place.run(&["ingest", "odd.json"]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{name}: {}", ran.stderr));
        crate::support::reconcile(&report);
        let empty = bytes.is_empty();
        assert!(ran.code == 2 || (empty && ran.code == 0), "{name}: {} {report}", ran.code);
        assert_eq!(report["records"]["kept"], 0, "{name}");
    }
}

#[test]
fn a_rejected_object_keeps_its_account_from_being_clean_until_it_is_read() {
    let place = Workplace::new();
    place.write("good.json", delivered(&[routine("c-1")]));
    let broken =
        with(routine("c-2"), json!({"userIdentity": person()})).to_string().replacen('{', "{\"eventVersion\":1,", 1);
    place.write("bad.json", delivered_texts(&[&routine("c-3").to_string(), &broken]));
    place.ingest(&["good.json", "bad.json"], 2);
    let gap = |place: &Workplace| {
        let rows = place.list(&["coverage", "--gaps"]);
        rows.into_iter().filter(|row| row["api"] == "trail:files").collect::<Vec<_>>()
    };
    let [row] = &gap(&place)[..] else { panic!("one gap: {:?}", gap(&place)) };
    assert_eq!((&row["account"], &row["outcome"]), (&ACCOUNT.into(), &"partial".into()));
    let verdict = place.verdict(ACCOUNT, PROFILE);
    assert_eq!(verdict["verdict"], "unknown", "{verdict}");
    // Again: it is tried again, and still said.
    place.ingest(&["good.json", "bad.json"], 2);
    assert_eq!(gap(&place).len(), 1);
    let mended = with(routine("c-2"), json!({"userIdentity": {"type": "AWSService", "invokedBy": SERVICE}}));
    place.write("bad.json", delivered(&[routine("c-3"), mended]));
    place.ingest(&["good.json", "bad.json"], 0);
    assert_eq!(gap(&place), Vec::<Value>::new());
}
