//! The independent validators of the report formats. One that is missing is said aloud, and fails the test where `CI`
//! promises that every tool is there; the schemas that are no part of a package are never promised.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Environment variable: a directory with `ocsf`, `oscal`, `asff` and `sarif`, each with the schema of its format.
const SCHEMAS: &str = "ROLETRAIL_SCHEMAS";
/// Environment variable: the program `Sarif.Multitool` of the npm package `@microsoft/sarif-multitool-linux`.
const SARIF_MULTITOOL: &str = "SARIF_MULTITOOL";

/// What a validator said.
#[derive(Debug)]
pub struct Said {
    pub accepted: bool,
    pub text: String,
}

/// A validator, ready to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Validator {
    /// check-jsonschema with a schema.
    Schema(PathBuf),
    /// compliance-trestle: imports the document and validates it.
    Trestle,
    /// The SDK of AWS.
    Botocore,
    /// The multitool of SARIF's editors.
    Multitool(PathBuf),
    /// RFC 4180.
    StrictCsv,
}

/// What is there for a format; a format is called like on the command line.
pub fn of(format: &str) -> Vec<Validator> {
    let found = match format {
        "csv" => vec![runs("python3", &["-c", "import csv"]).then_some(Validator::StrictCsv)],
        "ocsf" => vec![schema("ocsf/ocsf-1.6.0-findings.schema.json")],
        "oscal" => vec![
            schema("oscal/oscal-1.2.1-assessment-results.schema.json"),
            runs("trestle", &["version"]).then_some(Validator::Trestle),
        ],
        "asff" => vec![
            schema("asff/asff-batch-import-findings.schema.json"),
            runs("python3", &["-c", "import botocore"]).then_some(Validator::Botocore),
        ],
        "sarif" => vec![sarif_schema(), multitool().map(Validator::Multitool)],
        other => panic!("nobody validates {other}"),
    };
    found.into_iter().flatten().collect()
}

/// Whether a program runs; its absence is a failure where `CI` is set.
pub fn runs(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let found = status.is_ok_and(|status| status.success());
    if !found {
        absent(&format!("{program} {arguments:?} does not run: install what tests/requirements.txt lists"));
    }
    found
}

fn absent(what: &str) {
    let promised = std::env::var("CI").is_ok_and(|value| !value.is_empty());
    assert!(!promised, "{what}");
    eprintln!("NOT VALIDATED: {what}");
}

fn schema(name: &str) -> Option<Validator> {
    let Some(directory) = std::env::var_os(SCHEMAS) else {
        eprintln!("NOT VALIDATED against {name}: {SCHEMAS} names no directory with the published schemas");
        return None;
    };
    let path = Path::new(&directory).join(name);
    assert!(path.is_file(), "{SCHEMAS} has no {name}");
    runs("check-jsonschema", &["--version"]).then_some(Validator::Schema(path))
}

/// The copy beside the multitool, else the one among the schemas.
fn sarif_schema() -> Option<Validator> {
    let beside = std::env::var_os(SARIF_MULTITOOL).map(|path| Path::new(&path).with_file_name("sarif-2.1.0.json"));
    match beside.filter(|path| path.is_file()) {
        Some(path) => runs("check-jsonschema", &["--version"]).then_some(Validator::Schema(path)),
        None => schema("sarif/sarif-2.1.0.schema.json"),
    }
}

fn multitool() -> Option<PathBuf> {
    let path = std::env::var_os(SARIF_MULTITOOL).map(PathBuf::from).filter(|path| path.is_file());
    if path.is_none() {
        absent(&format!("{SARIF_MULTITOOL} names no program: npm ci --ignore-scripts in tests, see .ci/run"));
    }
    path
}

impl Validator {
    /// Runs over files; `place` is a directory for what the validator writes.
    pub fn check(&self, files: &[PathBuf], place: &Path) -> Said {
        assert!(!files.is_empty(), "nothing to validate");
        match self {
            Self::Schema(schema) => said(command("check-jsonschema").arg("--schemafile").arg(schema).args(files)),
            Self::Botocore => said(command("python3").arg(script("asff_botocore.py")).args(files)),
            Self::StrictCsv => said(command("python3").arg(script("csv_strict.py")).args(files)),
            Self::Multitool(program) => {
                let Said { accepted, text } = said(command(program).arg("validate").args(files));
                // It ends well whatever it finds.
                Said { accepted: accepted && !text.contains(": error ") && text.contains("completed success"), text }
            }
            Self::Trestle => trestle(files, place),
        }
    }
}

fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    // The multitool is a program of .NET, which looks for a library of languages that the machine may not have.
    command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1").env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validators").join(name)
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = [output.stdout, output.stderr].concat();
    Said { accepted: output.status.success(), text: String::from_utf8_lossy(&text).into_owned() }
}

/// Each file is imported into a workspace of its own and validated there.
fn trestle(files: &[PathBuf], place: &Path) -> Said {
    let mut all = Said { accepted: true, text: String::new() };
    let workspace = tempfile::tempdir_in(place).expect("a directory");
    let inside = || {
        let mut trestle = command("trestle");
        trestle.current_dir(workspace.path());
        trestle
    };
    let begun = said(inside().args(["init", "--local"]));
    assert!(begun.accepted, "{}", begun.text);
    for (number, file) in files.iter().enumerate() {
        let name = format!("n{number}");
        for arguments in [
            vec!["import", "-f", file.to_str().expect("UTF-8"), "-o", &name],
            vec!["validate", "-t", "assessment-results", "-n", &name],
        ] {
            let Said { accepted, text } = said(inside().args(arguments));
            all.accepted &= accepted;
            all.text += &text;
        }
    }
    all
}
