//! Role profiles: which role is watched, who may use it, what it serves. Data in `config/profiles/*.toml`.
//!
//! The built-in profiles are compiled in; users put their own beside them in a directory that the configuration
//! names. A profile is data only: adding one touches no code.

mod builtin;
mod file;
mod matching;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::model::{PolicyDocument, Provider, StoreEffect, StoreNeed};

pub use file::parse;
pub use matching::RoleArn;

/// Whether a role can be deleted, by the provider's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deletion {
    /// The provider describes how.
    Documented,
    /// The provider describes no procedure.
    Undocumented,
    /// The provider says that it cannot be deleted.
    Impossible,
}

/// Which role or roles a profile watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleMatch {
    /// One role by name, and for AWS by path.
    Named {
        /// The role's name.
        name: String,
        /// The role's path (AWS), with both slashes.
        path: Option<String>,
    },
    /// Every role below `/aws-service-role/`; the part of the path after it is the trusted principal.
    ServiceLinked,
}

/// A dated version of the managed policy that the provider attaches to the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Version id, such as `v2`.
    pub id: String,
    /// When the provider published it.
    pub created: Timestamp,
    /// Its document.
    pub document: PolicyDocument,
}

/// The managed policy of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Its name.
    pub name: String,
    /// Its known versions, oldest first; empty where no text could be found, so that nothing is judged by it.
    pub versions: Vec<PolicyVersion>,
    /// The service's name in policies where it differs from the one in trail records, both in lower case.
    pub service_names: BTreeMap<String, String>,
}

/// A call in the life of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreCall {
    /// Event name.
    pub name: String,
    /// `eventSource` (AWS) or `serviceName` (Alibaba Cloud, ASCII case ignored).
    pub source: String,
    /// What it does when it succeeds.
    pub effect: StoreEffect,
    /// Where the store's id stands in the record: paths of keys, dots between, tried in order.
    pub id: Vec<String>,
    /// What ids of this kind begin with.
    pub id_prefix: Option<String>,
    /// Where the store's type stands.
    pub store_type: Option<String>,
    /// Error codes that mean that the store is not there.
    pub gone_errors: Vec<String>,
}

/// The kind of resource that a role serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreKind {
    /// Kind id, as in [`crate::model::KeyStore::kind`].
    pub kind: String,
    /// The field's word for it, singular.
    pub label: String,
    /// The API that lists them, as permissions name it.
    pub api: String,
    /// What ids of this kind begin with, where the API lists other things too.
    pub id_prefix: Option<String>,
    /// Regions without the service: whole names, or beginnings that end in `-`.
    pub absent_regions: Vec<String>,
    /// Types and whether they need the role.
    pub types: BTreeMap<String, StoreNeed>,
    /// Whether a store that tells no type needs it.
    pub without_type: StoreNeed,
    /// Days between a store's end and its release.
    pub release_days: Option<i64>,
    /// Calls in the life of a store.
    pub calls: Vec<StoreCall>,
}

impl StoreKind {
    /// Whether a store of type `store_type` needs the role; a type that the profile does not know counts as unknown.
    #[must_use]
    pub fn need(&self, store_type: Option<&str>) -> StoreNeed {
        match store_type {
            None => self.without_type,
            Some(known) => self.types.get(known).copied().unwrap_or(if self.types.is_empty() {
                self.without_type
            } else {
                StoreNeed::Unknown
            }),
        }
    }
}

/// One role profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Id, as in every output.
    pub id: String,
    /// Provider.
    pub provider: Provider,
    /// Title for people.
    pub title: String,
    /// Whether inventory files are expected to speak of this role even where they hold nothing about it.
    pub primary: bool,
    /// Whether it is on unless the configuration says otherwise.
    pub enabled: bool,
    /// Which role.
    pub role: RoleMatch,
    /// Principals that may assume the role; exact. Empty for [`RoleMatch::ServiceLinked`], where the path tells.
    pub trusted_principals: Vec<String>,
    /// Source addresses that the service's own session calls carry (Alibaba Cloud has no `invokedBy`).
    pub session_sources: Vec<String>,
    /// Whether the role can be deleted.
    pub deletion: Deletion,
    /// What the provider says about deleting it.
    pub deletion_note: String,
    /// The profile whose role may stand in for this one (Alibaba Cloud's twin roles).
    pub twin: Option<String>,
    /// The managed policy.
    pub policy: Option<ManagedPolicy>,
    /// What the role serves.
    pub store: Option<StoreKind>,
    /// SHA-256 of the profile's file, in hex.
    pub file_sha256: String,
}

impl Profile {
    /// The role's name, or `*` where the profile watches many.
    #[must_use]
    pub fn role_name(&self) -> &str {
        match &self.role {
            RoleMatch::Named { name, .. } => name,
            RoleMatch::ServiceLinked => "*",
        }
    }

    /// The trust policy that the provider gives the role: its trusted principals may assume it, nobody else.
    #[must_use]
    pub fn trust_policy(&self) -> Option<PolicyDocument> {
        if self.trusted_principals.is_empty() {
            return None;
        }
        let version = match self.provider {
            Provider::Aws => "2012-10-17",
            Provider::Alibaba => "1",
        };
        let document = serde_json::json!({
            "Version": version,
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": self.trusted_principals},
                "Action": "sts:AssumeRole",
            }],
        });
        PolicyDocument::from_value(&document).ok()
    }
}

/// Why profiles could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// A file or directory could not be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// File or directory.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// A file is no valid profile.
    #[error("{path}: {reason}")]
    Invalid {
        /// File.
        path: PathBuf,
        /// Place, reason and remedy.
        reason: String,
    },
    /// Two profiles have one id.
    #[error("{path}: a profile with the id {id:?} is already loaded; give it another id")]
    Duplicate {
        /// File.
        path: PathBuf,
        /// The id.
        id: String,
    },
    /// The configuration names a profile that does not exist.
    #[error("no profile has the id {id:?}; known are {known}")]
    Unknown {
        /// The id.
        id: String,
        /// Ids that exist.
        known: String,
    },
}

/// Which profiles to load.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// A directory with the user's own profiles.
    pub directory: Option<PathBuf>,
    /// Ids to switch on.
    pub enable: Vec<String>,
    /// Ids to switch off.
    pub disable: Vec<String>,
    /// More principals to trust, by profile id: the user's own explicit decision.
    pub trust: BTreeMap<String, Vec<String>>,
}

/// The loaded profiles, in a stable order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profiles {
    profiles: Vec<Profile>,
}

impl Profiles {
    /// Loads the built-in profiles and the user's.
    ///
    /// # Errors
    /// [`ProfileError`] when a file cannot be read, is no profile, or an id is taken or unknown.
    pub fn load(selection: &Selection) -> Result<Self, ProfileError> {
        let mut profiles = builtin::all()?;
        if let Some(directory) = &selection.directory {
            file::load_directory(directory, &mut profiles)?;
        }
        for id in selection.enable.iter().chain(&selection.disable).chain(selection.trust.keys()) {
            require(&profiles, id)?;
        }
        for profile in &mut profiles {
            profile.enabled |= selection.enable.contains(&profile.id);
            profile.enabled &= !selection.disable.contains(&profile.id);
            profile.trusted_principals.extend(selection.trust.get(&profile.id).into_iter().flatten().cloned());
        }
        profiles.retain(|profile| profile.enabled);
        Ok(Self { profiles })
    }

    /// The built-in profiles that are on by default.
    ///
    /// # Errors
    /// [`ProfileError`] never in practice: a test loads every built-in profile.
    pub fn builtin() -> Result<Self, ProfileError> {
        Self::load(&Selection::default())
    }

    /// A set of given profiles, for tests and tools.
    #[must_use]
    pub fn from_list(profiles: Vec<Profile>) -> Self {
        Self { profiles }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.iter()
    }

    /// Those of one provider.
    pub fn of(&self, provider: Provider) -> impl Iterator<Item = &Profile> {
        self.profiles.iter().filter(move |profile| profile.provider == provider)
    }

    /// The profiles of a provider that fit a role. One that names the role speaks for it alone: the profile of all
    /// service-linked roles does not report it a second time.
    #[must_use]
    pub fn fitting(&self, provider: Provider, fits: impl Fn(&Profile) -> bool) -> Vec<&Profile> {
        let mut fitting: Vec<_> = self.of(provider).filter(|profile| fits(profile)).collect();
        let names_it = |profile: &&Profile| profile.role != RoleMatch::ServiceLinked;
        if fitting.iter().any(names_it) {
            fitting.retain(names_it);
        }
        fitting
    }

    /// The kind of store that a profile serves; the empty word, which is no kind, where it serves none or is not known.
    #[must_use]
    pub fn store_kind(&self, id: &str) -> &str {
        self.get(id).and_then(|profile| profile.store.as_ref()).map_or("", |store| &store.kind)
    }

    /// The profile with that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.id == id)
    }
}

fn require(profiles: &[Profile], id: &str) -> Result<(), ProfileError> {
    if profiles.iter().any(|profile| profile.id == id) {
        return Ok(());
    }
    let known = profiles.iter().map(|profile| profile.id.as_str()).collect::<Vec<_>>().join(", ");
    Err(ProfileError::Unknown { id: id.to_owned(), known })
}
