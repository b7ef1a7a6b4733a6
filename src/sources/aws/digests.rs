//! Digest chains in a trail's bucket, and the public keys that `CloudTrail` tells.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_smithy_types::DateTime;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::bucket::{Bucket, root};
use super::calls::Call;
use super::{Caller, Failure, Scan, Session};
use crate::config::Aws;
use crate::sources::digests::{Archive, FoundDigest, FoundKey, Keys, LogState, Place, compared};
use crate::sources::live::bucket::{Bucket as _, Folder, Query, folders};
use crate::sources::live::{History, Pages};
use crate::trail::Limits;
use crate::trail::digest::{Content, PublicKey};

/// Accounts of which the folders are listed at once.
const ACCOUNTS_AT_ONCE: usize = 16;

/// The folders of an account: of its log files, and of its digests.
const LOGS: &str = "CloudTrail/";
const DIGESTS: &str = "CloudTrail-Digest/";

/// Pages of public keys of one Region and stretch at most.
const MOST_PAGES: usize = 100;

/// What stands before log files in a bucket.
const ROOT: &str = "AWSLogs/";

/// What is to be checked of a bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DigestScope {
    /// The bucket.
    pub bucket: String,
    /// What stands before `AWSLogs/`, or a folder below it.
    pub prefix: String,
    /// Only this account.
    pub account: Option<String>,
    /// Only this Region.
    pub region: Option<String>,
}

/// The digests of a bucket.
pub struct DigestBucket {
    bucket: Bucket,
    /// The folder of the logs.
    root: String,
    scope: DigestScope,
    limits: Limits,
    /// Knows the hashes of log files that were read: what was hashed when it came need not be fetched again.
    history: Option<Arc<dyn History>>,
}

impl DigestBucket {
    /// Opens a bucket with the credentials of the environment; `like` is a source whose profile and endpoint are used.
    ///
    /// # Errors
    /// [`Failure`] when there is no such bucket, or nobody answers.
    pub async fn open(
        scope: DigestScope,
        like: Option<&Aws>,
        scan: Arc<Scan>,
        limits: Limits,
    ) -> Result<(Self, PublicKeys), Failure> {
        let profile = like.and_then(|source| source.profile.as_deref());
        let endpoint = like.and_then(|source| source.endpoint_url.as_deref());
        let session = Session::of_environment(profile, endpoint, Caller::new(scan)).await;
        let bucket = Self::of(&session, scope, limits, None).await?;
        Ok((bucket, PublicKeys::of(session)))
    }

    /// Opens a bucket in a session.
    pub(super) async fn of(
        session: &Session,
        scope: DigestScope,
        limits: Limits,
        history: Option<Arc<dyn History>>,
    ) -> Result<Self, Failure> {
        let bucket = Bucket::open(session, &scope.bucket).await?;
        // A folder below the logs narrows what is checked; keys begin where they begin all the same.
        let root = match format!("/{}", scope.prefix).rfind(&format!("/{ROOT}")) {
            Some(at) => scope.prefix[..at + ROOT.len()].to_owned(),
            None => root(Some(&scope.prefix)),
        };
        Ok(Self { bucket, root, scope, limits, history })
    }

    /// The folders of accounts, with their accounts.
    async fn accounts(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut accounts = Vec::new();
        for folder in folders(&self.bucket, &self.root).await? {
            match self.bucket.folder(&folder) {
                Folder::Account(account) => accounts.push((account, folder)),
                Folder::Organization => {
                    for member in folders(&self.bucket, &folder).await? {
                        if let Folder::Account(account) = self.bucket.folder(&member) {
                            accounts.push((account, member));
                        }
                    }
                }
                Folder::RegionOf(_) | Folder::Other => {}
            }
        }
        accounts.retain(|(account, folder)| self.is_wanted(self.scope.account.as_ref(), account, folder));
        Ok(accounts)
    }

    fn is_wanted(&self, only: Option<&String>, is: &str, folder: &str) -> bool {
        let within = &self.scope.prefix;
        let is_within =
            !within.starts_with(&self.root) || folder.starts_with(within.as_str()) || within.starts_with(folder);
        is_within && only.is_none_or(|only| only == is)
    }

    async fn regions(&self, (account, folder): (String, String)) -> Result<Vec<Place>, Failure> {
        let mut regions: BTreeMap<String, bool> = BTreeMap::new();
        for (kind, has_digests) in [(LOGS, false), (DIGESTS, true)] {
            for found in folders(&self.bucket, &format!("{folder}{kind}")).await? {
                let region = found.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
                *regions.entry(region.to_owned()).or_default() |= has_digests;
            }
        }
        let place = |(region, has_digests): (String, bool)| Place {
            account: account.clone(),
            bucket: Some(self.scope.bucket.clone()),
            folder: format!("{folder}{DIGESTS}{region}/"),
            region,
            has_digests,
        };
        let places = regions.into_iter().map(place);
        Ok(places.filter(|place| self.is_wanted(self.scope.region.as_ref(), &place.region, &place.folder)).collect())
    }

    /// Whether the history read the very content; nothing where it does not know.
    fn was_read(&self, key: &str, hash: &str) -> Result<Option<bool>, Failure> {
        let Some(history) = &self.history else { return Ok(None) };
        Ok(history.content_hash(&self.bucket.name_of(key))?.map(|known| known == hash))
    }
}

impl Archive for DigestBucket {
    async fn places(&self) -> Result<Vec<Place>, Failure> {
        let accounts = stream::iter(self.accounts().await?);
        let found = accounts.map(|account| Box::pin(self.regions(account))).buffered(ACCOUNTS_AT_ONCE);
        let places: Vec<Vec<Place>> = found.try_collect().await?;
        Ok(places.into_iter().flatten().collect())
    }

    async fn keys(&self, place: &Place, after: &str) -> Result<Vec<String>, Failure> {
        let after = Some(after).filter(|after| !after.is_empty());
        let query = Query { prefix: &place.folder, delimiter: None, after, token: None };
        let page =
            self.bucket.page(query).await.map_err(|failure| failure.at(&self.bucket.name_of(&place.folder)))?;
        let keys: Vec<_> = page.objects.into_iter().map(|object| object.key).collect();
        // A listing that goes round would be walked for ever.
        if keys.iter().any(|key| after.is_some_and(|after| key.as_str() <= after)) {
            return Err(Failure::protocol("the listing goes back behind the key after which it was to begin"));
        }
        Ok(keys)
    }

    async fn digest(&self, _: &Place, key: &str) -> Result<Option<FoundDigest>, Failure> {
        match self.bucket.fetch_with_metadata(key).await {
            Ok((bytes, metadata)) => {
                let value = |name: &str| metadata.get(name).cloned();
                let generated_at = value("backfill-generation-timestamp").and_then(|time| time.parse().ok());
                Ok(Some(FoundDigest { bytes: bytes.to_vec(), signature: value("signature"), generated_at }))
            }
            Err(failure) if failure.is("NoSuchKey") => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn log(&self, _: &Place, key: &str, hash: &str) -> Result<LogState, Failure> {
        let was_read = self.was_read(key, hash)?;
        if was_read == Some(true) {
            return Ok(LogState::Same);
        }
        match self.bucket.fold(key, || Content::hashed(self.limits), Content::take).await {
            Ok(content) => Ok(match (compared(content, hash), was_read) {
                (LogState::Same, Some(false)) => LogState::Other(
                    "it is what was signed, but something else was read from it before; read it again (roletrail ingest \
                     --sha256)"
                        .to_owned(),
                ),
                (state, _) => state,
            }),
            Err(failure) if failure.is("NoSuchKey") => Ok(LogState::Missing),
            Err(failure) => Err(failure),
        }
    }

    /// A bucket is checked up to now, whether there are log files or not.
    async fn newest_log(&self, _: &Place) -> Result<Option<Timestamp>, Failure> {
        Ok(None)
    }
}

/// The public keys of `CloudTrail`, asked for where they are not known yet.
pub struct PublicKeys {
    session: Session,
    known: Mutex<BTreeMap<String, Vec<PublicKey>>>,
}

impl PublicKeys {
    pub(super) fn of(session: Session) -> Self {
        Self { session, known: Mutex::default() }
    }
}

impl Keys for PublicKeys {
    async fn find(&self, region: &str, fingerprint: &str, used: (Timestamp, Timestamp)) -> Result<FoundKey, Failure> {
        let mut known = self.known.lock().await;
        let keys = known.entry(region.to_owned()).or_default();
        let fits = |key: &&PublicKey| key.fingerprint == fingerprint && key.in_use(used);
        if let Some(key) = keys.iter().find(fits) {
            return Ok(FoundKey::Key(key.clone()));
        }
        let asked = ask(&self.session, region, used).await?;
        let found = asked.iter().find(fits).cloned();
        keys.extend(asked.into_iter().filter(|key| !keys.contains(key)).collect::<Vec<_>>());
        Ok(found.map_or(FoundKey::Unknown, FoundKey::Key))
    }
}

/// Asks for the keys with which digests of a Region were signed in a stretch.
pub(super) async fn ask(
    session: &Session,
    region: &str,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<PublicKey>, Failure> {
    let client = session.cloudtrail(region);
    let [from, to] = [from, to].map(|time| DateTime::from_secs(time.as_second()));
    let mut pages = Pages::of("the list of public keys", MOST_PAGES);
    let mut keys = Vec::new();
    loop {
        let token = pages.token();
        let ask = || client.list_public_keys().start_time(from).end_time(to).set_next_token(token.clone()).send();
        let answer = session.caller.call(Call::ListPublicKeys, region, ask).await?;
        for key in answer.public_key_list.unwrap_or_default() {
            let (Some(value), Some(fingerprint)) = (key.value, key.fingerprint) else {
                return Err(Failure::protocol("a public key without a value or fingerprint"));
            };
            let moment = |time: DateTime| Timestamp::from_second(time.secs()).ok();
            let valid = key.validity_start_time.and_then(moment).zip(key.validity_end_time.and_then(moment));
            keys.push(PublicKey { fingerprint, der: value.into_inner(), valid });
        }
        if !pages.go_on(answer.next_token)? {
            return Ok(keys);
        }
    }
}
