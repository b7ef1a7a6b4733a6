//! Requests that are wrong, strange or hostile: each gets an answer that says what is wrong, in one shape.

use super::{Served, header, problem, raw, request, status};

/// Paths, the status that they get, and the parameter that is named.
fn wrong() -> Vec<(String, u16, Option<&'static str>)> {
    let table: [(&str, u16, Option<&str>); 57] = [
        ("/api/v1/findings?limit=0", 400, Some("limit")),
        ("/api/v1/findings?limit=1001", 400, Some("limit")),
        ("/api/v1/findings?limit=-1", 400, Some("limit")),
        ("/api/v1/findings?limit=1.5", 400, Some("limit")),
        ("/api/v1/findings?limit=", 400, Some("limit")),
        ("/api/v1/findings?limit", 400, Some("limit")),
        ("/api/v1/findings?limit=007", 400, Some("limit")),
        ("/api/v1/findings?limit=99999999999999999999", 400, Some("limit")),
        ("/api/v1/findings?limit=1&limit=2", 400, Some("limit")),
        ("/api/v1/findings?limit[]=1", 400, Some("limit[]")),
        ("/api/v1/findings?Limit=1", 400, Some("Limit")),
        ("/api/v1/findings?status=closed", 400, Some("status")),
        ("/api/v1/findings?status=OPEN", 400, Some("status")),
        ("/api/v1/findings?rule=no-such-rule", 400, Some("rule")),
        ("/api/v1/findings?severity=dreadful", 400, Some("severity")),
        ("/api/v1/findings?severity=high%00", 400, Some("severity")),
        ("/api/v1/findings?account=%00", 400, Some("account")),
        ("/api/v1/findings?account=", 400, Some("account")),
        ("/api/v1/findings?account=a%20b", 400, Some("account")),
        ("/api/v1/findings?account=%e2%80%ae", 400, Some("account")),
        ("/api/v1/findings?account=%ff", 400, Some("account")),
        ("/api/v1/findings?account=%", 400, Some("account")),
        ("/api/v1/findings?account=%4", 400, Some("account")),
        ("/api/v1/findings?since=yesterday", 400, Some("since")),
        ("/api/v1/findings?since=2026-02-30", 400, Some("since")),
        ("/api/v1/findings?since=-7d", 400, Some("since")),
        ("/api/v1/findings?since=99999999d", 400, Some("since")),
        ("/api/v1/findings?until=7d", 400, Some("until")),
        ("/api/v1/findings?all_events=1", 400, Some("all_events")),
        ("/api/v1/findings?all_events=TRUE", 400, Some("all_events")),
        ("/api/v1/findings?%3Cscript%3E=1", 400, Some("<script>")),
        ("/api/v1/findings?=1", 400, Some("")),
        ("/api/v1/findings?cursor=", 400, Some("cursor")),
        ("/api/v1/findings?cursor=garbage", 400, Some("cursor")),
        ("/api/v1/findings?cursor=../../etc/passwd", 400, Some("cursor")),
        ("/api/v1/findings?cursor=eyJ2IjoxLCJxIjoi", 400, Some("cursor")),
        ("/api/v1/verdicts?until=7d", 400, Some("until")),
        ("/api/v1/verdicts?provider=gcp", 400, Some("provider")),
        ("/api/v1/verdicts?at=soon", 400, Some("at")),
        ("/api/v1/coverage?profile=x", 400, Some("profile")),
        ("/api/v1/coverage?gaps=yes", 400, Some("gaps")),
        ("/api/v1/roles?kind=x", 400, Some("kind")),
        ("/api/v1/stores?gaps=true", 400, Some("gaps")),
        ("/api/v1/events?rejected=true", 400, Some("rejected")),
        ("/api/v1/events?raw=2", 400, Some("raw")),
        ("/api/v1/tasks?callback=alert", 400, Some("callback")),
        ("/api/v1/findings/5e68?limit=1", 400, Some("limit")),
        ("/api/v1/findings/%00", 404, None),
        ("/api/v1/findings/a%2Fb", 404, None),
        ("/api/v1/findings/..%2f..%2fetc%2fpasswd", 404, None),
        ("/api/v1/findings/", 404, None),
        ("/api/v1/findings/a/b", 404, None),
        ("/api/v1//findings", 404, None),
        ("/api/v1/../v1/findings", 404, None),
        ("/api/v2/findings", 404, None),
        ("/api/v1/Findings", 404, None),
        ("/api", 404, None),
    ];
    let mut all: Vec<_> = table.into_iter().map(|(path, status, name)| (path.to_owned(), status, name)).collect();
    let long = |bytes: usize| "x".repeat(bytes);
    all.push((format!("/api/v1/findings?account={}", long(129)), 400, Some("account")));
    all.push((format!("/api/v1/findings?{}=1", long(500)), 400, None));
    all.push((format!("/api/v1/findings?cursor=eyJ2IjoxLCJxIjoi{}", long(5000)), 400, Some("cursor")));
    all.push((format!("/api/v1/findings?account={}", long(10_000)), 414, None));
    all.push((format!("/api/v1/findings/{}", "f".repeat(10_000)), 404, None));
    all.push((format!("/api/v1/findings?{}", "&".repeat(10_000)), 414, None));
    all
}

#[test]
fn every_wrong_request_is_told_what_is_wrong_and_none_does_harm() {
    let served = Served::demo();
    let daemon = &served.daemon;
    for (path, expected, parameter) in wrong() {
        let answer = request(daemon, "GET", &path, "");
        let shown: String = path.chars().take(120).collect();
        assert_eq!(status(&answer), expected, "{shown}: {answer}");
        let problem = problem(&answer);
        if let Some(parameter) = parameter {
            assert_eq!(problem["parameter"], parameter, "{shown}: {problem}");
        }
        assert!(answer.len() < 3000, "{shown}: a refusal does not repeat what was sent");
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"), "{shown}");
    }
    methods_and_heads(&served);
    a_cursor_is_good_for_its_query_alone(&served);
    assert_eq!(daemon.get("/api/v1/findings").0, 200);
}

/// Parts of the test above: a demo takes its time.
fn methods_and_heads(served: &Served) {
    let daemon = &served.daemon;
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW"] {
        for path in ["/api/v1/findings", "/api/v1/findings/5e68", "/openapi.json", "/api/v1/nothing"] {
            let answer = request(daemon, method, path, "");
            assert_eq!(status(&answer), 405, "{method} {path}: {answer}");
            assert_eq!(header(&answer, "allow"), Some("GET, HEAD"));
            problem(&answer);
        }
    }
    let large = format!("X-Large: {}\r\n", "x".repeat(9000));
    let answer = request(daemon, "GET", "/api/v1/findings", &large);
    assert_eq!(status(&answer), 431, "{answer}");
    problem(&answer);
    // Beyond what the server reads at all there is no path to tell the shape by.
    let larger = format!("X-Larger: {}\r\n", "x".repeat(64 << 10));
    assert_eq!(status(&request(daemon, "GET", "/api/v1/findings", &larger)), 431);
    for (head, expected) in [
        ("GET /api/v1/findings HTTP/1.1\r\nConnection: close\r\n\r\n", 200),
        ("GET http://evil.example/api/v1/findings HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 200),
        ("GET /api/v1/findings HTTP/1.0\r\n\r\n", 200),
        ("GET /api/v1/findings\0 HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        ("GET /api/v1/find ings HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        ("GET api/v1/findings HTTP/1.1\r\nHost: t\r\n\r\n", 400),
        ("GET /api/v1/findings HTTP/9.9\r\nHost: t\r\n\r\n", 400),
    ] {
        assert_eq!(status(&raw(daemon, head.as_bytes())), expected, "{head:?}");
    }
}

fn a_cursor_is_good_for_its_query_alone(served: &Served) {
    let daemon = &served.daemon;
    let next = |path: &str| served.json(path)["next"].as_str().expect("more").to_owned();
    let cursor = next("/api/v1/events?limit=2&provider=aws&since=90d");
    assert_eq!(daemon.get(&format!("/api/v1/events?since=90d&provider=aws&limit=9&cursor={cursor}")).0, 200);
    for (other, expected) in [
        ("events", 404),
        ("events?provider=aws", 404),
        ("events?provider=aws&since=89d", 404),
        ("events?provider=aws&since=90d&raw=true", 404),
        ("coverage?provider=aws&since=90d", 400),
    ] {
        let joint = if other.contains('?') { '&' } else { '?' };
        let answer = request(daemon, "GET", &format!("/api/v1/{other}{joint}cursor={cursor}"), "");
        assert_eq!(status(&answer), expected, "{other}: {answer}");
        assert_eq!(problem(&answer)["parameter"], "cursor");
    }
    let tampered = format!("{}AAAAAAAA", &cursor[..cursor.len() - 8]);
    let answer = request(daemon, "GET", &format!("/api/v1/events?since=90d&provider=aws&cursor={tampered}"), "");
    assert_eq!(status(&answer), 404, "{answer}");
    assert_eq!(problem(&answer)["parameter"], "cursor");
}
