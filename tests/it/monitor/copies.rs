//! Files that are made from the code and lie where people look for them: they must say what the code says.

use std::collections::BTreeSet;
use std::path::Path;

use roletrail::exports::{metrics, runbooks};

/// Set, the files are written instead of compared.
const RENEW: &str = "ROLETRAIL_RENEW";

fn check(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(&path, text).expect("a file can be written");
    }
    let shipped = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        shipped == text,
        "{file} is out of date: write it anew with {RENEW}=1 cargo test --locked --test it copies"
    );
}

#[test]
fn the_runbooks_are_copies_of_what_the_daemon_serves() {
    for runbook in runbooks::all() {
        check(&format!("dashboards/runbooks/{}.md", runbook.alert), &runbook.markdown());
    }
    let names: BTreeSet<_> = runbooks::all().iter().map(|runbook| format!("{}.md", runbook.alert)).collect();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards/runbooks");
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let name = entry.expect("readable").file_name();
        assert!(names.contains(&*name.to_string_lossy()), "{name:?} is no runbook of an alert");
    }
}

#[test]
fn the_reference_of_the_metrics_is_a_copy_of_their_declarations() {
    check("dashboards/METRICS.md", &metrics::reference());
}
