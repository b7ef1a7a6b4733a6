//! `[[aws]]`: accounts of AWS and their trails.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use toml::de::DeValue;

use super::accounts::{Regions, WordOrList, check_ids, name, since, url, word_or_list};
use super::reader::Section;
use super::value::{self, Leaf, word};

/// `[[aws]]`: a set of accounts of AWS and their trails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Aws {
    /// Name of the source; every one has its own. No default.
    pub name: String,
    /// `self` (the default), `organization`, a list of account ids, or `none`: trails only, no inventory.
    #[schemars(with = "serde_json::Value")]
    pub accounts: AwsAccounts,
    /// Profile of the SDK's configuration files. Default: that of the environment.
    pub profile: Option<String>,
    /// Role to assume in every other account. Default `roletrail-reader`.
    pub member_role: String,
    /// External id for that role. Default: none.
    pub external_id: Option<String>,
    /// `enabled` (the default): asked from the account; or a list.
    #[schemars(with = "serde_json::Value")]
    pub regions: Regions,
    /// Endpoint of all services, for tests against a stand-in. Default: the provider's.
    pub endpoint_url: Option<String>,
    /// Trails. Default: none.
    pub trail: Vec<AwsTrail>,
}

/// Which accounts of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AwsAccounts {
    /// The one of the credentials.
    Own,
    /// All of the organization.
    Organization,
    /// These.
    List(Vec<String>),
    /// None: trails only.
    None,
}

impl Serialize for AwsAccounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Own => serializer.serialize_str("self"),
            Self::Organization => serializer.serialize_str("organization"),
            Self::List(accounts) => accounts.serialize(serializer),
            Self::None => serializer.serialize_str("none"),
        }
    }
}

/// Digits of an account id of AWS.
const ID_DIGITS: usize = 12;

impl Leaf for AwsAccounts {
    const EXPECTED: &'static str =
        "\"self\", \"organization\", \"none\" or a list of ids of 12 digits in quotes, such as [\"111122223333\"]";

    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String> {
        Ok(match word_or_list(value, base, &["self", "organization", "none"])? {
            WordOrList::Word(word) if word == "self" => Self::Own,
            WordOrList::Word(word) if word == "organization" => Self::Organization,
            WordOrList::Word(_) => Self::None,
            WordOrList::List(ids) => Self::List(check_ids(ids, Some(ID_DIGITS))?),
        })
    }
}

/// `[[aws.trail]]`: where trail records are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub enum AwsTrail {
    /// The event history of each account and Region: 90 days of management events.
    LookupEvents {
        /// Look for denied assumptions too, which is slow. Default false.
        include_denied: bool,
    },
    /// A trail's bucket.
    S3 {
        /// Bucket.
        bucket: String,
        /// What stands before `AWSLogs/`. Default: nothing.
        prefix: Option<String>,
        /// Where the first reading begins: a date, a time or a period. Default: everything.
        since: Option<String>,
        /// Check the trail's digests, and by them the log files, with each collection. Default false.
        verify_digests: bool,
    },
    /// A queue of notifications about new objects.
    Sqs {
        /// URL of the queue.
        queue_url: String,
    },
    /// Files or a directory.
    Files {
        /// File or directory.
        #[serde(serialize_with = "value::path")]
        path: PathBuf,
    },
    /// A table over a trail's bucket.
    Athena {
        /// Database of the table.
        database: String,
        /// Table.
        table: String,
        /// Workgroup. Default: the account's.
        workgroup: Option<String>,
    },
}

#[derive(Clone, Copy)]
enum Kind {
    LookupEvents,
    S3,
    Sqs,
    Files,
    Athena,
}

impl Leaf for Kind {
    const EXPECTED: &'static str = "\"files\", \"lookup-events\", \"s3\", \"sqs\" or \"athena\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Result<Self, String> {
        word(
            value,
            &[
                ("lookup-events", Self::LookupEvents),
                ("s3", Self::S3),
                ("sqs", Self::Sqs),
                ("files", Self::Files),
                ("athena", Self::Athena),
            ],
        )
    }
}

impl Default for Kind {
    /// What a trail without a kind is read as, once that is reported: the kind with the fewest keys to miss.
    fn default() -> Self {
        Self::Files
    }
}

impl Aws {
    /// Whether the digests of one of its trails are checked with each collection.
    #[must_use]
    pub fn verifies_digests(&self) -> bool {
        self.trail.iter().any(|trail| matches!(trail, AwsTrail::S3 { verify_digests: true, .. }))
    }

    pub(super) fn read(section: &mut Section<'_, '_>, names: &mut Vec<String>) -> Self {
        Self {
            name: name(section, names),
            accounts: section.value("accounts", AwsAccounts::Own),
            profile: section.optional("profile"),
            member_role: section.value("member_role", "roletrail-reader".to_owned()),
            external_id: section.optional("external_id"),
            regions: section.value("regions", Regions::Enabled),
            endpoint_url: url(section, "endpoint_url"),
            trail: section.sections("trail", AwsTrail::read),
        }
    }
}

impl AwsTrail {
    fn read(section: &mut Section<'_, '_>) -> Self {
        match section.required("kind") {
            Kind::LookupEvents => Self::LookupEvents { include_denied: section.value("include_denied", false) },
            Kind::S3 => Self::S3 {
                bucket: section.required("bucket"),
                prefix: section.optional("prefix"),
                since: since(section),
                verify_digests: section.value("verify_digests", false),
            },
            Kind::Sqs => Self::Sqs { queue_url: section.required("queue_url") },
            Kind::Files => Self::Files { path: section.required("path") },
            Kind::Athena => Self::Athena {
                database: section.required("database"),
                table: section.required("table"),
                workgroup: section.optional("workgroup"),
            },
        }
    }
}
