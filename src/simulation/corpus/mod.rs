//! Benchmark archives of any size, streamed to disk: ordinary records by the million, the lives of some roles among
//! them, and the truth about what a reader must find.

mod lives;
mod plan;
mod truth;

use std::collections::VecDeque;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::archive::{Archive, Body, DIRECTORY, Form, ORGANISATION, Place, SimulationError, prefix};
use super::organisation::{Act, Caller, Happening, SimulatedAccount};
use super::random::Random;
use super::records;
use super::trail::{digest, insight};
use crate::model::Provider;

pub use plan::CorpusPlan;
pub use truth::{Flagged, Truth};

/// How long before its delivery the records of an object happened, at most.
const GATHERED: SignedDuration = SignedDuration::from_mins(12);
/// How long after the first of its records an object that carries a turn of a life is delivered.
const DELIVERED_AFTER: SignedDuration = SignedDuration::from_mins(9);
/// Use of a role keeps this distance from the creation and the deletion of its store.
const USE_MARGIN: SignedDuration = SignedDuration::from_hours(1);
/// Chance in a hundred that an object belongs to an account in which a role lives.
const LIVELY_CHANCE: u64 = 30;
/// Among so many ordinary records stands at most one use of the role.
const USE_SPACING: u64 = 10;
/// One in so many objects is no log.
const OTHER_OBJECTS: u64 = 40;
/// Size of the objects that carry what is left when the asked size is reached.
const LEFTOVER_BYTES: u64 = 2_000;

/// Writes an archive below `directory` and tells what is in it. Memory is bounded by the largest object.
///
/// # Errors
/// [`SimulationError`] when the plan cannot be met or a file cannot be written.
pub fn corpus(plan: &CorpusPlan, directory: &Path) -> Result<Truth, SimulationError> {
    plan.check()?;
    let mut random = Random::new(plan.seed);
    let (accounts, lively) = lives::accounts(plan, &mut random);
    let queue = lives::queue(&accounts);
    let truth = truth::Truth::of(plan, &accounts);
    let mut writer = Writer {
        plan,
        accounts,
        lively,
        queue,
        random,
        archive: Archive::new(directory),
        truth,
        large_written: false,
    };
    while writer.archive.written.bytes_uncompressed < plan.bytes {
        writer.next_object()?;
    }
    while let Some(turn) = writer.queue.front().copied() {
        writer.write_turn(turn, LEFTOVER_BYTES)?;
    }
    writer.truth.written = writer.archive.written;
    Ok(writer.truth)
}

/// A turn in an account's life: when, the account's number and the happening's number.
type Turn = (Timestamp, usize, usize);

struct Writer<'a> {
    plan: &'a CorpusPlan,
    accounts: Vec<SimulatedAccount>,
    /// How many of the accounts, from the first on, have a life.
    lively: usize,
    queue: VecDeque<Turn>,
    random: Random,
    archive: Archive<'a>,
    truth: Truth,
    large_written: bool,
}

impl Writer<'_> {
    fn next_object(&mut self) -> Result<(), SimulationError> {
        let written = self.archive.written.bytes_uncompressed;
        let moment = self.plan.moment_of(written);
        let size = self.next_size(written);
        if let Some(turn) = self.queue.front().copied()
            && turn.0 <= moment
        {
            return self.write_turn(turn, size);
        }
        let (account, region) = self.some_place();
        if self.random.below(OTHER_OBJECTS) == 0 {
            self.write_other(account, &region, moment)?;
        }
        self.write_log(account, &region, moment, size)
    }

    fn next_size(&mut self, written: u64) -> u64 {
        let remaining = self.plan.bytes - written;
        let size = CorpusPlan::object_size(&mut self.random).min(remaining);
        match self.plan.large_object {
            // In the middle, or earlier where the next object would leave too little room for it.
            Some(large) if !self.large_written && (self.plan.bytes / 2 <= written || remaining - size < large) => {
                self.large_written = true;
                large.min(remaining)
            }
            _ => size,
        }
    }

    fn some_place(&mut self) -> (usize, String) {
        let lively = self.lively > 0 && self.random.below(100) < LIVELY_CHANCE;
        let bound = if lively { self.lively } else { self.accounts.len() };
        let number = usize::try_from(self.random.below(bound as u64)).unwrap_or(0);
        let account = &self.accounts[number];
        let region = match account.stores.first() {
            Some(store) if lively => store.region.clone(),
            _ => self.random.pick(&account.regions).clone(),
        };
        (number, region)
    }

    fn write_turn(&mut self, (at, account, happening): Turn, size: u64) -> Result<(), SimulationError> {
        let region = self.accounts[account].happenings[happening].region.clone();
        self.write_log(account, &region, at + DELIVERED_AFTER, size)
    }

    fn write_log(
        &mut self,
        number: usize,
        region: &str,
        delivered: Timestamp,
        size: u64,
    ) -> Result<(), SimulationError> {
        let provider = self.plan.provider;
        let form = if provider == Provider::Alibaba && self.random.below(4) == 0 { Form::Lines } else { Form::Usual };
        let mut body = Body::new(provider, form);
        self.push_turns(&mut body, number, region, delivered);
        let window = GATHERED.as_secs().unsigned_abs();
        while body.len() < size {
            let ago = i64::try_from(self.random.below(window)).unwrap_or(0);
            self.push_record(&mut body, number, region, delivered - SignedDuration::from_secs(ago + 1));
        }
        let place = Place { provider, account: &self.accounts[number].id, region, delivered };
        self.archive.write_log(&place, body, &mut self.random)?;
        Ok(())
    }

    /// Everything of this account and Region that is due stands in one object.
    fn push_turns(&mut self, body: &mut Body, number: usize, region: &str, delivered: Timestamp) {
        while let Some(&(at, account, happening)) = self.queue.front() {
            let happening = &self.accounts[account].happenings[happening];
            if account != number || happening.region != region || delivered <= at {
                break;
            }
            body.push(&records::of_happening(&self.accounts[number], happening, &mut self.random));
            self.truth.relevant += 1;
            self.queue.pop_front();
        }
    }

    fn push_record(&mut self, body: &mut Body, number: usize, region: &str, at: Timestamp) {
        let account = &self.accounts[number];
        let total = self.archive.written.records + body.records() + 1;
        let is_due = |rate: u64, count: u64| count < total.saturating_mul(rate) / 1_000_000;
        let spaced = body.records().is_multiple_of(USE_SPACING);
        if spaced && is_due(self.plan.relevant_per_million, self.truth.relevant) && in_use(account, region, at) {
            return self.push_use(body, number, region, at);
        }
        let decoy = is_due(self.plan.decoys_per_million, self.truth.decoys);
        self.truth.decoys += u64::from(decoy);
        let write = if decoy { records::decoy } else { records::background };
        body.push(&write(account, region, at, &mut self.random));
    }

    /// The service assumes the role and makes one call with it.
    fn push_use(&mut self, body: &mut Body, number: usize, region: &str, at: Timestamp) {
        let account = &self.accounts[number];
        let action = account.ordinary_use(&mut self.random).to_owned();
        for act in [Act::AssumeRole, Act::UseRole(action)] {
            let event_id = self.random.uuid();
            let by = Caller::Service;
            let happening = Happening { event_id, at, region: region.to_owned(), by, act, refusal: None };
            body.push(&records::of_happening(account, &happening, &mut self.random));
            self.truth.relevant += 1;
        }
    }

    fn write_other(&mut self, number: usize, region: &str, moment: Timestamp) -> Result<(), SimulationError> {
        let account = &self.accounts[number].id;
        let place = Place { provider: self.plan.provider, account, region, delivered: moment };
        let unique = self.random.id(16);
        let (key, content) = match (self.plan.provider, self.random.below(3)) {
            (Provider::Aws, 0) => {
                let folder = prefix(&place, "CloudTrail-Insight");
                let (day, time) = (moment.strftime("%Y/%m/%d"), moment.strftime("%Y%m%dT%H%MZ"));
                let key = format!("{folder}/{day}/{account}_CloudTrail-Insight_{region}_{time}_{unique}.json.gz");
                (key, insight(&place, moment, &mut self.random))
            }
            (Provider::Aws, _) => digest(&place, moment, &[]),
            // ActionTrail has no digests, and its insights are rare.
            (Provider::Alibaba, _) => return Ok(()),
        };
        self.archive.write_other(&key, &content)
    }
}

/// Whether the service uses the role on behalf of a store of this Region at this moment.
fn in_use(account: &SimulatedAccount, region: &str, at: Timestamp) -> bool {
    account.stores.iter().any(|store| {
        let ended = store.deleted.is_some_and(|deleted| deleted - USE_MARGIN <= at);
        store.region == region && store.created + USE_MARGIN < at && !ended
    })
}

/// Id of the organisation that a provider's archives name.
fn organisation_id(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => ORGANISATION,
        Provider::Alibaba => DIRECTORY,
    }
}

#[cfg(test)]
mod tests;
