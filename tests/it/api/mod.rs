//! The JSON API as its users see it: the running daemon, asked over a socket.

mod bad_requests;
mod description;
mod lists;
mod trouble;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::aws_scan::{deletion, deletion_record};
use crate::daemon::Daemon;
use crate::records::delivered;
use crate::support::{Workplace, wait_for};

/// Serves a history and collects nothing.
pub(super) const WEB: &str = "[web]\nlisten_address = \"127.0.0.1:0\"\n[schedule]\ncollect = \"0 0 1 1 *\"\n";

/// The daemon on the history of the demo.
pub(super) struct Served {
    pub(super) place: Workplace,
    pub(super) daemon: Daemon,
}

impl Served {
    /// Runs the demo and serves what came of it.
    pub(super) fn demo() -> Self {
        let place = Workplace::new();
        place.json(&["demo", "--directory", "it"], 0);
        // The story has no deletion of a role.
        let deletions: Vec<_> =
            ["111122223333", "222233334444"].map(|account| deletion_record(account, &deletion("d"))).to_vec();
        place.write("deletions.json", delivered(&deletions));
        place.write("roletrail.toml", format!("[database]\nurl = \"sqlite://it/roletrail.db\"\n{WEB}"));
        place.json(&["ingest", "deletions.json"], 0);
        let daemon = Daemon::start(&place);
        // Before it is ready it must find its history; some tests take that away.
        wait_for("it is ready", 30, || (daemon.get("/-/ready").0 == 200).then_some(()));
        Self { place, daemon }
    }

    /// What the API says to a request that it must answer.
    pub(super) fn json(&self, path: &str) -> Value {
        let (status, body) = self.daemon.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
    }

    /// Every item of a list, by pages whose sizes come round again and again.
    pub(super) fn follow(&self, list: &str, sizes: &[usize]) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        for size in sizes.iter().cycle() {
            let joint = if list.contains('?') { '&' } else { '?' };
            let page = self.json(&format!("/api/v1/{list}{joint}limit={size}{cursor}"));
            let members: Vec<_> = page.as_object().expect("an object").keys().map(String::as_str).collect();
            assert_eq!(members, ["items", "next"]);
            let rows = page["items"].as_array().expect("items");
            assert!(rows.len() <= *size, "{list}: more than asked for");
            items.extend(rows.iter().cloned());
            match page["next"].as_str() {
                None => return items,
                Some(next) => cursor = format!("&cursor={next}"),
            }
        }
        items
    }
}

/// Sends bytes as they stand; answers the whole answer.
pub(super) fn raw(daemon: &Daemon, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(daemon.address()).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
    stream.write_all(request).expect("sent");
    let mut answer = Vec::new();
    // A server that refuses a head may reset the connection after its answer.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends a request with a path as it stands.
pub(super) fn request(daemon: &Daemon, method: &str, path: &str, headers: &str) -> String {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{headers}\r\n");
    raw(daemon, head.as_bytes())
}

/// The value of a header line.
pub(super) fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    answer.lines().skip(1).take_while(|line| !line.is_empty()).find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// The status of an answer.
pub(super) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("no status: {answer:?}"))
}

/// The problem document of an answer that is none.
pub(super) fn problem(answer: &str) -> Value {
    assert_eq!(header(answer, "content-type"), Some("application/problem+json"), "{answer}");
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let problem: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"));
    assert_eq!(problem["status"], status(answer), "{answer}");
    assert_eq!(problem["type"], "about:blank", "{answer}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{answer}");
    problem
}
