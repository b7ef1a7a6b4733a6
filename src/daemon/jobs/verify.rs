//! Verifying the evidence log.

use super::{JobContext, JobError};
use crate::config;
use crate::evidence::{KeyError, PublicKey, SigningKey, Verification};
use crate::store::{EvidenceCheck, VerifiedLog};

/// The keys that may have signed checkpoints: that of now, where this user can read it, and former ones.
///
/// # Errors
/// [`KeyError`] when a former one is no key.
pub fn checkpoint_keys(evidence: &config::Evidence) -> Result<Vec<PublicKey>, KeyError> {
    let now = evidence.key_file.as_deref().and_then(|path| SigningKey::read(path).ok());
    let mut keys: Vec<_> = now.iter().map(|key| *key.public()).collect();
    // Without the key of now its signatures could only be taken for those of a stranger.
    if evidence.key_file.is_some() && keys.is_empty() {
        return Ok(keys);
    }
    for line in &evidence.former_keys {
        keys.push(line.parse()?);
    }
    Ok(keys)
}

/// Verifies the whole log with the history that it speaks for; `None` where the work was stopped before its end.
///
/// # Errors
/// [`JobError`] when the store fails.
pub fn verify(context: &JobContext) -> Result<Option<(Verification, VerifiedLog)>, JobError> {
    // Whoever opened the history has seen that the keys can be read; a former one that cannot be is told by the doctor.
    let keys = checkpoint_keys(&context.settings.evidence).unwrap_or_default();
    let check = EvidenceCheck { keys, least: None };
    Ok(context.store.verify_evidence(&check, &|| context.stop.is_requested())?)
}
