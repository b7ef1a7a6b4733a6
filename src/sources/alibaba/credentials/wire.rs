//! Credentials as services write them: the metadata service, a credentials URI and the Security Token Service alike.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Credentials, Secret, unusable};
use crate::sources::live::Failure;

/// The answer of `AssumeRole` and `AssumeRoleWithOIDC`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::sources::alibaba) struct Assumed {
    credentials: Option<Document>,
}

impl Assumed {
    /// The credentials of the session.
    ///
    /// # Errors
    /// [`Failure`] when a part of them is missing.
    pub(in crate::sources::alibaba) fn into_credentials(self) -> Result<Credentials, Failure> {
        let Some(document) = self.credentials else { return Err(unusable("the answer has no Credentials")) };
        document.into_credentials()
    }
}

/// Temporary credentials.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    code: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<Secret>,
    security_token: Option<Secret>,
    expiration: Option<String>,
}

impl Document {
    /// Half of a key signs nothing, and a key without its end would be used beyond it.
    fn into_credentials(self) -> Result<Credentials, Failure> {
        let missing = |name: &str| unusable(format!("the answer has no {name}"));
        let key_id = self.access_key_id.filter(|id| !id.is_empty()).ok_or_else(|| missing("AccessKeyId"))?;
        let secret = self.access_key_secret.filter(|text| !text.is_empty());
        let token = self.security_token.filter(|text| !text.is_empty());
        let expires = self.expiration.ok_or_else(|| missing("Expiration"))?;
        let expires: Timestamp =
            expires.parse().map_err(|_| unusable("the Expiration in the answer is no time in RFC 3339"))?;
        Ok(Credentials {
            key_id,
            secret: secret.ok_or_else(|| missing("AccessKeySecret"))?,
            token: Some(token.ok_or_else(|| missing("SecurityToken"))?),
            expires: Some(expires),
        })
    }
}

/// Credentials from the body of an answer whose `Code` has to be `Success`. Of a body that cannot be read nothing is
/// shown: it may hold a secret.
pub(super) fn read(body: &[u8]) -> Result<Credentials, Failure> {
    let document: Document =
        serde_json::from_slice(body).map_err(|_| unusable("the answer is no JSON with credentials"))?;
    if document.code.as_deref() != Some("Success") {
        return Err(unusable("the answer's Code is not \"Success\""));
    }
    document.into_credentials()
}
