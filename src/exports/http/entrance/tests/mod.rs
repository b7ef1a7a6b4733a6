//! The web configuration: which files are taken, and what is kept when one is not. How it guards is tested in `access`,
//! on connections in `connections`.

mod access;
pub(in super::super) mod certificates;
mod connections;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::cases::{CASES, Verdict};
use super::*;
use certificates::Authority;

/// A directory with a web configuration and the certificates that it may name.
pub(super) struct Place {
    directory: TempDir,
    pub(super) authority: Authority,
}

impl Place {
    pub(super) fn new(text: &str) -> Self {
        let place = Self { directory: tempfile::tempdir().expect("a directory"), authority: Authority::new("ours") };
        let (server, other) = (place.authority.signs_localhost(), place.authority.signs_localhost());
        for (name, text) in [
            ("web.yml", text),
            ("server.pem", &server.certificate),
            ("server.key", &server.key),
            ("other.key", &other.key),
            ("ca.pem", &place.authority.pair.certificate),
            ("empty.pem", ""),
        ] {
            place.write(name, text);
        }
        place
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file can be written");
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn web(&self) -> Web {
        let listen_address = SocketAddr::from(([127, 0, 0, 1], 0));
        Web { listen_address, config_file: Some(self.path("web.yml")), allow_insecure: false }
    }

    pub(super) fn open(&self) -> Arc<Entrance> {
        Entrance::open(&self.web()).expect("the test's own configuration is right")
    }
}

pub(super) fn metrics() -> Arc<Metrics> {
    Arc::new(Metrics::new("0.1.0").expect("the declarations are valid"))
}

fn reload_succeeded(metrics: &Metrics) -> bool {
    let (page, _) = metrics.page().expect("a page");
    page.contains("\nroletrail_config_last_reload_successful 1\n")
}

const TLS: &str = "tls_server_config: {cert_file: server.pem, key_file: server.key}\n";
const ADA: &str = "basic_auth_users:\n  ada: $2y$04$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu\n";

#[test]
fn every_example_of_the_format_is_taken_or_refused_with_place_and_remedy() {
    let place = Place::new("");
    for case in CASES {
        place.write("web.yml", case.text);
        let opened = Entrance::open(&place.web()).map_err(|error| error.to_string());
        let parts = match case.verdict {
            Verdict::Good => {
                assert!(opened.is_ok(), "{}\n{:?}", case.text, opened.err());
                continue;
            }
            Verdict::Bad(parts) => parts,
            Verdict::Stricter(parts, why) => {
                assert!(!why.is_empty());
                parts
            }
        };
        let error = opened.err().unwrap_or_else(|| panic!("was taken:\n{}", case.text));
        assert!(parts.iter().all(|part| error.contains(part)), "{}\n{parts:?} are not all in {error:?}", case.text);
        assert!(error.contains("; ") && error.contains("web.yml:"), "no place or remedy: {error}");
    }
    assert!(80 < CASES.len());
}

#[test]
fn every_problem_of_a_file_is_found_at_once() {
    let text = "tls_server_config:\n  cert_fil: a\n  min_version: TLS9\nhttp_server_config:\n  http2: maybe\nbasic_auth_users:\n  a: b\n";
    let place = Place::new(text);
    let error = Entrance::open(&place.web()).err().expect("it is wrong").to_string();
    let lines: Vec<_> = error.lines().map(|line| line.split("web.yml:").nth(1).unwrap_or_default()).collect();
    let begins =
        ["2:3: tls_server_config.cert_file", "2:3: tls_server_config.key_file", "2:3: tls_server_config.cert_fil:"];
    let begins = begins.into_iter().chain(["3:16: ", "5:10: ", "7:3: "]);
    assert_eq!(lines.len(), 6, "{error}");
    assert!(lines.iter().zip(begins).all(|(line, begin)| line.starts_with(begin)), "{error}");
}

#[test]
fn the_commented_example_is_right() {
    let place = Place::new(include_str!("../../../../../config/web.example.yml"));
    for name in ["tls/server.pem", "tls/server.key", "tls/clients-ca.pem"] {
        fs::create_dir_all(place.path("tls")).expect("a directory");
        let from = if name.ends_with("key") {
            "server.key"
        } else if name.ends_with("ca.pem") {
            "ca.pem"
        } else {
            "server.pem"
        };
        fs::copy(place.path(from), place.path(name)).expect("a copy");
    }
    let summary = place.open().summary();
    assert_eq!((summary.tls, summary.users), (true, 1));
}

/// The example with every setting in force is right too.
#[test]
fn what_the_example_comments_out_can_be_used_as_it_stands() {
    let example = include_str!("../../../../../config/web.example.yml");
    let is_setting = |line: &&str| {
        let (key, _) = line.trim_start().split_once(':').unwrap_or((" ", ""));
        !key.contains(' ') || line.trim_start().starts_with("- ")
    };
    let lines = example.lines().map(|line| {
        let Some((indent, rest)) = line.split_once("# ").filter(|(indent, _)| indent.trim().is_empty()) else {
            return line.to_owned();
        };
        if is_setting(&rest) { format!("{indent}{rest}") } else { String::new() }
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let file = file::parse(&text, Path::new("web.yml")).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
    assert!(file.rate_limit.is_some() && file.tls.is_some_and(|tls| tls.allowed_sans.is_some()));
    for word in CASES.iter().flat_map(|case| case.text.split([':', '\n', '{', ' '])).filter(|word| word.contains('_'))
    {
        let is_key =
            CASES.iter().any(|case| matches!(case.verdict, Verdict::Good) && case.text.contains(&format!("{word}:")));
        assert!(!is_key || example.contains(&format!("{word}:")), "{word} is not in the example");
    }
}

#[test]
fn files_are_found_beside_the_web_configuration_and_texts_within_it() {
    let place = Place::new(TLS);
    assert_eq!(place.open().summary().expires, "3000-01-01T00:00:00Z".parse().ok());
    let indented = |name: &str| fs::read_to_string(place.path(name)).expect("it is there").replace('\n', "\n    ");
    let text = format!(
        "tls_server_config:\n  cert: |\n    {}\n  key: |\n    {}\n",
        indented("server.pem"),
        indented("server.key")
    );
    place.write("web.yml", &text);
    assert_eq!(place.open().summary(), Summary { tls: true, expires: "3000-01-01T00:00:00Z".parse().ok(), users: 0 });
    let shown = format!("{:?}", file::parse(&text, Path::new("web.yml")));
    assert!(shown.contains("Secret(..)") && !shown.contains("PRIVATE KEY"), "{shown}");
}

#[test]
fn a_missing_or_unreadable_file_is_named_with_what_named_it() {
    let place = Place::new("");
    fs::remove_file(place.path("web.yml")).expect("it is there");
    let error = Entrance::open(&place.web()).err().expect("it is gone").to_string();
    assert!(error.contains("web.yml (named by [web] config_file)"), "{error}");
    fs::write(place.path("web.yml"), b"\xff").expect("written");
    let error = Entrance::open(&place.web()).err().expect("it is no text").to_string();
    assert!(error.contains("web.yml: not UTF-8 at byte 0"), "{error}");
    place.write("web.yml", &"#".repeat((1 << 20) + 1));
    let error = Entrance::open(&place.web()).err().expect("it is too long").to_string();
    assert!(error.contains("longer than"), "{error}");
}

#[test]
fn a_good_change_takes_effect_and_whatever_is_broken_changes_nothing() {
    let place = Place::new(TLS);
    let (entrance, metrics) = (place.open(), metrics());
    for case in CASES.iter().filter(|case| !matches!(case.verdict, Verdict::Good)) {
        let before = entrance.current();
        place.write("web.yml", case.text);
        entrance.reload(&metrics);
        assert!(Arc::ptr_eq(&before, &entrance.current()), "{}", case.text);
        assert!(!reload_succeeded(&metrics), "{}", case.text);
    }
    place.write("web.yml", &format!("{TLS}{ADA}"));
    entrance.reload(&metrics);
    assert!(reload_succeeded(&metrics));
    assert_eq!(entrance.summary().users, 1);
}

#[test]
fn a_change_on_disk_is_seen_once_whether_it_is_good_or_not() {
    let place = Place::new(TLS);
    let (entrance, metrics) = (place.open(), metrics());
    let looked = |changed: &dyn Fn()| {
        changed();
        let before = hold(&entrance.seen).is_outdated();
        entrance.look(&metrics);
        (before, hold(&entrance.seen).is_outdated(), reload_succeeded(&metrics))
    };
    assert_eq!(looked(&|| {}), (false, false, true));
    assert_eq!(looked(&|| place.write("web.yml", "broken: [")), (true, false, false));
    assert_eq!(looked(&|| {}), (false, false, false));
    assert_eq!(looked(&|| place.write("web.yml", TLS)), (true, false, true));
    assert_eq!(looked(&|| fs::remove_file(place.path("server.key")).expect("it is there")), (true, false, false));
    let renewed = place.authority.signs_from_to("localhost", &[], 2000, 2900);
    // The certificate is there before its key is: for a moment the two do not belong together.
    assert_eq!(looked(&|| place.write("server.pem", &renewed.certificate)), (true, false, false));
    assert_eq!(entrance.summary().expires, "3000-01-01T00:00:00Z".parse().ok());
    assert_eq!(looked(&|| place.write("server.key", &renewed.key)), (true, false, true));
    assert_eq!(entrance.summary().expires, "2900-01-01T00:00:00Z".parse().ok());
    let page = metrics.page().expect("a page").0;
    assert!(page.contains("\nroletrail_web_certificate_expiry_timestamp_seconds 29348006400\n"), "{page}");
    assert_eq!(looked(&|| place.write("web.yml", "")), (true, false, true));
    assert!(!metrics.page().expect("a page").0.contains("\nroletrail_web_certificate_expiry"));
}

#[tokio::test(start_paused = true)]
async fn the_disk_is_looked_at_every_few_seconds_at_most() {
    let place = Place::new(ADA);
    let (entrance, metrics) = (place.open(), metrics());
    place.write("web.yml", "");
    tokio::time::advance(LOOK_EVERY.saturating_sub(Duration::from_millis(1))).await;
    assert_eq!(entrance.rules(&metrics).await.access.users.len(), 1);
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(entrance.rules(&metrics).await.access.users.len(), 0);
    place.write("web.yml", ADA);
    assert_eq!(entrance.rules(&metrics).await.access.users.len(), 0);
}

#[test]
fn connections_are_asked_to_come_again_when_the_rules_of_access_change_and_only_then() {
    let place = Place::new(&format!("{TLS}{ADA}"));
    let (entrance, metrics) = (place.open(), metrics());
    let asked = |text: &str| {
        let before = entrance.current();
        place.write("web.yml", text);
        entrance.reload(&metrics);
        assert!(reload_succeeded(&metrics), "{text}");
        before.retired.is_cancelled()
    };
    assert!(!asked(&format!("{TLS}{ADA}http_server_config: {{http2: false}}\n")));
    let renewed = place.authority.signs_localhost();
    place.write("server.pem", &renewed.certificate);
    place.write("server.key", &renewed.key);
    assert!(!asked(&format!("{TLS}{ADA}")));
    assert!(asked(TLS));
    let clients = TLS.replace('}', ", client_ca_file: ca.pem, client_auth_type: RequireAndVerifyClientCert}");
    assert!(asked(&clients));
    place.write("ca.pem", &Authority::new("theirs").pair.certificate);
    assert!(asked(&clients));
    assert!(asked(ADA));
}

#[test]
fn a_limit_that_stays_keeps_its_count() {
    let place = Place::new("rate_limit: {interval: 1h, burst: 1}\n");
    let (entrance, metrics) = (place.open(), metrics());
    let allows = || entrance.current().bucket.as_ref().is_some_and(|bucket| bucket.allows());
    assert!(allows() && !allows());
    entrance.reload(&metrics);
    assert!(!allows());
    place.write("web.yml", "rate_limit: {interval: 1h, burst: 2}\n");
    entrance.reload(&metrics);
    assert!(allows() && allows() && !allows());
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "((tls_server_config|http_server_config|headers|basic_auth_users|rate_limit|http2|interval|a): ?|[ \n\\-\\[\\]{}&*!|>\"'#,:]|[a-z0-9$]{1,5}){0,30}") {
        let _ = file::parse(&text, Path::new("web.yml"));
    }

    #[test]
    fn periods_are_read_as_go_writes_them(hours in 0_u64..100, minutes in 0_u64..60, seconds in 1_u64..60, part in 0_u64..1000) {
        let written = format!("{hours}h{minutes}m{seconds}.{part:03}s");
        let meant = Duration::from_millis((hours * 3600 + minutes * 60 + seconds) * 1000 + part);
        let read = words::period(&written).expect("a period");
        prop_assert!(read.abs_diff(meant) < Duration::from_micros(1), "{written}: {read:?}");
        prop_assert_eq!(words::period(&format!("-{written}")), Some(Duration::ZERO));
    }
}

#[test]
fn aliases_repeat_what_they_mean_and_cannot_blow_up() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        text += &format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(", "));
    }
    let error = yaml::parse(&text).expect_err("it is a bomb");
    assert!(error.message.contains("more than 10000 values"), "{error:?}");
    let deep = format!("a: {}{}", "[".repeat(100), "]".repeat(100));
    assert!(yaml::parse(&deep).is_err_and(|flaw| flaw.message.contains("nested")));
    let users = "http_server_config: {headers: {X-XSS-Protection: &one \"1\", Strict-Transport-Security: *one}}\n";
    let file = file::parse(users, Path::new("web.yml")).expect("it is right");
    assert!(file.headers.iter().all(|(_, value)| value.as_ref().is_some_and(|value| value == "1")));
}
