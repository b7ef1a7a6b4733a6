//! The command line: help, exit codes, formats, pipes.

use std::io::Read as _;
use std::process::Stdio;

use serde_json::Value;

use crate::records::{delivered, intrusion, person, routine, with};
use crate::support::Workplace;

/// Every command, with its subcommands.
const COMMANDS: [&[&str]; 37] = [
    &["run"],
    &["scan"],
    &["collect"],
    &["ingest"],
    &["analyze"],
    &["findings"],
    &["findings", "list"],
    &["findings", "show"],
    &["findings", "explain"],
    &["exceptions"],
    &["exceptions", "list"],
    &["exceptions", "add"],
    &["exceptions", "check"],
    &["exceptions", "expire"],
    &["verdicts"],
    &["roles"],
    &["stores"],
    &["events"],
    &["objects"],
    &["coverage"],
    &["tasks"],
    &["policy"],
    &["policy", "aws"],
    &["rules"],
    &["rules", "list"],
    &["rules", "explain"],
    &["rules", "controls"],
    &["config"],
    &["config", "init"],
    &["config", "check"],
    &["config", "show"],
    &["config", "schema"],
    &["db"],
    &["db", "status"],
    &["demo"],
    &["completions"],
    &["man"],
];

fn history() -> Workplace {
    let place = Workplace::new();
    place.write("a.json", delivered(&[intrusion("a-1"), routine("a-2")]));
    place.ingest(&["a.json"], 0);
    place
}

#[test]
fn every_command_has_help_with_an_example() {
    let place = Workplace::new();
    for command in COMMANDS {
        let help = place.ends(&[command, &["--help"]].concat(), 0);
        assert!(help.stdout.contains("Usage: roletrail"), "{command:?}");
        if command.len() == 1 && command != ["man"] {
            assert!(
                help.stdout.contains("Example") && help.stdout.contains("  roletrail "),
                "{command:?}: {}",
                help.stdout
            );
        }
        assert!(help.stdout.lines().all(|line| line.chars().count() <= 120), "{command:?}: a line is too long");
    }
    let help = place.ends(&["--help"], 0).stdout;
    for command in COMMANDS.iter().filter(|command| command.len() == 1) {
        assert!(help.contains(&format!("\n  {} ", command[0])), "{command:?}");
    }
    assert!(help.contains("Exit codes"));
    assert!(place.ends(&["--version"], 0).stdout.starts_with("roletrail "));
}

#[test]
fn wrong_usage_ends_with_code_three_and_does_nothing() {
    let place = Workplace::new();
    for arguments in [
        &["--no-such-option"][..],
        &["no-such-command"],
        &["ingest"],
        &["ingest", "--threads", "0", "a.json"],
        &["objects", "--fate", "eaten"],
        &["findings", "--severity", "terrible"],
        &["findings", "--status", "lost"],
        &["events", "--since", "whenever"],
        &["events", "--at", "1d", "--since", "2d"],
        &["scan", "--fail-on", "never"],
        &["findings", "--format", "yaml"],
        &["findings", "--format", "terraform"],
        &["rules", "explain", "no-such-rule"],
        &["scan"],
        &["completions", "no-shell"],
        &["events", "--limit", "-1"],
        &["findings", "--provider-x"],
    ] {
        let ran = place.ends(arguments, 3);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{arguments:?}: {ran:?}");
    }
    assert_eq!(std::fs::read_dir(place.root()).expect("listed").count(), 0);
    // Without a command the help is shown.
    let bare = place.run(&[]);
    assert!(bare.code == 3 && bare.stderr.contains("Usage"), "{bare:?}");
}

#[test]
fn exit_codes_tell_findings_from_gaps() {
    let place = history();
    place.json(&["findings"], 0);
    for (severity, code) in [("critical", 1), ("low", 1), ("info", 1)] {
        place.json(&["findings", "--fail-on", severity], code);
        place.json(&["analyze", "--fail-on", severity], code);
    }
    let empty = Workplace::new();
    empty.write("a.json", delivered(&[routine("a-2")]));
    empty.ingest(&["a.json"], 0);
    empty.json(&["analyze"], 0);
    empty.json(&["findings", "--fail-on", "low"], 0);
    // Incomplete goes before findings.
    empty.write(
        "roletrail.toml",
        "[[aws]]\nname = \"t\"\naccounts = \"none\"\n[[aws.trail]]\nkind = \"files\"\npath = \"trail\"\n",
    );
    empty.write("trail/a.json", delivered(&[intrusion("a-3")]));
    empty.json(&["scan"], 1);
    empty.json(&["scan", "--fail-on", "critical"], 1);
    empty.write("trail/b.json", "{\"Records\":[{]}");
    empty.json(&["scan"], 2);
    empty.remove("trail/b.json");
    std::fs::rename(empty.path("trail"), empty.path("gone")).expect("renamed");
    let scan = empty.json(&["scan"], 2);
    assert!(scan["coverage"]["missing"].to_string().contains("trail"), "{scan}");
}

/// Lists that every format must print.
const LISTS: [&[&str]; 9] = [
    &["findings"],
    &["verdicts"],
    &["roles"],
    &["stores"],
    &["events"],
    &["objects"],
    &["coverage"],
    &["tasks"],
    &["rules"],
];

#[test]
fn every_list_is_printed_in_every_format() {
    let place = history();
    for list in LISTS {
        let rows = place.list(&[list, &["--format", "json"]].concat());
        let lines = place.ends(&[list, &["--format", "ndjson"]].concat(), 0).stdout;
        let parsed: Vec<Value> =
            lines.lines().map(|line| serde_json::from_str(line).expect("a line is a value")).collect();
        assert_eq!(rows.len(), parsed.len(), "{list:?}");
        if list != ["verdicts"] {
            assert_eq!(rows, parsed, "{list:?}");
        }
        let cells = place.ends(&[list, &["--format", "csv"]].concat(), 0).stdout;
        let mut reader = csv::Reader::from_reader(cells.as_bytes());
        assert_eq!(
            reader.records().inspect(|row| assert!(row.is_ok(), "{row:?}")).count(),
            rows.len(),
            "{list:?}: {cells}"
        );
        let table = place.ends(&[list, &["--format", "table"]].concat(), 0).stdout;
        assert!(!table.contains('\u{1b}'), "{list:?}: no colour in a pipe");
        assert!(place.ends(list, 0).stdout.starts_with('['), "{list:?}: JSON in a pipe");
    }
}

#[test]
fn cells_of_a_spreadsheet_are_no_formulas() {
    let place = Workplace::new();
    let hostile = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", " =1+1"];
    let records: Vec<_> = hostile.iter().enumerate().map(|(n, text)| {
        let mut identity = person();
        identity["arn"] = (*text).into();
        with(intrusion(&format!("h-{n}")), serde_json::json!({"userIdentity": identity, "userAgent": text, "errorMessage": text, "sourceIPAddress": text}))
    }).collect();
    place.write("a.json", delivered(&records));
    place.ingest(&["a.json"], 0);
    for list in [&["events"][..], &["findings"]] {
        let cells = place.ends(&[list, &["--format", "csv"]].concat(), 0).stdout;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(cells.as_bytes());
        let mut seen = 0;
        for row in reader.records() {
            for cell in &row.expect("even rows") {
                let begins = cell.trim_start_matches([' ', '\t', '\r', '\n']).starts_with(['=', '+', '-', '@']);
                assert!(!begins, "{list:?}: {cell:?}");
                seen += usize::from(hostile.iter().any(|text| cell.contains(text.trim())));
            }
        }
        assert!(hostile.len() <= seen, "{list:?}: the texts are there, only not as formulas");
    }
}

#[test]
fn text_of_a_log_cannot_command_the_terminal() {
    let place = Workplace::new();
    let hostile = "arn:aws:iam::1:user/\u{1b}]0;owned\u{7}\u{1b}[31m\u{202e}evil\nroletrail: all is well";
    let mut identity = person();
    identity["arn"] = hostile.into();
    let record =
        with(intrusion("esc"), serde_json::json!({"userIdentity": identity, "eventTime": "2026-03-04T05:06:07Z"}));
    let broken = record.to_string().replacen("\"eventTime\":\"2026", "\"eventTime\":\"\\u001b[31mx", 1);
    place.write("a.json", crate::records::delivered_texts(&[&record.to_string(), &broken]));
    let ingested = place.run(&["ingest", "a.json", "--format", "table"]);
    let id = place.findings()[0]["id"].as_str().expect("an id").to_owned();
    let mut texts = vec![ingested.stdout, ingested.stderr];
    for arguments in [
        &["findings"][..],
        &["findings", "show", &id],
        &["findings", "explain", &id],
        &["events"],
        &["events", "--rejected"],
        &["coverage"],
    ] {
        let ran = place.ends(&[arguments, &["--format", "table"]].concat(), 0);
        texts.extend([ran.stdout, ran.stderr]);
    }
    for text in texts {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("roletrail: all is well")), "{text}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Workplace::new();
    let many: Vec<_> = (0..4000).map(|n| intrusion(&format!("p-{n}"))).collect();
    place.write("a.json", delivered(&many));
    place.ingest(&["a.json"], 0);
    for format in ["json", "ndjson", "csv", "table"] {
        for list in [&["events", "--raw"][..], &["findings", "--all-events"], &["rules"]] {
            let mut command = place.command(&[list, &["--format", format]].concat());
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
            let mut first = [0; 10];
            let mut stdout = child.stdout.take().expect("is piped");
            stdout.read_exact(&mut first).expect("it prints");
            drop(stdout);
            let output = child.wait_with_output().expect("ends");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && !said.contains("panicked"), "{list:?} {format}: {said}");
        }
    }
}

#[test]
fn colour_is_used_only_where_it_is_wanted() {
    let place = history();
    let colours = |arguments: &[&str], no_color: Option<&str>| {
        let mut command = place.command(arguments);
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let output = command.output().expect("starts");
        assert!(output.status.success());
        assert!(!output.stderr.contains(&0x1b), "no colour in the log of a pipe");
        output.stdout.contains(&0x1b)
    };
    let table = ["findings", "--format", "table"];
    let always = ["findings", "--format", "table", "--color", "always"];
    assert!(!colours(&table, None));
    assert!(!colours(&table, Some("1")));
    assert!(!colours(&["findings", "--format", "json", "--color", "always"], None));
    assert!(!colours(&["findings", "--format", "table", "--color", "never"], None));
    assert!(colours(&always, None));
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    let place = Workplace::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.ends(&["completions", shell], 0).stdout;
        assert!(script.contains("roletrail") && script.contains("verdicts"), "{shell}");
    }
    let page = place.ends(&["man"], 0).stdout;
    assert!(page.contains(".TH roletrail") && page.contains("verdicts"), "{page}");
}

#[test]
fn every_rule_is_listed_and_explained() {
    let place = Workplace::new();
    let rules = place.list(&["rules"]);
    let ids: Vec<_> = rules.iter().filter_map(|rule| rule["rule"].as_str().or(rule["id"].as_str())).collect();
    for rule in [
        "orphaned-role",
        "unexpected-assumer",
        "unexpected-activity",
        "failed-role-deletion",
        "failed-store-deletion",
        "trust-drift",
        "permission-drift",
        "role-tampering",
        "missing-role",
        "role-recreated",
        "role-without-store-history",
        "store-unreachable",
        "store-expiring",
        "trail-degraded",
        "collection-gap",
    ] {
        assert!(ids.contains(&rule), "{rule}: {rules:?}");
        let text = place.ends(&["rules", "explain", rule, "--format", "table"], 0).stdout;
        for heading in ["What it finds", "Why it matters", "When it stays silent", "What to do"] {
            assert!(text.contains(heading), "{rule}: {heading}");
        }
    }
}

#[test]
fn times_may_be_relative() {
    let place = history();
    assert_eq!(
        place.list(&["events", "--since", "2026-03-04"]).len()
            + place.list(&["events", "--until", "2026-03-04"]).len(),
        2
    );
    assert_eq!(place.list(&["events", "--since", "2026-03-04T05:06:07Z"]).len(), 2);
    assert_eq!(place.list(&["events", "--until", "2026-03-04T05:06:07Z"]).len(), 0);
    assert_eq!(place.list(&["events", "--limit", "1"]).len(), 1);
    for time in ["7d", "12h", "90m", "30s", "2w"] {
        place.list(&["events", "--since", time]);
    }
}

#[test]
fn logs_can_be_json_and_quiet_is_quiet() {
    let place = Workplace::new();
    place.write("a.json", "{\"Records\":[{]}");
    let ran = place.ends(&["ingest", "a.json", "--log-format", "json"], 2);
    assert!(!ran.stderr.is_empty());
    for line in ran.stderr.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    let quiet = place.ends(&["ingest", "a.json", "-q"], 2);
    assert_eq!(quiet.stderr, "");
}
