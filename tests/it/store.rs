//! The database: what is refused, that a refusal leaves no trace, and who may write.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::records::{delivered, intrusion};
use crate::support::{Workplace, wait_for};

fn hash(path: &Path) -> Vec<u8> {
    Sha256::digest(fs::read(path).expect("the file can be read")).to_vec()
}

fn history() -> Workplace {
    let place = Workplace::new();
    place.write("a.json", delivered(&[intrusion("a")]));
    place.ingest(&["a.json"], 0);
    place
}

/// A command of every way of using the store.
const USES: [&[&str]; 5] =
    [&["ingest", "a.json"], &["findings"], &["analyze"], &["verdicts", "--at", "1d"], &["db", "status"]];

#[test]
fn a_newer_schema_is_refused_untouched_with_both_versions() {
    let place = history();
    let database = place.path("roletrail.db");
    let connection = Connection::open(&database).expect("opens");
    connection
        .execute("INSERT INTO _sqlx_migrations VALUES (9000, 'later', CURRENT_TIMESTAMP, 1, x'00', 0)", [])
        .expect("a later migration");
    connection.close().expect("closes");
    let before = hash(&database);
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let known = format!("knows {}", std::fs::read_dir(migrations).expect("a directory").count());
    for arguments in USES {
        let ran = place.ends(arguments, 4);
        assert!(ran.stderr.contains("9000") && ran.stderr.contains(&known), "{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert_eq!(hash(&database), before, "{arguments:?}");
    }
}

#[test]
fn what_is_no_history_is_refused_untouched() {
    let place = Workplace::new();
    place.write("a.json", delivered(&[intrusion("a")]));
    let text = place.write("roletrail.db", "certainly no database, but long enough to be one ".repeat(100));
    let before = hash(&text);
    for arguments in USES {
        let ran = place.ends(arguments, 4);
        assert!(ran.stderr.contains("roletrail.db"), "{arguments:?}: {}", ran.stderr);
        assert_eq!(hash(&text), before, "{arguments:?}");
    }
    let other = place.path("other.db");
    Connection::open(&other).expect("opens").execute("CREATE TABLE t (x)", []).expect("a foreign table");
    let before = hash(&other);
    for arguments in USES {
        place.ends(&[arguments, &["--database", "sqlite://other.db"]].concat(), 4);
        assert_eq!(hash(&other), before, "{arguments:?}");
    }
}

#[test]
fn a_damaged_history_ends_with_code_four() {
    let place = history();
    let database = place.path("roletrail.db");
    let mut bytes = fs::read(&database).expect("read");
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0xA5);
    fs::write(&database, bytes).expect("written");
    for arguments in [&["ingest", "a.json"][..], &["analyze", "--full"], &["findings"], &["events"]] {
        let ran = place.ends(arguments, 4);
        assert!(ran.stderr.starts_with("roletrail: ") && !ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
}

#[test]
fn where_there_is_no_history_the_remedy_is_said_and_none_is_made() {
    let place = Workplace::new();
    for arguments in [&["findings"][..], &["verdicts"], &["events"], &["roles"], &["analyze"], &["db", "status"]] {
        let ran = place.ends(arguments, 4);
        assert!(ran.stderr.contains("roletrail ingest"), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(fs::read_dir(place.root()).expect("listed").count(), 0);
}

/// Root may write everywhere; the test of rights needs somebody who may not.
fn is_root(place: &Workplace) -> bool {
    let probe = place.path("probe");
    fs::create_dir(&probe).expect("made");
    fs::set_permissions(&probe, Permissions::from_mode(0o500)).expect("set");
    let root = fs::write(probe.join("x"), "x").is_ok();
    if root {
        eprintln!("this user may write everywhere: missing rights were not tested");
    }
    root
}

#[test]
fn a_directory_without_the_right_to_write_is_refused_with_code_four() {
    let place = history();
    if is_root(&place) {
        return;
    }
    place.write("deep/keep", "");
    fs::set_permissions(place.path("deep"), Permissions::from_mode(0o500)).expect("set");
    let ran = place.ends(&["ingest", "a.json", "--database", "sqlite://deep/roletrail.db"], 4);
    assert!(ran.stderr.contains("deep/roletrail.db"), "{}", ran.stderr);
    fs::set_permissions(place.path("deep"), Permissions::from_mode(0o700)).expect("set");
}

#[test]
fn a_place_that_cannot_be_is_refused_with_code_four() {
    let place = history();
    for url in ["sqlite://missing/roletrail.db", "sqlite://a.json/roletrail.db", "sqlite:///proc/roletrail.db"] {
        let ran = place.ends(&["ingest", "a.json", "--database", url], 4);
        assert!(ran.stderr.starts_with("roletrail: "), "{url}: {}", ran.stderr);
    }
}

#[test]
fn a_new_history_is_its_owners_alone() {
    let place = history();
    let mode = fs::metadata(place.path("roletrail.db")).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn databases_are_named_by_urls() {
    let place = Workplace::new();
    place.write("a.json", delivered(&[intrusion("a")]));
    let absolute = format!("sqlite://{}", place.path("abs.db").display());
    for (url, file) in [
        ("sqlite://one.db", "one.db"),
        ("sqlite:two.db", "two.db"),
        (&absolute, "abs.db"),
        ("sqlite://with space.db", "with space.db"),
    ] {
        place.json(&["ingest", "a.json", "--database", url], 0);
        assert!(place.path(file).exists(), "{url}");
        let output = place.command(&["findings"]).env("ROLETRAIL_DATABASE", url).output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{url}");
    }
    for url in ["one.db", "sqlite://", "sqlite:", "sqlite::memory:", "mysql://x/y", "postgres://user:secret@host/db"]
    {
        let ran = place.ends(&["ingest", "a.json", "--database", url], 3);
        assert!(ran.stderr.contains("sqlite://PATH") && !ran.stderr.contains("secret"), "{url}: {}", ran.stderr);
    }
}

/// A daemon that holds the history.
pub struct Holder(Child);

impl Holder {
    pub fn of(place: &Workplace) -> Self {
        place.write("hold.toml", "[web]\nlisten_address = \"127.0.0.1:0\"\n");
        let mut command = place.command(&["run", "--config", "hold.toml"]);
        let log = fs::File::create(place.path("hold.log")).expect("a log");
        let child = command.stdout(Stdio::null()).stderr(log).spawn().expect("starts");
        let holder = Self(child);
        wait_for("the daemon serves", 20, || {
            fs::read_to_string(place.path("hold.log")).ok().filter(|log| log.contains("address=")).map(|_| ())
        });
        holder
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_second_writer_is_refused_at_once_and_told_who_holds_it() {
    let place = history();
    let holder = Holder::of(&place);
    for arguments in [&["ingest", "a.json"][..], &["analyze"], &["run", "--config", "hold.toml"]] {
        let began = Instant::now();
        let ran = place.ends(arguments, 4);
        assert!(began.elapsed() < Duration::from_secs(5), "{arguments:?}: at once");
        let named = format!("process {}", holder.0.id());
        assert!(ran.stderr.contains(&named) && ran.stderr.contains("roletrail run"), "{}", ran.stderr);
    }
    // Readers are welcome.
    assert_eq!(place.list(&["findings"]).len(), 1);
    drop(holder);
    // The lock of a process that was killed is free.
    place.json(&["analyze"], 1);
}

#[test]
fn the_schema_can_be_migrated_and_its_status_asked() {
    let place = history();
    let status = place.json(&["db", "status"], 0);
    assert!(status.is_object(), "{status}");
    place.ends(&["db", "migrate"], 0);
    assert_eq!(place.list(&["findings"]).len(), 1);
}
