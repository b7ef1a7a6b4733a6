//! The event history, read by the program from a cloud that refuses what AWS refuses.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::aws::{Account, Call, Cloud, Effect, Fault, Trail, World};
use crate::records::{SERVICE, with};
use crate::support::{Ran, Workplace};

const HUB: &str = "111111111111";
const GLOBAL: &str = "us-east-1";
const OTHER: &str = "eu-west-1";
const ROLE_NAME: &str = "AWSServiceRoleForKeyManagementServiceCustomKeyStores";
const SECOND: Duration = Duration::from_secs(1);
const LOOKUP: &str = "cloudtrail:LookupEvents";

/// The trail of one account, with one profile, so that a run takes few queries.
const SETTINGS: &str = r#"
[profiles]
disable = ["aws-cloudhsm", "aws-kms-multi-region-keys"]

[[aws]]
name = "hub"
accounts = "none"
"#;
const TRAIL: &str = "[[aws.trail]]\nkind = \"lookup-events\"\n";

struct Scene {
    place: Workplace,
    cloud: Cloud,
}

impl Scene {
    fn new(account: Account, settings: &str) -> Self {
        let place = Workplace::new();
        place.write("roletrail.toml", settings);
        Self { place, cloud: Cloud::start(World::new(HUB).account(account)) }
    }

    /// Collects; the exit code must be this one, and nothing may have been asked wrongly or too fast.
    fn collect(&self, code: i32) -> Ran {
        let before = self.cloud.calls_of(LOOKUP).len();
        let mut command = self.place.command(&["collect", "-v"]);
        command.envs(self.cloud.environment());
        let ran = Ran::from(command.output().expect("the program starts"));
        assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(self.cloud.refusals(), Vec::<String>::new());
        for region in [GLOBAL, OTHER] {
            let calls = self.cloud.calls_of(LOOKUP).into_iter().skip(before).filter(|call| call.region == region);
            let times: Vec<_> = calls.map(|call| call.at).collect();
            let spans = times.windows(3).map(|three| three[2].duration_since(three[0]));
            assert!(spans.clone().all(|span| SECOND < span), "more than two a second: {:?}", spans.min());
        }
        // The end of this run and the beginning of the next one come too close to each other for the cloud.
        self.cloud.change(|world| world.lookups_per_second = 100);
        ran
    }

    /// What was asked since it was asked for last.
    fn asked(&self) -> Vec<Call> {
        let calls = self.cloud.calls_of(LOOKUP);
        self.cloud.forget();
        calls
    }

    fn event_ids(&self) -> Vec<String> {
        let mut ids: Vec<_> = self
            .place
            .list(&["events"])
            .iter()
            .map(|event| event["event_id"].as_str().expect("an id").to_owned())
            .collect();
        ids.sort();
        ids
    }

    /// The coverage of the event history of a Region, as it stands.
    fn row(&self, region: &str) -> Value {
        let now = Timestamp::now().to_string();
        let rows = self.place.list(&["coverage", "--at", &now]);
        let of = |row: &&Value| row["api"] == "trail:lookup-events" && row["region"] == region;
        let found: Vec<_> = rows.iter().filter(of).collect();
        let [row] = found[..] else { panic!("one row was expected for {region}: {rows:?}") };
        row.clone()
    }

    fn outcome(&self, region: &str) -> String {
        self.row(region)["outcome"].as_str().expect("a word").to_owned()
    }
}

fn at(record: Value, ago: SignedDuration) -> Value {
    let time = Timestamp::now() - ago;
    with(record, json!({"eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()}))
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn record(id: &str, name: &str, source: &str, region: &str) -> Value {
    json!({
        "eventVersion": "1.11", "eventID": id, "eventName": name, "eventSource": source, "awsRegion": region,
        "sourceIPAddress": "198.51.100.7", "userAgent": "tests",
        "userIdentity": {"type": "AWSService", "invokedBy": SERVICE},
        "requestParameters": null, "responseElements": null, "eventType": "AwsApiCall", "readOnly": false,
        "recipientAccountId": HUB, "eventCategory": "Management", "managementEvent": true,
    })
}

fn role() -> String {
    format!("arn:aws:iam::{HUB}:role/aws-service-role/{SERVICE}/{ROLE_NAME}")
}

fn assumption(id: &str, region: &str) -> Value {
    with(
        record(id, "AssumeRole", "sts.amazonaws.com", region),
        json!({"requestParameters": {"roleArn": role(), "roleSessionName": "kms"}, "readOnly": true,
            "resources": [{"accountId": HUB, "type": "AWS::IAM::Role", "ARN": role()}]}),
    )
}

fn store_call(id: &str, name: &str) -> Value {
    with(
        record(id, name, "kms.amazonaws.com", OTHER),
        json!({"requestParameters": {"customKeyStoreId": "cks-1234567890abcdef0"},
            "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::{HUB}:user/alice"), "userName": "alice",
                "accountId": HUB, "principalId": "AIDAEXAMPLE"}}),
    )
}

/// A store call that is found by its name and by the name of the role, whose session is named like it.
fn call_by_the_role(id: &str) -> Value {
    let session = format!("arn:aws:sts::{HUB}:assumed-role/{ROLE_NAME}/{ROLE_NAME}");
    let issuer = json!({"type": "Role", "arn": role(), "accountId": HUB, "userName": ROLE_NAME});
    let identity = json!({"type": "AssumedRole", "arn": session, "accountId": HUB, "principalId": "AROAEXAMPLE:s",
        "sessionContext": {"sessionIssuer": issuer}});
    with(store_call(id, "ConnectCustomKeyStore"), json!({"userIdentity": identity}))
}

/// A denied assumption: the role stands in the message alone.
fn denied(id: &str) -> Value {
    let message = format!(
        "User: arn:aws:iam::{HUB}:user/mallory is not authorized to perform: sts:AssumeRole \
        on resource: {}",
        role()
    );
    with(
        record(id, "AssumeRole", "sts.amazonaws.com", OTHER),
        json!({"errorCode": "AccessDenied", "errorMessage": message, "readOnly": true,
            "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::{HUB}:user/mallory"),
                "accountId": HUB, "userName": "mallory", "principalId": "AIDAEXAMPLE"}}),
    )
}

fn account() -> Account {
    let creation = with(
        record("e-created", "CreateServiceLinkedRole", "iam.amazonaws.com", GLOBAL),
        json!({"requestParameters": {"aWSServiceName": SERVICE}}),
    );
    Account::new(HUB).events(GLOBAL, &[at(creation, days(80))]).events(
        OTHER,
        &[
            at(assumption("e-old", OTHER), days(89)),
            at(assumption("e-too-old", OTHER), days(92)),
            at(call_by_the_role("e-twice"), days(20)),
            at(denied("e-denied"), days(10)),
        ],
    )
}

fn settings(collect: &str, trail: &str) -> String {
    format!("[collect]\n{collect}\n{SETTINGS}{TRAIL}{trail}\n")
}

/// Attribute and value of a query.
fn query(call: &Call) -> (String, String) {
    let attribute = &call.parameters["LookupAttributes"][0];
    let text = |member: &str| attribute[member].as_str().expect("text").to_owned();
    (text("AttributeKey"), text("AttributeValue"))
}

fn time_of(call: &Call, member: &str) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "times in seconds are small")]
    let seconds = call.parameters[member].as_f64().expect("an explicit time") as i64;
    Timestamp::from_second(seconds).expect("a time")
}

fn near(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() < SignedDuration::from_mins(10)
}

#[test]
fn the_first_run_reads_ninety_days_and_the_next_one_looks_back_a_day() {
    let scene = Scene::new(account(), &settings("", ""));
    scene.collect(0);
    let first = scene.asked();
    assert_eq!(scene.event_ids(), ["e-created", "e-old", "e-twice"]);
    let begin = Timestamp::now() - days(90);
    let windows: Vec<_> = first.iter().map(|call| (time_of(call, "StartTime"), time_of(call, "EndTime"))).collect();
    assert!(windows.iter().all(|window| *window == windows[0]), "{windows:?}");
    assert!(near(windows[0].0, begin) && begin < windows[0].0, "{windows:?}");
    assert!(first.iter().all(|call| call.parameters["MaxResults"] == 50));
    let names = |region: &str, calls: &[Call]| -> Vec<String> {
        let of = calls.iter().filter(|call| call.region == region).map(query);
        of.map(|(_, value)| value).filter(|value| value.starts_with("Create")).collect()
    };
    assert_eq!(names(OTHER, &first), ["CreateCustomKeyStore"]);
    assert_eq!(names(GLOBAL, &first), ["CreateCustomKeyStore", "CreateServiceLinkedRole"]);
    let row = scene.row(OTHER);
    assert_eq!((&row["outcome"], &row["account"]), (&json!("complete"), &json!(HUB)));
    let detail = row["detail"].as_str().unwrap_or_default();
    assert!(detail.starts_with("denied assumptions are not looked for (include_denied = false)"), "{detail}");
    assert_eq!((&row["from"], &row["to"]), (&json!(windows[0].0.to_string()), &json!(windows[0].1.to_string())));

    scene.cloud.change(|world| world.at(HUB).add_events(OTHER, &[at(assumption("e-late", OTHER), days(1) / 2)]));
    scene.collect(0);
    let second = scene.asked();
    assert_eq!(second.len(), first.len());
    let look_back = windows[0].1 - SignedDuration::from_hours(24);
    assert!(second.iter().all(|call| time_of(call, "StartTime") == look_back), "{second:?}");
    assert_eq!(scene.event_ids(), ["e-created", "e-late", "e-old", "e-twice"]);
    let joined = scene.row(OTHER);
    assert_eq!((&joined["from"], &joined["outcome"]), (&row["from"], &row["outcome"]));
    assert!(row["to"].as_str() < joined["to"].as_str(), "{joined}");
}

#[test]
fn denied_assumptions_are_found_where_they_are_asked_for() {
    let scene = Scene::new(account(), &settings("", ""));
    scene.collect(0);
    scene.asked();
    // A query that is new knows nothing of the past.
    scene.place.write("roletrail.toml", settings("", "include_denied = true"));
    scene.collect(0);
    let begins: Vec<_> = scene.asked().iter().map(|call| time_of(call, "StartTime")).collect();
    assert!(begins.iter().all(|begin| near(*begin, Timestamp::now() - days(90))), "{begins:?}");
    assert_eq!(scene.event_ids(), ["e-created", "e-denied", "e-old", "e-twice"]);
    let detail = scene.row(OTHER)["detail"].to_string();
    assert!(!detail.contains("denied assumptions"), "{detail}");
}

#[test]
fn a_run_goes_on_where_the_deadline_ended_the_last_one() {
    let scene = Scene::new(account(), &settings("deadline = \"3s\"", ""));
    scene.collect(2);
    let first = scene.asked();
    let row = scene.row(GLOBAL);
    assert_eq!(row["outcome"], "timed-out", "{row}");
    let window = (time_of(&first[0], "StartTime"), time_of(&first[0], "EndTime"));
    scene.place.write("roletrail.toml", settings("", ""));
    scene.collect(0);
    let second = scene.asked();
    let queries =
        |calls: &[Call]| -> Vec<_> { calls.iter().map(|call| (call.region.clone(), query(call))).collect() };
    // What was on its way when the deadline came is asked again.
    let done: Vec<_> = [GLOBAL, OTHER]
        .into_iter()
        .flat_map(|region| {
            let mut of: Vec<_> = queries(&first).into_iter().filter(|(place, _)| place == region).collect();
            of.pop();
            of
        })
        .collect();
    assert!(4 <= done.len(), "{done:?}");
    let again: Vec<_> = queries(&second).into_iter().filter(|query| done.contains(query)).collect();
    assert_eq!(again, [], "asked before");
    for call in &second {
        assert_eq!((time_of(call, "StartTime"), time_of(call, "EndTime")), window);
    }
    for region in [GLOBAL, OTHER] {
        let row = scene.row(region);
        assert_eq!((&row["outcome"], &row["to"]), (&json!("complete"), &json!(window.1.to_string())), "{row}");
    }
    assert_eq!(scene.event_ids(), ["e-created", "e-old", "e-twice"]);
}

/// Assumptions a minute apart, and some in the same second.
fn many() -> Vec<Value> {
    let minutes = |number: i64| SignedDuration::from_mins(60 + number / 3 * 3);
    (0..7).map(|number| at(assumption(&format!("e-{number}"), OTHER), minutes(number))).collect()
}

#[test]
fn a_page_token_that_expires_costs_no_event() {
    let scene = Scene::new(Account::new(HUB).events(OTHER, &many()), &settings("", ""));
    scene.cloud.change(|world| world.page_size = 2);
    // The eighth call is the third page of the assumptions: five calls of stores come before them.
    let effect = Effect::Error(400, "InvalidNextTokenException".to_owned());
    scene.cloud.fault(Fault::on(LOOKUP).region(OTHER).nth(8, effect));
    scene.collect(0);
    assert_eq!(scene.event_ids().len(), 7);
    let calls: Vec<_> = scene.asked().into_iter().filter(|call| query(call).0 == "ResourceName").collect();
    let first_pages = calls.iter().filter(|call| call.region == OTHER && call.parameters["NextToken"].is_null());
    let ends: Vec<_> = first_pages.map(|call| time_of(call, "EndTime")).collect();
    let [whole, rest] = ends[..] else { panic!("the query begins again once: {ends:?}") };
    assert!(rest < whole, "it begins again at the place that it has reached");
    assert_eq!(scene.outcome(OTHER), "complete");
}

#[test]
fn a_region_that_refuses_or_goes_round_leaves_the_others() {
    let scene = Scene::new(account(), &settings("", ""));
    scene.cloud.fault(Fault::on(LOOKUP).region(OTHER).always(Effect::AccessDenied));
    scene.cloud.fault(Fault::on(LOOKUP).region(GLOBAL).first(3, Effect::Throttle));
    scene.collect(2);
    assert_eq!((scene.outcome(OTHER), scene.outcome(GLOBAL)), ("denied".to_owned(), "complete".to_owned()));
    let detail = scene.row(OTHER)["detail"].to_string();
    assert!(detail.contains("EventName=CreateCustomKeyStore: AccessDenied"), "{detail}");
    assert_eq!(scene.event_ids(), ["e-created"]);
    assert_eq!(scene.asked().iter().filter(|call| call.region == OTHER).count(), 1);

    scene.cloud.heal();
    scene.cloud.fault(Fault::on(LOOKUP).region(OTHER).nth(2, Effect::RepeatedToken));
    scene.cloud.fault(Fault::on(LOOKUP).region(OTHER).nth(2, Effect::RepeatedToken));
    scene.collect(2);
    assert_eq!(scene.outcome(OTHER), "error");
    let detail = scene.row(OTHER)["detail"].to_string();
    assert!(detail.contains("ConnectCustomKeyStore"), "{detail}");
    assert_eq!(scene.event_ids(), ["e-created", "e-old", "e-twice"], "the other queries were asked all the same");

    scene.cloud.heal();
    scene.collect(0);
    assert_eq!(scene.outcome(OTHER), "complete");
}

#[test]
fn a_record_that_cannot_be_read_is_rejected_and_its_time_is_not_covered() {
    let broken = at(assumption("e-broken", OTHER), days(3));
    let scene = Scene::new(
        Account::new(HUB).events(OTHER, &[broken, at(assumption("e-well", OTHER), days(4))]),
        &settings("", ""),
    );
    scene.cloud.change(|world| {
        let events = &mut world.at(HUB).region(OTHER).events;
        "{\"eventID\": \"e-broken\", ".clone_into(&mut events[0].record);
    });
    for _ in 0..2 {
        scene.collect(2);
        assert_eq!(scene.outcome(OTHER), "partial");
        assert_eq!(scene.event_ids(), ["e-well"]);
        let begins: Vec<_> =
            scene.asked().iter().filter(|call| call.region == OTHER).map(|call| time_of(call, "StartTime")).collect();
        assert!(begins.iter().all(|begin| near(*begin, Timestamp::now() - days(90))), "{begins:?}");
    }
    scene.cloud.change(|world| {
        let events = &mut world.at(HUB).region(OTHER).events;
        events[0].record = at(assumption("e-broken", OTHER), days(3)).to_string();
    });
    scene.collect(0);
    assert_eq!((scene.outcome(OTHER).as_str(), scene.event_ids().len()), ("complete", 2));
}

#[test]
fn a_region_that_is_switched_off_is_not_asked_and_not_expected() {
    let scene = Scene::new(account(), &settings("", ""));
    scene.cloud.fault(Fault::on(LOOKUP).region(OTHER).always(Effect::AccessDenied));
    scene.collect(2);
    scene.cloud.change(|world| {
        world.at(HUB).opt.insert(OTHER.to_owned(), "DISABLED".to_owned());
    });
    scene.asked();
    scene.collect(0);
    assert!(scene.asked().iter().all(|call| call.region == GLOBAL));
    let now = Timestamp::now().to_string();
    let rows = scene.place.list(&["coverage", "--at", &now]);
    assert!(rows.iter().all(|row| row["region"] != OTHER), "{rows:?}");

    scene.cloud.fault(Fault::on("account:ListRegions").always(Effect::AccessDenied));
    scene.collect(2);
    let rows = scene.place.list(&["coverage", "--at", &Timestamp::now().to_string()]);
    let unlisted = rows.iter().find(|row| row["subject"] == "account:ListRegions").expect("a row says so");
    assert_eq!((&unlisted["outcome"], &unlisted["api"]), (&json!("denied"), &json!("trail:lookup-events")));
    scene.cloud.heal();
    scene.collect(0);
}

#[test]
fn inventory_and_events_of_an_account_are_read_side_by_side() {
    let settings = settings("", "").replace("\"none\"", "\"self\"");
    let watched = Account::new(HUB)
        .with_store(OTHER, "cks-1234567890abcdef0")
        .trail(Trail::healthy(HUB, GLOBAL, "all", "a-bucket"))
        .events(OTHER, &[at(assumption("e-routine", OTHER), days(3))]);
    let scene = Scene::new(watched, &settings);
    scene.collect(0);
    assert_eq!(scene.cloud.calls_of("account:ListRegions").len(), 1);
    let calls = scene.cloud.calls();
    let of = |action: &str| calls.iter().filter(|call| call.action == action).map(|call| call.at).collect::<Vec<_>>();
    let (stores, lookups) = (of("kms:DescribeCustomKeyStores"), of(LOOKUP));
    assert!(stores.iter().max() < lookups.iter().max(), "the inventory does not wait for the event history");
    scene.place.ends(&["analyze"], 0);
    let verdict = scene.place.verdict(HUB, "aws-kms-custom-key-stores");
    assert_eq!((&verdict["verdict"], &verdict["coverage"]["missing"]), (&json!("clean"), &json!([])), "{verdict}");
}

#[test]
fn an_event_without_its_record_is_rejected() {
    let scene =
        Scene::new(Account::new(HUB).events(OTHER, &[at(assumption("e-empty", OTHER), days(3))]), &settings("", ""));
    scene.cloud.change(|world| world.at(HUB).region(OTHER).events[0].record.clear());
    scene.collect(2);
    assert_eq!(scene.outcome(OTHER), "partial");
}
