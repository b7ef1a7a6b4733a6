//! The bucket of a trail: where it is, what is in it, and one byte of it.

use crate::model::{Check, CheckOutcome};
use crate::sources::aws::bucket::{location, root};
use crate::sources::aws::calls::Call;
use crate::sources::aws::{Failure, Session};
use crate::sources::live::doctor::{Tried, judged, permission, untried};

/// A key that no object has.
const NO_OBJECT: &str = "roletrail-doctor";

/// Reading an object that is encrypted with a customer's key needs the permission to use the key as well.
const DECRYPT: &str = "kms:Decrypt";

/// Tries what reading a bucket takes.
pub(super) async fn try_all(session: &Session, bucket: &str, prefix: Option<&str>) -> Vec<Check> {
    let (account, home) = (&session.account, session.home.as_str());
    let located = location(session, bucket).await;
    let region = located.as_ref().map_or(home, String::as_str).to_owned();
    let told = |(outcome, detail): Tried| (outcome, format!("{bucket} {detail}").trim_end().to_owned());
    let mut checks = Vec::new();
    let answer = judged(located.map(drop), &[]);
    checks.push(permission(account, None, Call::GetBucketLocation, told(answer)));
    let logs = root(prefix);
    let first = first_object(session, bucket, &region, &logs).await;
    checks.push(permission(account, None, Call::ListBucket, told(judged(first.clone().map(drop), &[]))));
    let Ok(first) = first else {
        // Without the right to list, AWS answers "denied" for what is not there.
        checks.extend(untried(&[Call::GetObject], Some(account), "no object is known, because none can be listed"));
        return checks;
    };
    let key = first.unwrap_or_else(|| format!("{logs}{NO_OBJECT}"));
    let (outcome, detail) = told(one_byte(session, bucket, &region, &key).await);
    let check = permission(account, None, Call::GetObject, (outcome, detail));
    let encrypted = outcome == CheckOutcome::Missing && check.detail.contains(DECRYPT);
    let action = if encrypted { Some(DECRYPT.to_owned()) } else { check.action };
    checks.push(Check { action, ..check });
    checks
}

/// Tries the public keys of the bucket's digests. Every Region has its own; the permission is one.
pub(super) async fn try_keys(session: &Session) -> Check {
    let client = session.cloudtrail(&session.home);
    let answer = session.caller.call(Call::ListPublicKeys, &session.home, || client.list_public_keys().send()).await;
    permission(&session.account, None, Call::ListPublicKeys, judged(answer.map(drop), &[]))
}

async fn first_object(
    session: &Session,
    bucket: &str,
    region: &str,
    prefix: &str,
) -> Result<Option<String>, Failure> {
    let client = session.s3(region);
    let ask = || client.list_objects_v2().bucket(bucket).prefix(prefix).max_keys(1).send();
    let answer = session.caller.call(Call::ListBucket, region, ask).await?;
    Ok(answer.contents.and_then(|objects| objects.into_iter().next()).and_then(|object| object.key))
}

async fn one_byte(session: &Session, bucket: &str, region: &str, key: &str) -> Tried {
    let client = session.s3(region);
    let ask = || client.get_object().bucket(bucket).key(key).range("bytes=0-0").send();
    let answer = session.caller.call(Call::GetObject, region, ask).await;
    judged(answer.map(drop), &["NoSuchKey", "InvalidRange"])
}
