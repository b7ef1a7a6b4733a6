//! What the validators of the formats do not see: the same findings in every format, references that lead somewhere,
//! and hostile text that stays text.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Value;

use super::sample::sample;
use super::*;

/// What a finding is in every format: severity, status, movement and count.
type Told = BTreeMap<String, (String, String, String, u64)>;

/// Texts that somebody could put into a log to harm a reader.
fn hostile() -> Vec<String> {
    let texts = [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "evil\u{202e}gpj.exe",
        "nul\0 and \u{1b}[31m",
        "a\r\nb\tc\u{2028}d",
        "\"quotes\", 'commas'; and \\",
        "{0} [link](javascript:alert(1)) {{ insert: param, x }}",
        "\u{1c}",
        " \n\t ",
        "",
        "arn:aws-cn:iam::111122223333:role/../../etc/passwd",
        "😀 Straße 東京 \u{feff}",
    ];
    texts.into_iter().map(str::to_owned).chain(["x".repeat(10_000), "😀".repeat(10_000)]).collect()
}

fn bytes(file: &ReportFile<'_>) -> Vec<u8> {
    file.bytes().expect("it can be written")
}

fn bytes_of(files: &[ReportFile<'_>]) -> Vec<(String, Vec<u8>)> {
    files.iter().map(|file| (file.name.clone(), bytes(file))).collect()
}

fn json(files: &[ReportFile<'_>]) -> Vec<Value> {
    let files = files.iter().filter(|file| file.media_type.ends_with("json"));
    files.map(|file| serde_json::from_slice(&bytes(file)).expect("JSON")).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

fn in_report(report: &Report) -> Told {
    let told = |found: &ReportFinding| {
        let finding = &found.finding;
        let words = [finding.severity.as_str(), finding.status.as_str(), found.movement.as_str()].map(str::to_owned);
        let [severity, status, movement] = words;
        (finding.id.as_ref().to_owned(), (severity, status, movement, finding.count))
    };
    report.findings.iter().map(told).collect()
}

fn in_csv(report: &Report) -> Told {
    let files = csv::write(report);
    let file = files.iter().find(|file| file.name.starts_with("roletrail-findings-")).expect("the findings");
    let bytes = bytes(file);
    let mut reader = ::csv::Reader::from_reader(&*bytes);
    let rows = reader.deserialize::<BTreeMap<String, String>>().map(|row| row.expect("a row"));
    rows.map(|row| {
        let cell = |name: &str| row[name].clone();
        (cell("id"), (cell("severity"), cell("status"), cell("movement"), cell("count").parse().expect("a count")))
    })
    .collect()
}

fn in_ocsf(report: &Report) -> Told {
    let [document] = &json(&ocsf::write(report))[..] else { panic!("one file") };
    let told = |finding: &Value| {
        let severity = ["", "info", "low", "medium", "high", "critical"];
        let status = ["", "open", "open", "excepted", "resolved"];
        let word = |words: &[&str], name: &str| {
            words[usize::try_from(finding[name].as_u64().expect("a number")).expect("small")].to_owned()
        };
        let own = &finding["unmapped"];
        assert_eq!(text(&own["severity"]), word(&severity, "severity_id"));
        assert_eq!(text(&own["status"]), word(&status, "status_id"));
        let id = text(&finding["finding_info"]["uid"]);
        let count = finding["count"].as_u64().expect("a count");
        (id, (word(&severity, "severity_id"), word(&status, "status_id"), text(&own["movement"]), count))
    };
    list(document).iter().map(told).collect()
}

fn in_asff(report: &Report) -> Told {
    let files = json(&asff::write(report));
    let told = |finding: &Value| {
        let own = |name: &str| text(&finding["ProductFields"][format!("roletrail/{name}")]);
        let severity = text(&finding["Severity"]["Label"]).to_lowercase();
        assert_eq!(text(&finding["Severity"]["Original"]), severity.replace("informational", "info"));
        let severity = text(&finding["Severity"]["Original"]);
        (text(&finding["Id"]), (severity, own("status"), own("movement"), own("count").parse().expect("a count")))
    };
    files.iter().flat_map(|file| list(&file["Findings"])).map(|finding| told(&finding)).collect()
}

fn in_sarif(report: &Report) -> Told {
    let [document] = &json(&sarif::write(report))[..] else { panic!("one file") };
    let told = |result: &Value| {
        let own = |name: &str| text(&result["properties"][name]);
        let count = result["occurrenceCount"].as_u64().expect("a count");
        let level = match own("severity").as_str() {
            "critical" | "high" => "error",
            "medium" => "warning",
            _ => "note",
        };
        assert_eq!(result["level"], level);
        (
            text(&result["fingerprints"]["roletrail/finding/v1"]),
            (own("severity"), own("status"), own("movement"), count),
        )
    };
    list(&document["runs"][0]["results"]).iter().map(told).collect()
}

fn in_oscal(report: &Report) -> Told {
    let [document] = &json(&oscal::write(report))[..] else { panic!("one file") };
    let result = &document["assessment-results"]["results"][0];
    let told = |item: &Value| {
        let props = list(&item["props"]);
        let own = |name: &str| props.iter().find(|prop| prop["name"] == name).map(|prop| text(&prop["value"]));
        let must = |name: &str| own(name).unwrap_or_else(|| panic!("no {name}: {item}"));
        let count = must("count").parse().expect("a count");
        own("finding-id").map(|id| (id, (must("severity"), must("status"), must("movement"), count)))
    };
    let observed: Told =
        list(&result["observations"]).iter().filter(|item| is_of_finding(item)).filter_map(told).collect();
    let risks: Told = list(&result["risks"]).iter().filter_map(told).collect();
    assert_eq!(observed, risks);
    observed
}

fn is_of_finding(item: &Value) -> bool {
    list(&item["props"]).iter().any(|prop| prop["name"] == "finding-id")
}

#[test]
fn every_format_tells_the_same_findings_with_the_same_severity_status_and_count() {
    let report = sample("x");
    let told = in_report(&report);
    assert!(4 <= told.len(), "{told:?}");
    let aws: Told = told.clone().into_iter().filter(|(id, _)| is_aws(&report, id)).collect();
    assert!(!aws.is_empty() && aws.len() < told.len(), "{aws:?}");
    assert_eq!(in_csv(&report), told, "CSV");
    assert_eq!(in_ocsf(&report), told, "OCSF");
    assert_eq!(in_asff(&report), aws, "ASFF");
    assert_eq!(in_sarif(&report), told, "SARIF");
    assert_eq!(in_oscal(&report), told, "OSCAL");
}

fn is_aws(report: &Report, id: &str) -> bool {
    let found = report.findings.iter().find(|found| *found.finding.id == *id).expect("a finding");
    found.finding.provider == crate::model::Provider::Aws
}

/// Every text of a JSON value.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

/// Every member with a name, at any depth.
fn members(value: &Value, name: &str, found: &mut Vec<Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| members(item, name, found)),
        Value::Object(object) => {
            found.extend(object.get(name).cloned());
            object.values().for_each(|item| members(item, name, found));
        }
        _ => {}
    }
}

fn all(value: &Value, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    members(value, name, &mut found);
    found.iter().map(text).collect()
}

fn only(files: &[ReportFile]) -> Value {
    let [document] = &json(files)[..] else { panic!("one file: {}", files.len()) };
    document.clone()
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for write in [csv::write, ocsf::write, asff::write, sarif::write, oscal::write] {
        let report = sample("x");
        assert_eq!(bytes_of(&write(&report)), bytes_of(&write(&report)));
    }
}

#[test]
fn every_reference_inside_an_oscal_document_leads_somewhere() {
    for text in hostile() {
        let document = only(&oscal::write(&sample(&text)));
        let uuids = all(&document, "uuid");
        let known: BTreeSet<_> = uuids.iter().cloned().collect();
        assert_eq!(known.len(), uuids.len(), "a UUID is there twice");
        for name in ["observation-uuid", "risk-uuid", "subject-uuid", "actor-uuid", "component-uuid"] {
            let used = all(&document, name);
            assert!(!used.is_empty(), "{name}");
            assert!(used.iter().all(|uuid| known.contains(uuid)), "{name}");
        }
        for href in all(&document, "href") {
            assert!(href.strip_prefix('#').is_some_and(|uuid| known.contains(uuid)), "{href}");
        }
        let objectives: BTreeSet<_> = all(&document, "id").into_iter().collect();
        assert!(all(&document, "target-id").iter().all(|id| objectives.contains(id)));
        assert_eq!(all(&document, "oscal-version"), ["1.2.1"]);
        let mut methods = Vec::new();
        members(&document, "methods", &mut methods);
        assert!(methods.iter().all(|methods| *methods == serde_json::json!(["EXAMINE"])));
    }
}

#[test]
fn no_format_says_that_a_control_is_satisfied_or_passes() {
    for complete in [true, false] {
        let mut report = sample("x");
        report.population.complete = complete;
        for control in &mut report.controls {
            control.status = ControlStatus::NoFindings;
        }
        let oscal = only(&oscal::write(&report));
        assert_eq!(all(&oscal, "state"), ["operational"], "of the tool alone");
        let result = &oscal["assessment-results"]["results"][0];
        assert!(result["findings"].is_null() && !result["observations"].is_null());
    }
    let report = sample("x");
    let oscal = only(&oscal::write(&report));
    let findings = list(&oscal["assessment-results"]["results"][0]["findings"]);
    let reasons: Vec<_> = findings.iter().map(|finding| all(finding, "reason").concat()).collect();
    assert_eq!(reasons, ["fail", "other", "other"], "findings, only excepted ones, unknown");
    for finding in list(&only(&ocsf::write(&report))) {
        assert_ne!(finding["compliance"]["status_id"], 1, "{finding}");
    }
    for finding in json(&asff::write(&report)).iter().flat_map(|file| list(&file["Findings"])) {
        assert_ne!(finding["Compliance"]["Status"], "PASSED", "{finding}");
    }
}

#[test]
fn ocsf_counts_milliseconds_and_names_its_type_and_version() {
    let findings = list(&only(&ocsf::write(&sample("x"))));
    let number = |finding: &Value, name: &str| finding[name].as_u64().unwrap_or_else(|| panic!("{name}: {finding}"));
    for finding in &findings {
        assert!(1_000_000_000_000 < number(finding, "time"), "{finding}");
        assert_eq!(number(finding, "type_uid"), number(finding, "class_uid") * 100 + number(finding, "activity_id"));
        assert_eq!(finding["metadata"]["version"], "1.6.0");
        assert_eq!(finding["metadata"]["profiles"], serde_json::json!(["cloud", "datetime"]));
    }
    let uids = all(&Value::from(findings.clone()), "correlation_uid");
    assert_eq!(uids.len(), findings.len());
    let activities: Vec<_> = findings.iter().map(|finding| text(&finding["activity_name"])).collect();
    assert_eq!(activities, ["Create", "Update", "Close", "Update"]);
    let statuses: Vec<_> = findings.iter().map(|finding| text(&finding["status"])).collect();
    assert_eq!(statuses, ["New", "Suppressed", "Resolved", "In Progress"]);
    let classes: Vec<_> = findings.iter().map(|finding| number(finding, "class_uid")).collect();
    assert_eq!(classes, [2004, 2004, 2004, 2003]);
}

#[test]
fn sarif_says_that_the_run_failed_where_something_was_left_unread() {
    let run = |report: &Report| only(&sarif::write(report))["runs"][0].clone();
    let mut report = sample("x");
    let failed = run(&report);
    assert_eq!(failed["invocations"][0]["executionSuccessful"], false);
    assert_eq!(list(&failed["invocations"][0]["toolExecutionNotifications"]).len(), 2, "a gap and an uncovered span");
    report.population.complete = true;
    assert_eq!(run(&report)["invocations"][0]["executionSuccessful"], true);
    for result in list(&failed["results"]) {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(failed["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        let excepted = result["properties"]["status"] == "excepted";
        assert_eq!(list(&result["suppressions"]).len(), usize::from(excepted), "{result}");
    }
    let states: Vec<_> = list(&failed["results"]).iter().map(|result| text(&result["baselineState"])).collect();
    assert_eq!(states, ["new", "unchanged", "absent", "updated"]);
}

#[test]
fn a_finding_of_a_rule_that_is_gone_keeps_its_place_in_sarif() {
    let mut report = sample("x");
    report.findings[1].finding.rule = "retired-rule".into();
    let run = only(&sarif::write(&report))["runs"][0].clone();
    let index = usize::try_from(run["results"][1]["ruleIndex"].as_u64().expect("an index")).expect("small");
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "retired-rule");
}

#[test]
fn a_batch_of_asff_is_of_one_account_and_region_and_has_a_hundred_findings_at_most() {
    let mut report = sample("x");
    let first = report.findings[0].clone();
    for number in 0..250 {
        let mut more = first.clone();
        more.finding.id = format!("{number:016x}").into();
        more.finding.account = if number % 2 == 0 { "111122223333" } else { "444455556666" }.into();
        report.findings.push(more);
    }
    let files = asff::write(&report);
    let names: BTreeSet<_> = files.iter().map(|file| &file.name).collect();
    assert_eq!(names.len(), files.len(), "{names:?}");
    let batches = json(&files);
    let sizes: Vec<_> = batches.iter().map(|batch| list(&batch["Findings"]).len()).collect();
    assert_eq!(sizes, [100, 28, 100, 25]);
    for batch in &batches {
        let places: BTreeSet<_> =
            list(&batch["Findings"]).iter().map(|finding| text(&finding["ProductArn"])).collect();
        assert_eq!(places.len(), 1, "{places:?}");
    }
}

#[test]
fn what_asff_leaves_out_stands_in_a_note() {
    let mut report = sample("x");
    let note = |report: &Report| {
        let files = asff::write(report);
        let file = files.into_iter().find(|file| file.media_type.starts_with("text/plain"));
        file.map(|file| String::from_utf8(bytes(&file)).expect("UTF-8"))
    };
    let some = note(&report).expect("a note");
    assert!(some.contains("5e685f7700000004") && !some.contains("5e685f7700000001") && some.contains("incomplete"));
    report.findings.retain(|found| found.finding.provider == crate::model::Provider::Aws);
    assert_eq!(note(&report), None);
    report.findings.clear();
    assert!(note(&report).expect("a note").contains("no all-clear"));
    assert!(json(&asff::write(&report)).is_empty(), "an empty batch is refused");
}

#[test]
fn every_list_is_a_table_even_when_it_is_empty() {
    let mut report = sample("x");
    report.findings.clear();
    report.exceptions.clear();
    for file in csv::write(&report) {
        let bytes = bytes(&file);
        let mut reader = ::csv::Reader::from_reader(&*bytes);
        assert!(2 < reader.headers().expect("a header").len(), "{}", file.name);
        let rows = reader.records().collect::<Result<Vec<_>, _>>().expect("rows").len();
        let empty = file.name.contains("findings") || file.name.contains("exceptions");
        assert_eq!(rows == 0, empty, "{}: {rows}", file.name);
    }
}

/// What no format may hold, whatever a log says.
fn harmless(report: &Report, hostile: &str) {
    for file in csv::write(report) {
        let bytes = bytes(&file);
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(&*bytes);
        for cell in reader.records().flat_map(|row| row.expect("a row").iter().map(str::to_owned).collect::<Vec<_>>())
        {
            let number = cell.parse::<f64>().is_ok();
            let formula = cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
            assert!(number || !formula, "{}: {cell:?} from {hostile:?}", file.name);
            assert!(!cell.contains(['\0', '\u{1b}', '\u{202e}']), "{}: {cell:?}", file.name);
        }
    }
    let limits = [("Title", 256), ("Description", 1_024), ("Text", 512), ("Id", 512), ("GeneratorId", 512)];
    for batch in json(&asff::write(report)) {
        for (name, limit) in limits {
            for text in all(&batch, name) {
                assert!(text.encode_utf16().count() <= limit && !text.trim().is_empty(), "{name}: {text:?}");
            }
        }
        let mut fields = Vec::new();
        members(&batch, "ProductFields", &mut fields);
        let mut values = Vec::new();
        for fields in &fields {
            texts(fields, &mut values);
        }
        assert!(values.iter().all(|value| value.encode_utf16().count() <= 2_048 && !value.trim().is_empty()));
    }
    for document in json(&oscal::write(report)) {
        for value in all(&document, "value").into_iter().chain(all(&document, "title")) {
            assert!(!value.is_empty() && value.trim() == value && !value.contains(['\n', '\r']), "{value:?}");
        }
        for name in ["description", "statement", "prose", "remarks", "title"] {
            for text in all(&document, name) {
                assert!(!text.replace("\\\\", "").replace("\\<", "").contains('<'), "{name}: {text:?}");
            }
        }
    }
    json(&ocsf::write(report));
    let sarif = only(&sarif::write(report));
    let mut messages = Vec::new();
    members(&sarif["runs"][0]["results"], "message", &mut messages);
    for message in messages.iter().map(|message| text(&message["text"])) {
        assert!(!message.replace("{{", "").replace("}}", "").contains(['{', '}']), "{message:?}");
    }
}

#[test]
fn hostile_text_stays_text() {
    for text in hostile() {
        harmless(&sample(&text), &text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_stays_text(text in any::<String>()) {
        harmless(&sample(&text), &text);
    }
}
