//! Walks over real directories.

use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;

/// The names that a walk yields below `root`, with what they were taken for.
fn walk(root: &Path) -> Vec<(String, &'static str)> {
    let prefix = format!("{}/", shown_name(root));
    let below = |name: String| name.strip_prefix(&prefix).unwrap_or(&name).to_owned();
    discover(root)
        .map(|entry| match entry {
            Entry::Object(object) => (below(object.name), "object"),
            Entry::Skipped { name, .. } => (below(name), "skipped"),
            Entry::Unreadable { name, .. } => (below(name), "unreadable"),
        })
        .collect()
}

fn tree(files: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a directory");
    for file in files {
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().expect("has a parent")).expect("can be made");
        fs::write(path, "{\"Records\":[]}").expect("can be written");
    }
    root
}

fn named(names: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    names.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect()
}

#[test]
fn a_directory_is_walked_in_the_order_of_names() {
    let root = tree(&["b/2.json", "b/1.json.gz", "a.json", "c/d/e/log"]);
    fs::write(root.path().join("SOURCE.txt"), "where it is from").expect("can be written");
    let expected = [
        ("SOURCE.txt", "skipped"),
        ("a.json", "object"),
        ("b/1.json.gz", "object"),
        ("b/2.json", "object"),
        ("c/d/e/log", "object"),
    ];
    assert_eq!(walk(root.path()), named(&expected));
}

#[test]
fn digests_and_insights_are_skipped_by_their_place() {
    let digest = "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/05/04/111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20260504T100000Z.json.gz";
    let insight = "AWSLogs/111122223333/CloudTrail-Insight/us-east-1/2026/05/04/111122223333_CloudTrail-Insight_us-east-1_20260504T1000Z_abcdefghijklmnop.json.gz";
    let log = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/05/04/111122223333_CloudTrail_us-east-1_20260504T1000Z_abcdefghijklmnop.json.gz";
    let root = tree(&[digest, insight, log]);
    assert_eq!(walk(root.path()), named(&[(log, "object"), (digest, "skipped"), (insight, "skipped")]));
}

#[test]
fn symbolic_links_neither_loop_nor_multiply() {
    let root = tree(&["real/a.json", "other/b.json"]);
    symlink(root.path(), root.path().join("real/up")).expect("links exist here");
    symlink(root.path().join("other"), root.path().join("real/side")).expect("links exist here");
    symlink(root.path().join("real"), root.path().join("other/back")).expect("links exist here");
    symlink(root.path().join("nowhere"), root.path().join("dangling.json")).expect("links exist here");
    let seen = walk(root.path());
    assert!(seen.len() < 20, "{seen:?}");
    for expected in [
        ("real/a.json", "object"),
        ("other/b.json", "object"),
        ("real/up", "skipped"),
        ("dangling.json", "unreadable"),
    ] {
        assert!(seen.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} is not in {seen:?}");
    }
}

#[test]
fn an_explicit_file_is_always_an_object() {
    let root = tree(&["x.csv"]);
    let file = root.path().join("x.csv");
    let entries: Vec<_> = discover(&file).collect();
    let [Entry::Object(object)] = &entries[..] else { panic!("{entries:?}") };
    assert!(object.explicit && object.size == 14 && !object.version.is_empty(), "{object:?}");
    assert_eq!(walk(root.path()), named(&[("x.csv", "object")]), "by its content, but not explicitly");
}

#[test]
fn what_is_missing_is_reported() {
    let entries: Vec<_> = discover(Path::new("/nonexistent/trail")).collect();
    let [Entry::Unreadable { name, reason }] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(name, "/nonexistent/trail");
    assert!(reason.contains("check the path"), "{reason}");
}

#[test]
fn a_socket_in_a_directory_is_skipped_and_not_opened() {
    let root = tree(&["a.json"]);
    let _socket = std::os::unix::net::UnixListener::bind(root.path().join("s.json")).expect("can be bound");
    assert_eq!(walk(root.path()), named(&[("a.json", "object"), ("s.json", "skipped")]));
}

#[test]
fn a_name_that_is_not_utf8_is_shown_and_read() {
    let root = tree(&[]);
    for name in [&b"a\xff.json"[..], b"a\xfe.json"] {
        fs::write(root.path().join(std::ffi::OsStr::from_bytes(name)), "{}").expect("can be written");
    }
    assert_eq!(walk(root.path()), named(&[("a\\xFE.json", "object"), ("a\\xFF.json", "object")]));
    for entry in discover(root.path()) {
        let Entry::Object(object) = entry else { panic!("{entry:?}") };
        let mut text = String::new();
        object.open().expect("opens").read_to_string(&mut text).expect("reads");
        assert_eq!(text, "{}");
    }
}

#[test]
fn a_name_does_not_depend_on_how_the_path_was_spelt() {
    for (path, name) in [("./a//b/", "a/b"), ("/x/./y", "/x/y"), (".", "."), ("../a", "../a"), ("/", "/")] {
        assert_eq!(shown_name(Path::new(path)), name, "{path}");
    }
}

#[test]
fn a_changed_file_has_another_version() {
    let root = tree(&["a.json"]);
    let version = || match discover(root.path()).next() {
        Some(Entry::Object(object)) => object.version,
        other => panic!("{other:?}"),
    };
    let before = version();
    let file = fs::File::options().write(true).open(root.path().join("a.json")).expect("opens");
    let old = std::time::UNIX_EPOCH - std::time::Duration::from_nanos(5);
    file.set_modified(old).expect("can be set");
    assert_eq!(version(), "-5");
    assert_ne!(before, version());
}

#[test]
fn the_default_limits_of_the_configuration_are_those_of_the_trail() {
    let (configured, trail) = (crate::config::Limits::default(), crate::trail::Limits::default());
    assert_eq!((configured.max_object_bytes, configured.max_ratio), (trail.max_object_bytes, trail.max_ratio));
    assert_eq!(usize::try_from(configured.max_record_bytes), Ok(trail.max_record_bytes));
}
