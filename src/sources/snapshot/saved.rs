//! One saved answer: reading a file under a limit, and telling answers, errors and rubbish apart.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use super::naming::Call;
use super::refusal::Refusal;
use crate::model::Outcome;
use crate::sources::report::Trouble;

/// Most bytes of a saved answer: the largest real ones (a listing of a thousand stores) stay below a mebibyte.
const MOST_BYTES: u64 = 16 << 20;

/// A file that holds, or should hold, the answer of a call.
#[derive(Debug, Clone)]
pub(super) struct SavedFile {
    pub(super) path: PathBuf,
    pub(super) call: Call,
    /// What follows the call's name in the file's name, in plain form.
    pub(super) suffix: String,
    /// Age from which the file proves nothing.
    pub(super) max_age: Option<SignedDuration>,
}

/// Why a file gives no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The provider refused the call.
    Refused(Refusal),
    /// The file cannot be used: reason and remedy.
    Unusable(String),
}

impl Trouble for Failure {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Refused(refusal) => refusal.outcome(),
            Self::Unusable(_) => Outcome::Error,
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.detail(),
            Self::Unusable(reason) => reason.clone(),
        }
    }
}

impl SavedFile {
    /// The file's name, for messages that stand beside the account and Region.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The answer in the file.
    pub(super) fn answer<T: DeserializeOwned>(&self, now: Timestamp) -> Result<T, Failure> {
        let text = self.text(now).map_err(|reason| self.unusable(&reason))?;
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Err(self.unusable("is empty: the command that wrote it failed; run it again"));
        }
        if !text.trim_start().starts_with(['{', '[']) {
            let unknown = || self.unusable("holds neither JSON nor an error of the tool; save the output as JSON");
            return Err(Refusal::from_text(text).map_or_else(unknown, Failure::Refused));
        }
        if let Some(refusal) = Refusal::from_json(text) {
            return Err(Failure::Refused(refusal));
        }
        serde_json::from_str(text).map_err(|error| self.unusable(&broken(&error)))
    }

    /// The file with a reason why it cannot be used.
    pub(super) fn unusable(&self, reason: &str) -> Failure {
        Failure::Unusable(format!("{}: {reason}", self.name()))
    }

    fn text(&self, now: Timestamp) -> Result<String, String> {
        let io = |error: std::io::Error| format!("cannot be read: {error}");
        let file = File::open(&self.path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        if !metadata.is_file() {
            return Err("is no file".to_owned());
        }
        if let (Some(max_age), Ok(modified)) = (self.max_age, metadata.modified()) {
            check_age(modified, now, max_age)?;
        }
        let mut bytes = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
        if MOST_BYTES < bytes.len() as u64 {
            return Err(format!("is larger than {MOST_BYTES} bytes; save one answer in each file"));
        }
        decode(bytes)
    }
}

fn check_age(modified: std::time::SystemTime, now: Timestamp, max_age: SignedDuration) -> Result<(), String> {
    let Ok(modified) = Timestamp::try_from(modified) else { return Ok(()) };
    if now.duration_since(modified) <= max_age {
        return Ok(());
    }
    Err(format!("dates from {modified:.0}, older than max_age; save it again"))
}

/// Shells of Windows save in UTF-16 with a byte order mark.
fn decode(bytes: Vec<u8>) -> Result<String, String> {
    let unit: fn([u8; 2]) -> u16 = match bytes.first_chunk() {
        Some([0xff, 0xfe]) => u16::from_le_bytes,
        Some([0xfe, 0xff]) => u16::from_be_bytes,
        _ => {
            let not_text = |error: std::string::FromUtf8Error| {
                format!("is not UTF-8 at byte {}", error.utf8_error().valid_up_to())
            };
            return String::from_utf8(bytes).map_err(|error| not_text(error) + "; save it again");
        }
    };
    let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.map_err(|_| "is broken UTF-16; save it as UTF-8".to_owned())
}

/// Position and cause are the parser's; what to do depends on whether the text broke or has another shape.
fn broken(error: &serde_json::Error) -> String {
    let remedy =
        if error.is_data() { "it is the answer of another call, or of a newer tool" } else { "save it again" };
    format!("{error}; {remedy}")
}

/// Whether a path in a directory is one that people did not mean to put there.
pub(super) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."))
}
