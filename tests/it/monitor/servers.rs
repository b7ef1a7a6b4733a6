//! The programs beside the daemon: Prometheus, Alertmanager and a receiver of their alerts, on free ports of loopback.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::support::{Workplace, wait_for};

/// Whether a program is there. Its absence is said aloud, and is a failure where `CI` promises that every one is there.
pub fn has(program: &str, arguments: &[&str], remedy: &str) -> bool {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = status.is_ok_and(|status| status.success());
    let promised = std::env::var("CI").is_ok_and(|value| !value.is_empty());
    assert!(found || !promised, "{program} does not run: {remedy}");
    if !found {
        eprintln!("{program} {arguments:?} DOES NOT RUN: metrics and dashboards were not checked with it; {remedy}");
    }
    found
}

/// The same for a program of Debian's package `prometheus` or `prometheus-alertmanager`.
pub fn has_debian(programs: &[&str]) -> bool {
    let remedy = "apt-get install prometheus prometheus-alertmanager";
    programs.iter().all(|program| has(program, &["--version"], remedy))
}

/// The same for modules of Python.
pub fn has_python(modules: &str) -> bool {
    let import = format!("import {modules}");
    has("python3", &["-c", &import], "pip install -r tests/requirements.txt, and put its python3 first in PATH")
}

/// A file of YAML; `None` where nobody here can read it.
pub fn yaml(path: &str) -> Option<Value> {
    if !has_python("yaml") {
        return None;
    }
    let script = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let file = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("python3").args(["-c", script, &file]).output().expect("starts");
    assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// An address that is free now. Given back at once: nothing else here asks for a port by number.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

/// Status and body of a page; `None` where nobody answers.
pub fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    // Of version 1.0, so that no answer comes in chunks.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: test\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// A program that serves, ended with the test.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(place: &Workplace, program: &str, arguments: &[&str], address: &SocketAddr, ready: &str) -> Self {
        let log = |name: &str| std::fs::File::create(place.path(&format!("{program}.{name}"))).expect("a log");
        let listen = format!("--web.listen-address={address}");
        let mut command = place.other(program, arguments);
        let child = command.arg(listen).stdout(log("out")).stderr(log("err")).spawn().expect("starts");
        let server = Self { child, address: address.to_string() };
        wait_for(program, 60, || get(&server.address, ready).filter(|(status, _)| *status == 200));
        server
    }

    /// Prometheus that scrapes `target` every second. `more` are further parts of its configuration.
    pub fn prometheus(place: &Workplace, target: &str, more: &str) -> Self {
        place.write(
            "prometheus.yml",
            format!(
                "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nscrape_configs:\n- job_name: roletrail\n  \
                 static_configs: [{{targets: ['{target}']}}]\n{more}"
            ),
        );
        let arguments = ["--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", "--log.level=warn"];
        Self::start(place, "prometheus", &arguments, &free_address(), "/-/ready")
    }

    /// Alertmanager on `alertmanager.yml`.
    pub fn alertmanager(place: &Workplace) -> Self {
        let arguments = ["--config.file=alertmanager.yml", "--storage.path=alerts", "--cluster.listen-address="];
        Self::start(place, "prometheus-alertmanager", &arguments, &free_address(), "/-/ready")
    }

    /// The vector that Prometheus answers; an error of the expression fails the test.
    pub fn query(&self, expression: &str) -> Vec<Value> {
        let path = format!("/api/v1/query?query={}", utf8_percent_encode(expression, NON_ALPHANUMERIC));
        let (_, body) = get(&self.address, &path).expect("Prometheus answers");
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        answer["data"]["result"].as_array().cloned().unwrap_or_default()
    }
}

/// Takes what Alertmanager sends.
pub struct Receiver {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    /// Listens until the test ends.
    pub fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("known");
        let received = Arc::new(Mutex::new(Vec::new()));
        let to = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let Some(body) = body_of(&mut stream) else { continue };
                to.lock().expect("no test panics in between").push(body);
                // Who is not answered sends again, which is no harm.
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        });
        Self { address, received }
    }

    /// The alerts of that name and status that have come, oldest first.
    pub fn alerts(&self, name: &str, status: &str) -> Vec<Value> {
        let received = self.received.lock().expect("no test panics in between");
        let alerts = received.iter().flat_map(|message| message["alerts"].as_array().cloned().unwrap_or_default());
        alerts.filter(|alert| alert["labels"]["alertname"] == name && alert["status"] == status).collect()
    }
}

/// The JSON body of a request.
fn body_of(stream: &mut TcpStream) -> Option<Value> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer).ok().filter(|read| *read != 0)?;
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        })?;
        if body.len() >= length {
            return serde_json::from_str(body).ok();
        }
    }
}
