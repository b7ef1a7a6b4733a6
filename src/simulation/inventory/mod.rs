//! Writes an organisation's inventory as files: what the providers' own command-line tools print.

mod alibaba;
mod aws;

use std::fs;
use std::path::Path;

use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::archive::SimulationError;
use super::organisation::{Organisation, Silence, SimulatedAccount};
use super::random::Random;
use crate::model::Provider;

/// What a command printed.
enum Answer {
    /// Its output.
    Output(Value),
    /// What it said when it failed.
    Error(String),
    /// Nobody asked.
    NotAsked,
}

/// One file of an account's inventory: its place below the account, and its content.
struct Entry {
    path: String,
    answer: Answer,
}

impl Entry {
    fn new(path: impl Into<String>, answer: Answer) -> Self {
        Self { path: path.into(), answer }
    }
}

impl Organisation {
    /// Writes the inventory of all accounts below `directory`, as taken at [`Organisation::now`]:
    /// `<provider>/<account>/get-role.json`, `<provider>/<account>/<region>/describe-custom-key-stores.json` and so
    /// on. A call that failed is there with the tool's error text, one that nobody made is missing.
    ///
    /// # Errors
    /// [`SimulationError`] when a file cannot be written.
    pub fn write_inventory(&self, directory: &Path) -> Result<u64, SimulationError> {
        let mut files = 0;
        for account in &self.accounts {
            let mut random = Random::named(self.seed, &["inventory", &account.id]);
            let entries = match account.provider {
                Provider::Aws => aws::entries(account, &mut random),
                Provider::Alibaba => alibaba::entries(account, &mut random),
            };
            let root = directory.join(account.provider.as_str()).join(&account.id);
            for entry in entries {
                files += u64::from(write_entry(&root, account.provider, &entry)?);
            }
        }
        Ok(files)
    }
}

fn silence_of(account: &SimulatedAccount, region: &str) -> Option<Silence> {
    account.silent.iter().find(|silent| silent.region == region).map(|silent| silent.silence)
}

/// Writes a file; answers whether there was something to write.
fn write_entry(root: &Path, provider: Provider, entry: &Entry) -> Result<bool, SimulationError> {
    let content = match &entry.answer {
        Answer::NotAsked => return Ok(false),
        Answer::Error(text) => text.clone().into_bytes(),
        Answer::Output(value) => printed(provider, value),
    };
    let path = root.join(&entry.path);
    let directory = path.parent().unwrap_or(root);
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(&path, content))
        .map_err(|source| SimulationError::Write { path: path.clone(), source })?;
    Ok(true)
}

/// The output as the provider's tool indents it.
fn printed(provider: Provider, value: &Value) -> Vec<u8> {
    let indent: &[u8] = match provider {
        Provider::Aws => b"    ",
        Provider::Alibaba => b"\t",
    };
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, PrettyFormatter::with_indent(indent));
    value.serialize(&mut serializer).expect("a JSON value can always be written to memory");
    bytes.push(b'\n');
    bytes
}
