//! The demo's accounts on AWS. Each function tells one of them.

use jiff::{SignedDuration, Timestamp};

use super::super::organisation::{
    Act, Caller, Refusal, Silence, SilentRegion, SimulatedAccount, StoreCondition, StoreEdition,
};
use super::Teller;
use crate::model::{Provider, Verdict};

/// Regions of the organisation; IAM's events lie in the first.
const REGIONS: [&str; 4] = ["us-east-1", "eu-central-1", "eu-west-1", "ap-southeast-2"];
/// How often the service looks after a store that is in use.
const EVERY: SignedDuration = SignedDuration::from_hours(90);
/// The same in the account that shows the positive proof.
const OFTEN: SignedDuration = SignedDuration::from_hours(36);

pub(super) fn tell(teller: &mut Teller) {
    clean(teller);
    orphaned(teller);
    assumed_by_a_person(teller);
    cannot_let_go(teller);
    unknown(teller);
    external_keys_only(teller);
    drifted(teller);
    failed_store(teller);
    not_in_use(teller);
}

fn account(id: &str, name: &str) -> SimulatedAccount {
    SimulatedAccount::new(Provider::Aws, id, name, &REGIONS)
}

/// An account with a store that is in use from `made` until `until`.
fn with_store(
    teller: &mut Teller,
    account: &mut SimulatedAccount,
    region: &str,
    span: (Timestamp, Timestamp),
    every: SignedDuration,
) -> usize {
    let random = &mut teller.random;
    let place = account.make_store(random, StoreEdition::Hsm, region, span.0, "platform.ops");
    account.use_role(random, place, span, every);
    place
}

/// Nothing is wrong: one store in use, the role assumed by its service alone.
fn clean(teller: &mut Teller) {
    let mut account = account("111122223333", "payments-prod");
    let span = (teller.ago(54, 80), teller.ago(0, 40));
    with_store(teller, &mut account, "eu-central-1", span, OFTEN);
    teller.add(account, Verdict::Clean, &[]);
}

/// The only store was deleted two weeks ago, the role stayed.
fn orphaned(teller: &mut Teller) {
    let mut account = account("222233334444", "cards-legacy");
    let deleted = teller.ago(14, 200);
    let span = (teller.ago(50, 15), deleted);
    let place = with_store(teller, &mut account, "eu-west-1", span, EVERY);
    account.delete_store(&mut teller.random, place, deleted, "platform.ops");
    teller.add(account, Verdict::Orphaned, &["orphaned-role"]);
}

/// A person assumed the role, which nobody but the service should be able to, and looked around with it.
fn assumed_by_a_person(teller: &mut Teller) {
    let mut account = account("333344445555", "ledger-prod");
    let span = (teller.ago(47, 300), teller.ago(0, 55));
    with_store(teller, &mut account, "eu-central-1", span, EVERY);
    let person = Caller::Person("marta.keller".to_owned());
    let (at, then) = (teller.ago(3, 130), teller.ago(3, 127));
    let random = &mut teller.random;
    account.happen(random, at, "eu-central-1", person.clone(), Act::AssumeRole, None);
    let look = Act::UseRole("ec2:DescribeSecurityGroups".to_owned());
    account.happen(random, then, "eu-central-1", person, look, None);
    teller.add(account, Verdict::Findings, &["unexpected-activity", "unexpected-assumer"]);
}

/// A team tried to give up its store and the role: the store still has keys, the role's deletion was refused.
fn cannot_let_go(teller: &mut Teller) {
    let mut account = account("444455556666", "vault-shared");
    let tried = teller.ago(6, 30);
    let span = (teller.ago(49, 100), tried);
    let place = with_store(teller, &mut account, "eu-west-1", span, EVERY);
    let person = Caller::Person("jonas.lind".to_owned());
    let has_keys = Refusal {
        code: "CustomKeyStoreHasCMKsException".to_owned(),
        message: "The custom key store contains KMS keys.".to_owned(),
    };
    let refused = account.no_permission(&person, "iam:DeleteServiceLinkedRole");
    let steps = [
        (0, Act::DisconnectStore(place), None),
        (25, Act::DeleteStore(place), Some(has_keys)),
        (31, Act::DeleteRole, Some(refused)),
        (44, Act::ConnectStore(place), None),
    ];
    for (minutes, act, refusal) in steps {
        let at = tried + SignedDuration::from_mins(minutes);
        account.happen(&mut teller.random, at, "eu-west-1", person.clone(), act, refusal);
    }
    let again = tried + SignedDuration::from_hours(1);
    let until = teller.ago(0, 45);
    account.use_role(&mut teller.random, place, (again, until), EVERY);
    teller.add(account, Verdict::Findings, &["failed-role-deletion", "failed-store-deletion"]);
}

/// No store is left where inventory could look, but one Region did not answer.
fn unknown(teller: &mut Teller) {
    let mut account = account("555566667777", "analytics");
    let deleted = teller.ago(20, 10);
    let span = (teller.ago(51, 45), deleted);
    let place = with_store(teller, &mut account, "eu-west-1", span, EVERY);
    account.delete_store(&mut teller.random, place, deleted, "platform.ops");
    account.silent.push(SilentRegion { region: "ap-southeast-2".to_owned(), silence: Silence::TimedOut });
    teller.add(account, Verdict::Unknown, &[]);
}

/// The team moved to an external key store, which works without the role; the role is left over.
fn external_keys_only(teller: &mut Teller) {
    let mut account = account("666677778888", "clearing-emea");
    let deleted = teller.ago(18, 90);
    let span = (teller.ago(46, 20), deleted);
    let place = with_store(teller, &mut account, "eu-central-1", span, EVERY);
    let moved = teller.ago(23, 0);
    let random = &mut teller.random;
    account.make_store(random, StoreEdition::WithoutRole, "eu-central-1", moved, "platform.ops");
    account.delete_store(random, place, deleted, "platform.ops");
    teller.add(account, Verdict::Orphaned, &["orphaned-role"]);
}

/// The trust policy names a principal of the customer's, and a policy of the customer's hangs on the role. A later
/// attempt to change the trust policy was refused.
fn drifted(teller: &mut Teller) {
    let mut account = account("777788889999", "treasury");
    let span = (teller.ago(53, 5), teller.ago(0, 35));
    with_store(teller, &mut account, "eu-west-1", span, EVERY);
    if let Some(role) = &mut account.role {
        role.added_principal = Some("arn:aws:iam::777788889999:role/break-glass".to_owned());
        role.foreign_policy = Some("treasury-key-admin".to_owned());
    }
    let refusal = Refusal {
        code: "UnmodifiableEntityException".to_owned(),
        message: format!(
            "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
            account.role_name()
        ),
    };
    let person = Caller::Person("priya.raman".to_owned());
    let at = teller.ago(9, 12);
    account.happen(&mut teller.random, at, "us-east-1", person, Act::ReplaceTrust, Some(refusal));
    teller.add(account, Verdict::Findings, &["permission-drift", "role-tampering", "trust-drift"]);
}

/// The store is out of order, and a deployment job tried in vain to assume the role.
fn failed_store(teller: &mut Teller) {
    let mut account = account("888899990000", "settlement");
    let span = (teller.ago(48, 33), teller.ago(1, 10));
    let place = with_store(teller, &mut account, "ap-southeast-2", span, EVERY);
    account.stores[place].condition = StoreCondition::Failed("INSUFFICIENT_CLOUDHSM_HSMS".to_owned());
    let job = Caller::Workload("deploy-pipeline".to_owned());
    for minutes in [0, 2, 5] {
        let at = teller.ago(5, 60 - minutes);
        let refusal = account.no_permission(&job, "sts:AssumeRole");
        account.happen(&mut teller.random, at, "us-east-1", job.clone(), Act::AssumeRole, Some(refusal));
    }
    teller.add(account, Verdict::Findings, &["store-unreachable", "unexpected-assumer"]);
}

/// Neither the role nor a store.
fn not_in_use(teller: &mut Teller) {
    teller.add(account("000011112222", "sandbox"), Verdict::NotInUse, &[]);
}
