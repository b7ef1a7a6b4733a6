//! The demo's accounts on Alibaba Cloud (China site). Each function tells one of them.

use jiff::{SignedDuration, Timestamp};

use super::super::organisation::{
    Act, Caller, Refusal, Silence, SilentRegion, SimulatedAccount, StoreCondition, StoreEdition,
};
use super::Teller;
use crate::model::{Provider, Verdict};

/// Regions of the organisation; the events of global services lie in the first.
const REGIONS: [&str; 3] = ["cn-hangzhou", "cn-shanghai", "ap-southeast-1"];
/// How often the service looks after an instance that is in use.
const EVERY: SignedDuration = SignedDuration::from_hours(80);

pub(super) fn tell(teller: &mut Teller) {
    clean(teller);
    orphaned(teller);
    ends_soon(teller);
    expired(teller);
    unknown(teller);
}

/// An account with a hardware instance made at `from`, in use until `until`, paid for until `expires`.
fn account(
    teller: &mut Teller,
    (id, name): (&str, &str),
    region: &str,
    (from, until): (Timestamp, Timestamp),
    expires: Timestamp,
) -> SimulatedAccount {
    let mut account = SimulatedAccount::new(Provider::Alibaba, id, name, &REGIONS);
    let random = &mut teller.random;
    let place = account.make_store(random, StoreEdition::Hsm, region, from, "key.custodian");
    account.use_role(random, place, (from, until), EVERY);
    account.stores[place].expires = Some(expires);
    account
}

/// Nothing is wrong.
fn clean(teller: &mut Teller) {
    let span = (teller.ago(52, 25), teller.ago(0, 50));
    let expires = teller.ago(-310, 0);
    let account = account(teller, ("1000200030004001", "settlement-cn"), "cn-shanghai", span, expires);
    teller.add(account, Verdict::Clean, &[]);
}

/// The instance was released, the role stayed.
fn orphaned(teller: &mut Teller) {
    let released = teller.ago(12, 70);
    let span = (teller.ago(50, 140), released);
    let expires = teller.ago(-100, 0);
    let mut account = account(teller, ("1000200030004002", "wallet-legacy"), "cn-hangzhou", span, expires);
    account.delete_store(&mut teller.random, 0, released, "key.custodian");
    teller.add(account, Verdict::Orphaned, &["orphaned-role"]);
}

/// The instance ends in nine days. Somebody tried to release it, which a subscription does not allow, and then to
/// delete the role, which was refused.
fn ends_soon(teller: &mut Teller) {
    let span = (teller.ago(49, 10), teller.ago(0, 65));
    let expires = teller.ago(-9, 0);
    let mut account = account(teller, ("1000200030004003", "loyalty"), "ap-southeast-1", span, expires);
    let person = Caller::Person("hao.chen".to_owned());
    let (release, delete) = (teller.ago(4, 90), teller.ago(4, 81));
    let subscription = Refusal {
        code: "Rejected.UnsupportedOperation".to_owned(),
        message: "The operation is not supported for a subscription instance.".to_owned(),
    };
    let refused = account.no_permission(&person, "ram:DeleteServiceLinkedRole");
    let random = &mut teller.random;
    let region = "ap-southeast-1";
    account.happen(random, release, region, person.clone(), Act::DeleteStore(0), Some(subscription));
    account.happen(random, delete, region, person, Act::DeleteRole, Some(refused));
    let rules = ["failed-role-deletion", "failed-store-deletion", "store-expiring"];
    teller.add(account, Verdict::Findings, &rules);
}

/// The instance ended six days ago and will be released on the 16th day: until then it holds the role.
fn expired(teller: &mut Teller) {
    let ended = teller.ago(6, 0);
    let span = (teller.ago(36, 20), ended);
    let mut account = account(teller, ("1000200030004004", "archive-cn"), "cn-shanghai", span, ended);
    account.stores[0].condition = StoreCondition::Disconnected;
    teller.add(account, Verdict::Findings, &["store-expiring"]);
}

/// No instance is left where inventory could look, but one Region refused to tell.
fn unknown(teller: &mut Teller) {
    let released = teller.ago(16, 35);
    let span = (teller.ago(45, 55), released);
    let expires = teller.ago(-200, 0);
    let mut account = account(teller, ("1000200030004005", "insurance"), "cn-hangzhou", span, expires);
    account.delete_store(&mut teller.random, 0, released, "key.custodian");
    account.silent.push(SilentRegion { region: "cn-shanghai".to_owned(), silence: Silence::Denied });
    teller.add(account, Verdict::Unknown, &[]);
}
