//! Writes an organisation's trails as they lie in a bucket: logs by account, Region and day, and beside them the
//! objects that are no logs.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::archive::{Archive, Body, Form, Object, Place, SimulationError, Written, prefix};
use super::organisation::{Organisation, SimulatedAccount};
use super::random::Random;
use super::records;
use crate::model::Provider;

/// Trails deliver what they gathered in steps of about this many seconds.
const DELIVERY_STEP: i64 = 300;
/// Stretches of ordinary work in each account and Region.
const STRETCHES: u64 = 10;
/// Most ordinary records in one stretch.
const MOST_IN_STRETCH: u64 = 13;
/// How long before now the last stretch of ordinary work lies: its log has been delivered.
const LAST_STRETCH: SignedDuration = SignedDuration::from_mins(25);
/// One in so many logs has an unusual but valid form.
const UNUSUAL_FORMS: u64 = 29;
/// Digests cover an hour.
const DIGEST_SPAN: SignedDuration = SignedDuration::from_hours(1);
/// How many of the newest digests are written for each account.
const DIGESTS: i64 = 3;

/// Records of one account and Region by the moment of their delivery.
type Deliveries = BTreeMap<Timestamp, Vec<Value>>;

impl Organisation {
    /// Writes the trails of all accounts below `directory`: S3's layout for AWS, OSS's for Alibaba Cloud.
    ///
    /// # Errors
    /// [`SimulationError`] when a file cannot be written.
    pub fn write_trail(&self, directory: &Path) -> Result<Written, SimulationError> {
        let mut archive = Archive::new(directory);
        for account in &self.accounts {
            for region in &account.regions {
                let mut random = Random::named(self.seed, &["trail", &account.id, region]);
                let deliveries = self.deliveries(account, region, &mut random);
                self.write_region(&mut archive, account, region, deliveries, &mut random)?;
            }
        }
        Ok(archive.written)
    }

    fn deliveries(&self, account: &SimulatedAccount, region: &str, random: &mut Random) -> Deliveries {
        let mut deliveries = Deliveries::new();
        for happening in account.happenings.iter().filter(|happening| happening.region == region) {
            let record = records::of_happening(account, happening, random);
            deliveries.entry(delivery_of(happening.at)).or_default().push(record);
        }
        // From the first moment to the last: only then do the trails cover the whole story.
        let whole = (self.now - LAST_STRETCH).duration_since(self.since).as_secs();
        for stretch in 0..STRETCHES {
            let offset = whole * i64::try_from(stretch).unwrap_or(0) / i64::try_from(STRETCHES - 1).unwrap_or(1);
            let start = self.since + SignedDuration::from_secs(offset);
            for _ in 0..random.between(1, MOST_IN_STRETCH) {
                let at = start + SignedDuration::from_secs(i64::try_from(random.below(240)).unwrap_or(0));
                let decoy = random.below(40) == 0;
                let write = if decoy { records::decoy } else { records::background };
                let record = write(account, region, at, random);
                deliveries.entry(delivery_of(at)).or_default().push(record);
            }
        }
        deliveries
    }

    fn write_region(
        &self,
        archive: &mut Archive<'_>,
        account: &SimulatedAccount,
        region: &str,
        deliveries: Deliveries,
        random: &mut Random,
    ) -> Result<(), SimulationError> {
        let mut place = Place { provider: account.provider, account: &account.id, region, delivered: self.now };
        let mut recent = Vec::new();
        for (delivered, list) in deliveries {
            place.delivered = delivered;
            let mut body = Body::new(account.provider, form(account.provider, random));
            for record in &list {
                body.push(record);
            }
            let object = archive.write_log(&place, body, random)?;
            if delivered.duration_since(self.now - DIGEST_SPAN * 4) > SignedDuration::ZERO {
                recent.push((delivered, object));
            }
        }
        if region == account.home_region() {
            self.write_others(archive, &place, &recent, random)?;
        }
        Ok(())
    }

    /// Digests and insights: objects of a trail's bucket that hold no records to be judged.
    fn write_others(
        &self,
        archive: &mut Archive<'_>,
        place: &Place<'_>,
        recent: &[(Timestamp, Object)],
        random: &mut Random,
    ) -> Result<(), SimulationError> {
        match place.provider {
            Provider::Aws => {
                for hours in (1..=DIGESTS).rev() {
                    let end = self.now - DIGEST_SPAN * i32::try_from(hours - 1).unwrap_or(0);
                    let (key, content) = digest(place, end, recent);
                    archive.write_other(&key, &content)?;
                }
                let (account, region) = (place.account, place.region);
                let (day, time) = (self.now.strftime("%Y/%m/%d"), self.now.strftime("%Y%m%dT%H%MZ"));
                let folder = prefix(place, "CloudTrail-Insight");
                let unique = random.id(16);
                let key = format!("{folder}/{day}/{account}_CloudTrail-Insight_{region}_{time}_{unique}.json.gz");
                archive.write_other(&key, &insight(place, self.now, random))
            }
            Provider::Alibaba => {
                let (day, time) = (self.now.strftime("%Y/%m/%d"), self.now.strftime("%Y%m%d%H%M%S"));
                let folder = prefix(place, "Actiontrail-Insight");
                let (region, unique) = (place.region, random.hex(32));
                let key = format!("{folder}/{day}/Actiontrail-Insight_{region}_{time}_1002_1_512_{unique}.gz");
                let content = json!([{"eventId": random.uuid(), "eventType": "ActionTrailInsight", "insightDetails": {
                    "insightType": "IpInsight", "sourceIpAddress": random.address(),
                }}]);
                archive.write_other(&key, &content)
            }
        }
    }
}

/// When a trail delivers what happened at `at`: at the next step but one.
fn delivery_of(at: Timestamp) -> Timestamp {
    let seconds = at.as_second();
    let step = seconds - seconds.rem_euclid(DELIVERY_STEP) + DELIVERY_STEP * 2;
    // Not representable only at the end of time.
    Timestamp::from_second(step).unwrap_or(at)
}

/// Mostly the usual form, now and then another that readers must know.
fn form(provider: Provider, random: &mut Random) -> Form {
    match (random.below(UNUSUAL_FORMS), provider) {
        (0, _) => Form::Plain,
        (1, _) => Form::TwoMembers,
        (2..=9, Provider::Alibaba) => Form::Lines,
        _ => Form::Usual,
    }
}

pub(super) fn digest(place: &Place<'_>, end: Timestamp, recent: &[(Timestamp, Object)]) -> (String, Value) {
    let (account, region) = (place.account, place.region);
    let start = end - DIGEST_SPAN;
    let bucket = "example-org-trail";
    let key = format!(
        "{}/{}/{account}_CloudTrail-Digest_{region}_organisation_{region}_{}.json.gz",
        prefix(place, "CloudTrail-Digest"),
        end.strftime("%Y/%m/%d"),
        end.strftime("%Y%m%dT%H%M%SZ")
    );
    let logs = recent.iter().filter(|(delivered, _)| start <= *delivered && *delivered < end).map(|(_, object)| {
        json!({
            "s3Bucket": bucket,
            "s3Object": object.key,
            "hashValue": hex::encode(Sha256::digest(&object.json)),
            "hashAlgorithm": "SHA-256",
        })
    });
    let content = json!({
        "awsAccountId": account,
        "digestStartTime": start.to_string(),
        "digestEndTime": end.to_string(),
        "digestS3Bucket": bucket,
        "digestS3Object": key,
        "digestSignatureAlgorithm": "SHA256withRSA",
        "previousDigestS3Bucket": null,
        "previousDigestS3Object": null,
        "previousDigestHashValue": null,
        "previousDigestHashAlgorithm": null,
        "previousDigestSignature": null,
        "logFiles": logs.collect::<Vec<_>>(),
    });
    (key, content)
}

pub(super) fn insight(place: &Place<'_>, at: Timestamp, random: &mut Random) -> Value {
    json!({"Records": [{
        "eventVersion": "1.08",
        "eventTime": at.to_string(),
        "awsRegion": place.region,
        "eventID": random.uuid(),
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": place.account,
        "sharedEventID": random.uuid(),
        "insightDetails": {
            "state": "Start",
            "eventSource": "ssm.amazonaws.com",
            "eventName": "UpdateInstanceInformation",
            "insightType": "ApiCallRateInsight",
        },
        "eventCategory": "Insight",
    }]})
}
