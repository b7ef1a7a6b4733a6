//! The description: valid, true of every answer, and what independent tools make of it.

use std::process::{Command, Output};

use serde_json::{Value, json};

use super::Served;

/// Checks answers against the description.
const ANSWERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/validators/api_answers.py");

/// Runs a tool, if it is there. Its absence is said aloud, and fails where nothing may be missing.
fn run(what: &str, mut command: Command) -> Option<Output> {
    match command.output() {
        Ok(output) if output.status.code() != Some(127) => Some(output),
        missing => {
            let told = format!("{what} IS NOT INSTALLED: the description of the API was not checked with it");
            assert!(std::env::var_os("CI").is_none(), "{told}: {missing:?}");
            eprintln!("{told}");
            None
        }
    }
}

fn passes(what: &str, command: Command) {
    let Some(output) = run(what, command) else { return };
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&said));
}

/// Answers of every kind, with the paths that got them.
fn answers(served: &Served) -> Vec<Value> {
    let finding = served.follow("findings", &[1])[0]["id"].as_str().expect("an id").to_owned();
    let mut asked = Vec::new();
    for (path, query) in [
        ("/api/v1/findings", "?status=all&all_events=true&limit=1000"),
        ("/api/v1/verdicts", "?limit=1000"),
        ("/api/v1/verdicts", "?at=10d&limit=1000"),
        ("/api/v1/coverage", "?limit=1000"),
        ("/api/v1/coverage", "?since=90d&limit=5"),
        ("/api/v1/roles", "?limit=1000"),
        ("/api/v1/stores", "?limit=1000"),
        ("/api/v1/events", "?raw=true&limit=1000"),
        ("/api/v1/events", "?limit=1000"),
        ("/api/v1/tasks", ""),
        ("/api/v1/tasks", "?limit=0"),
        ("/api/v1/findings", "?cursor=eyJ2IjoxLCJsIjoiZmluZGluZ3MiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("/openapi.json", ""),
    ] {
        asked.push((path.to_owned(), format!("{path}{query}")));
    }
    asked.push(("/api/v1/findings/{id}".to_owned(), format!("/api/v1/findings/{finding}")));
    asked.push(("/api/v1/findings/{id}".to_owned(), "/api/v1/findings/ffff".to_owned()));
    asked
        .into_iter()
        .map(|(path, asked)| {
            let (status, body) = served.daemon.get(&asked);
            let body: Value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{asked}: {error}"));
            json!({ "path": path, "asked": asked, "status": status, "body": body })
        })
        .collect()
}

#[test]
fn the_description_is_valid_and_every_answer_is_as_it_says() {
    let served = Served::demo();
    let place = &served.place;
    let document = served.json("/openapi.json");
    assert_eq!(
        (&document["openapi"], &document["info"]["version"]),
        (&"3.1.0".into(), &env!("CARGO_PKG_VERSION").into())
    );
    place.write("openapi.json", document.to_string());
    place.write("answers.json", Value::from(answers(&served)).to_string());
    passes("openapi-spec-validator (PyPI)", place.other("openapi-spec-validator", &["openapi.json"]));
    let mut lint = place.other("redocly", &["lint", "--extends=spec", "openapi.json"]);
    lint.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    passes("redocly (npm package @redocly/cli)", lint);
    let known = place.other("python3", &["-c", "import jsonschema"]).output();
    if known.is_ok_and(|output| output.status.success()) || std::env::var_os("CI").is_some() {
        passes("python3", place.other("python3", &[ANSWERS, "openapi.json", "answers.json"]));
    } else {
        eprintln!("python3 HAS NO jsonschema: the answers of the API were not checked");
    }
    a_client_that_tries_everything_finds_nothing(&served);
}

/// Part of the test above: a demo takes its time.
fn a_client_that_tries_everything_finds_nothing(served: &Served) {
    let url = format!("http://{}/openapi.json", served.daemon.address());
    let arguments = ["run", &url, "--max-examples", "20", "--no-color", "--generation-deterministic"];
    passes("schemathesis (PyPI)", served.place.other("schemathesis", &arguments));
}
