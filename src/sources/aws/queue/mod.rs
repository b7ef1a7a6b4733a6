//! A queue that announces trail objects: it is drained, and a message leaves it only after everything that it names is
//! stored. What cannot be read or understood stays in it, for its dead-letter policy.

mod address;
mod message;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_sqs::types::Message;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::JoinSet;

use super::bucket::{Bucket, is_no_log};
use super::calls::Call;
use super::{Failure, Hub, Plan, Session};
use crate::model::{Coverage, CoverageKey, Outcome, Provider, api};
use crate::sources::live::bucket::Bucket as _;
use crate::sources::live::{Content, FetchedObject, Found, Kept, ObjectName, Outlet, hand_over};
use message::Named;

/// Messages of one answer; more are not given (Amazon SQS API Reference, `ReceiveMessage`).
const MOST_RECEIVED: i32 = 10;

/// Seconds that an answer waits for messages. With a wait every server of the queue is asked, so that an empty answer
/// means an empty queue.
const WAIT_SECONDS: i32 = 1;

/// How long others do not see a message that was received. It is renewed at half of it.
const INVISIBLE: Duration = Duration::from_mins(5);

/// Messages that are worked at once.
const AT_ONCE: usize = 64;

/// Answers in a row with nothing but messages that were seen already, after which the queue counts as drained.
const MOST_REPEATS: u32 = 10;

/// Answers that are asked for in one scan; the rest of the queue is for the next.
const MOST_ANSWERS: u32 = 100_000;

/// Room for an object whose size the message does not tell; most have less.
const ASSUMED_BYTES: u64 = 4 << 20;

/// Drains a queue and hands over the objects that its messages name, with coverage of what stays in it.
pub(super) async fn read(plan: &Plan, hub: &Hub, url: &str, outlet: &Outlet) {
    let session = hub.own().apart();
    let region = address::region(url).unwrap_or_else(|| session.home.clone());
    let queue = Arc::new(Queue {
        plan: plan.clone(),
        client: session.sqs(&region),
        session,
        region,
        url: url.to_owned(),
        outlet: outlet.clone(),
        buckets: Mutex::default(),
    });
    let mut held = Vec::new();
    let drained = queue.drain(&mut held).await;
    let rows = queue.rows(&drained, &held);
    hand_over(outlet, Found::Coverage(rows)).await;
    queue.release(&held).await;
}

/// A queue while it is drained.
struct Queue {
    plan: Plan,
    session: Session,
    region: String,
    client: aws_sdk_sqs::Client,
    url: String,
    outlet: Outlet,
    /// The buckets that messages name: where each is, is asked once.
    buckets: Mutex<HashMap<String, Arc<OnceCell<Arc<Bucket>>>>>,
}

/// A message that stays in the queue.
#[derive(Debug)]
struct Held {
    id: String,
    handle: String,
    /// Why, where that is not told of its objects.
    why: Option<String>,
}

impl Queue {
    /// Works messages until the queue answers empty. Those that stay are added to `held`.
    async fn drain(self: &Arc<Self>, held: &mut Vec<Held>) -> Result<(), Failure> {
        let (mut seen, mut repeats) = (HashSet::new(), 0);
        let mut under_way = JoinSet::new();
        let mut ended =
            Err(Failure::new(Outcome::Partial, format!("{MOST_ANSWERS} answers were read; more is left")));
        for _ in 0..MOST_ANSWERS {
            while AT_ONCE <= under_way.len() {
                settle(under_way.join_next().await, held)?;
            }
            let messages = match self.receive().await {
                Ok(messages) => messages,
                Err(failure) => {
                    ended = Err(failure);
                    break;
                }
            };
            let empty = messages.is_empty();
            let fresh: Vec<_> =
                messages.into_iter().filter(|message| seen.insert(message.message_id.clone())).collect();
            repeats = if fresh.is_empty() { repeats + 1 } else { 0 };
            for message in fresh {
                let queue = Arc::clone(self);
                under_way.spawn(async move { queue.work(message).await });
            }
            if empty || MOST_REPEATS <= repeats {
                ended = Ok(());
                break;
            }
        }
        while let Some(done) = under_way.join_next().await {
            settle(Some(done), held)?;
        }
        ended
    }

    async fn receive(&self) -> Result<Vec<Message>, Failure> {
        let invisible = seconds(INVISIBLE);
        let ask = || {
            let call = self.client.receive_message().queue_url(&self.url).max_number_of_messages(MOST_RECEIVED);
            call.wait_time_seconds(WAIT_SECONDS).visibility_timeout(invisible).send()
        };
        let answer = self.session.caller.call(Call::ReceiveMessage, &self.region, ask).await?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Works one message; answers it where it stays in the queue.
    async fn work(&self, message: Message) -> Option<Held> {
        let (id, handle) = (message.message_id.unwrap_or_default(), message.receipt_handle.unwrap_or_default());
        let stays = |why| Some(Held { id: id.clone(), handle: handle.clone(), why });
        let named = match message::objects(message.body.as_deref().unwrap_or_default()) {
            Ok(named) => named,
            Err(reason) => return stays(Some(format!("the message cannot be understood: {reason}"))),
        };
        match self.while_invisible(&handle, self.objects(named)).await {
            Ok(true) => match self.delete(&handle).await {
                Ok(()) => None,
                Err(failure) => stays(self.told(&failure.at("the message is done and cannot be deleted"))),
            },
            Ok(false) => stays(None),
            Err(failure) => stays(self.told(&failure)),
        }
    }

    /// What to say of a failure; nothing where the scan has ended, which is said of the queue.
    fn told(&self, failure: &Failure) -> Option<String> {
        self.plan.scan.over().is_none().then(|| failure.detail.clone())
    }

    /// Hands over the objects of a message; answers whether all of them are stored.
    async fn objects(&self, named: Vec<Named>) -> Result<bool, Failure> {
        let mut receipts = Vec::new();
        for named in named {
            receipts.extend(self.object(named).await?);
        }
        let mut stored = true;
        for receipt in receipts {
            // A receipt that nobody answers any more is one of a store that failed.
            stored &= receipt.await == Ok(Kept::Stored);
        }
        Ok(stored)
    }

    /// Hands over an object; answers the receipt to wait for, where there is something to store.
    async fn object(&self, named: Named) -> Result<Option<oneshot::Receiver<Kept>>, Failure> {
        let (size, version) = named.version.clone().unwrap_or_default();
        let object = ObjectName { name: format!("s3://{}/{}", named.bucket, named.key), size, version };
        if is_no_log(&named.key) {
            return self.offer(object, Content::Skipped, None, None).await.map(|()| None);
        }
        let known = self.plan.history.object(&object.name)?;
        if let Some(known) = known.filter(|known| named.version.is_none() || *known == object) {
            return self.offer(known, Content::Known, None, None).await.map(|()| None);
        }
        let size = named.version.as_ref().map_or(ASSUMED_BYTES, |(size, _)| *size);
        let room = self.plan.scan.take_room(size).await?;
        let (sender, receipt) = oneshot::channel();
        match self.fetch(&named).await {
            Ok((object, bytes)) => self.offer(object, Content::Bytes(bytes), Some(sender), Some(room)).await?,
            Err(failure) if self.plan.scan.over().is_some() => return Err(failure),
            Err(failure) => self.offer(object, Content::Missing(failure.detail), Some(sender), None).await?,
        }
        Ok(Some(receipt))
    }

    async fn offer(
        &self,
        object: ObjectName,
        content: Content,
        receipt: Option<oneshot::Sender<Kept>>,
        room: Option<tokio::sync::OwnedSemaphorePermit>,
    ) -> Result<(), Failure> {
        let found = FetchedObject { trail: api::TRAIL_SQS, object, content, receipt, room };
        let taken = self.outlet.send(Found::Object(Box::new(found))).await;
        taken.map_err(|_| Failure::new(Outcome::Error, "nobody stores what is read"))
    }

    async fn fetch(&self, named: &Named) -> Result<(ObjectName, bytes::Bytes), Failure> {
        let cell = {
            let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(buckets.entry(named.bucket.clone()).or_default())
        };
        let open = || async { Bucket::open(&self.session, &named.bucket).await.map(Arc::new) };
        let bucket = cell.get_or_try_init(open).await?;
        bucket.fetch(&named.key).await
    }

    /// Does the work on a message and keeps others from seeing it meanwhile.
    async fn while_invisible<T>(&self, handle: &str, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(INVISIBLE / 2) => {
                    if let Err(failure) = self.hide(handle, INVISIBLE).await {
                        // The message may come a second time, which does no harm.
                        tracing::warn!(queue = self.url, detail = failure.detail, "a message stays hidden no longer");
                    }
                }
            }
        }
    }

    async fn hide(&self, handle: &str, time: Duration) -> Result<(), Failure> {
        let ask = || {
            let call = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(handle);
            call.visibility_timeout(seconds(time)).send()
        };
        self.session.caller.call(Call::ChangeMessageVisibility, &self.region, ask).await.map(drop)
    }

    async fn delete(&self, handle: &str) -> Result<(), Failure> {
        let ask = || self.client.delete_message().queue_url(&self.url).receipt_handle(handle).send();
        self.session.caller.call(Call::DeleteMessage, &self.region, ask).await.map(drop)
    }

    /// Lets others see the messages that stay, now that they cannot come a second time in this scan.
    async fn release(&self, held: &[Held]) {
        for message in held {
            if self.plan.scan.over().is_some() {
                return;
            }
            if let Err(failure) = self.hide(&message.handle, Duration::ZERO).await {
                tracing::debug!(message = message.id, detail = failure.detail, "not released");
            }
        }
    }

    /// One row for the queue, and one for each message that stays for a reason of its own.
    fn rows(&self, drained: &Result<(), Failure>, held: &[Held]) -> Vec<Coverage> {
        let own = match drained {
            Ok(()) => (Outcome::Complete, String::new()),
            Err(failure) => (failure.outcome, failure.detail.clone()),
        };
        let mut rows = vec![self.row(self.url.clone(), own)];
        let told = held.iter().filter_map(|message| Some((self.subject(&message.id), message.why.clone()?)));
        rows.extend(told.map(|(subject, why)| self.row(subject, (Outcome::Error, why))));
        if drained.is_ok() {
            // A message that is no longer in a queue that was read to its end was taken out by somebody.
            let standing = self.plan.history.missing(api::TRAIL_SQS, &self.subject("")).unwrap_or_default();
            let gone = |subject: &String| !rows.iter().any(|row| row.key.subject.as_ref() == Some(subject));
            let gone: Vec<_> = standing.into_iter().filter(gone).collect();
            let gone = gone.into_iter().map(|subject| self.row(subject, (Outcome::Complete, String::new())));
            rows.extend(gone.collect::<Vec<_>>());
        }
        rows
    }

    fn subject(&self, message: &str) -> String {
        format!("{} message {message}", self.url)
    }

    fn row(&self, subject: String, end: (Outcome, String)) -> Coverage {
        row(subject, end, self.plan.now)
    }
}

/// A row about a queue or one of its messages; it concerns every account, because nobody knows whose events are
/// missing.
pub(super) fn row(subject: String, (outcome, detail): (Outcome, String), now: jiff::Timestamp) -> Coverage {
    let (provider, api) = (Provider::Aws, api::TRAIL_SQS.to_owned());
    let key = CoverageKey { provider, account: None, region: None, api, subject: Some(subject) };
    Coverage { key, outcome, detail, from: now, to: now }
}

fn settle(done: Option<Result<Option<Held>, tokio::task::JoinError>>, held: &mut Vec<Held>) -> Result<(), Failure> {
    let Some(done) = done else { return Ok(()) };
    let broken = |error| Failure::new(Outcome::Error, format!("a message's reading broke off: {error}"));
    held.extend(done.map_err(broken)?);
    Ok(())
}

fn seconds(time: Duration) -> i32 {
    i32::try_from(time.as_secs()).unwrap_or(i32::MAX)
}
