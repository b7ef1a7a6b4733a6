//! Every list has the rows of its command, in the same shape and order, whatever the size of its pages.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Served;

/// A list, and the command that prints the same.
struct Case {
    list: String,
    command: Vec<String>,
    /// Whether pages of one row each are few enough to be followed.
    singly: bool,
}

fn case(list: &str, command: &str, singly: bool) -> Case {
    Case { list: list.to_owned(), command: command.split(' ').map(str::to_owned).collect(), singly }
}

/// A time, so long before now: the demo's story ends at the last whole hour.
fn ago(days: i64) -> String {
    let time = Timestamp::now() - SignedDuration::from_hours(24 * days);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn cases() -> Vec<Case> {
    // What the demo found it found a moment ago.
    let (past, at, since, until) = (ago(20), ago(-1), ago(60), ago(10));
    vec![
        case("findings", "findings", true),
        case("findings?status=all&all_events=true", "findings --status all --all-events", true),
        case("findings?status=excepted", "findings --status excepted", true),
        case("findings?severity=high", "findings --severity high", true),
        case("findings?rule=orphaned-role", "findings --rule orphaned-role", true),
        case("findings?account=333344445555", "findings --account 333344445555", true),
        case("findings?provider=alibaba", "findings --provider alibaba", true),
        case(
            &format!("findings?provider=aws&status=all&at={at}"),
            &format!("findings --provider aws --status all --at {at}"),
            true,
        ),
        case(&format!("findings?status=all&since={until}"), &format!("findings --status all --since {until}"), true),
        case(&format!("findings?status=all&at={at}"), &format!("findings --status all --at {at}"), true),
        case(&format!("verdicts?since={since}"), &format!("verdicts --since {since}"), true),
        case(
            &format!("verdicts?provider=alibaba&since={since}"),
            &format!("verdicts --provider alibaba --since {since}"),
            true,
        ),
        case(
            &format!("verdicts?profile=aws-kms-custom-key-stores&account=111122223333&since={since}"),
            &format!("verdicts --profile aws-kms-custom-key-stores --account 111122223333 --since {since}"),
            true,
        ),
        case(&format!("verdicts?at={past}"), &format!("verdicts --at {past}"), false),
        case("coverage", "coverage", false),
        case("coverage?gaps=true", "coverage --gaps", true),
        case("coverage?account=555566667777&provider=aws", "coverage --account 555566667777 --provider aws", true),
        case(&format!("coverage?since={since}"), &format!("coverage --since {since}"), false),
        case("roles", "roles", true),
        case("roles?profile=alibaba-kms-key-store", "roles --profile alibaba-kms-key-store", true),
        case(&format!("roles?at={at}"), &format!("roles --at {at}"), true),
        case("stores", "stores", true),
        case("stores?profile=aws-kms-custom-key-stores", "stores --profile aws-kms-custom-key-stores", true),
        case("stores?profile=no-such-profile", "stores --profile no-such-profile", true),
        case("events", "events", false),
        case("events?account=333344445555&raw=true", "events --account 333344445555 --raw", true),
        case(
            "events?account=333344445555&profile=aws-kms-custom-key-stores",
            "events --account 333344445555 --profile aws-kms-custom-key-stores",
            true,
        ),
        case("events?profile=alibaba-kms-key-store", "events --profile alibaba-kms-key-store", false),
        case("events?provider=alibaba", "events --provider alibaba", false),
        case(
            &format!("events?since={since}&until={until}"),
            &format!("events --since {since} --until {until}"),
            false,
        ),
        case("tasks", "tasks", true),
        case("tasks?provider=aws", "tasks --provider aws", true),
    ]
}

#[test]
fn every_list_is_what_its_command_prints_whatever_the_size_of_its_pages() {
    let served = Served::demo();
    let mut empty = Vec::new();
    for Case { list, command, singly } in cases() {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(["--format", "json"]).collect();
        let printed = served.place.list(&arguments);
        let mut sizes: Vec<&[usize]> = vec![&[7], &[1000], &[3, 250, 11, 1, 40]];
        sizes.extend(singly.then_some(&[1][..]));
        for sizes in sizes {
            let followed = served.follow(&list, sizes);
            assert_eq!(followed.len(), printed.len(), "{list} by {sizes:?}");
            for (followed, printed) in followed.iter().zip(&printed) {
                assert_eq!(followed, printed, "{list} by {sizes:?}");
            }
        }
        empty.extend(printed.is_empty().then_some(list));
    }
    // A list that is empty on both sides would prove nothing.
    assert_eq!(empty, ["findings?status=excepted", "stores?profile=no-such-profile"]);
    one_finding_is_what_its_command_shows(&served);
    relative_times_count_from_the_first_page(&served);
    a_head_is_the_answer_without_its_body(&served);
    what_goes_on_at_the_default_size(&served);
}

/// Parts of the test above: a demo takes its time.
fn one_finding_is_what_its_command_shows(served: &Served) {
    let findings = served.follow("findings?status=all", &[1000]);
    for finding in &findings {
        let id = finding["id"].as_str().expect("an id");
        let shown = served.place.json(&["findings", "show", id, "--format", "json"], 0);
        assert_eq!(served.json(&format!("/api/v1/findings/{id}")), shown);
        assert_eq!(served.json(&format!("/api/v1/findings/{}", &id[..12].to_uppercase())), shown);
        let all = served.place.json(&["findings", "show", id, "--all-events", "--format", "json"], 0);
        assert_eq!(served.json(&format!("/api/v1/findings/{id}?all_events=true")), all);
    }
    let firsts = findings.iter().filter_map(|finding| finding["id"].as_str()?.chars().next());
    let mut counted = std::collections::BTreeMap::new();
    firsts.for_each(|first| *counted.entry(first).or_insert(0) += 1);
    let (ambiguous, _) = counted.iter().find(|(_, count)| 1 < **count).expect("more findings than digits");
    assert_eq!(served.daemon.get(&format!("/api/v1/findings/{ambiguous}")).0, 404);
    assert_eq!(served.daemon.get("/api/v1/findings/ffffffffffffffff").0, 404);
}

fn relative_times_count_from_the_first_page(served: &Served) {
    let first = served.json("/api/v1/verdicts?limit=1");
    let next = first["next"].as_str().expect("more");
    let second = served.json(&format!("/api/v1/verdicts?limit=1&cursor={next}"));
    let since = |page: &Value| page["items"][0]["assumptions"]["since"].clone();
    assert_eq!(since(&first), since(&second));
}

fn a_head_is_the_answer_without_its_body(served: &Served) {
    for path in ["/api/v1/findings", "/api/v1/events?limit=3", "/openapi.json"] {
        let get = super::request(&served.daemon, "GET", path, "");
        let head = super::request(&served.daemon, "HEAD", path, "");
        assert_eq!((super::status(&head), head.split_once("\r\n\r\n").map(|parts| parts.1)), (200, Some("")));
        for name in ["content-type", "content-length"] {
            assert_eq!(super::header(&head, name), super::header(&get, name), "{path} {name}");
        }
        assert_eq!(super::header(&get, "content-type"), Some("application/json"));
        assert_eq!(super::header(&get, "x-content-type-options"), Some("nosniff"));
        assert_eq!(super::header(&get, "access-control-allow-origin"), None);
    }
}

fn what_goes_on_at_the_default_size(served: &Served) {
    let page = served.json("/api/v1/events");
    assert_eq!(page["items"].as_array().map(Vec::len), Some(100));
    let next = page["next"].as_str().expect("more");
    assert!(next.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{next}");
}
