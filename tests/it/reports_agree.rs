//! A report of the real program in every format at once: the same findings in each, and each accepted by its validators.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::records::{ACCOUNT, ROLE, alibaba_routine, delivered, intrusion, routine, with};
use crate::support::Workplace;
use crate::validators;

/// Severity, status and count of each finding, by its id.
type Told = BTreeMap<String, (String, String, u64)>;

/// The files of a pack.
struct Pack {
    files: Vec<PathBuf>,
}

impl Pack {
    /// Makes a report in every format.
    fn make(place: &Workplace, arguments: &[&str]) -> Self {
        let formats = ["--format", "html,csv,json,ocsf,asff,sarif,oscal", "--output", "out"];
        let ran = place.run(&[&["report"], arguments, &formats].concat());
        assert!([0, 2].contains(&ran.code), "{}", ran.stderr);
        let packs = listed(&place.path("out"));
        let [pack] = &packs[..] else { panic!("one pack: {packs:?}") };
        Self { files: listed(pack) }
    }

    /// Those whose name begins and ends so.
    fn of(&self, what: &str, end: &str) -> Vec<PathBuf> {
        let fits = |path: &&PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
            name.starts_with(&format!("roletrail-{what}-")) && name.ends_with(end)
        };
        self.files.iter().filter(fits).cloned().collect()
    }

    fn json(&self, what: &str, end: &str) -> Vec<Value> {
        let files = self.of(what, end);
        assert!(!files.is_empty(), "no {what} {end} in {:?}", self.files);
        files
            .iter()
            .map(|path| serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON"))
            .collect()
    }

    fn text(&self, what: &str, end: &str) -> String {
        let files = self.of(what, end);
        files.iter().map(|path| std::fs::read_to_string(path).expect("UTF-8")).collect()
    }
}

fn listed(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}")).clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn count(value: &Value) -> u64 {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.unwrap_or_else(|| panic!("no count: {value}"))
}

fn in_json(pack: &Pack, provider: Option<&str>) -> Told {
    let findings = list(&pack.json("report", ".json")[0]["findings"]);
    let wanted = findings.iter().filter(|row| provider.is_none_or(|only| row["provider"] == only));
    wanted
        .map(|row| (text(&row["id"]), (text(&row["severity"]), text(&row["status"]), count(&row["count"]))))
        .collect()
}

fn in_csv(pack: &Pack) -> Told {
    let table = pack.text("findings", ".csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let rows = reader.deserialize::<BTreeMap<String, String>>().map(|row| row.expect("a row"));
    rows.map(|row| {
        let cell = |name: &str| row[name].clone();
        (cell("id"), (cell("severity"), cell("status"), cell("count").parse().expect("a count")))
    })
    .collect()
}

fn in_ocsf(pack: &Pack) -> Told {
    let names = ["", "info", "low", "medium", "high", "critical"];
    let told = |row: &Value| {
        let severity = names[usize::try_from(count(&row["severity_id"])).expect("small")];
        (
            text(&row["finding_info"]["uid"]),
            (severity.to_owned(), text(&row["unmapped"]["status"]), count(&row["count"])),
        )
    };
    list(&pack.json("findings", ".ocsf.json")[0]).iter().map(told).collect()
}

fn in_asff(pack: &Pack) -> Told {
    let told = |row: Value| {
        let own = &row["ProductFields"];
        let (status, count) = (text(&own["roletrail/status"]), count(&own["roletrail/count"]));
        let severity = text(&row["Severity"]["Label"]).to_lowercase().replace("informational", "info");
        (text(&row["Id"]), (severity, status, count))
    };
    pack.json("findings", ".asff.json").iter().flat_map(|batch| list(&batch["Findings"])).map(told).collect()
}

fn in_sarif(pack: &Pack) -> Told {
    let told = |row: &Value| {
        let own = &row["properties"];
        let id = text(&row["fingerprints"]["roletrail/finding/v1"]);
        (id, (text(&own["severity"]), text(&own["status"]), count(&row["occurrenceCount"])))
    };
    list(&pack.json("findings", ".sarif")[0]["runs"][0]["results"]).iter().map(told).collect()
}

fn in_oscal(pack: &Pack) -> Told {
    let document = &pack.json("assessment-results", ".oscal.json")[0];
    let told = |risk: &Value| {
        let props: BTreeMap<_, _> =
            list(&risk["props"]).iter().map(|prop| (text(&prop["name"]), prop["value"].clone())).collect();
        let own = |name: &str| text(&props[name]);
        (own("finding-id"), (own("severity"), own("status"), count(&props["count"])))
    };
    list(&document["assessment-results"]["results"][0]["risks"]).iter().map(told).collect()
}

/// Every format tells what the report's own shape tells, and is accepted by those who know the format.
fn agree(place: &Workplace, pack: &Pack) -> Told {
    let told = in_json(pack, None);
    assert_eq!(in_csv(pack), told, "CSV");
    assert_eq!(in_ocsf(pack), told, "OCSF");
    assert_eq!(in_asff(pack), in_json(pack, Some("aws")), "ASFF");
    assert_eq!(in_sarif(pack), told, "SARIF");
    assert_eq!(in_oscal(pack), told, "OSCAL");
    let page = pack.text("report", ".html");
    assert!(told.keys().all(|id| page.contains(id.as_str())), "HTML");
    for (format, what, end) in [
        ("csv", "", ".csv"),
        ("ocsf", "findings", ".ocsf.json"),
        ("asff", "findings", ".asff.json"),
        ("sarif", "findings", ".sarif"),
        ("oscal", "assessment-results", ".oscal.json"),
    ] {
        let files: Vec<_> = if what.is_empty() {
            let tables = ["coverage", "verdicts", "findings", "controls", "exceptions", "evidence"];
            tables.iter().flat_map(|what| pack.of(what, end)).collect()
        } else {
            pack.of(what, end)
        };
        for validator in validators::of(format) {
            let said = validator.check(&files, place.root());
            assert!(said.accepted, "{validator:?}\n{}", said.text);
        }
    }
    told
}

#[test]
fn the_demos_findings_are_the_same_in_every_format() {
    let place = Workplace::new();
    place.json(&["demo", "--directory", "it"], 0);
    let database = ["--database", "sqlite://it/roletrail.db"];
    let findings = place.list(&[&["findings", "--status", "all"], &database[..]].concat());
    let pack = Pack::make(&place, &database);
    let told = agree(&place, &pack);
    assert!(10 < told.len() && told.len() <= findings.len(), "{} of {}", told.len(), findings.len());
    let severities: std::collections::BTreeSet<_> = told.values().map(|(severity, _, _)| severity.as_str()).collect();
    assert!(3 < severities.len(), "{severities:?}");
    let notes = pack.text("findings", ".asff.txt");
    for id in in_json(&pack, Some("alibaba")).keys() {
        assert!(notes.contains(id.as_str()), "{id} is left out without a word");
    }
}

/// Names that somebody can choose and that end up in a log.
fn hostile_names() -> Vec<String> {
    let texts = [
        "<script>alert(1)</script>",
        "=cmd|'/C calc'!A0",
        "evil\u{202e}gpj.exe",
        "nul\0escape\u{1b}[31m",
        "a\r\nb\tc\u{2028}d\",\"e",
        "{0}[link](javascript:alert(1))",
    ];
    texts.into_iter().map(str::to_owned).chain(["x".repeat(10_000)]).collect()
}

#[test]
fn hostile_names_from_a_log_are_the_same_in_every_format_and_harm_none() {
    let place = Workplace::new();
    let mut records = vec![routine("r-1"), alibaba_routine("r-2")];
    for (number, name) in hostile_names().iter().enumerate() {
        let person = json!({"type": "IAMUser", "arn": name, "accountId": ACCOUNT, "userName": name});
        let request = json!({"roleArn": ROLE, "roleSessionName": name});
        let changes = json!({"userIdentity": person, "requestParameters": request, "userAgent": name});
        records.push(with(intrusion(&format!("i-{number} {name}")), changes));
    }
    place.write("a.json", delivered(&records));
    place.ingest(&["a.json"], 0);
    let reasons: String =
        hostile_names().iter().take(3).enumerate().map(|(number, name)| exception(number, name)).collect();
    place.write("exceptions.toml", reasons);
    place.write("roletrail.toml", "[exceptions]\nfile = \"exceptions.toml\"\n");
    let march = ["--config", "roletrail.toml", "--from", "2026-03-01", "--to", "2026-04-01"];
    let pack = Pack::make(&place, &march);
    let told = agree(&place, &pack);
    let statuses: Vec<_> = told.values().map(|(_, status, _)| status.as_str()).collect();
    assert!(hostile_names().len() <= statuses.len(), "{told:?}");
    assert!(statuses.contains(&"excepted"), "{told:?}");
}

/// An exception for what one of them did.
fn exception(number: usize, name: &str) -> String {
    let name = serde_json::to_string(name).expect("a text");
    format!(
        "[[exception]]\nid = \"E-{number}\"\nrule = \"unexpected-assumer\"\naccount = \"{ACCOUNT}\"\nactor = {name}\n\
         owner = {name}\nreason = {name}\nticket = {name}\ncreated = \"2026-01-01\"\nexpires = \"2026-12-31\"\n\
         compensating_control = {name}\n"
    )
}
