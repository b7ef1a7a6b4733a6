//! Reading what trails delivered into a bucket: every account and Region is a place of its own, read on from where
//! its last complete reading ended.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use super::Bucket;
use super::ahead::Ahead;
use super::keys::{self, Folder};
use crate::config::Period;
use crate::model::{Coverage, CoverageKey, Outcome, Provider, api};
use crate::sources::aws::{Failure, Hub, Plan};
use crate::sources::live::{Found, Outlet, hand_over};
use crate::trail;

/// Accounts whose places are read side by side.
const ACCOUNTS_AT_ONCE: usize = 32;

/// A trail's bucket as the configuration has it.
#[derive(Debug, Clone, Copy)]
pub(in crate::sources::aws) struct Trail<'c> {
    pub(in crate::sources::aws) bucket: &'c str,
    pub(in crate::sources::aws) prefix: Option<&'c str>,
    pub(in crate::sources::aws) since: Option<&'c str>,
}

impl Trail<'_> {
    /// Its name in coverage.
    pub(in crate::sources::aws) fn subject(&self) -> String {
        format!("s3://{}/{}", self.bucket, keys::root(self.prefix).trim_end_matches("AWSLogs/"))
    }
}

/// What a bucket as a whole came to.
#[derive(Debug)]
pub(in crate::sources::aws) struct Reading {
    /// Its name in coverage.
    pub(in crate::sources::aws) subject: String,
    /// The accounts of which it holds something; `None` where they could not be listed.
    pub(in crate::sources::aws) accounts: Option<BTreeSet<String>>,
}

/// Reads the new objects of a trail's bucket and hands them over, with coverage for every place.
pub(in crate::sources::aws) async fn read(plan: &Plan, hub: &Hub, trail: Trail<'_>, outlet: &Outlet) -> Reading {
    let root = keys::root(trail.prefix);
    let subject = trail.subject();
    let session = hub.own().apart();
    let since = trail.since.and_then(|since| moment(since, plan.now));
    let listed = match Bucket::open(&session, trail.bucket).await {
        Ok(bucket) => {
            let places = Places { plan: plan.clone(), bucket: Arc::new(bucket), since, outlet: outlet.clone() };
            places.read(&root, &subject).await
        }
        Err(failure) => Err(failure),
    };
    let (outcome, detail) = match &listed {
        Ok(accounts) if accounts.is_empty() => {
            (Outcome::Partial, format!("there is no account's folder below {subject}AWSLogs/; is the prefix right?"))
        }
        Ok(_) => (Outcome::Complete, String::new()),
        Err(failure) => (failure.outcome, failure.detail.clone()),
    };
    hand_over(outlet, Found::Coverage(vec![row(None, subject.clone(), outcome, detail, (plan.now, plan.now))])).await;
    Reading { subject, accounts: listed.ok() }
}

/// Begin and end of what was read.
type Covered = (Timestamp, Timestamp);

fn broken(error: &JoinError) -> Failure {
    Failure::new(Outcome::Error, format!("a reading broke off, which is a bug of roletrail: {error}"))
}

/// What is needed to read places.
#[derive(Clone)]
struct Places {
    plan: Plan,
    bucket: Arc<Bucket>,
    since: Option<Timestamp>,
    outlet: Outlet,
}

impl Places {
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
    async fn accounts(&self, root: &str) -> Result<BTreeMap<String, Vec<String>>, Failure> {
        let mut accounts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut folders = self.bucket.folders(root).await?;
        let mut members = Vec::new();
        for organization in folders.iter().filter(|folder| keys::folder(folder) == Folder::Organization) {
            members.extend(self.bucket.folders(organization).await?);
        }
        folders.extend(members);
        for folder in folders {
            if let Folder::Account(account) = keys::folder(&folder) {
                accounts.entry(account).or_default().push(folder);
            }
        }
        Ok(accounts)
    }

    /// Reads the places of an account; answers whether there are any, as far as that could be found out.
    async fn account(&self, account: &str, folders: &[String], subject: String) -> bool {
        let now = self.plan.now;
        let (any, whole) = match self.regions(account, folders).await {
            Ok(None) => return false,
            Ok(Some(span)) => (true, Ok(span)),
            Err(failure) => (true, Err(failure)),
        };
        let row = match whole {
            // Where a place failed, its own row says so.
            Ok(None) => return any,
            Ok(Some(span)) => row(Some(account), subject, Outcome::Complete, String::new(), span),
            Err(failure) => row(Some(account), subject, failure.outcome, failure.detail, (now, now)),
        };
        hand_over(&self.outlet, Found::Coverage(vec![row])).await;
        any
    }

    /// Reads the Regions of an account side by side. Only `CloudTrail/` is entered: digests, insights and what other
    /// services deliver stand beside it. Answers nothing where there is no Region, else the time that all cover, if
    /// all could be read.
    async fn regions(&self, account: &str, folders: &[String]) -> Result<Option<Option<Covered>>, Failure> {
        let mut under_way = JoinSet::new();
        for folder in folders {
            for region in self.bucket.folders(&format!("{folder}CloudTrail/")).await? {
                let (places, account) = (self.clone(), account.to_owned());
                under_way.spawn(async move { places.place(&account, &region).await });
            }
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
        let now = self.plan.now;
        let key = trail_key(Some(account), subject.clone());
        let known = self.plan.history.read_until(&key);
        let read = match known {
            Ok(known) => self.objects(folder, known).await.map(|read| (read, known)),
            Err(failure) => Err(failure),
        };
        let row = match read {
            Ok((Read { owed: Some(detail), .. }, _)) => {
                row(Some(account), subject, Outcome::Partial, detail, (now, now))
            }
            Ok((read, known)) => {
                let newest = read.newest.max(known).unwrap_or(now);
                let oldest = known.or(read.oldest).unwrap_or(newest).min(newest);
                row(Some(account), subject, Outcome::Complete, String::new(), (oldest, newest))
            }
            Err(failure) => row(Some(account), subject, failure.outcome, failure.detail, (now, now)),
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
        let mut pages = self.bucket.objects(folder, after);
        let mut ahead = Ahead::new(&self.bucket, self.plan.history.as_ref(), &self.outlet);
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

/// Where a setting says that reading begins: a date, a time or a period before now.
fn moment(since: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(time) = since.parse::<Timestamp>() {
        return Some(time);
    }
    if let Ok(date) = since.parse::<jiff::civil::Date>() {
        return date.to_zoned(TimeZone::UTC).ok().map(|midnight| midnight.timestamp());
    }
    let period = since.parse::<Period>().ok()?;
    now.checked_sub(period.duration()).ok()
}

/// A place of a bucket's trail.
pub(in crate::sources::aws) fn trail_key(account: Option<&str>, subject: String) -> CoverageKey {
    CoverageKey {
        provider: Provider::Aws,
        account: account.map(str::to_owned),
        region: None,
        api: api::TRAIL_S3.to_owned(),
        subject: Some(subject),
    }
}

/// How reading a place of a bucket's trail ended.
pub(in crate::sources::aws) fn row(
    account: Option<&str>,
    subject: String,
    outcome: Outcome,
    detail: String,
    (from, to): (Timestamp, Timestamp),
) -> Coverage {
    Coverage { key: trail_key(account, subject), outcome, detail, from, to }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_begins_at_a_date_a_time_or_a_period_before_now() {
        let time = |text: &str| text.parse::<Timestamp>().expect("the test's own time");
        let now = time("2026-05-04T12:00:00Z");
        for (since, expected) in [
            ("2026-05-01", "2026-05-01T00:00:00Z"),
            ("2026-05-01T06:00:00Z", "2026-05-01T06:00:00Z"),
            ("2d", "2026-05-02T12:00:00Z"),
        ] {
            assert_eq!(moment(since, now), Some(time(expected)), "{since}");
        }
        assert_eq!(moment("soon", now), None);
    }
}
