//! The event history of Alibaba Cloud, read by the program from a cloud that answers what ActionTrail answers.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::alibaba::{Account, Attributes, Call, Cloud, Effect, Fault, Role, World};
use crate::records::{ALIBABA_SERVICE, alibaba, alibaba_routine, with};
use crate::support::{Ran, Workplace};

const HUB: &str = "1000000000000001";
const MEMBER: &str = "1000000000000002";
const HERE: &str = "cn-beijing";
/// Where the global events of these accounts are, and where those of others would be.
const GLOBAL: &str = "ap-southeast-1";
const OTHER_GLOBAL: &str = "cn-hangzhou";
const EVERYWHERE: [&str; 3] = [GLOBAL, HERE, OTHER_GLOBAL];
const LOOKUP: &str = "actiontrail:LookupEvents";
const REGIONS: &str = "actiontrail:DescribeRegions";
const ROLE_NAME: &str = "AliyunServiceRoleForKMSKeyStore";

/// What a source says that is in no hurry, and one whose account has a quota that was raised.
const PUBLISHED: &str = "";
const RAISED: &str = "lookups_per_second = 100";

struct Scene {
    place: Workplace,
    cloud: Cloud,
}

impl Scene {
    /// The trail of the hub's own account.
    fn new(account: Account) -> Self {
        let scene = Self { place: Workplace::new(), cloud: Cloud::start(World::new(HUB).account(account)) };
        scene.cloud.change(|world| world.lookups_per_second = 100);
        scene.settings("", "\"none\"", RAISED);
        scene
    }

    fn settings(&self, collect: &str, accounts: &str, source: &str) {
        let endpoint = self.cloud.endpoint();
        let settings = format!(
            "[collect]\n{collect}\n[[alibaba]]\nname = \"hub\"\naccounts = {accounts}\nregions = [\"{HERE}\"]\n\
             endpoint = \"{endpoint}\"\nallow_http = true\n{source}\n[[alibaba.trail]]\nkind = \"lookup-events\"\n"
        );
        self.place.write("roletrail.toml", settings);
    }

    /// Collects; the exit code must be this one, and nothing may have been asked wrongly.
    fn collect(&self, code: i32) -> Ran {
        let mut command = self.place.command(&["collect", "-v"]);
        command.envs(self.cloud.environment());
        let ran = Ran::from(command.output().expect("the program starts"));
        assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(self.cloud.refusals(), Vec::<String>::new());
        ran
    }

    /// What was asked since it was asked for last.
    fn asked(&self) -> Vec<Call> {
        let calls = self.cloud.calls_of(LOOKUP);
        self.cloud.forget();
        calls
    }

    fn event_ids(&self) -> Vec<String> {
        let events = self.place.list(&["events"]);
        let mut ids: Vec<_> =
            events.iter().map(|event| event["event_id"].as_str().expect("an id").to_owned()).collect();
        ids.sort();
        ids
    }

    /// The coverage of the hub's event history, as it stands.
    fn rows(&self) -> Vec<Value> {
        let rows = self.place.list(&["coverage", "--at", &Timestamp::now().to_string()]);
        rows.into_iter().filter(|row| row["api"] == "trail:lookup-events" && row["account"] == HUB).collect()
    }

    fn row(&self, region: &str) -> Value {
        let found: Vec<_> = self.rows().into_iter().filter(|row| row["region"] == region).collect();
        let [row] = &found[..] else { panic!("one row was expected for {region}: {found:?}") };
        row.clone()
    }

    fn outcomes(&self) -> Vec<String> {
        EVERYWHERE.map(|region| self.row(region)["outcome"].as_str().expect("a word").to_owned()).to_vec()
    }
}

fn at(record: Value, ago: SignedDuration) -> Value {
    let time = Timestamp::now() - ago;
    with(record, json!({"eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()}))
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// A call that the global Region alone has.
fn global(id: &str, name: &str, request: Value) -> Value {
    with(
        alibaba(id, name, "ResourceManager"),
        json!({"isGlobal": true, "acsRegion": GLOBAL, "requestParameters": request}),
    )
}

fn release(id: &str) -> Value {
    let alice = json!({"type": "ram-user", "userName": "alice", "accountId": HUB, "principalId": "2001"});
    let change = json!({"requestParameters": {"KmsInstanceId": "kst-1"}, "userIdentity": alice});
    with(alibaba(id, "ReleaseKmsInstance", "Kms"), change)
}

/// A call with a session of the role, which nothing but the role's name finds.
fn session(id: &str) -> Value {
    let identity = json!({"type": "assumed-role", "accountId": HUB, "principalId": "3001:kms",
        "userName": format!("{}:kms", ROLE_NAME.to_ascii_lowercase())});
    let change = json!({"userIdentity": identity, "requestParameters": {"RoleName": ROLE_NAME}});
    with(alibaba(id, "RunInstances", "Ecs"), change)
}

fn account() -> Account {
    let other =
        json!({"requestParameters": {"RoleArn": "acs:ram::1000000000000001:role/ci", "RoleSessionName": "b"}});
    Account::new(HUB)
        .events(
            GLOBAL,
            &[at(global("e-created", "CreateServiceLinkedRole", json!({"ServiceName": ALIBABA_SERVICE})), days(80))],
        )
        .events(
            HERE,
            &[
                at(alibaba_routine("e-old"), days(89)),
                at(alibaba_routine("e-too-old"), days(92)),
                at(release("e-release"), days(20)),
                at(session("e-session"), days(10)),
                at(with(alibaba_routine("e-other-role"), other), days(5)),
            ],
        )
}

fn query(call: &Call) -> String {
    let text = |member: &str| call.parameters[member].as_str().expect("text").to_owned();
    assert!(call.parameters["LookupAttribute.2.Key"].is_null(), "{call:?}");
    format!("{}={}", text("LookupAttribute.1.Key"), text("LookupAttribute.1.Value"))
}

fn window(call: &Call) -> (Timestamp, Timestamp) {
    let time = |member: &str| call.parameters[member].as_str().expect("text").parse().expect("a time");
    (time("StartTime"), time("EndTime"))
}

fn near(one: Timestamp, other: Timestamp) -> bool {
    one.duration_since(other).abs() < SignedDuration::from_mins(10)
}

#[test]
fn the_first_run_reads_ninety_days_and_the_next_one_looks_back_a_day() {
    let scene = Scene::new(account());
    scene.collect(0);
    let first = scene.asked();
    assert_eq!(scene.event_ids(), ["e-created", "e-old", "e-release", "e-session"]);
    let (begin, end) = window(&first[0]);
    assert!(near(begin, Timestamp::now() - days(90)) && near(end, Timestamp::now()), "{begin} {end}");
    for call in &first {
        assert_eq!(window(call), (begin, end));
        assert_eq!(
            (&call.parameters["Direction"], &call.parameters["MaxResults"]),
            (&json!("BACKWARD"), &json!("50"))
        );
    }
    // Both Regions that may have the global events are asked, though nobody has configured them.
    let asking = |name: &str| {
        let mut regions: Vec<_> = first.iter().filter(|call| query(call) == name).map(|call| &call.region).collect();
        regions.sort();
        regions
    };
    assert_eq!(asking("EventName=CreateServiceLinkedRole"), EVERYWHERE);
    assert_eq!(asking("EventName=ReleaseKmsInstance"), EVERYWHERE);
    assert_eq!(asking(&format!("RoleName={ROLE_NAME}")), EVERYWHERE);
    assert_eq!(asking("EventName=AttachPolicyToRole"), [GLOBAL, OTHER_GLOBAL]);
    let row = scene.row(HERE);
    assert_eq!(
        (&row["outcome"], &row["account"], &row["provider"]),
        (&json!("complete"), &json!(HUB), &json!("alibaba"))
    );
    assert!(row["detail"].as_str().is_some_and(|detail| detail.contains("RoleName alone")), "{row}");
    assert_eq!((&row["from"], &row["to"]), (&json!(begin.to_string()), &json!(end.to_string())));

    scene.cloud.change(|world| world.at(HUB).add_events(HERE, &[at(alibaba_routine("e-late"), days(1) / 2)]));
    scene.collect(0);
    let second = scene.asked();
    assert_eq!(second.len(), first.len());
    assert!(second.iter().all(|call| window(call).0 == end - days(1)), "{second:?}");
    assert_eq!(scene.event_ids(), ["e-created", "e-late", "e-old", "e-release", "e-session"]);
}

#[test]
fn no_account_is_asked_more_than_twice_in_any_second_and_the_next_run_goes_on() {
    let scene = Scene::new(account());
    let accounts = format!("[\"{HUB}\", \"{MEMBER}\"]");
    scene.cloud.change(|world| {
        world.lookups_per_second = 2;
        world.accounts.insert(MEMBER.to_owned(), Account::new(MEMBER));
    });
    scene.settings("deadline = \"6s\"", &accounts, PUBLISHED);
    scene.collect(2);
    let most = scene.cloud.most_lookups_of_an_account();
    assert!(most <= 2, "{most} in a second");
    let mut first = scene.asked();
    first.retain(|call| call.account == HUB);
    assert!(6 <= first.len(), "{first:?}");
    assert_eq!(scene.outcomes(), ["timed-out"; 3]);

    scene.cloud.change(|world| world.lookups_per_second = 100);
    scene.settings("", &accounts, RAISED);
    scene.collect(0);
    let mut second = scene.asked();
    second.retain(|call| call.account == HUB);
    let names = |calls: &[Call]| -> Vec<_> { calls.iter().map(|call| (call.region.clone(), query(call))).collect() };
    // What was on its way in a Region when the deadline came is asked again.
    let mut done = names(&first);
    for region in EVERYWHERE {
        let last = done.iter().rposition(|(place, _)| place == region).expect("each Region was asked");
        done.remove(last);
    }
    assert!(!names(&second).iter().any(|query| done.contains(query)), "asked before");
    assert!(second.iter().all(|call| window(call) == window(&first[0])), "a window does not move");
    assert_eq!(scene.event_ids(), ["e-created", "e-old", "e-release", "e-session"]);
}

/// Assumptions a minute apart, and some in the same second.
fn many() -> Vec<Value> {
    let minutes = |number: i64| SignedDuration::from_mins(60 + number / 3 * 3);
    (0..7).map(|number| at(alibaba_routine(&format!("e-{number}")), minutes(number))).collect()
}

#[test]
fn a_page_token_that_is_refused_costs_no_event_and_an_empty_one_ends() {
    let scene = Scene::new(Account::new(HUB).events(HERE, &many()));
    scene.cloud.change(|world| (world.page_size, world.empty_tokens) = (2, true));
    scene.collect(0);
    let calls = scene.asked();
    let here: Vec<_> = calls.iter().filter(|call| call.region == HERE).map(query).collect();
    let assumptions = here.iter().position(|name| name == "EventName=AssumeRole").expect("it is asked") as u64;
    let expected = scene.event_ids();
    assert_eq!(expected.len(), 7);

    let again = Scene::new(Account::new(HUB).events(HERE, &many()));
    again.cloud.change(|world| world.page_size = 2);
    let effect = Effect::Error(400, "InvalidParameter.NextToken".to_owned());
    again.cloud.fault(Fault::on(LOOKUP).region(HERE).nth(assumptions + 3, effect));
    again.collect(0);
    assert_eq!(again.event_ids(), expected);
    let begun = again.asked().into_iter().filter(|call| {
        call.region == HERE && query(call) == "EventName=AssumeRole" && call.parameters["NextToken"].is_null()
    });
    let ends: Vec<_> = begun.map(|call| window(&call).1).collect();
    let [whole, rest] = ends[..] else { panic!("the query begins again once: {ends:?}") };
    assert!(rest < whole, "it begins again at the place that it has reached");
}

#[test]
fn a_region_that_refuses_leaves_the_others_and_attributes_that_are_ignored_are_noticed() {
    let scene = Scene::new(account());
    scene.cloud.fault(Fault::on(LOOKUP).region(HERE).always(Effect::AccessDenied));
    scene.cloud.fault(Fault::on(LOOKUP).region(GLOBAL).first(2, Effect::Throttle));
    scene.collect(2);
    assert_eq!(scene.outcomes(), ["complete", "denied", "complete"]);
    assert_eq!(scene.event_ids(), ["e-created"]);
    assert_eq!(scene.asked().iter().filter(|call| call.region == HERE).count(), 1);

    scene.cloud.heal();
    scene.cloud.change(|world| world.attributes = Attributes::Ignored);
    scene.collect(2);
    let row = scene.row(HERE);
    assert_eq!(row["outcome"], "error", "{row}");
    assert!(row["detail"].as_str().is_some_and(|detail| detail.contains("none of")), "{row}");

    scene.cloud.change(|world| world.attributes = Attributes::Heeded);
    scene.collect(0);
    assert_eq!(scene.outcomes(), ["complete"; 3]);
}

#[test]
fn a_region_without_an_endpoint_is_no_gap_and_a_list_that_is_refused_is_one() {
    let scene = Scene::new(account());
    scene.cloud.change(|world| world.trail_regions.retain(|region| region != HERE));
    scene.collect(0);
    assert_eq!(scene.outcomes(), ["complete", "unsupported", "complete"]);
    assert!(scene.asked().iter().all(|call| call.region != HERE));

    scene.cloud.change(|world| world.trail_regions.push(HERE.to_owned()));
    scene.cloud.fault(Fault::on(REGIONS).always(Effect::AccessDenied));
    scene.collect(2);
    assert_eq!(scene.outcomes(), ["complete"; 3], "each is asked at its usual endpoint");
    let rows = scene.rows();
    let unlisted = rows.iter().find(|row| row["subject"] == REGIONS).expect("a row says so");
    assert_eq!((&unlisted["outcome"], &unlisted["region"]), (&json!("denied"), &Value::Null));

    scene.cloud.heal();
    scene.collect(0);
    assert_eq!(scene.rows().len(), 3, "{:?}", scene.rows());
}

#[test]
fn a_record_that_cannot_be_read_is_rejected_and_its_time_is_not_covered() {
    let well = at(alibaba_routine("e-well"), days(4));
    let scene = Scene::new(Account::new(HUB).events(HERE, &[at(alibaba_routine("e-broken"), days(3)), well]));
    let record = scene.cloud.change(|world| {
        let event = &mut world.at(HUB).region(HERE).events[0];
        let broken = with(event.record.clone(), json!({"eventTime": "the day before"}));
        std::mem::replace(&mut event.record, broken)
    });
    for _ in 0..2 {
        scene.collect(2);
        assert_eq!(scene.row(HERE)["outcome"], "partial");
        assert_eq!(scene.event_ids(), ["e-well"]);
        let begins = scene.asked().into_iter().filter(|call| call.region == HERE).map(|call| window(&call).0);
        assert!(
            begins.clone().all(|begin| near(begin, Timestamp::now() - days(90))),
            "{:?}",
            begins.collect::<Vec<_>>()
        );
    }
    scene.cloud.change(|world| world.at(HUB).region(HERE).events[0].record = record);
    scene.collect(0);
    assert_eq!((scene.row(HERE)["outcome"].as_str(), scene.event_ids().len()), (Some("complete"), 2));
}

#[test]
fn credentials_in_an_answer_are_not_stored() {
    let secret = "hiddenSecretOfASession";
    let credentials = json!({"AccessKeyId": "STS.shown", "AccessKeySecret": secret, "SecurityToken": secret});
    let answered = with(alibaba_routine("e-answer"), json!({"responseElements": {"Credentials": credentials}}));
    let scene = Scene::new(Account::new(HUB).events(HERE, &[at(answered, days(2))]));
    scene.collect(0);
    let stored = scene.place.ends(&["events", "--raw"], 0).stdout;
    assert!(stored.contains("e-answer") && !stored.contains(secret), "{stored}");
    for file in std::fs::read_dir(scene.place.root()).expect("a directory") {
        let content = std::fs::read(file.expect("an entry").path()).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&content).contains(secret));
    }
}

#[test]
fn a_deletion_that_shows_in_the_services_check_alone_is_found() {
    let check = json!({"RoleName": ROLE_NAME, "ServiceName": ALIBABA_SERVICE});
    let check =
        with(alibaba("e-check", "CheckServiceLinkedRoleForDeleting", "Kms"), json!({"requestParameters": check}));
    let scene = Scene::new(Account::new(HUB).role(Role::key_stores()).events(HERE, &[at(check, days(3))]));
    scene.settings("", "\"self\"", RAISED);
    scene.collect(0);
    scene.place.ends(&["analyze"], 1);
    let findings = scene.place.findings();
    let found = findings.iter().find(|finding| finding["rule"] == "failed-role-deletion").expect("a finding");
    assert_eq!(found["events"], json!(["e-check"]), "{found}");
    assert!(
        found["summary"].as_str().is_some_and(|text| text.contains("CheckServiceLinkedRoleForDeleting")),
        "{found}"
    );
}
