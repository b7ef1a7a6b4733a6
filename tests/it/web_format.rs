//! The web configuration beside the toolkit's own checker: what either of them takes.

use std::process::Output;

use crate::daemon::has;
use crate::support::Workplace;

#[path = "../../src/exports/http/entrance/cases.rs"]
pub mod cases;
#[path = "../../src/exports/http/entrance/tests/certificates.rs"]
pub mod certificates;

use cases::{CASES, Verdict};
use certificates::Authority;

/// A directory with all the certificates that the examples name.
fn place() -> Workplace {
    let (place, authority) = (Workplace::new(), Authority::new("ours"));
    let (server, other) = (authority.signs_localhost(), authority.signs_localhost());
    for (name, text) in [
        ("roletrail.toml", "[web]\nlisten_address = \"127.0.0.1:0\"\nconfig_file = \"web.yml\"\n"),
        ("server.pem", &server.certificate),
        ("server.key", &server.key),
        ("other.key", &other.key),
        ("ca.pem", &authority.pair.certificate),
        ("empty.pem", ""),
    ] {
        place.write(name, text);
    }
    place
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

fn promtool(place: &Workplace, file: &str) -> Output {
    place.other("promtool", &["check", "web-config", file]).output().expect("promtool starts")
}

#[test]
fn the_program_and_the_toolkit_agree_on_every_example() {
    let (place, compare) = (place(), has("promtool"));
    let mut compared = 0;
    for case in CASES {
        place.write("web.yml", case.text);
        let (code, parts) = match case.verdict {
            Verdict::Good => (0, &[][..]),
            Verdict::Bad(parts) | Verdict::Stricter(parts, _) => (3, parts),
        };
        let ours = place.ends(&["config", "check"], code);
        assert!(parts.iter().all(|part| ours.stderr.contains(part)), "{}\n{}", case.text, ours.stderr);
        if !compare {
            continue;
        }
        let theirs = promtool(&place, "web.yml");
        let (taken, reason) = match case.verdict {
            Verdict::Good => (true, "it is right"),
            Verdict::Bad(_) => (false, "it is wrong"),
            Verdict::Stricter(_, why) => (true, why),
        };
        // An older toolkit does not know every key.
        if taken && said(&theirs).contains("not found in type") {
            continue;
        }
        compared += 1;
        assert_eq!(theirs.status.success(), taken, "{}\n{reason}\n{}", case.text, said(&theirs));
    }
    assert!(!compare || 60 < compared, "only {compared} were compared");
}

#[test]
fn the_commented_example_is_right_for_both() {
    let place = place();
    place.write("web.yml", include_str!("../../config/web.example.yml"));
    for (from, to) in
        [("server.pem", "tls/server.pem"), ("server.key", "tls/server.key"), ("ca.pem", "tls/clients-ca.pem")]
    {
        place.write(to, std::fs::read(place.path(from)).expect("it is there"));
    }
    place.ends(&["config", "check"], 0);
    if has("promtool") {
        let theirs = promtool(&place, "web.yml");
        assert!(theirs.status.success(), "{}", said(&theirs));
    }
}
