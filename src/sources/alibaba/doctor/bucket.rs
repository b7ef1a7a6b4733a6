//! The bucket of a trail: what is in it, and one object of it.

use crate::model::Check;
use crate::sources::alibaba::Session;
use crate::sources::alibaba::calls::Call;
use crate::sources::alibaba::oss::{self, Bucket};
use crate::sources::live::bucket::{Bucket as _, Query};
use crate::sources::live::doctor::{Tried, judged, permission, untried};

/// A key that no object has.
const NO_OBJECT: &str = "roletrail-doctor";

/// Tries what reading a bucket takes.
pub(super) async fn try_all(session: &Session, (name, region): (&str, &str), prefix: Option<&str>) -> Vec<Check> {
    let account = &session.account;
    let bucket = Bucket::new(session.clone(), name, region);
    let told = |(outcome, detail): Tried| (outcome, format!("{name} {detail}").trim_end().to_owned());
    let check = |call, tried| permission(account, Some(region), call, told(tried));
    let logs = oss::root(prefix);
    let page = bucket.page(Query { prefix: &logs, delimiter: None, after: None, token: None }).await;
    let listed = check(Call::ListObjects, judged(page.as_ref().map(drop).map_err(Clone::clone), &[]));
    let Ok(page) = page else {
        let mut checks = vec![listed];
        let why = "no object is known, because none can be listed";
        checks.extend(untried(&[Call::GetObject], Some(account), why));
        return checks;
    };
    let first = page.objects.into_iter().next().map(|object| object.key);
    let key = first.unwrap_or_else(|| format!("{logs}{NO_OBJECT}"));
    let got = bucket.fetch(&key).await;
    vec![listed, check(Call::GetObject, judged(got.map(drop), &["NoSuchKey"]))]
}
