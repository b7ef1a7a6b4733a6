//! The report formats, as independent validators see them: documents with hostile text in every place that has text
//! from outside, and broken documents, which each validator has to refuse.

use std::path::{Path, PathBuf};

use roletrail::config::ReportFormat;
use roletrail::exports::reports::{Report, render};
use serde_json::{Value, json};

use crate::validators::{self, Validator};

/// What the sample of the unit tests is made of.
mod report {
    pub use roletrail::exports::reports::*;
}
#[path = "../../src/exports/reports/sample.rs"]
mod sample;

/// The formats that have a validator here.
const FORMATS: [(&str, ReportFormat); 5] = [
    ("csv", ReportFormat::Csv),
    ("ocsf", ReportFormat::Ocsf),
    ("asff", ReportFormat::Asff),
    ("sarif", ReportFormat::Sarif),
    ("oscal", ReportFormat::Oscal),
];

/// Texts that somebody could put into a log to harm a reader; the first is all of them.
fn hostile() -> Vec<String> {
    let texts = [
        "plain",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "=cmd|' /C calc'!A0",
        "\u{202e}evil\u{2066} nul\0 escape\u{1b}[31m\u{85}",
        "a\r\nb\tc\u{2028}d\",\"e",
        "{0} [link](javascript:alert(1)) {{ insert: param, x }} \\",
        "\u{1c}",
        " \n ",
        "",
        "arn:aws-cn:iam::111122223333:role/../../etc/passwd",
    ];
    let long = "😀".repeat(10_000);
    let all = texts.concat() + &long;
    [all].into_iter().chain(texts.map(str::to_owned)).chain([long]).collect()
}

/// Writes a report in a format into a directory of its own; answers the files that a validator reads.
fn written(report: &Report, format: ReportFormat, directory: &Path) -> Vec<PathBuf> {
    std::fs::create_dir_all(directory).expect("a directory");
    let files = render(report, format).expect("a format");
    let write = |file: &roletrail::exports::reports::ReportFile<'_>| {
        let path = directory.join(&file.name);
        std::fs::write(&path, file.bytes().expect("it can be written")).expect("a file");
        path
    };
    let paths = files.iter().map(write);
    paths.filter(|path| path.extension().is_none_or(|end| end != "txt")).collect()
}

fn accepted(validator: &Validator, files: &[PathBuf], place: &Path) {
    let said = validator.check(files, place);
    assert!(said.accepted, "{validator:?}\n{}", said.text);
}

#[test]
fn every_format_is_valid_whatever_the_logs_say() {
    let place = tempfile::tempdir().expect("a directory");
    for (name, format) in FORMATS {
        let mut files = Vec::new();
        for (number, text) in hostile().iter().enumerate() {
            files.extend(written(&sample::sample(text), format, &place.path().join(format!("{name}-{number}"))));
        }
        for validator in validators::of(name) {
            // trestle starts twice for each document; the first has every text.
            let many = if validator == Validator::Trestle { 1 } else { files.len() };
            accepted(&validator, &files[..many], place.path());
        }
    }
}

#[test]
fn every_format_is_valid_where_there_is_nothing_to_tell() {
    let place = tempfile::tempdir().expect("a directory");
    let mut empty = sample::sample("plain");
    empty.scope.accounts.clear();
    empty.scope.profiles.clear();
    empty.scope.sources.clear();
    empty.method.identities.clear();
    empty.tool.rules.clear();
    empty.population.gaps.clear();
    empty.population.trails.clear();
    empty.population.complete = true;
    empty.integrity.statements.clear();
    empty.proof.clear();
    empty.verdicts.clear();
    empty.controls.clear();
    empty.findings.clear();
    empty.exceptions.clear();
    empty.evidence.clear();
    for (name, format) in FORMATS {
        let files = written(&empty, format, &place.path().join(name));
        assert_eq!(files.is_empty(), name == "asff", "an empty batch is none: {files:?}");
        if !files.is_empty() {
            for validator in validators::of(name) {
                accepted(&validator, &files, place.path());
            }
        }
    }
}

/// A change that breaks a document: which member, given as a JSON pointer, and what it becomes.
type Break = (&'static str, Value);

/// Breaks the document of a format at each place, one at a time, and demands that the validators refuse each: those
/// that `refuses` picks.
fn refused(name: &str, format: ReportFormat, breaks: Vec<Break>, refuses: impl Fn(&Validator) -> bool) {
    let place = tempfile::tempdir().expect("a directory");
    let [path] = &written(&sample::sample("plain"), format, &place.path().join(name))[..] else {
        panic!("one file of {name}")
    };
    let good: Value = serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON");
    for validator in validators::of(name).into_iter().filter(refuses) {
        for (pointer, value) in &breaks {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap_or_else(|| panic!("{name} has no {pointer}")) = value.clone();
            assert_ne!(bad, good, "{pointer}");
            let path = place.path().join(format!("bad-{}", path.file_name().expect("a name").display()));
            std::fs::write(&path, bad.to_string()).expect("a file");
            let said = validator.check(&[path], place.path());
            assert!(!said.accepted, "{validator:?} accepts {value} as {pointer}\n{}", said.text);
        }
    }
}

fn is_schema(validator: &Validator) -> bool {
    matches!(validator, Validator::Schema(_))
}

#[test]
fn broken_ocsf_is_refused() {
    let breaks = vec![
        ("/0/severity_id", json!(7)),
        ("/0/type_uid", json!(200_402)),
        ("/0/metadata/version", json!("1.5.0")),
        ("/0/cloud", json!({})),
        ("/0/time_dt", json!("yesterday")),
        ("/0/finding_info", json!({"uid": "x", "colour": "red"})),
        ("/3/compliance", json!("fail")),
    ];
    refused("ocsf", ReportFormat::Ocsf, breaks, |_| true);
}

#[test]
fn broken_asff_is_refused() {
    let breaks = vec![
        ("/Findings/0/Severity/Label", json!("AWFUL")),
        ("/Findings/0/Title", json!("x".repeat(257))),
        ("/Findings/0/AwsAccountId", json!("12")),
        ("/Findings/0/Resources", json!([])),
        ("/Findings/0/CreatedAt", json!("today")),
        ("/Findings", json!([])),
    ];
    refused("asff", ReportFormat::Asff, breaks, is_schema);
    let breaks = vec![("/Findings/0/Resources", json!("none")), ("/Findings/1/Note", json!({"Text": 1}))];
    refused("asff", ReportFormat::Asff, breaks, |_| true);
}

#[test]
fn broken_sarif_is_refused() {
    let breaks = vec![
        ("/runs/0/results/0/level", json!("fatal")),
        ("/runs/0/results/0/message", json!({})),
        ("/version", json!("2.0.0")),
        ("/runs/0/invocations/0/endTimeUtc", json!("now")),
    ];
    refused("sarif", ReportFormat::Sarif, breaks, is_schema);
    let breaks = vec![("/runs/0/results/0/ruleIndex", json!(99))];
    refused("sarif", ReportFormat::Sarif, breaks, |validator| !is_schema(validator));
}

/// The first file of a good report in a format.
fn first(format: ReportFormat) -> Vec<u8> {
    let report = sample::sample("plain");
    let files = render(&report, format).expect("a format");
    files[0].bytes().expect("it can be written")
}

#[test]
fn broken_oscal_is_refused() {
    let result = "/assessment-results/results/0";
    let at = |place: &str| -> &'static str { format!("{result}{place}").leak() };
    let breaks = vec![
        ("/assessment-results/uuid", json!("r-1")),
        ("/assessment-results/metadata/last-modified", json!("2026-10-31T23:45:03")),
        (at("/observations/0/props"), json!([])),
        (at("/risks/0/title"), json!("")),
    ];
    refused("oscal", ReportFormat::Oscal, breaks, is_schema);
    refused("oscal", ReportFormat::Oscal, vec![(at("/findings/0/target/status/state"), json!("perhaps"))], |_| true);
    let document: Value = serde_json::from_slice(&first(ReportFormat::Oscal)).expect("JSON");
    let twice = vec![(at("/uuid"), document["assessment-results"]["uuid"].clone())];
    refused("oscal", ReportFormat::Oscal, twice, |validator| *validator == Validator::Trestle);
}

#[test]
fn broken_csv_is_refused() {
    let place = tempfile::tempdir().expect("a directory");
    let refuses = |bytes: &[u8]| {
        let path = place.path().join("bad.csv");
        std::fs::write(&path, bytes).expect("a file");
        for validator in validators::of("csv") {
            assert!(
                !validator.check(std::slice::from_ref(&path), place.path()).accepted,
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
    };
    let text = String::from_utf8(first(ReportFormat::Csv)).expect("UTF-8");
    refuses(text.replace("\r\n", "\n").as_bytes());
    refuses(text.replacen(',', "", 1).as_bytes());
    refuses(format!("{text}\"open\r\n").as_bytes());
    refuses(text.replacen("population", "=1+1", 1).as_bytes());
    refuses(&[text.as_bytes(), b"\xe9\r\n"].concat());
}
