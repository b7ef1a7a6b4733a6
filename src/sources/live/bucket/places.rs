//! Reading what trails delivered into a bucket: every account and Region is a place of its own, read on from where
//! its last complete reading ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use super::ahead::Ahead;
use super::deliveries::{row, trail_key};
use super::listing::{folders, objects};
use super::{Bucket, Folder, Reading, Trail, keys};
use crate::model::Outcome;
use crate::sources::live::{Failure, Found, History, Outlet, Plan, hand_over};
use crate::trail;

/// Accounts whose places are read side by side.
const ACCOUNTS_AT_ONCE: usize = 32;

/// Reads the new objects of a trail's bucket and hands them over, with coverage for every place.
pub(in crate::sources) async fn read<S, B: Bucket>(
    plan: &Plan<S>,
    trail: Trail<'_>,
    opened: Result<B, Failure>,
    outlet: &Outlet,
) -> Reading {
    let layout = B::LAYOUT;
    let logs = keys::root(trail.prefix, layout.logs);
    let subject = trail.subject::<B>();
    let now = plan.now;
    let listed = match opened {
        Ok(bucket) => {
            let places = Places {
                history: Arc::clone(&plan.history),
                now,
                bucket: Arc::new(bucket),
                since: trail.since.and_then(|since| keys::moment(since, now)),
                outlet: outlet.clone(),
            };
            places.read(&format!("{logs}{}", layout.trails), &subject).await
        }
        Err(failure) => Err(failure),
    };
    let (outcome, detail) = match &listed {
        Ok(accounts) if accounts.is_empty() => {
            let (found, below) = (layout.found, format!("{}{}", layout.logs, layout.trails));
            (Outcome::Partial, format!("there is no {found} below {subject}{below}; is the prefix right?"))
        }
        Ok(_) => (Outcome::Complete, String::new()),
        Err(failure) => (failure.outcome, failure.detail.clone()),
    };
    let row = row::<B>(None, subject.clone(), outcome, detail, (now, now));
    hand_over(outlet, Found::Coverage(vec![row])).await;
    Reading { subject, accounts: listed.ok() }
}

/// Begin and end of what was read.
type Covered = (Timestamp, Timestamp);

fn broken(error: &JoinError) -> Failure {
    Failure::new(Outcome::Error, format!("a reading broke off, which is a bug of roletrail: {error}"))
}

/// What is needed to read places.
struct Places<B> {
    history: Arc<dyn History>,
    now: Timestamp,
    bucket: Arc<B>,
    since: Option<Timestamp>,
    outlet: Outlet,
}

impl<B> Clone for Places<B> {
    fn clone(&self) -> Self {
        let (history, bucket) = (Arc::clone(&self.history), Arc::clone(&self.bucket));
        Self { history, now: self.now, bucket, since: self.since, outlet: self.outlet.clone() }
    }
}

/// The folders of an account.
#[derive(Default)]
struct Folders {
    /// Those in which its Regions are.
    whole: Vec<String>,
    /// Those of Regions, where they stand by themselves.
    regions: Vec<String>,
}

impl<B: Bucket> Places<B> {
    /// Reads every account's places; answers the accounts of which there is something.
    async fn read(&self, root: &str, subject: &str) -> Result<BTreeSet<String>, Failure> {
        let at_once = Arc::new(Semaphore::new(ACCOUNTS_AT_ONCE));
        let mut under_way = JoinSet::new();
        for (account, folders) in self.accounts(root).await? {
            let turn = Arc::clone(&at_once).acquire_owned().await.expect("nobody closes this semaphore");
            let (places, subject) = (self.clone(), subject.to_owned());
            under_way.spawn(async move {
                let any = places.account(&account, &folders, subject).await;
                drop(turn);
                any.then_some(account)
            });
        }
        let mut accounts = BTreeSet::new();
        while let Some(ended) = under_way.join_next().await {
            accounts.extend(ended.map_err(|error| broken(&error))?);
        }
        Ok(accounts)
    }

    /// The folders of each account, those of an organization's trail among them.
    async fn accounts(&self, root: &str) -> Result<BTreeMap<String, Folders>, Failure> {
        let bucket = self.bucket.as_ref();
        let mut accounts: BTreeMap<String, Folders> = BTreeMap::new();
        for folder in folders(bucket, root).await? {
            match bucket.folder(&folder) {
                Folder::Organization => {
                    for member in folders(bucket, &folder).await? {
                        if let Folder::Account(account) = bucket.folder(&member) {
                            accounts.entry(account).or_default().whole.push(member);
                        }
                    }
                }
                Folder::Account(account) => accounts.entry(account).or_default().whole.push(folder),
                Folder::RegionOf(account) => accounts.entry(account).or_default().regions.push(folder),
                Folder::Other => {}
            }
        }
        Ok(accounts)
    }

    /// Reads the places of an account; answers whether there are any, as far as that could be found out.
    async fn account(&self, account: &str, folders: &Folders, subject: String) -> bool {
        let now = self.now;
        let (any, whole) = match self.regions(account, folders).await {
            Ok(None) => return false,
            Ok(Some(span)) => (true, Ok(span)),
            Err(failure) => (true, Err(failure)),
        };
        let row = match whole {
            // Where a place failed, its own row says so.
            Ok(None) => return any,
            Ok(Some(span)) => row::<B>(Some(account), subject, Outcome::Complete, String::new(), span),
            Err(failure) => row::<B>(Some(account), subject, failure.outcome, failure.detail, (now, now)),
        };
        hand_over(&self.outlet, Found::Coverage(vec![row])).await;
        any
    }

    /// Reads the Regions of an account side by side. Only the trails' own folder is entered: digests, insights and what
    /// other services deliver stand beside it. Answers nothing where there is no Region, else the time that all cover,
    /// if all could be read.
    async fn regions(&self, account: &str, known: &Folders) -> Result<Option<Option<Covered>>, Failure> {
        let mut regions = known.regions.clone();
        for folder in &known.whole {
            regions.extend(folders(self.bucket.as_ref(), &format!("{folder}{}", B::LAYOUT.above_regions)).await?);
        }
        let mut under_way = JoinSet::new();
        for region in regions {
            let (places, account) = (self.clone(), account.to_owned());
            under_way.spawn(async move { places.place(&account, &region).await });
        }
        let mut spans = Vec::new();
        while let Some(ended) = under_way.join_next().await {
            spans.push(ended.map_err(|error| broken(&error))?);
        }
        if spans.is_empty() {
            return Ok(None);
        }
        let whole: Option<Vec<Covered>> = spans.into_iter().collect();
        Ok(Some(whole.and_then(|spans| spans.into_iter().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))))))
    }

    /// Reads one place. Its row says up to which delivery it is complete, and is where the next reading begins; one
    /// with another outcome leaves that beginning where it was.
    async fn place(&self, account: &str, folder: &str) -> Option<Covered> {
        let subject = self.bucket.name_of(folder);
        let now = self.now;
        let key = trail_key::<B>(Some(account), subject.clone());
        let known = self.history.read_until(&key);
        let read = match known {
            Ok(known) => self.objects(folder, known).await.map(|read| (read, known)),
            Err(failure) => Err(failure),
        };
        let row = match read {
            Ok((Read { owed: Some(detail), .. }, _)) => {
                row::<B>(Some(account), subject, Outcome::Partial, detail, (now, now))
            }
            Ok((read, known)) => {
                let newest = read.newest.max(known).unwrap_or(now);
                let oldest = known.or(read.oldest).unwrap_or(newest).min(newest);
                row::<B>(Some(account), subject, Outcome::Complete, String::new(), (oldest, newest))
            }
            Err(failure) => row::<B>(Some(account), subject, failure.outcome, failure.detail, (now, now)),
        };
        let covered = (row.outcome == Outcome::Complete).then_some((row.from, row.to));
        hand_over(&self.outlet, Found::Coverage(vec![row])).await;
        covered
    }

    /// Hands over the objects of a place. One listing from a day on is asked for, not one for each day: keys are
    /// sorted by day, so that older days are not in it, days without objects cost nothing, and a place that was not
    /// read for a month takes a call for every thousand objects and not at least thirty.
    async fn objects(&self, folder: &str, known: Option<Timestamp>) -> Result<Read, Failure> {
        let after = keys::first_day(known, self.since).map(|day| keys::start_after(folder, day));
        let mut pages = objects(self.bucket.as_ref(), folder, after);
        let mut ahead = Ahead::new(&self.bucket, self.history.as_ref(), &self.outlet);
        let mut read = Read::default();
        while let Some(page) = pages.next().await? {
            for object in page.objects {
                if let Some(delivered) = trail::layout(&object.key).delivered_at {
                    read.oldest = Some(read.oldest.map_or(delivered, |oldest| oldest.min(delivered)));
                    read.newest = read.newest.max(Some(delivered));
                }
                ahead.add(object).await?;
            }
        }
        let (count, first) = ahead.end().await?;
        let more = |failure: Failure| format!("{count} objects could not be fetched; {}", failure.detail);
        read.owed = first.map(more);
        Ok(read)
    }
}

/// What reading a place came to.
#[derive(Debug, Default)]
struct Read {
    oldest: Option<Timestamp>,
    newest: Option<Timestamp>,
    /// What is yet to be had.
    owed: Option<String>,
}
