//! The form in which profiles are written, and its checks.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Deletion, ManagedPolicy, PolicyVersion, Profile, ProfileError, RoleMatch, StoreCall, StoreKind};
use crate::model::{PolicyDocument, Provider, StoreEffect, StoreNeed};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    id: String,
    provider: Provider,
    title: String,
    #[serde(default)]
    primary: bool,
    #[serde(default = "on")]
    enabled: bool,
    role: RoleSection,
    policy: Option<PolicySection>,
    store: Option<StoreSection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleSection {
    name: String,
    path: Option<String>,
    #[serde(default)]
    trusted_principals: Vec<String>,
    #[serde(default)]
    session_sources: Vec<String>,
    deletion: Deletion,
    #[serde(default)]
    deletion_note: String,
    twin: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicySection {
    name: String,
    #[serde(default)]
    service_names: BTreeMap<String, String>,
    #[serde(default)]
    versions: Vec<VersionSection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionSection {
    id: String,
    created: String,
    document: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreSection {
    kind: String,
    label: String,
    api: String,
    id_prefix: Option<String>,
    #[serde(default)]
    absent_regions: Vec<String>,
    #[serde(default)]
    types: BTreeMap<String, StoreNeed>,
    without_type: StoreNeed,
    release_days: Option<i64>,
    #[serde(default)]
    events: Vec<CallSection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallSection {
    name: String,
    source: String,
    effect: StoreEffect,
    id: Vec<String>,
    id_prefix: Option<String>,
    #[serde(rename = "type")]
    store_type: Option<String>,
    #[serde(default)]
    gone_errors: Vec<String>,
}

fn on() -> bool {
    true
}

/// Reads a profile from TOML.
///
/// # Errors
/// A sentence with place, reason and remedy.
pub fn parse(text: &str) -> Result<Profile, String> {
    let file: ProfileFile = toml::from_str(text).map_err(|error| error.to_string())?;
    let role = role_match(&file)?;
    Ok(Profile {
        role,
        policy: file.policy.map(managed_policy).transpose()?,
        store: file.store.map(store_kind),
        file_sha256: Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect(),
        id: file.id,
        provider: file.provider,
        title: file.title,
        primary: file.primary,
        enabled: file.enabled,
        trusted_principals: file.role.trusted_principals,
        session_sources: file.role.session_sources,
        deletion: file.role.deletion,
        deletion_note: file.role.deletion_note,
        twin: file.role.twin,
    })
}

/// The path that stands for every service-linked role of AWS.
const ALL_SERVICE_LINKED: &str = "/aws-service-role/*/";

fn role_match(file: &ProfileFile) -> Result<RoleMatch, String> {
    let role = &file.role;
    let well_formed = file.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if file.id.is_empty() || !well_formed {
        return Err(format!("id {:?}: use lower-case letters, digits and hyphens", file.id));
    }
    if file.provider == Provider::Aws && role.name == "*" {
        if role.path.as_deref() != Some(ALL_SERVICE_LINKED) {
            return Err(format!("role.path must be {ALL_SERVICE_LINKED:?} where role.name is \"*\""));
        }
        return Ok(RoleMatch::ServiceLinked);
    }
    if role.name.is_empty() || role.name.contains('*') {
        return Err("role.name must be the exact name of one role".to_owned());
    }
    if role.trusted_principals.is_empty() {
        return Err("role.trusted_principals must name at least one principal".to_owned());
    }
    match (&file.provider, &role.path) {
        (Provider::Aws, Some(path)) if path.starts_with('/') && path.ends_with('/') => {}
        (Provider::Aws, _) => return Err("role.path must begin and end with a slash".to_owned()),
        (Provider::Alibaba, Some(_)) => return Err("role.path: roles of Alibaba Cloud have no path".to_owned()),
        (Provider::Alibaba, None) => {}
    }
    Ok(RoleMatch::Named { name: role.name.clone(), path: role.path.clone() })
}

fn managed_policy(section: PolicySection) -> Result<ManagedPolicy, String> {
    let mut versions = section.versions.into_iter().map(policy_version).collect::<Result<Vec<_>, _>>()?;
    versions.sort_by_key(|version| version.created);
    Ok(ManagedPolicy { name: section.name, versions, service_names: section.service_names })
}

fn policy_version(section: VersionSection) -> Result<PolicyVersion, String> {
    let created: Timestamp = section
        .created
        .parse()
        .map_err(|error| format!("policy version {}: created {:?}: {error}", section.id, section.created))?;
    let document = PolicyDocument::parse(&section.document)
        .map_err(|error| format!("policy version {}: document: {error}", section.id))?;
    Ok(PolicyVersion { id: section.id, created, document })
}

fn store_kind(section: StoreSection) -> StoreKind {
    let calls = section
        .events
        .into_iter()
        .map(|call| StoreCall {
            name: call.name,
            source: call.source,
            effect: call.effect,
            id: call.id,
            id_prefix: call.id_prefix.or_else(|| section.id_prefix.clone()),
            store_type: call.store_type,
            gone_errors: call.gone_errors,
        })
        .collect();
    StoreKind {
        kind: section.kind,
        label: section.label,
        api: section.api,
        id_prefix: section.id_prefix,
        absent_regions: section.absent_regions,
        types: section.types,
        without_type: section.without_type,
        release_days: section.release_days,
        calls,
    }
}

/// Adds every `*.toml` of `directory`, in the order of their names.
pub(super) fn load_directory(directory: &Path, profiles: &mut Vec<Profile>) -> Result<(), ProfileError> {
    let read_error = |path: &Path, source| ProfileError::Read { path: path.to_owned(), source };
    let mut paths = fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>())
        .map_err(|source| read_error(directory, source))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    paths.sort();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|source| read_error(&path, source))?;
        let profile = parse(&text).map_err(|reason| ProfileError::Invalid { path: path.clone(), reason })?;
        if profiles.iter().any(|known| known.id == profile.id) {
            return Err(ProfileError::Duplicate { path, id: profile.id });
        }
        profiles.push(profile);
    }
    Ok(())
}
