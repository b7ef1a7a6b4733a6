//! The manifest of a report: which files it has, and their hashes.

use serde::{Deserialize, Serialize};

use super::measured::sha256;
use super::{Report, ReportFile, formats};

/// Name of the manifest.
pub const MANIFEST: &str = "MANIFEST.json";
/// Name of the list that `sha256sum -c` reads.
pub const SUMS: &str = "SHA256SUMS";
/// Name of the explanation.
pub const README: &str = "README.txt";

/// Media type of texts.
pub(super) const PLAIN: &str = "text/plain; charset=utf-8";

/// Version of the manifest's shape.
const SCHEMA: u32 = 1;

/// What a pack is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Id of the report.
    pub report: String,
    /// Title.
    pub title: String,
    /// `organization`, or the one account.
    pub scope: String,
    /// Begin of the period.
    pub from: String,
    /// End of the period, which it leaves out.
    pub to: String,
    /// What made it.
    pub tool: String,
    /// A command that makes it again from the same history.
    pub command: String,
}

/// A file of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Name.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256, in hex.
    pub sha256: String,
    /// Media type.
    pub media_type: String,
}

/// The manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this shape.
    pub schema: u32,
    /// What the pack is about.
    #[serde(flatten)]
    pub subject: Subject,
    /// SHA-256 of the lines `HASH  NAME` of the files below, each ended by a line feed, in the order of their names.
    pub root: String,
    /// The files, in the order of their names; the manifest itself and `SHA256SUMS` are not among them.
    pub files: Vec<ManifestFile>,
}

fn line(hash: &str, name: &str) -> String {
    format!("{hash}  {name}\n")
}

impl Subject {
    /// What a pack of a report is about.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self {
            report: report.id.clone(),
            title: report.title.clone(),
            scope: report.scope.name.clone(),
            from: report.period.from.to_string(),
            to: report.period.to.to_string(),
            tool: format!("{} {}", report.tool.name, report.tool.version),
            command: report.tool.command.clone(),
        }
    }
}

impl Manifest {
    /// The manifest of files that are in the order of their names.
    #[must_use]
    pub fn of(subject: Subject, files: Vec<ManifestFile>) -> Self {
        Self { schema: SCHEMA, subject, root: root_of(&files), files }
    }

    /// What its file holds.
    #[must_use]
    pub fn text(&self) -> String {
        // Plain data: it can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// What `SHA256SUMS` holds: every file, and the manifest with its own `hash`.
    #[must_use]
    pub fn sums(&self, hash: &str) -> String {
        let mut names: Vec<_> = self.files.iter().map(|file| (file.name.as_str(), file.sha256.as_str())).collect();
        names.push((MANIFEST, hash));
        names.sort_unstable();
        names.into_iter().map(|(name, hash)| line(hash, name)).collect()
    }

    /// The root that its files give.
    #[must_use]
    pub fn expected_root(&self) -> String {
        root_of(&self.files)
    }
}

fn root_of(files: &[ManifestFile]) -> String {
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by(|left, right| left.name.cmp(&right.name));
    sha256(files.iter().map(|file| line(&file.sha256, &file.name)).collect::<String>())
}

/// What explains the files, which are in the order of their names.
pub(super) fn readme(subject: &Subject, files: &[ReportFile<'_>]) -> ReportFile<'static> {
    let Subject { report, title, scope, from, to, tool, command } = subject;
    let listed: String = files
        .iter()
        .map(|file| format!("  {}\n      {}\n", file.name, meaning(&file.name, file.media_type)))
        .collect();
    let text = format!(
        "{title}\n\nReport {report} about {scope}, from {from} up to and without {to}, made by {tool}.\n\n\
         Files\n{listed}  {MANIFEST}\n      names, sizes and hashes of the files above, and a hash over all of them\n  \
         {SUMS}\n      the same hashes in the form that sha256sum reads\n\n{}{HOW_TO_VERIFY}\n\
         The same report again, from the same history and configuration:\n  {command}\n",
        cautions(files)
    );
    ReportFile::of_text(README.to_owned(), PLAIN, text)
}

const HOW_TO_VERIFY: &str = "\
How to verify
  That nothing was changed, added or taken away since the report was written:
    sha256sum -c SHA256SUMS
    roletrail verify pack .
  That this is the very report which somebody names by the hash of its manifest:
    sha256sum MANIFEST.json
  That its findings rest on what the history holds: the evidence index of the report lists every event,
  state and coverage row with a SHA-256. Of an event it is that of the record as roletrail keeps it, without
  credentials, byte for byte what `roletrail events --raw --format ndjson` prints as `raw`; `found_sha256` is that
  of the record as it stood in the trail's object. Of the state of a role, a store or a trail it is that of the column
  `state` in the history's tables role_states, store_states and trail_states; of a deletion task that of its status,
  reason and usage, each on a line, in deletion_task_statuses; of a coverage row that of provider, account, Region,
  API, subject, outcome and detail, each on a line. There is no line feed after the last.
";

/// What the formats hold and what they do not, of those that are there.
fn cautions(files: &[ReportFile<'_>]) -> String {
    let there = |part: &str| files.iter().any(|file| file.name.contains(part));
    let told = formats::ABOUT.iter().filter(|(part, _)| there(part)).map(|(_, about)| wrapped(about));
    let told: String = told.collect();
    if told.is_empty() { told } else { format!("What the formats hold and what they do not\n{told}\n") }
}

/// A text in lines of a readable length, indented.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut width = WIDTH;
    for word in text.split_whitespace() {
        let (separator, start) = if WIDTH < width + 1 + word.len() { ("\n  ", 0) } else { (" ", width + 1) };
        lines += separator;
        lines += word;
        width = start + word.len();
    }
    lines.trim_start_matches('\n').to_owned() + "\n"
}

/// Characters on a line.
const WIDTH: usize = 100;

/// What a file is for, by its name.
fn meaning(name: &str, media_type: &'static str) -> &'static str {
    let kinds = [
        ("roletrail-settings-", "json", "the settings in force, without places on the machine and without secrets"),
        ("roletrail-profiles-", "sha256", "the role profiles in force and the hashes of their files"),
        ("roletrail-controls-", "json", "the controls in force and the rules that support them"),
        ("", "html", "the report as a page for browsers and print"),
        ("", "pdf", "the report as a document"),
        ("", "csv", "a table of the report"),
        ("", "ocsf.json", "findings in the Open Cybersecurity Schema Framework"),
        ("", "asff.json", "findings in the AWS Security Finding Format"),
        ("", "asff.txt", "what the files in the AWS Security Finding Format leave out"),
        ("", "sarif", "findings as SARIF results"),
        ("", "oscal.json", "OSCAL assessment results"),
        ("roletrail-report-", "json", "the whole report, every member of it"),
    ];
    let found = kinds.iter().find(|(begin, end, _)| name.starts_with(begin) && name.ends_with(&format!(".{end}")));
    found.map_or(media_type, |(_, _, meaning)| meaning)
}
