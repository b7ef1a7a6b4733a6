//! The evidence log: the key that signs its checkpoints, and how old the newest of them is.

use jiff::Timestamp;

use super::DoctorContext;
use crate::config::Evidence;
use crate::evidence::{PublicKey, SigningKey};
use crate::model::{Check, CheckKind, CheckOutcome};
use crate::store::{Access, DatabaseUrl, Store};

/// The keys: that of now, and former ones that are none.
pub(super) fn key(settings: &Evidence) -> Vec<Check> {
    let check = |outcome, detail| Check::new(CheckKind::Config, outcome, detail);
    let now = match &settings.key_file {
        None => check(
            CheckOutcome::Ok,
            "checkpoints of the evidence log are not signed; [evidence] key_file names a key".to_owned(),
        ),
        Some(path) => match SigningKey::read(path) {
            Ok(key) => {
                let line = key.public().line(&settings.origin);
                check(CheckOutcome::Ok, format!("{} signs checkpoints; its public key is {line}", path.display()))
            }
            Err(error) => check(CheckOutcome::Failed, error.to_string()),
        },
    };
    let wrong = settings.former_keys.iter().filter_map(|line| {
        let error = line.parse::<PublicKey>().err()?;
        Some(check(CheckOutcome::Failed, format!("[evidence] former_keys, {line:?}: {error}")))
    });
    std::iter::once(now).chain(wrong).collect()
}

/// The newest checkpoint; nothing where the history cannot be read, which the check of the database says.
pub(super) fn log(context: &DoctorContext) -> Option<Check> {
    let url: DatabaseUrl = context.loaded.settings.database.url.parse().ok()?;
    let store = context.runtime.block_on(Store::open(&url, Access::Read)).ok()?;
    let head = store.checkpoint_before(Timestamp::MAX).ok()?;
    let detail = match head {
        None => "the evidence log has no checkpoint yet; the end of the next run makes one".to_owned(),
        Some(head) => {
            let hours = context.clock.now().duration_since(head.made_at).as_hours();
            let size = head.checkpoint.checkpoint.size;
            format!(
                "the newest checkpoint of the evidence log is of {size} leaves, made {} ({hours} h ago)",
                head.made_at
            )
        }
    };
    Some(Check::new(CheckKind::Database, CheckOutcome::Ok, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_cannot_sign_is_told() {
        let outcomes = |settings: &Evidence| key(settings).iter().map(|check| check.outcome).collect::<Vec<_>>();
        assert_eq!(outcomes(&Evidence::default()), [CheckOutcome::Ok]);
        let missing = Evidence { key_file: Some("/nowhere/evidence.key".into()), ..Evidence::default() };
        assert_eq!(outcomes(&missing), [CheckOutcome::Failed]);
        let former = Evidence { former_keys: vec!["a+b+c".to_owned()], ..Evidence::default() };
        assert_eq!(outcomes(&former), [CheckOutcome::Ok, CheckOutcome::Failed]);
        assert!(key(&former)[1].detail.contains("former_keys"));
    }
}
