//! The lives of roles in an archive: planned before anything is written, then strewn over it in order of time.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::super::organisation::{Act, Caller, Refusal, SimulatedAccount, StoreEdition};
use super::super::random::Random;
use super::Turn;
use super::plan::CorpusPlan;
use crate::model::Provider;

/// A life has about eight turns, each of which makes an object its own: one life needs so many objects.
const OBJECTS_PER_LIFE: u64 = 20;
/// When stores are made, in thousandths of the archive's span.
const MADE: (u64, u64) = (30, 200);
/// When a life takes its turn, in thousandths of the archive's span.
const TURNED: (u64, u64) = (450, 850);

/// How a role's life goes.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Healthy,
    Orphaned,
    AssumedByPerson,
    AssumptionDenied,
    StoreHasKeys,
    RoleDeletionRefused,
    TrustAttacked,
}

/// Every fate in turn; healthy lives are the most.
const FATES: [Fate; 10] = [
    Fate::Orphaned,
    Fate::Healthy,
    Fate::AssumedByPerson,
    Fate::Healthy,
    Fate::AssumptionDenied,
    Fate::StoreHasKeys,
    Fate::Healthy,
    Fate::RoleDeletionRefused,
    Fate::Orphaned,
    Fate::TrustAttacked,
];

/// The accounts of an archive, and how many of them, from the first on, have a life.
pub(super) fn accounts(plan: &CorpusPlan, random: &mut Random) -> (Vec<SimulatedAccount>, usize) {
    let lively = plan.accounts.min((plan.object_count() / OBJECTS_PER_LIFE).max(1));
    let mut accounts = Vec::new();
    for number in 0..plan.accounts {
        let id = match plan.provider {
            Provider::Aws => format!("1111222{:05}", number + 1),
            Provider::Alibaba => format!("10002000{:08}", number + 1),
        };
        let name = format!("account-{}", number + 1);
        let mut account = SimulatedAccount::new(plan.provider, &id, &name, plan.region_names());
        if number < lively {
            let fate = FATES[usize::try_from(number).unwrap_or(0) % FATES.len()];
            live(&mut account, fate, plan, random);
        }
        accounts.push(account);
    }
    (accounts, usize::try_from(lively).unwrap_or(0))
}

/// Every turn of every life in order of time.
pub(super) fn queue(accounts: &[SimulatedAccount]) -> VecDeque<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for (number, account) in accounts.iter().enumerate() {
        turns.extend(account.happenings.iter().enumerate().map(|(place, happening)| (happening.at, number, place)));
    }
    turns.sort_unstable();
    turns.into()
}

fn live(account: &mut SimulatedAccount, fate: Fate, plan: &CorpusPlan, random: &mut Random) {
    let region = (*random.pick(plan.region_names())).to_owned();
    let made = some_moment(plan, MADE, random);
    let at = some_moment(plan, TURNED, random);
    let place = account.make_store(random, StoreEdition::Hsm, &region, made, "platform.ops");
    let person = Caller::Person("marta.keller".to_owned());
    let then = at + SignedDuration::from_mins(4);
    match fate {
        Fate::Healthy => {}
        Fate::Orphaned => account.delete_store(random, place, at, "platform.ops"),
        Fate::AssumedByPerson => {
            account.happen(random, at, &region, person.clone(), Act::AssumeRole, None);
            let action = account.ordinary_use(random).to_owned();
            account.happen(random, then, &region, person, Act::UseRole(action), None);
        }
        Fate::AssumptionDenied => {
            let refusal = account.no_permission(&person, "sts:AssumeRole");
            account.happen(random, at, &region, person, Act::AssumeRole, Some(refusal));
        }
        Fate::StoreHasKeys => {
            let refusal = has_keys(plan.provider);
            account.happen(random, at, &region, person.clone(), Act::DisconnectStore(place), None);
            account.happen(random, then, &region, person, Act::DeleteStore(place), Some(refusal));
        }
        Fate::RoleDeletionRefused => {
            let refusal = account.no_permission(&person, "iam:DeleteServiceLinkedRole");
            account.happen(random, at, &region, person, Act::DeleteRole, Some(refusal));
        }
        Fate::TrustAttacked => {
            let refusal = protected(account);
            account.happen(random, at, &region, person, Act::ReplaceTrust, Some(refusal));
        }
    }
}

fn some_moment(plan: &CorpusPlan, (from, to): (u64, u64), random: &mut Random) -> Timestamp {
    let thousandth = plan.span().as_secs() / 1000;
    let share = i64::try_from(random.between(from, to)).unwrap_or(0);
    let rest = random.below(thousandth.unsigned_abs());
    plan.start + SignedDuration::from_secs(thousandth * share + i64::try_from(rest).unwrap_or(0))
}

fn has_keys(provider: Provider) -> Refusal {
    let (code, message) = match provider {
        Provider::Aws => ("CustomKeyStoreHasCMKsException", "The custom key store contains KMS keys."),
        Provider::Alibaba => ("Rejected.UnsupportedOperation", "The instance still has keys."),
    };
    Refusal { code: code.to_owned(), message: message.to_owned() }
}

fn protected(account: &SimulatedAccount) -> Refusal {
    let (code, message) = match account.provider {
        Provider::Aws => (
            "UnmodifiableEntityException",
            format!(
                "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
                account.role_name()
            ),
        ),
        Provider::Alibaba => ("NotSupport.ServiceLinkedRole", "A service-linked role cannot be changed.".to_owned()),
    };
    Refusal { code: code.to_owned(), message }
}
