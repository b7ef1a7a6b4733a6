use std::sync::mpsc;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;

use super::page::Page;
use super::parameters::{self, DEFAULT_LIMIT, Kind, LARGEST_LIMIT};
use super::query::Query;
use super::readers::Readers;
use super::{List, Problem, cursor, openapi};

fn now() -> Timestamp {
    "2026-03-10T12:00:00Z".parse().expect("a time")
}

fn read(list: List, text: &str) -> Result<Query, Problem> {
    Query::read(list, parameters::of(list), Some(text))
}

fn problem(list: List, text: &str) -> serde_json::Value {
    let problem = read(list, text).err().unwrap_or_else(|| panic!("{text} was accepted"));
    serde_json::to_value(problem).expect("JSON")
}

/// The cursor of a query's second page.
fn cursor_of(list: List, text: &str) -> String {
    read(list, text).expect("a query").cursor_to(&(1, 2), now())
}

#[test]
fn parameters_are_read_as_they_are_declared() {
    let text =
        "account=111122223333&severity=high&since=7d&limit=1000&all_events=true&&rule=orphaned-role&at=2026%2D01-31";
    let query = read(List::Findings, text).expect("a query");
    assert_eq!(query.text("account").as_deref(), Some("111122223333"));
    assert_eq!(query.word("severity"), Some(crate::model::Severity::High));
    assert_eq!(query.moment("since", now()).expect("a time").to_string(), "2026-03-03T12:00:00Z");
    assert_eq!(query.moment("at", now()).expect("a time").to_string(), "2026-01-31T00:00:00Z");
    assert_eq!((query.limit(), query.flag("all_events")), (1000, true));
    assert_eq!(read(List::Findings, "").expect("a query").limit(), DEFAULT_LIMIT);
}

#[test]
fn moments_are_those_of_the_description_and_no_others() {
    for right in ["2026-01-31", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123456789+02:00", "0s", "9999w", "90m"] {
        assert_eq!(Kind::Moment.check(right), Ok(()), "{right}");
    }
    for wrong in [
        "",
        "d",
        "s",
        "7",
        "-7d",
        "12345d",
        "7x",
        "2026-13-01",
        "2026-02-30",
        "20260131",
        "2026-01-31 12:00:00Z",
        "2026-01-31T12:00:00",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00.1234567890Z",
        "2026-01-31T12:00Z",
        "2026-01-31T12:00:00Z[UTC]",
        "2026-01-31t12:00:00z",
        "1899-01-01",
        "2200-01-01",
        "9999-12-31T23:59:59-23:59",
        "yesterday",
        "7é",
    ] {
        assert!(Kind::Moment.check(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_refusal_names_the_parameter_and_the_remedy() {
    for (text, parameter, words) in [
        ("sevrity=high", "sevrity", "nearest: severity"),
        ("limit=0", "limit", "from 1 to 1000"),
        ("status=closed", "status", "open, resolved, excepted, all"),
        ("since=yesterday", "since", "7d"),
        ("account=1&account=2", "account", "send it once"),
        ("account=%zz", "account", "%XX"),
        ("account=%ff", "account", "UTF-8"),
        ("cursor=garbage", "cursor", "`next`"),
    ] {
        let problem = problem(List::Findings, text);
        assert_eq!(
            (&problem["status"], &problem["parameter"]),
            (&400.into(), &parameter.into()),
            "{text}: {problem}"
        );
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(words)), "{text}: {problem}");
    }
    let long = problem(List::Events, &format!("account={}", "x".repeat(9000)));
    assert_eq!(long["status"], 414);
}

#[test]
fn a_cursor_goes_with_its_query_alone() {
    let text = "severity=high&since=7d";
    let cursor = cursor_of(List::Findings, text);
    assert!(cursor::looks_right(List::Findings, &cursor), "{cursor}");
    let query = read(List::Findings, &format!("since=7d&limit=3&severity=high&cursor={cursor}")).expect("a query");
    assert_eq!(query.after::<(i64, i64)>().ok().flatten(), Some((1, 2)));
    let later = now() + jiff::SignedDuration::from_hours(5);
    assert_eq!(query.now(later), now(), "relative times count from the first page");
    assert_eq!(query.cursor_to(&(1, 2), later), cursor, "and so on for every further page");
    for other in ["", "severity=high", "severity=low&since=7d", "severity=high&since=7d&all_events=true"] {
        let foreign = problem(List::Findings, &format!("{other}&cursor={cursor}"));
        assert_eq!((&foreign["status"], &foreign["parameter"]), (&404.into(), &"cursor".into()), "{other}");
        assert!(foreign["detail"].as_str().is_some_and(|detail| detail.contains("other parameters")), "{foreign}");
    }
    let of_all = cursor_of(List::Events, "");
    assert_eq!(problem(List::Roles, &format!("cursor={of_all}"))["status"], 400);
}

#[test]
fn a_cursor_that_was_never_given_out_names_no_page() {
    let cursor = cursor_of(List::Tasks, "");
    let (begin, end) = cursor.split_at(cursor.len() - 6);
    let noise = format!("{}{}", cursor::begin(List::Tasks), "A".repeat(60));
    for broken in [format!("{begin}AAAAAA"), format!("{cursor}AAAA"), noise] {
        assert!(cursor::looks_right(List::Tasks, &broken), "{broken}");
        let problem = problem(List::Tasks, &format!("cursor={broken}"));
        assert_eq!((&problem["status"], &problem["parameter"]), (&404.into(), &"cursor".into()), "{broken} {end}");
    }
    let query = read(List::Tasks, &format!("cursor={cursor}")).expect("a query");
    assert!(query.after::<(String, String)>().is_err(), "the place of another list");
    for no_cursor in [cursor::begin(List::Tasks), cursor[1..].to_owned(), "e".repeat(9), begin[..40].to_owned()] {
        assert_eq!(problem(List::Tasks, &format!("cursor={no_cursor}"))["status"], 400, "{no_cursor}");
    }
}

#[test]
fn a_page_ends_at_its_rows_or_its_bytes_and_says_whether_there_are_more() {
    let query = read(List::Tasks, "limit=3").expect("a query");
    let value = |body: Vec<u8>| serde_json::from_slice::<serde_json::Value>(&body).expect("JSON");
    let mut page = Page::new(&query, now());
    assert!((0..3).all(|place| page.take(place, &"row")));
    let whole = value(page.end(None));
    assert_eq!(whole, serde_json::json!({ "items": ["row", "row", "row"], "next": null }));
    let mut page = Page::new(&query, now());
    assert_eq!((0..4).map(|place| page.take((place, 0), &"row")).collect::<Vec<_>>(), [true, true, true, false]);
    let more = value(page.end(None));
    let next = more["next"].as_str().expect("a cursor");
    let second = read(List::Tasks, &format!("cursor={next}")).expect("a query");
    assert_eq!(second.after::<(i64, i64)>().ok().flatten(), Some((2, 0)));
    let large = "x".repeat(5 << 20);
    let mut page = Page::new(&query, now());
    assert!(page.take(1, &large), "one row comes, however large");
    assert!(!page.take(2, &"row"));
    let mut page = Page::new(&query, now());
    assert!(page.take((1, 1), &"row"));
    assert!(value(page.end(Some((7, 7))))["next"].is_string(), "reading stopped early");
}

#[tokio::test]
async fn few_read_at_once_and_a_client_that_goes_away_lets_nobody_in_early() {
    let readers = Readers::new(1, Duration::ZERO);
    let (go_on, wait) = mpsc::channel::<()>();
    let (begun, is_at_it) = tokio::sync::oneshot::channel();
    let mut slow = Box::pin(readers.read(move || {
        let _ = begun.send(());
        let _ = wait.recv();
        Ok(())
    }));
    tokio::select! {
        _ = &mut slow => panic!("it waits"),
        begun = is_at_it => begun.expect("it begins"),
    }
    let refused = readers.read(|| Ok(())).await.expect_err("the only turn is taken");
    assert_eq!(refused, Problem::busy());
    drop(slow);
    assert_eq!(readers.read(|| Ok(())).await, Err(Problem::busy()), "the work goes on without its client");
    go_on.send(()).expect("the work waits for it");
    let patient = readers.with_patience(Duration::from_mins(1));
    assert_eq!(patient.read(|| Ok(7)).await, Ok(7));
}

#[tokio::test]
async fn work_that_breaks_off_is_an_error_and_gives_its_turn_back() {
    let readers = Readers::new(1, Duration::from_mins(1));
    let broken = readers.read::<()>(|| panic!("a defect")).await.expect_err("an error");
    assert_eq!(broken, Problem::broken());
    assert_eq!(readers.read(|| Ok(1)).await, Ok(1));
}

#[test]
fn the_description_has_every_parameter_of_every_list_as_requests_are_read() {
    let document = openapi::document();
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    for list in List::ALL {
        let described = document["paths"][list.path()]["get"]["parameters"].as_array().expect("parameters");
        assert_eq!(described.len(), parameters::of(list).len());
        for (parameter, described) in parameters::of(list).iter().zip(described) {
            assert_eq!(described["name"], parameter.name);
            for value in parameter.default.into_iter().chain(parameter.example) {
                let text = format!("{}={value}", parameter.name);
                assert!(read(list, &text).is_ok(), "{} {text}", list.name());
            }
        }
        let limit = described.iter().find(|one| one["name"] == "limit").expect("a limit");
        let bounds = [&limit["schema"]["default"], &limit["schema"]["maximum"]];
        assert_eq!(bounds, [&serde_json::Value::from(DEFAULT_LIMIT), &serde_json::Value::from(LARGEST_LIMIT)]);
    }
}

#[test]
fn every_answer_that_is_none_is_a_problem_document() {
    let response = axum::response::IntoResponse::into_response(Problem::busy());
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert!(response.headers().contains_key("retry-after"));
}
