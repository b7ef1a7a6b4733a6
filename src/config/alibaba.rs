//! `[[alibaba]]`: accounts of Alibaba Cloud and their trails.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use toml::de::DeValue;

use super::accounts::{Regions, WordOrList, check_ids, name, since, url, word_or_list};
use super::reader::Section;
use super::value::{self, Leaf, word};

/// `[[alibaba]]`: a set of accounts of Alibaba Cloud and their trails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Alibaba {
    /// Name of the source; every one has its own. No default.
    pub name: String,
    /// `self` (the default), `resource-directory`, a list of account ids, or `none`: trails only, no inventory.
    #[schemars(with = "serde_json::Value")]
    pub accounts: AlibabaAccounts,
    /// Role to assume in every other account. Default `roletrail-reader`.
    pub member_role: String,
    /// External id for that role. Default: none.
    pub external_id: Option<String>,
    /// `enabled` (the default): asked from the provider; or a list.
    #[schemars(with = "serde_json::Value")]
    pub regions: Regions,
    /// Template of every call's endpoint, with `{product}` and `{region}`. Default: the provider's.
    pub endpoint: Option<String>,
    /// Let `endpoint` be plain http, for tests against a stand-in. Default false.
    pub allow_http: bool,
    /// Calls of `LookupEvents` that an account answers in any second, in all its Regions together. Default 2, which is
    /// what the provider publishes; 1 leaves room for others who ask, more needs a quota that was raised. 1 to 100.
    pub lookups_per_second: u64,
    /// Trails. Default: none.
    pub trail: Vec<AlibabaTrail>,
}

/// Two calls a second (`ActionTrail`, quotas, "Maximum query rate"). Whether that is meant for one Region or for all of
/// them is not documented: it is kept for all of them together.
pub const LOOKUPS_PER_SECOND: u64 = 2;

/// No quota is known to be raised so far.
const MOST_LOOKUPS_PER_SECOND: u64 = 100;

/// Which accounts of Alibaba Cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlibabaAccounts {
    /// The one of the credentials.
    Own,
    /// All of the resource directory.
    ResourceDirectory,
    /// These.
    List(Vec<String>),
    /// None: trails only.
    None,
}

impl Serialize for AlibabaAccounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Own => serializer.serialize_str("self"),
            Self::ResourceDirectory => serializer.serialize_str("resource-directory"),
            Self::List(accounts) => accounts.serialize(serializer),
            Self::None => serializer.serialize_str("none"),
        }
    }
}

impl Leaf for AlibabaAccounts {
    const EXPECTED: &'static str =
        "\"self\", \"resource-directory\", \"none\" or a list of ids in quotes, such as [\"1234567890123456\"]";

    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String> {
        Ok(match word_or_list(value, base, &["self", "resource-directory", "none"])? {
            WordOrList::Word(word) if word == "self" => Self::Own,
            WordOrList::Word(word) if word == "resource-directory" => Self::ResourceDirectory,
            WordOrList::Word(_) => Self::None,
            WordOrList::List(ids) => Self::List(check_ids(ids, None)?),
        })
    }
}

/// `[[alibaba.trail]]`: where trail records are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub enum AlibabaTrail {
    /// The event history of each account.
    LookupEvents {},
    /// A trail's bucket.
    Oss {
        /// Bucket.
        bucket: String,
        /// Region of the bucket.
        region: String,
        /// What stands before `AliyunLogs/`. Default: nothing.
        prefix: Option<String>,
        /// Where the first reading begins: a date, a time or a period. Default: everything.
        since: Option<String>,
    },
    /// Files or a directory.
    Files {
        /// File or directory.
        #[serde(serialize_with = "value::path")]
        path: PathBuf,
    },
}

#[derive(Clone, Copy)]
enum Kind {
    LookupEvents,
    Oss,
    Files,
}

impl Leaf for Kind {
    const EXPECTED: &'static str = "\"files\", \"lookup-events\" or \"oss\"";

    fn read(value: &DeValue<'_>, _base: &Path) -> Result<Self, String> {
        word(value, &[("lookup-events", Self::LookupEvents), ("oss", Self::Oss), ("files", Self::Files)])
    }
}

impl Default for Kind {
    /// What a trail without a kind is read as, once that is reported: the kind with the fewest keys to miss.
    fn default() -> Self {
        Self::Files
    }
}

impl Alibaba {
    pub(super) fn read(section: &mut Section<'_, '_>, names: &mut Vec<String>) -> Self {
        let source = Self {
            name: name(section, names),
            accounts: section.value("accounts", AlibabaAccounts::Own),
            member_role: section.value("member_role", "roletrail-reader".to_owned()),
            external_id: section.optional("external_id"),
            regions: section.value("regions", Regions::Enabled),
            endpoint: url(section, "endpoint"),
            allow_http: section.value("allow_http", false),
            lookups_per_second: section.number("lookups_per_second", LOOKUPS_PER_SECOND, 1..=MOST_LOOKUPS_PER_SECOND),
            trail: section.sections("trail", AlibabaTrail::read),
        };
        let plain = source.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        if plain && !source.allow_http {
            let remedy = "use https://, or set allow_http = true for a stand-in of your own";
            section.problem("endpoint", "plain http would send signed requests unprotected", remedy);
        }
        source
    }

    /// The Region in which a trail of the source has this bucket.
    #[must_use]
    pub fn region_of(&self, bucket: &str) -> Option<&str> {
        self.trail.iter().find_map(|trail| match trail {
            AlibabaTrail::Oss { bucket: known, region, .. } if known == bucket => Some(region.as_str()),
            _ => None,
        })
    }
}

impl AlibabaTrail {
    fn read(section: &mut Section<'_, '_>) -> Self {
        match section.required("kind") {
            Kind::LookupEvents => Self::LookupEvents {},
            Kind::Oss => Self::Oss {
                bucket: section.required("bucket"),
                region: section.required("region"),
                prefix: section.optional("prefix"),
                since: since(section),
            },
            Kind::Files => Self::Files { path: section.required("path") },
        }
    }
}
