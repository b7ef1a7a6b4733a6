//! Profiles of the provider's command-line tool: `~/.aliyun/config.json`.

use std::path::Path;

use serde::Deserialize;

use super::file::{self, Place, optional};
use super::metadata::Metadata;
use super::oidc::Oidc;
use super::role::Role;
use super::{AssumeRole, Fixed, Provide, Secret, Surroundings, environment, is_true, set, unusable};
use crate::sources::live::Failure;

/// The profile of a file that names none.
const DEFAULT: &str = "default";

/// Sources of sources that are followed at most.
const MOST_SOURCES: usize = 8;

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    current: Option<String>,
    #[serde(default)]
    profiles: Option<Vec<Profile>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Profile {
    name: Option<String>,
    mode: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<Secret>,
    sts_token: Option<Secret>,
    ram_role_name: Option<String>,
    ram_role_arn: Option<String>,
    ram_session_name: Option<String>,
    role_session_name: Option<String>,
    source_profile: Option<String>,
    external_id: Option<String>,
    policy: Option<String>,
    expired_seconds: Option<u32>,
    sts_region: Option<String>,
    oidc_provider_arn: Option<String>,
    oidc_token_file: Option<String>,
}

/// What the tool's current profile gives, or that of `ALIBABA_CLOUD_PROFILE`. `None` where there is no such file, where
/// it was never filled in, or where a profile of that name is not in it: it may be in the other file.
pub(super) fn find(around: &Surroundings<'_>) -> Result<Option<Box<dyn Provide>>, Failure> {
    if is_true(around.environment, "ALIBABA_CLOUD_CLI_PROFILE_DISABLED") {
        return Ok(None);
    }
    let Some(file) = around.home.as_ref().map(|home| home.join(".aliyun").join("config.json")) else {
        return Ok(None);
    };
    let Some(config) = read(&file)? else { return Ok(None) };
    let named = set(around.environment, "ALIBABA_CLOUD_PROFILE");
    let name = named.clone().or_else(|| optional(config.current.as_ref())).unwrap_or_else(|| DEFAULT.to_owned());
    let reader = Reader { around, file: &file, profiles: config.profiles.unwrap_or_default() };
    match reader.profile(&name) {
        None if named.is_some() || reader.profiles.is_empty() => Ok(None),
        None => {
            let remedy = "set \"current\" to one that is there, or ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true";
            Err(Place { file: &file, profile: &name }.failure(&format!("there is no such profile; {remedy}")))
        }
        Some(profile) if named.is_none() && is_blank(profile) => Ok(None),
        Some(profile) => reader.provider(&name, profile, 0).map(Some),
    }
}

/// The parser's own words are not told: they quote what they stumble over.
fn read(file: &Path) -> Result<Option<Config>, Failure> {
    let Some(text) = file::read(file)? else { return Ok(None) };
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map(Some).map_err(|error| {
        let (path, line, column) = (file.display(), error.line(), error.column());
        let what = if error.is_data() { "a value of the wrong kind" } else { "no valid JSON" };
        unusable(format!("{path}, line {line}, column {column}: {what}; correct it, or set the profile up anew"))
    })
}

/// The tool writes such a profile before anybody has configured it.
fn is_blank(profile: &Profile) -> bool {
    let mode = optional(profile.mode.as_ref());
    mode.is_none_or(|mode| mode == "AK")
        && optional(profile.access_key_id.as_ref()).is_none()
        && profile.access_key_secret.as_ref().is_none_or(Secret::is_empty)
}

struct Reader<'r> {
    around: &'r Surroundings<'r>,
    file: &'r Path,
    profiles: Vec<Profile>,
}

impl Reader<'_> {
    fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name.as_deref() == Some(name))
    }

    fn provider(&self, name: &str, profile: &Profile, depth: usize) -> Result<Box<dyn Provide>, Failure> {
        let place = Place { file: self.file, profile: name };
        let key = || place.key(profile.access_key_id.as_ref(), profile.access_key_secret.as_ref());
        Ok(match optional(profile.mode.as_ref()).unwrap_or_else(|| "AK".to_owned()).as_str() {
            "AK" => Box::new(Fixed(key()?)),
            "StsToken" => {
                let token = Some(place.need_secret("sts_token", profile.sts_token.as_ref())?);
                Box::new(Fixed(super::Credentials { token, ..key()? }))
            }
            "RamRoleArn" => {
                // The key of such a profile may itself be temporary.
                let token = profile.sts_token.clone().filter(|token| !token.is_empty());
                let with = Box::new(Fixed(super::Credentials { token, ..key()? }));
                Box::new(Role { with, request: self.role(&place, profile)? })
            }
            "ChainableRamRoleArn" => {
                let with = self.source(&place, profile, depth + 1)?;
                Box::new(Role { with, request: self.role(&place, profile)? })
            }
            "EcsRamRole" => Box::new(self.metadata(profile)),
            "OIDC" => Box::new(self.oidc(&place, profile)?),
            mode => return Err(refused(&place, mode)),
        })
    }

    fn source(&self, place: &Place<'_>, profile: &Profile, depth: usize) -> Result<Box<dyn Provide>, Failure> {
        if MOST_SOURCES < depth {
            let what =
                format!("more than {MOST_SOURCES} profiles, one the source_profile of another; end the circle");
            return Err(place.failure(&what));
        }
        let name = place.need("source_profile", profile.source_profile.as_ref())?;
        let Some(source) = self.profile(&name) else {
            return Err(place.failure(&format!("its source_profile {name:?} is not in the file; correct the name")));
        };
        self.provider(&name, source, depth)
    }

    fn role(&self, place: &Place<'_>, profile: &Profile) -> Result<AssumeRole, Failure> {
        let role_arn = place.need("ram_role_arn", profile.ram_role_arn.as_ref())?;
        let usual = environment::role(self.around.environment, role_arn);
        let session = optional(profile.ram_session_name.as_ref());
        Ok(AssumeRole {
            session_name: session
                .or_else(|| optional(profile.role_session_name.as_ref()))
                .unwrap_or(usual.session_name),
            external_id: optional(profile.external_id.as_ref()),
            policy: optional(profile.policy.as_ref()),
            duration_seconds: profile.expired_seconds.filter(|seconds| 0 < *seconds),
            region: optional(profile.sts_region.as_ref()).or(usual.region),
            role_arn: usual.role_arn,
        })
    }

    fn metadata(&self, profile: &Profile) -> Metadata {
        let around = self.around;
        let role = optional(profile.ram_role_name.as_ref());
        Metadata::of_role(around.environment, &around.http, &around.metadata, role)
    }

    fn oidc(&self, place: &Place<'_>, profile: &Profile) -> Result<Oidc, Failure> {
        Ok(Oidc {
            role: self.role(place, profile)?,
            provider_arn: place.need("oidc_provider_arn", profile.oidc_provider_arn.as_ref())?,
            token_file: place.need("oidc_token_file", profile.oidc_token_file.as_ref())?.into(),
        })
    }
}

/// Modes that need a command or a person at a browser.
fn refused(place: &Place<'_>, mode: &str) -> Failure {
    let reason = match mode {
        "External" => "runs a command, which roletrail never does",
        "CloudSSO" | "OAuth" => "needs somebody who signs in",
        _ => "is none that roletrail knows",
    };
    place.failure(&format!(
        "mode {mode:?} {reason}; use a profile of mode AK, StsToken, RamRoleArn, ChainableRamRoleArn, EcsRamRole or OIDC \
         (ALIBABA_CLOUD_PROFILE names it), or set ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true to pass over this file"
    ))
}
