//! A queue of notifications: what can be tried of it without taking a message.

use crate::model::Check;
use crate::sources::aws::calls::Call;
use crate::sources::aws::{Session, permissions};
use crate::sources::live::doctor::{Tried, judged, permission, untried};

/// A handle that no message has.
const NO_MESSAGE: &str = "roletrail-doctor";

/// Only a permitted call is told that the handle is none.
const NO_HANDLE: [&str; 2] = ["ReceiptHandleIsInvalid", "InvalidParameterValue"];

/// Tries what reading a queue takes.
pub(super) async fn try_all(session: &Session, url: &str) -> Vec<Check> {
    let account = &session.account;
    let region = permissions::region_of_queue(url).unwrap_or(&session.home).to_owned();
    let client = session.sqs(&region);
    let caller = &session.caller;
    let delete = || client.delete_message().queue_url(url).receipt_handle(NO_MESSAGE).send();
    let deleted = caller.call(Call::DeleteMessage, &region, delete).await.map(drop);
    let extend =
        || client.change_message_visibility().queue_url(url).receipt_handle(NO_MESSAGE).visibility_timeout(0).send();
    let extended = caller.call(Call::ChangeMessageVisibility, &region, extend).await.map(drop);
    let told = |(outcome, detail): Tried| (outcome, format!("{url} {detail}").trim_end().to_owned());
    let mut checks = vec![
        permission(account, Some(&region), Call::DeleteMessage, told(judged(deleted, &NO_HANDLE))),
        permission(account, Some(&region), Call::ChangeMessageVisibility, told(judged(extended, &NO_HANDLE))),
    ];
    checks.extend(untried(&[Call::ReceiveMessage], Some(account), "trying it would take a message from the queue"));
    let objects = [Call::GetBucketLocation, Call::GetObject];
    checks.extend(untried(&objects, Some(account), "only the messages tell in which buckets the objects are"));
    checks
}
