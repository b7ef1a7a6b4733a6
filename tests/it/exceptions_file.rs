//! The file of exceptions: what a broken one stops, and that it is changed wholly or not at all.

use std::fs;

use crate::exceptions::{add, finding, intruded};
use crate::records::ACCOUNT;
use crate::support::{Ran, Workplace};

const SCOPE: [&str; 6] = ["--rule", "unexpected-assumer", "--account", ACCOUNT, "--expires", "30d"];

fn file(place: &Workplace) -> String {
    fs::read_to_string(place.path("exceptions.toml")).expect("it is there")
}

/// Everything that is in the directory.
fn names(place: &Workplace) -> Vec<String> {
    let entries = fs::read_dir(place.root()).expect("a directory");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_broken_file_stops_every_command_that_would_count_with_it() {
    let place = intruded(&["mallory"]);
    add(&place, &SCOPE, 0);
    place.write(
        "exceptions.toml",
        file(&place).replace("owner", "onwer").replace("unexpected-assumer", "unexpected-asumer"),
    );
    for arguments in [
        &["findings"][..],
        &["analyze"],
        &["exceptions"],
        &["exceptions", "check"],
        &["exceptions", "expire", "SEC-142"],
        &["config", "check"],
        &["run"],
    ] {
        let told = place.ends(arguments, 3).stderr;
        for part in [
            "exceptions.toml:3:8: exception[0].rule: ",
            "did you mean \"unexpected-assumer\"",
            "onwer",
            "owner: is missing",
        ] {
            assert!(told.contains(part), "{arguments:?} {part}: {told}");
        }
    }
    add(&place, &SCOPE, 3);
    // What does not count findings goes on.
    place.ends(&["coverage"], 0);
    place.ends(&["rules"], 0);
}

#[test]
fn the_file_need_not_exist_unless_somebody_has_named_it() {
    let place = intruded(&["mallory"]);
    place.json(&["analyze"], 1);
    place.write("roletrail.toml", "[exceptions]\nfile = \"mine/e.toml\"\n");
    let told = place.ends(&["analyze"], 3).stderr;
    assert!(told.contains("mine/e.toml") && told.contains("exceptions.file"), "{told}");
    // Writing the first one makes it, but no directory.
    let told = add(&place, &SCOPE, 3).to_string();
    assert!(told.contains("cannot write") && told.contains("mine/e.toml"), "{told}");
    fs::create_dir(place.path("mine")).expect("made");
    add(&place, &SCOPE, 0);
    place.json(&["analyze"], 0);
    let checked = place.json(&["config", "check"], 0);
    assert_eq!(checked["exceptions"], 1);
}

#[test]
fn comments_order_and_line_ends_of_the_file_stay() {
    let place = intruded(&["mallory"]);
    add(&place, &[&SCOPE[..], &["--id", "first"]].concat(), 0);
    let before = format!(
        "# of the team\r\n{}# the end",
        file(&place).replace('\n', " # why\r\n").replace("\r\n # why", "\r\n")
    );
    place.write("exceptions.toml", &before);
    add(&place, &["--finding", &finding_of_all(&place), "--expires", "30d"], 0);
    assert!(file(&place).starts_with(&before), "{}", file(&place));
    place.ends(&["exceptions", "expire", "first"], 0);
    let after = file(&place);
    let changed: Vec<_> = before.lines().zip(after.lines()).filter(|(one, other)| one != other).collect();
    let [(old, new)] = &changed[..] else { panic!("one line changes: {changed:?}") };
    assert!(
        old.starts_with("expires = ") && new.starts_with("expires = ") && new.ends_with("\" # why"),
        "{changed:?}"
    );
}

fn finding_of_all(place: &Workplace) -> String {
    let found = place.list(&["findings", "--status", "all", "--rule", "unexpected-assumer"]);
    found[0]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_file_that_cannot_be_written_stays_as_it_was() {
    let place = intruded(&["mallory"]);
    add(&place, &[&SCOPE[..], &["--id", "first"]].concat(), 0);
    let (before, beside) = (file(&place), names(&place));
    // No file may grow beyond nothing: as on a full disk, writing fails in the middle.
    let program = env!("CARGO_BIN_EXE_roletrail");
    let script = format!("trap '' XFSZ; ulimit -f 0; exec {program} exceptions expire first");
    let ran = Ran::from(place.other("sh", &["-c", &script]).output().expect("a shell starts"));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot write") && ran.stderr.contains("is as it was"), "{}", ran.stderr);
    assert_eq!((file(&place), names(&place)), (before, beside));
    let id = finding_of_all(&place);
    place.write("roletrail.toml", "[exceptions]\nfile = \"/proc/exceptions.toml\"\n");
    let told = add(&place, &["--finding", &id, "--expires", "30d"], 3).to_string();
    assert!(told.contains("cannot write /proc/exceptions.toml"), "{told}");
}

#[test]
fn several_that_add_at_once_lose_none() {
    let place = intruded(&["mallory"]);
    let id = finding(&place);
    let arguments = |number: usize| {
        let own = format!("E-{number}");
        let mut arguments = vec!["exceptions".to_owned(), "add".to_owned(), "--id".to_owned(), own];
        arguments.extend(["--finding", &id, "--expires", "30d"].map(str::to_owned));
        arguments.extend(crate::exceptions::DECIDED.map(str::to_owned));
        arguments
    };
    let started: Vec<_> = (0..6)
        .map(|number| {
            let arguments = arguments(number);
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            place.command(&arguments).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn()
        })
        .map(|child| child.expect("starts"))
        .collect();
    let codes: Vec<_> = started.into_iter().map(|mut child| child.wait().expect("ends").code()).collect();
    let written = codes.iter().filter(|code| **code == Some(0)).count();
    assert!(0 < written, "{codes:?}");
    assert_eq!(place.list(&["exceptions"]).len(), written, "{codes:?}");
}
