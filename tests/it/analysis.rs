//! Analysis judges what is new, and nothing else; its answer is that of judging everything.

use std::fs;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::records::{
    ACCOUNT, PERSON, ROLE, ROLE_NAME, SERVICE, aws, delivered, intrusion, irrelevant, person, routine, with,
};
use crate::support::Workplace;

/// Accounts in which something happens.
const ACCOUNTS: u64 = 6;
/// Accounts in which something happens between two analyses; calls from one account into another may add some.
const BUSY: u64 = 2;
/// Readings, each with its analysis.
const STEPS: u64 = 4;
/// Records of a reading.
const RECORDS: usize = 12;

/// Something that happens in the usual account.
fn happening(random: &mut fastrand::Rng, id: &str, before: &[String]) -> Value {
    let by_person = |record: Value| with(record, json!({"userIdentity": person()}));
    let of_store = |name: &str| {
        with(
            by_person(aws(id, name, "kms.amazonaws.com")),
            json!({"requestParameters": {"customKeyStoreId": "cks-1"}, "responseElements": {"customKeyStoreId": "cks-1"}}),
        )
    };
    let refused = |record: Value, code: &str| with(record, json!({"errorCode": code, "errorMessage": "no"}));
    let of_role = |name: &str| {
        with(
            by_person(aws(id, name, "iam.amazonaws.com")),
            json!({"requestParameters": {"roleName": ROLE_NAME, "aWSServiceName": SERVICE},
                "responseElements": {"role": {"arn": ROLE, "roleId": "AROAX", "roleName": ROLE_NAME}}}),
        )
    };
    match random.u8(0..14) {
        0..4 => routine(id),
        4 => irrelevant(id),
        5 => intrusion(id),
        6 => refused(intrusion(id), "AccessDenied"),
        7 => of_role("CreateServiceLinkedRole"),
        8 => of_store("CreateCustomKeyStore"),
        9 => of_store("DeleteCustomKeyStore"),
        10 => refused(of_store("DeleteCustomKeyStore"), "CustomKeyStoreHasCMKsException"),
        11 => refused(of_role("UpdateAssumeRolePolicy"), "UnmodifiableEntityException"),
        12 => of_another_account(id, &member(random.u64(0..ACCOUNTS))),
        _ => match random.choice(before) {
            Some(replaced) => with(
                routine(replaced),
                json!({"addendum": {"reason": "UPDATED_DATA", "updatedFields": "userIdentity", "originalEventID": replaced}}),
            ),
            None => routine(id),
        },
    }
}

/// A stranger is refused the role of an account; only the stranger's own account has the record.
fn of_another_account(id: &str, owner: &str) -> Value {
    const STRANGER: &str = "300000000001";
    let identity = json!({"type": "IAMUser", "principalId": "AIDASTRANGER", "accountId": STRANGER, "userName": "eve",
        "arn": PERSON.replace(ACCOUNT, STRANGER)});
    with(
        intrusion(id),
        json!({"userIdentity": identity, "recipientAccountId": STRANGER, "errorCode": "AccessDenied",
            "requestParameters": {"roleArn": ROLE.replace(ACCOUNT, owner), "roleSessionName": "kms"}, "resources": null}),
    )
}

/// The account of that number.
fn member(number: u64) -> String {
    format!("2000000000{:02}", number % ACCOUNTS)
}

/// What happens in some accounts about the time of a step, each account's records in an object of its own.
fn objects(random: &mut fastrand::Rng, step: u64) -> Vec<(String, Vec<u8>)> {
    let first = random.u64(0..ACCOUNTS);
    let busy = (first..first + BUSY).map(member);
    busy.map(|account| {
        let mut ids = Vec::new();
        // Spans that lie apart are not joined: with this one a trail covers the same, read at once or bit by bit.
        let first = with(irrelevant(&format!("{account}-{step}")), json!({"eventTime": "2026-01-01T00:00:00Z"}));
        let mut records = vec![first];
        for number in 0..RECORDS {
            let id = format!("{account}-{step}-{number}");
            // Some records come late.
            let day = 10 + step * 3 - random.u64(0..6);
            let time = format!("2026-01-{day:02}T{:02}:00:{number:02}Z", random.u8(0..24));
            records.push(with(happening(random, &id, &ids), json!({ "eventTime": time })));
            ids.push(id);
        }
        let bytes = String::from_utf8(delivered(&records)).expect("is text").replace(ACCOUNT, &account);
        (format!("{step}-{account}.json"), bytes.into_bytes())
    })
    .collect()
}

/// Findings and verdicts of a history in some order, without when they were come to.
fn answer(place: &Workplace, database: &str) -> Vec<Value> {
    let list = |arguments: &[&str]| place.list(&[arguments, &["--database", database]].concat());
    let mut findings = list(&["findings", "--all-events"]);
    for finding in &mut findings {
        finding["opened_at"].take();
    }
    let verdicts = list(&["verdicts", "--since", "2025-01-01T00:00:00Z"]);
    let mut answer = [findings, verdicts].concat();
    answer.sort_by_key(Value::to_string);
    answer
}

/// Accounts of ours that the newest analysis left alone.
fn spared(place: &Workplace) -> i64 {
    let history = Connection::open(place.path("roletrail.db")).expect("the history is there");
    let query =
        "SELECT count(DISTINCT account_id) FROM verdicts WHERE judged_at < (SELECT max(judged_at) FROM verdicts)";
    history.query_row(query, [], |row| row.get(0)).expect("a count")
}

/// An answer without since when a finding has been there: one that was open before remembers it, however the reason
/// has changed since.
fn ageless(answer: &[Value]) -> Vec<Value> {
    let aged = |row: &Value| row.get("first_seen").is_some();
    answer
        .iter()
        .map(|row| if aged(row) { with(row.clone(), json!({"first_seen": null})) } else { row.clone() })
        .collect()
}

/// What one answer has and the other has not.
fn differences<'a>(one: &'a [Value], other: &'a [Value]) -> Vec<&'a Value> {
    let without = |rows: &'a [Value], others: &'a [Value]| rows.iter().filter(|row| !others.contains(row));
    without(one, other).chain(without(other, one)).collect()
}

fn check(seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let place = Workplace::new();
    let (mut read, mut left_alone, mut found) = (Vec::new(), 0, 0);
    for step in 0..STEPS {
        let new = objects(&mut random, step);
        for (name, bytes) in &new {
            place.write(name, bytes);
        }
        let names: Vec<_> = new.into_iter().map(|(name, _)| name).collect();
        place.ingest(&names.iter().map(String::as_str).collect::<Vec<_>>(), 0);
        left_alone += spared(&place);
        let incremental = answer(&place, "sqlite://roletrail.db");

        fs::copy(place.path("roletrail.db"), place.path("judged.db")).expect("copied");
        place.run(&["analyze", "--full", "--database", "sqlite://judged.db"]);
        let judged = answer(&place, "sqlite://judged.db");
        let different = differences(&incremental, &judged);
        assert!(different.is_empty(), "seed {seed}, step {step}, all judged again: {different:#?}");

        // Another history that reads everything at once, newest first.
        read.splice(0..0, names);
        let fresh = format!("sqlite://fresh-{step}.db");
        let mut arguments = vec!["ingest", "--database", &fresh];
        arguments.extend(read.iter().map(String::as_str));
        place.ends(&arguments, 0);
        let (grown, judged) = (ageless(&incremental), ageless(&answer(&place, &fresh)));
        let different = differences(&grown, &judged);
        assert!(different.is_empty(), "seed {seed}, step {step}, all read at once: {different:#?}");
        found += incremental.iter().filter(|row| row.get("rule").is_some()).count();
    }
    assert!(0 < left_alone, "seed {seed}: every analysis judged every account");
    assert!(0 < found, "seed {seed}: there was nothing to find");
}

#[test]
fn analysis_of_what_is_new_answers_as_a_judgement_of_everything() {
    for seed in 1..=3 {
        check(seed);
    }
}
