//! TLS and passwords as clients see them: the real daemon, curl and Prometheus.

use std::fs;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::daemon::{Daemon, Prometheus, has};
use crate::support::{Workplace, wait_for};
use crate::web_format::certificates::{Authority, Pair};

const SETTINGS: &str = "[web]\nlisten_address = \"127.0.0.1:0\"\nconfig_file = \"web.yml\"\n";
const TLS: &str = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n";
const RELOADED: &str = "roletrail_config_last_reload_successful";

/// A place with a certificate, an authority and a web configuration.
struct Scene {
    place: Workplace,
    authority: Authority,
}

/// What curl saw.
#[derive(Debug)]
struct Seen {
    status: u16,
    version: String,
    head: String,
    body: String,
    error: String,
}

impl Scene {
    fn new(web: &str) -> Self {
        let scene = Self { place: Workplace::new(), authority: Authority::new("ours") };
        scene.place.write("roletrail.toml", SETTINGS);
        scene.place.write("web.yml", web);
        scene.place.write("ca.pem", &scene.authority.pair.certificate);
        scene.put("server", &scene.authority.signs_localhost());
        scene
    }

    fn put(&self, name: &str, pair: &Pair) {
        self.place.write(&format!("{name}.pem"), &pair.certificate);
        self.place.write(&format!("{name}.key"), &pair.key);
    }

    fn start(&self) -> Daemon {
        Daemon::start(&self.place)
    }

    /// Asks with curl, which trusts the authority.
    fn ask(&self, daemon: &Daemon, path: &str, options: &[&str]) -> Seen {
        self.ask_by(&format!("https://{}{path}", daemon.address()), options)
    }

    fn ask_by(&self, url: &str, options: &[&str]) -> Seen {
        let mut arguments =
            vec!["-sS", "--max-time", "20", "--cacert", "ca.pem", "-D", "-", "-w", "\n%{http_code} %{http_version}"];
        arguments.extend(options);
        arguments.push(url);
        let output = self.place.other("curl", &arguments).output().expect("curl starts");
        let text = String::from_utf8_lossy(&output.stdout).replace('\r', "");
        let (rest, numbers) = text.rsplit_once('\n').unwrap_or_default();
        let (status, version) = numbers.split_once(' ').unwrap_or_default();
        let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        let (head, body) = (head.to_lowercase(), body.to_owned());
        Seen { status: status.parse().unwrap_or(0), version: version.to_owned(), head, body, error }
    }

    /// Waits until the metrics page shows a value.
    fn shows(&self, daemon: &Daemon, options: &[&str], sample: &str) {
        wait_for(sample, 20, || {
            self.ask(daemon, "/metrics", options).body.lines().any(|line| line == sample).then_some(())
        });
    }
}

/// A user with a password, at the least cost.
fn user(name: &str, password: &str) -> String {
    format!("basic_auth_users:\n  {name}: {}\n", bcrypt::hash(password, 4).expect("a hash"))
}

#[test]
fn passwords_are_asked_for_everywhere_and_answers_tell_nothing() {
    if !has("curl") {
        return;
    }
    let headers = "http_server_config:\n  headers:\n    Strict-Transport-Security: max-age=60\n    X-Frame-Options: sameorigin\n    Content-Security-Policy:\n";
    let scene = Scene::new(&format!("{TLS}{headers}{}", user("ada", "love:lace")));
    let daemon = scene.start();
    for path in ["/", "/metrics", "/-/healthy", "/-/ready", "/nothing"] {
        let answers = [
            &[][..],
            &["-u", "ada:wrong"],
            &["-u", "bob:love:lace"],
            &["-u", "ada:"],
            &["-H", "Authorization: Bearer x"],
        ]
        .map(|options| scene.ask(&daemon, path, options));
        let without_date =
            |head: &str| head.lines().filter(|line| !line.starts_with("date:")).collect::<Vec<_>>().join("\n");
        for answer in &answers {
            assert_eq!((answer.status, &answer.body), (401, &answers[0].body), "{path} {answer:?}");
            assert_eq!(without_date(&answer.head), without_date(&answers[0].head));
            assert!(answer.head.lines().any(|line| line == "www-authenticate: basic"), "{answer:?}");
            assert!(answer.head.contains("\nx-content-type-options: nosniff"), "{answer:?}");
        }
    }
    for _ in 0..2 {
        let answer = scene.ask(&daemon, "/metrics", &["-u", "ada:love:lace"]);
        assert!(answer.status == 200 && answer.body.contains("\nroletrail_build_info"), "{answer:?}");
        assert_eq!(answer.version, "2");
        assert!(answer.head.contains("\nstrict-transport-security: max-age=60"), "{answer:?}");
        assert!(
            answer.head.contains("\nx-frame-options: sameorigin") && !answer.head.contains("x-frame-options: deny")
        );
        assert!(answer.head.contains("\nx-content-type-options: nosniff"));
        assert!(!answer.head.contains("content-security-policy"), "an empty value leaves it out");
    }
    assert_eq!(scene.ask(&daemon, "/nothing", &["-u", "ada:love:lace"]).status, 404);
    assert_eq!(scene.ask(&daemon, "/metrics", &["-u", "ada:love:lace", "-X", "POST"]).status, 405);
    assert_eq!(daemon.end(), 0);
    let log = fs::read_to_string(scene.place.path("daemon.log")).expect("a log");
    assert!(!log.contains("lace") && !log.contains("$2b$"), "{log}");
}

#[test]
fn versions_of_tls_and_http_are_those_that_the_file_allows() {
    if !has("curl") {
        return;
    }
    for (more, options, version) in [
        ("", &[][..], "2"),
        ("", &["--http1.1"], "1.1"),
        ("", &["--tls-max", "1.2"], "2"),
        ("http_server_config: {http2: false}\n", &[], "1.1"),
        ("  min_version: TLS13\n", &["--tlsv1.3"], "2"),
        ("  max_version: TLS12\n", &["--tlsv1.2"], "2"),
        ("  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n", &["--tls-max", "1.2"], "2"),
        ("  curve_preferences: [CurveP384]\n", &["--curves", "P-384"], "2"),
        ("", &["--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0"], "0"),
        ("  min_version: TLS13\n", &["--tls-max", "1.2"], "0"),
        ("  max_version: TLS12\n", &["--tlsv1.3"], "0"),
        (
            "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n",
            &["--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-AES256-GCM-SHA384"],
            "0",
        ),
        ("  curve_preferences: [CurveP384]\n", &["--curves", "X25519"], "0"),
    ] {
        let scene = Scene::new(&format!("{TLS}{more}"));
        let daemon = scene.start();
        let answer = scene.ask(&daemon, "/-/healthy", options);
        assert_eq!(answer.version, version, "{more} {options:?} {answer:?}");
        assert_eq!(answer.status, if version == "0" { 0 } else { 200 }, "{more} {options:?} {answer:?}");
        let plain = scene.ask_by(&format!("http://{}/", daemon.address()), &[]);
        assert_eq!((plain.status, plain.error.as_str()), (400, ""), "{plain:?}");
        assert!(plain.body.contains("https://"), "{plain:?}");
    }
}

#[test]
fn certificates_of_clients_are_asked_for_and_verified() {
    if !has("curl") {
        return;
    }
    let scene =
        Scene::new(&format!("{TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"));
    scene.put("ours", &scene.authority.signs("client", &[]));
    scene.put("theirs", &Authority::new("theirs").signs("client", &[]));
    let daemon = scene.start();
    for (name, status) in [("ours", 200), ("theirs", 0)] {
        let (certificate, key) = (format!("{name}.pem"), format!("{name}.key"));
        let answer = scene.ask(&daemon, "/-/healthy", &["--cert", &certificate, "--key", &key]);
        assert_eq!(answer.status, status, "{answer:?}");
    }
    assert_eq!(scene.ask(&daemon, "/-/healthy", &[]).status, 0);
}

#[test]
fn a_changed_file_takes_effect_by_itself_and_by_a_signal_and_a_broken_one_does_not() {
    if !has("curl") {
        return;
    }
    let ada = format!("{TLS}{}", user("ada", "a"));
    let scene = Scene::new(&ada);
    let daemon = scene.start();
    let status = |login: &str| scene.ask(&daemon, "/-/healthy", &["-u", login]).status;
    assert_eq!((status("ada:a"), status("bob:b")), (200, 401));
    scene.place.write("web.yml", format!("{TLS}{}", user("bob", "b")));
    daemon.signal("HUP");
    scene.shows(&daemon, &["-u", "bob:b"], &format!("{RELOADED} 1"));
    assert_eq!((status("ada:a"), status("bob:b")), (401, 200));

    for broken in [
        "basic_auth_users: {bob: b}\n",
        "no YAML: [",
        "tls_server_config: {cert_file: web.yml, key_file: server.key}\n",
    ] {
        scene.place.write("web.yml", broken);
        scene.shows(&daemon, &["-u", "bob:b"], &format!("{RELOADED} 0"));
        assert_eq!((status("ada:a"), status("bob:b")), (401, 200), "{broken}");
        scene.place.write("web.yml", format!("{TLS}{}", user("bob", "b")));
        scene.shows(&daemon, &["-u", "bob:b"], &format!("{RELOADED} 1"));
    }
    scene.place.remove("web.yml");
    scene.shows(&daemon, &["-u", "bob:b"], &format!("{RELOADED} 0"));
    scene.place.write("web.yml", &ada);
    scene.shows(&daemon, &["-u", "ada:a"], &format!("{RELOADED} 1"));
    assert_eq!((status("ada:a"), status("bob:b")), (200, 401));
    assert_eq!(daemon.end(), 0);
    let log = fs::read_to_string(scene.place.path("daemon.log")).expect("a log");
    let complaints: Vec<_> = log.lines().filter(|line| line.contains("the web configuration is wrong")).collect();
    assert_eq!(complaints.len(), 4, "once for each change: {log}");
    assert!(complaints[0].contains("basic_auth_users.bob: is no bcrypt hash"), "{log}");
}

#[test]
fn a_certificate_is_renewed_under_load_and_no_request_fails() {
    if !has("curl") {
        return;
    }
    let scene = Scene::new(TLS);
    scene.put("server", &scene.authority.signs_from_to("localhost", &[], 2000, 2001));
    let daemon = scene.start();
    let stale = scene.ask(&daemon, "/-/healthy", &[]);
    assert!(stale.status == 0 && stale.error.contains("expired"), "{stale:?}");
    scene.put("server", &scene.authority.signs_localhost());
    wait_for("the renewed certificate is served", 20, || {
        (scene.ask(&daemon, "/-/healthy", &[]).status == 200).then_some(())
    });

    let renewed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut asked = 0;
            while asked < 40 || !renewed.load(Ordering::Relaxed) {
                assert!(asked < 2000, "it was never renewed");
                let answer = scene.ask(&daemon, "/-/healthy", &[]);
                assert_eq!(answer.status, 200, "{answer:?}");
                asked += 1;
            }
        });
        for year in 3001..3011 {
            let names = [rcgen::SanType::IpAddress([127, 0, 0, 1].into())];
            scene.put("server", &scene.authority.signs_from_to("localhost", &names, 2000, year));
            daemon.signal("HUP");
        }
        // 3010-01-01.
        scene.shows(&daemon, &[], "roletrail_web_certificate_expiry_timestamp_seconds 32819212800");
        renewed.store(true, Ordering::Relaxed);
        load.join().expect("no request failed");
    });
}

#[test]
fn an_address_that_others_reach_needs_tls_and_somebody_who_is_asked() {
    let clients = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n";
    let ada = user("ada", "a");
    for (web, begin) in [
        (String::new(), Some("asks nobody for a password")),
        (TLS.to_owned(), Some("asks nobody for a password")),
        (format!("{TLS}{}", clients.replace("RequireAndVerify", "RequireAny")), Some("asks nobody for a password")),
        (ada.clone(), Some("passwords would go there in clear")),
        (format!("{TLS}{ada}"), None),
        (format!("{TLS}{clients}"), None),
    ] {
        let scene = Scene::new(&web);
        let settings = SETTINGS.replace("127.0.0.1", "0.0.0.0");
        scene.place.write("roletrail.toml", &settings);
        // Where it is allowed nothing is served here: the tests' machine may be reachable.
        let checked = scene.place.ends(&["config", "check"], if begin.is_some() { 3 } else { 0 });
        if let Some(begin) = begin {
            let ran = scene.place.ends(&["run"], 3);
            assert!(
                ran.stderr.contains(begin) && ran.stderr.contains("[web] listen_address 0.0.0.0:0"),
                "{}",
                ran.stderr
            );
            assert_eq!(ran.stderr, checked.stderr);
            scene.place.write("roletrail.toml", format!("{settings}allow_insecure = true\n"));
            scene.place.ends(&["config", "check"], 0);
        }
    }
}

#[test]
fn the_doctor_tells_how_long_the_certificate_lasts() {
    let scene = Scene::new(&format!("{TLS}{}", user("ada", "a")));
    let detail = |scene: &Scene| {
        let report = scene.place.json(&["doctor"], 0);
        let checks = report["checks"].as_array().expect("checks").clone();
        let web =
            checks.into_iter().find(|check| check["detail"].as_str().is_some_and(|text| text.contains("web.yml")));
        let web = web.expect("the web configuration is checked");
        format!("{} {}", web["outcome"], web["detail"])
    };
    let well = detail(&scene);
    assert!(well.starts_with("\"ok\"") && well.contains("1 user, TLS with a certificate until 3000-01-01"), "{well}");
    scene.put("server", &scene.authority.signs_from_to("localhost", &[], 2000, 2001));
    let ended = detail(&scene);
    assert!(ended.starts_with("\"warning\"") && ended.contains("ended at 2001-01-01"), "{ended}");
    scene.place.write("web.yml", "nonsense");
    scene.place.ends(&["doctor"], 3);
}

#[test]
fn a_real_prometheus_scrapes_through_tls_with_its_password() {
    if !has("curl") || !has("prometheus") {
        return;
    }
    let scene = Scene::new(&format!("{TLS}{}", user("prometheus", "scrape")));
    let daemon = scene.start();
    scene.place.write("password", "scrape");
    scene.place.write("prometheus.yml", format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: roletrail\n  scheme: https\n  basic_auth: {{username: prometheus, password_file: password}}\n  tls_config: {{ca_file: ca.pem}}\n  static_configs: [{{targets: ['{}']}}]\n",
        daemon.address()
    ));
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let listen = format!("--web.listen-address={free}");
    let mut command =
        scene.place.other("prometheus", &["--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", &listen]);
    let _prometheus = Prometheus(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts"));
    wait_for("Prometheus has scraped", 40, || {
        let answer = scene.ask_by(&format!("http://{free}/api/v1/query?query=roletrail_build_info"), &[]);
        answer.body.contains("\"job\":\"roletrail\"").then_some(())
    });
}
