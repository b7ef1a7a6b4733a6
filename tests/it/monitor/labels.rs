//! Labels that somebody else chose: the page stays valid, and as long as the accounts are many.

use std::io::Write as _;
use std::process::Stdio;

use roletrail::exports::metrics::{FindingsRow, GapsRow, RuleSeverities, State};
use roletrail::model::{Account, Provider, Severity};
use serde_json::{Value, json};

use super::scraping::promtool_says;
use super::servers::{has_debian, has_python};
use crate::daemon::{Daemon, OPEN, with_source};
use crate::records::{PERSON, intrusion, routine, with};
use crate::support::Workplace;

/// What the client library's parser reads.
fn read(place: &Workplace, page: &str, label: &str) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/validators/metrics.py");
    let mut reader = place.other("python3", &[script, label]);
    let mut reader = reader.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
    reader.stdin.take().expect("is piped").write_all(page.as_bytes()).expect("written");
    let output = reader.wait_with_output().expect("ends");
    assert!(output.status.success(), "it cannot read the page:\n{page}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn has_readers() -> bool {
    has_debian(&["promtool"]) && has_python("prometheus_client")
}

/// Values that try to break out of their line, and what a reader must find.
fn hostile() -> Vec<(String, Option<String>)> {
    let whole =
        ["quote\"", "back\\slash", "line\nfeed", "\"} 1\nroletrail_verdict{a=\"", "comma,", "{}", "\u{202e}rtl", " "];
    let changed = ["\0", "\r", "\u{1b}[31mred", "\u{85}", &"x".repeat(10_000), &"\"".repeat(10_000)];
    let whole = whole.into_iter().map(|value| (value.to_owned(), Some(value.to_owned())));
    whole.chain(changed.into_iter().map(|value| (value.to_owned(), None))).collect()
}

#[test]
fn hostile_values_come_back_from_an_independent_reader_as_they_were_or_cut() {
    if !has_readers() {
        return;
    }
    let place = Workplace::new();
    let accounts: Vec<_> = hostile().iter().map(|(id, _)| Account::new(Provider::Aws, id.as_str())).collect();
    let row = |account: &Account| FindingsRow {
        account: account.clone(),
        rule: "orphaned-role".to_owned(),
        severity: Severity::Low,
        open: 1,
        oldest: None,
    };
    let page = State {
        rules: vec![RuleSeverities { rule: "orphaned-role".to_owned(), severities: vec![Severity::Low] }],
        findings: accounts.iter().map(row).collect(),
        gaps: accounts.iter().map(|account| GapsRow { account: account.clone(), gaps: 1 }).collect(),
        accounts,
        ..State::default()
    }
    .render();
    assert_eq!(promtool_says(&place, &page), "");
    let found = read(&place, &page, "account");
    assert_eq!(found["twice"], json!([]));
    let besides = State::default().render().lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(found["series"], 2 * hostile().len() + besides, "each is one series of each metric, none is invented");
    let values: Vec<_> = found["values"].as_array().expect("values").iter().filter_map(Value::as_str).collect();
    assert_eq!(values.len(), hostile().len(), "none became another");
    for (value, back) in hostile() {
        assert!(back.is_none_or(|back| values.contains(&back.as_str())), "{value:?} did not come back: {values:?}");
    }
    assert!(values.iter().all(|value| value.chars().count() <= 200 && !value.contains(['\0', '\r', '\u{1b}'])));
}

/// A person of that number in that account.
fn person(number: usize) -> Value {
    let name = format!("user-{number}-\"}} 1\n");
    json!({"type": "IAMUser", "principalId": format!("AIDA{number}"), "userName": name, "accountId": "111122223333",
        "arn": format!("arn:aws:iam::111122223333:user/{name}")})
}

/// The pages of a daemon over the intrusions of so many principals.
fn page_of(principals: usize) -> (Workplace, String) {
    let intrusion = |number: usize| with(intrusion(&format!("p-{number}")), json!({"userIdentity": person(number)}));
    let records: Vec<_> = (0..principals).map(intrusion).collect();
    let place = with_source(&records);
    let daemon = Daemon::start(&place);
    daemon.shows(OPEN, &principals.to_string());
    // It comes with the first verification, after everything else.
    daemon.shows("roletrail_evidence_verified", "1");
    let page = daemon.get("/metrics").1;
    (place, page)
}

#[test]
fn however_many_principals_there_are_the_page_has_the_same_series() {
    let series = |page: &str| {
        let of_state = page.lines().filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned()));
        of_state.filter(|line| !line.starts_with('#') && !line.contains("schedule")).collect::<Vec<_>>()
    };
    let ((_, few), (place, many)) = (page_of(1), page_of(10_000));
    assert_eq!(series(&few), series(&many));
    assert!(!many.contains("user-") && !many.contains("AIDA"), "no person is a label");
    if has_readers() {
        assert_eq!(promtool_says(&place, &many), "");
        assert_eq!(read(&place, &many, "account")["twice"], json!([]));
    }
}

#[test]
fn accounts_that_a_trail_invents_leave_the_page_valid() {
    let of = |(number, id): (usize, String)| {
        with(
            intrusion(&format!("i-{number}")),
            json!({"recipientAccountId": id, "userIdentity": {"type": "IAMUser",
            "arn": PERSON, "accountId": id}}),
        )
    };
    let mut records: Vec<_> = hostile().into_iter().map(|(id, _)| id).enumerate().map(of).collect();
    records.extend([routine("i-r"), intrusion("i-i")]);
    let place = with_source(&records);
    let daemon = Daemon::start(&place);
    daemon.shows(OPEN, "1");
    let page = daemon.get("/metrics").1;
    assert!(page.contains("account=\"quote\\\"\"") && page.contains("account=\"line\\nfeed\""), "{page}");
    assert!(page.contains("\nroletrail_metric_series_dropped 0\n"));
    if has_readers() {
        assert_eq!(promtool_says(&place, &page), "");
        let found = read(&place, &page, "account");
        assert_eq!(found["twice"], json!([]), "{page}");
        let values = found["values"].as_array().map(Vec::len);
        assert_eq!(values, Some(hostile().len() + 1), "each of them and ours: {found}");
    }
}
