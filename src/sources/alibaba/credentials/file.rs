//! Files that hold credentials: how they are read, and how a mistake in one is told.

use std::io::ErrorKind;
use std::path::Path;

use zeroize::Zeroizing;

use super::{Credentials, Secret, unusable};
use crate::sources::live::Failure;

/// What a file says, or `None` where there is no file.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => Ok(None),
        Err(error) => {
            let file = path.display();
            Err(unusable(format!("{file} cannot be read ({error}); make it a readable text file, or remove it")))
        }
    }
}

/// A profile of a file, for what is said of it.
pub(super) struct Place<'f> {
    /// The file.
    pub(super) file: &'f Path,
    /// The profile's name.
    pub(super) profile: &'f str,
}

impl Place<'_> {
    /// A failure that tells of this profile.
    pub(super) fn failure(&self, what: &str) -> Failure {
        unusable(format!("{}, profile {:?}: {what}", self.file.display(), self.profile))
    }

    /// A value that has to be there.
    pub(super) fn need(&self, name: &str, value: Option<&String>) -> Result<String, Failure> {
        let value = optional(value);
        value.ok_or_else(|| self.failure(&format!("{name} is missing; write it into the profile")))
    }

    /// A secret that has to be there.
    pub(super) fn need_secret(&self, name: &str, value: Option<&Secret>) -> Result<Secret, Failure> {
        let value = value.filter(|secret| !secret.is_empty()).map(|secret| Secret::new(secret.expose().trim()));
        value.ok_or_else(|| self.failure(&format!("{name} is missing; write it into the profile")))
    }

    /// A long-lived key.
    pub(super) fn key(&self, id: Option<&String>, secret: Option<&Secret>) -> Result<Credentials, Failure> {
        let key_id = self.need("access_key_id", id)?;
        let secret = self.need_secret("access_key_secret", secret)?;
        Ok(Credentials { key_id, secret, token: None, expires: None })
    }
}

/// A value that is there: the provider's tools write empty text for what is not.
pub(super) fn optional(value: Option<&String>) -> Option<String> {
    value.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
