//! The credentials file that the provider's SDKs share: `~/.alibabacloud/credentials.ini`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::file::{self, Place, optional};
use super::metadata::Metadata;
use super::oidc::Oidc;
use super::role::Role;
use super::{AssumeRole, Credentials, Fixed, Provide, Secret, Surroundings, environment, set, unusable};
use crate::sources::live::Failure;

/// The variable that names the file.
const VARIABLE: &str = "ALIBABA_CLOUD_CREDENTIALS_FILE";

/// The names of the file below the home directory: the present one first.
const NAMES: [&str; 2] = ["credentials.ini", "credentials"];

/// The section of whoever names none.
const DEFAULT: &str = "default";

/// Keys and values of each section. Any value may be a secret.
type Sections = BTreeMap<String, BTreeMap<String, Secret>>;

/// What the section `default` gives, or that of `ALIBABA_CLOUD_PROFILE`. `None` where there is no such file, or, in the
/// home directory, no such section.
pub(super) fn find(around: &Surroundings<'_>) -> Result<Option<Box<dyn Provide>>, Failure> {
    let named = set(around.environment, VARIABLE).map(PathBuf::from);
    let Some((file, text)) = open(named.as_deref(), around.home.as_deref())? else { return Ok(None) };
    let mut sections = parse(&file, &text)?;
    let name = set(around.environment, "ALIBABA_CLOUD_PROFILE").unwrap_or_else(|| DEFAULT.to_owned());
    match sections.remove(&name) {
        Some(section) => provider(around, &Place { file: &file, profile: &name }, &section).map(Some),
        None if named.is_none() => Ok(None),
        None => {
            let place = Place { file: &file, profile: &name };
            Err(place
                .failure("there is no such section; write one, or set ALIBABA_CLOUD_PROFILE to one that is there"))
        }
    }
}

/// The file and what it says. One that was named has to be there.
fn open(named: Option<&Path>, home: Option<&Path>) -> Result<Option<(PathBuf, Zeroizing<String>)>, Failure> {
    if let Some(file) = named {
        let Some(text) = file::read(file)? else {
            let file = file.display();
            return Err(unusable(format!("{file}, which {VARIABLE} names, is not there; correct or unset it")));
        };
        return Ok(Some((file.to_owned(), text)));
    }
    let Some(home) = home else { return Ok(None) };
    for name in NAMES {
        let file = home.join(".alibabacloud").join(name);
        if let Some(text) = file::read(&file)? {
            return Ok(Some((file, text)));
        }
    }
    Ok(None)
}

/// Sections of the file. A line that cannot be read is named by its number, never shown.
fn parse(file: &Path, text: &str) -> Result<Sections, Failure> {
    let mut sections = Sections::new();
    let mut current: Option<String> = None;
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines().map(str::trim)) {
        let wrong = |what: &str| unusable(format!("{}, line {number}: {what}", file.display()));
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name.trim())
        {
            if sections.insert(name.to_owned(), BTreeMap::new()).is_some() {
                return Err(wrong("this section is there twice; remove one"));
            }
            current = Some(name.to_owned());
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ':']) else {
            return Err(wrong("neither a [section] nor key = value; correct or remove it"));
        };
        let Some(section) = current.as_ref().and_then(|name| sections.get_mut(name)) else {
            return Err(wrong("a value before the first [section]; write [default] above it"));
        };
        let value = value.split('#').next().unwrap_or_default().trim();
        section.insert(key.trim().to_ascii_lowercase(), Secret::new(value));
    }
    Ok(sections)
}

fn provider(
    around: &Surroundings<'_>,
    place: &Place<'_>,
    section: &BTreeMap<String, Secret>,
) -> Result<Box<dyn Provide>, Failure> {
    let text = |name: &str| section.get(name).and_then(|value| optional(Some(&value.expose().to_owned())));
    let key = || place.key(text("access_key_id").as_ref(), section.get("access_key_secret"));
    Ok(match place.need("type", text("type").as_ref())?.as_str() {
        "access_key" => Box::new(Fixed(key()?)),
        "sts" => {
            let token = Some(place.need_secret("security_token", section.get("security_token"))?);
            Box::new(Fixed(Credentials { token, ..key()? }))
        }
        "ram_role_arn" => {
            let token = section.get("security_token").filter(|token| !token.is_empty()).cloned();
            let with = Box::new(Fixed(Credentials { token, ..key()? }));
            Box::new(Role { with, request: role(around, place, &text)? })
        }
        "oidc_role_arn" => Box::new(Oidc {
            role: role(around, place, &text)?,
            provider_arn: place.need("oidc_provider_arn", text("oidc_provider_arn").as_ref())?,
            token_file: place.need("oidc_token_file_path", text("oidc_token_file_path").as_ref())?.into(),
        }),
        "ecs_ram_role" => {
            Box::new(Metadata::of_role(around.environment, &around.http, &around.metadata, text("role_name")))
        }
        _ => {
            let known = "access_key, sts, ram_role_arn, oidc_role_arn or ecs_ram_role";
            return Err(place.failure(&format!("its type is none that roletrail knows; use {known}")));
        }
    })
}

fn role(
    around: &Surroundings<'_>,
    place: &Place<'_>,
    text: &dyn Fn(&str) -> Option<String>,
) -> Result<AssumeRole, Failure> {
    let usual = environment::role(around.environment, place.need("role_arn", text("role_arn").as_ref())?);
    Ok(AssumeRole {
        session_name: text("role_session_name").unwrap_or(usual.session_name),
        external_id: text("external_id"),
        policy: text("policy"),
        ..usual
    })
}
