//! Independent programs that look at what was written.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// Whether a program is there. Where it is not, that is said aloud; with `CI` set it must be there.
pub(super) fn has(program: &str, version: &[&str], remedy: &str) -> bool {
    let status = Command::new(program).args(version).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = status.is_ok_and(|status| status.success());
    assert!(found || std::env::var_os("CI").is_none(), "{program} does not run: {remedy}");
    if !found {
        eprintln!("{program} DOES NOT RUN: reports were not checked with it; {remedy}");
    }
    found
}

/// Calls a program for a file.
pub(super) fn call(program: &str, arguments: &[&str], file: &str) -> Output {
    Command::new(program).args(arguments).arg(file).stdin(Stdio::null()).output().expect("the program runs")
}

/// What a program printed, on both ways.
pub(super) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A file with that content, which goes away with the answer.
pub(super) fn file(bytes: &[u8], extension: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(extension).tempfile().expect("room for a file");
    file.write_all(bytes).expect("room for its content");
    file
}
