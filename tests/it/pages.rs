//! The status page of a real daemon over the demo's history: valid, usable on a phone and with a keyboard, and silent.

use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Workplace, wait_for};

/// A daemon that serves the demo's history.
struct Daemon {
    place: Workplace,
    process: Child,
    address: String,
}

impl Daemon {
    fn start() -> Self {
        let place = Workplace::new();
        place.ends(&["demo", "--directory", "demo"], 0);
        let config = "[database]\nurl = \"sqlite://demo/roletrail.db\"\n[web]\nlisten_address = \"127.0.0.1:0\"\n";
        place.write("serve.toml", config);
        let log = std::fs::File::create(place.path("log")).expect("a file");
        let process = place
            .command(&["run", "--config", "serve.toml", "--log-format", "json"])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let address = wait_for("the daemon serves", 60, || {
            let log = std::fs::read_to_string(place.path("log")).ok()?;
            let serving = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            serving.into_iter().find_map(|line| Some(line["address"].as_str()?.to_owned()))
        });
        Self { place, process, address }
    }

    fn get(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.address);
        let answer = Command::new("curl").args(["--silent", "--show-error", &url]).output().expect("curl starts");
        assert!(answer.status.success(), "{url}: {}", String::from_utf8_lossy(&answer.stderr));
        String::from_utf8(answer.stdout).expect("pages are UTF-8")
    }

    /// A page of every kind.
    fn pages(&self) -> Vec<(&'static str, String)> {
        let start = self.get("/");
        let mut pages = vec![("start", "/".to_owned())];
        for rule in ["unexpected-assumer", "failed-role-deletion", "orphaned-role", "store-unreachable"] {
            let list = self.get(&format!("/?rule={rule}"));
            pages.push((rule, first_link(&list, "/findings/").unwrap_or_else(|| panic!("no finding of {rule}"))));
        }
        pages.push(("account", first_link(&start, "/accounts/").expect("an account")));
        pages.push(("rule", "/rules/orphaned-role".to_owned()));
        pages.push(("nothing", "/findings/0000".to_owned()));
        pages.push(("filtered", "/?severity=critical&status=all&provider=alibaba".to_owned()));
        pages.push(("searched", "/?status=all&q=marta.keller".to_owned()));
        pages
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn first_link(page: &str, to: &str) -> Option<String> {
    let (_, from) = page.split_once(&format!("href=\"{to}"))?;
    Some(format!("{to}{}", from.split_once('"')?.0))
}

/// Whether to go on without a tool: with CI set, nothing is left out.
fn missing(tool: &str, remedy: &str) {
    assert!(std::env::var_os("CI").is_none(), "{tool} is missing: {remedy}");
    eprintln!("NOT CHECKED: {tool} is missing; {remedy}");
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Saves every page and answers the names of the files.
fn saved(daemon: &Daemon) -> Vec<String> {
    let save = |(name, path): (&str, String)| {
        let file = format!("pages/{name}.html");
        daemon.place.write(&file, daemon.get(&path));
        file
    };
    daemon.pages().into_iter().map(save).collect()
}

#[test]
fn every_page_is_valid_html_for_two_independent_validators() {
    let daemon = Daemon::start();
    let files = saved(&daemon);
    match std::env::var("VNU_JAR") {
        Err(_) => missing("vnu.jar", "npm install vnu-jar, and name its vnu.jar in VNU_JAR"),
        Ok(jar) => {
            let mut arguments = vec!["-jar", &jar, "--Werror", "--format", "text"];
            arguments.extend(files.iter().map(String::as_str));
            checks(daemon.place.other("java", &arguments));
        }
    }
    if is_there("html-validate") {
        daemon.place.write(".htmlvalidate.json", RULES_OF_HTML_VALIDATE);
        checks(daemon.place.other("html-validate", &["pages/"]));
    } else {
        missing("html-validate", "npm install --global html-validate");
    }
}

/// Its recommended rules; the sheet is linked to without a hash because it comes from the same place as the page.
const RULES_OF_HTML_VALIDATE: &str = r#"{"root": true, "extends": ["html-validate:recommended", "html-validate:document"],
"rules": {"long-title": "off", "require-sri": ["error", {"target": "crossorigin"}]}}"#;

fn checks(mut command: Command) {
    let ran = command.output().expect("the validator starts");
    let said = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
}

#[test]
fn a_browser_has_nothing_to_complain_about_on_a_phone_or_a_desk_in_light_or_dark() {
    if !is_there("chromium") || !is_there("python3") {
        return missing("chromium", "apt-get install chromium python3");
    }
    let daemon = Daemon::start();
    let urls: Vec<_> =
        daemon.pages().into_iter().map(|(_, path)| format!("http://{}{path}", daemon.address)).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/validators/browser.py");
    let mut arguments = vec![script, "chromium"];
    arguments.extend(urls.iter().map(String::as_str));
    let ran = daemon.place.other("python3", &arguments).output().expect("python3 starts");
    let said = String::from_utf8_lossy(&ran.stderr);
    let seen: Vec<Value> = serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(seen.len(), 4 * urls.len());
    for page in &seen {
        let not_found = page["url"].as_str().is_some_and(|url| url.ends_with("/findings/0000"));
        let messages = page["messages"].as_array().expect("a list");
        // A browser tells that a page was not found, whatever the page says.
        let expected = |message: &Value| not_found && message.as_str().is_some_and(|text| text.contains("404"));
        assert!(messages.iter().all(expected), "{page}");
        assert_eq!(page["scroll_width"], page["client_width"], "wider than its window: {page}");
        assert_eq!(page["wide"], Value::Array(Vec::new()), "{page}");
        let own =
            |url: &Value| url.as_str().is_some_and(|url| url.starts_with(&format!("http://{}/", daemon.address)));
        assert!(page["requests"].as_array().is_some_and(|all| all.iter().all(own)), "{page}");
        let dark = page["window"].as_str().is_some_and(|window| window.ends_with("dark"));
        assert_eq!(page["back"] == "rgb(255, 255, 255)", !dark, "{page}");
        the_keyboard_reaches_everything(page);
    }
}

fn the_keyboard_reaches_everything(page: &Value) {
    let Some(focus) = page["focus"].as_array() else { return };
    assert_eq!(focus[0]["class"], "skip", "the way to the content comes first: {page}");
    assert!(5 < focus.len(), "{page}");
    let places: Vec<_> = focus.iter().filter_map(|one| one["place"].as_i64()).collect();
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "the order is that of the page: {places:?}");
    for one in focus {
        assert!(one["outline"] == true && one["seen"] == true, "focus that nobody sees: {one} on {}", page["url"]);
        assert_ne!(one["name"], "", "{one} on {}", page["url"]);
    }
}

#[test]
fn a_history_that_cannot_be_read_is_a_page_that_says_so_and_no_empty_list() {
    let daemon = Daemon::start();
    assert!(daemon.get("/").contains("findings open"));
    let database = rusqlite::Connection::open(daemon.place.path("demo/roletrail.db")).expect("the history opens");
    database.execute_batch("DROP TABLE verdicts").expect("a part of it can be lost");
    for path in ["/", "/accounts/aws/111122223333"] {
        let page = daemon.get(path);
        assert!(page.contains("The history cannot be read") && page.contains("this is no all-clear"), "{page}");
        assert!(!page.contains("No finding is open"), "{page}");
    }
}
