//! Runs the real program in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A directory with its own history, and the program run in it.
pub struct Workplace {
    directory: TempDir,
}

/// What a run of the program came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Workplace {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file, with the directories above it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a file has a directory")).expect("directories can be made");
        std::fs::write(&path, content).expect("a file can be written");
        path
    }

    pub fn remove(&self, name: &str) {
        std::fs::remove_file(self.path(name)).expect("a file can be removed");
    }

    /// A command with nothing of the tester's own environment that could matter.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_roletrail"));
        command.args(arguments);
        self.settle(&mut command);
        command
    }

    /// Runs another program in this directory, with the same environment.
    pub fn other(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments);
        self.settle(&mut command);
        command
    }

    fn settle(&self, command: &mut Command) {
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        for name in ["ROLETRAIL_CONFIG", "ROLETRAIL_DATABASE", "NO_COLOR", "RUST_LOG", "NOTIFY_SOCKET"] {
            command.env_remove(name);
        }
        for (name, _) in std::env::vars() {
            if ["AWS_", "ALIBABA_CLOUD_", "OSS_"].iter().any(|begin| name.starts_with(begin)) {
                command.env_remove(name);
            }
        }
        // No test finds credentials outside what it gives, nor looks for them on the network.
        command.env("HOME", self.directory.path());
        command.envs(["AWS_EC2_METADATA_DISABLED", "ALIBABA_CLOUD_ECS_METADATA_DISABLED"].map(|name| (name, "true")));
        command.envs(["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"].map(|name| (name, "/dev/null")));
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().expect("the program starts"))
    }

    /// Runs a command that must end with `code`.
    pub fn ends(&self, arguments: &[&str], code: i32) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    /// Runs a command that must end with `code` and print one JSON value.
    pub fn json(&self, arguments: &[&str], code: i32) -> Value {
        let ran = self.ends(arguments, code);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}\n{}", ran.stdout))
    }

    /// Runs a list command that must succeed and print a JSON array.
    pub fn list(&self, arguments: &[&str]) -> Vec<Value> {
        let value = self.json(arguments, 0);
        value.as_array().unwrap_or_else(|| panic!("{arguments:?}: no array: {value}")).clone()
    }

    /// Ingests paths; whatever comes of it, the counts must reconcile.
    pub fn ingest(&self, paths: &[&str], code: i32) -> Value {
        let mut arguments = vec!["ingest"];
        arguments.extend(paths);
        let report = self.json(&arguments, code);
        reconcile(&report);
        report
    }

    /// The findings with a rule and a severity that counts, gaps of collection left out.
    pub fn findings(&self) -> Vec<Value> {
        let grave = |finding: &Value| finding["severity"] != "info" && finding["rule"] != "collection-gap";
        self.list(&["findings", "--all-events"]).into_iter().filter(grave).collect()
    }

    /// The verdict of one account and profile.
    pub fn verdict(&self, account: &str, profile: &str) -> Value {
        let rows = self.list(&["verdicts", "--account", account, "--profile", profile]);
        let [row] = &rows[..] else { panic!("one verdict was expected of {account} {profile}: {rows:?}") };
        row.clone()
    }

    pub fn root(&self) -> &Path {
        self.directory.path()
    }
}

/// The counts of a report of `ingest`, or of the trail of a scan, must come out even.
pub fn reconcile(report: &Value) {
    let count = |part: &str, name: &str| {
        report[part][name].as_u64().unwrap_or_else(|| panic!("{part}.{name} is no count: {report}"))
    };
    let sum = |part: &str, names: &[&str]| names.iter().map(|name| count(part, name)).sum::<u64>();
    let objects = sum("objects", &["read", "skipped", "already_ingested", "rejected"]);
    assert_eq!(count("objects", "seen"), objects, "{report}");
    let records = sum("records", &["kept", "duplicate", "irrelevant", "rejected"]);
    assert_eq!(count("records", "read"), records, "{report}");
}

/// Sorted values of one member of many.
pub fn sorted(values: &[Value], member: &str) -> Vec<String> {
    let text = |value: &Value| value[member].as_str().map_or_else(|| value[member].to_string(), str::to_owned);
    let mut all: Vec<_> = values.iter().map(text).collect();
    all.sort();
    all
}

/// Asks again and again until there is an answer; fails when `seconds` have passed without one.
pub fn wait_for<T>(what: &str, seconds: u64, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what}: not within {seconds} s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
