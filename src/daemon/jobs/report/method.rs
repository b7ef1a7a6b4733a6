//! How the facts of a report were found, in words: the one place of them. A sentence is told where the configuration
//! makes it true.

use crate::config::{AlibabaAccounts, AlibabaTrail, AwsAccounts, AwsTrail, Settings};
use crate::exports::reports::Definition;

/// What the configuration really does, as far as sentences depend on it.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is the condition of sentences")]
pub(super) struct Facts {
    aws_inventory: bool,
    alibaba_inventory: bool,
    snapshot: bool,
    aws_lookup: bool,
    aws_denied: bool,
    alibaba_lookup: bool,
    s3: bool,
    sqs: bool,
    oss: bool,
    files: bool,
    nothing: bool,
    every_event: bool,
    aws: bool,
    alibaba: bool,
    /// The digests of some account's trails vouch for the whole period, and those of every account of AWS.
    some_verified: bool,
    all_verified: bool,
    /// Some verdict rests on trail events alone.
    pub(super) inferred: bool,
    /// Some finding rests on more events than are told.
    pub(super) cut: bool,
}

impl Facts {
    /// The facts of a configuration.
    pub(super) fn of(settings: &Settings) -> Self {
        let aws = |is: fn(&AwsTrail) -> bool| settings.aws.iter().flat_map(|source| &source.trail).any(is);
        let alibaba =
            |is: fn(&AlibabaTrail) -> bool| settings.alibaba.iter().flat_map(|source| &source.trail).any(is);
        Self {
            aws_inventory: settings.aws.iter().any(|source| source.accounts != AwsAccounts::None),
            alibaba_inventory: settings.alibaba.iter().any(|source| source.accounts != AlibabaAccounts::None),
            snapshot: !settings.snapshot.is_empty(),
            aws_lookup: aws(|trail| matches!(trail, AwsTrail::LookupEvents { .. })),
            aws_denied: aws(|trail| matches!(trail, AwsTrail::LookupEvents { include_denied: true })),
            alibaba_lookup: alibaba(|trail| matches!(trail, AlibabaTrail::LookupEvents {})),
            s3: aws(|trail| matches!(trail, AwsTrail::S3 { .. })),
            sqs: aws(|trail| matches!(trail, AwsTrail::Sqs { .. })),
            oss: alibaba(|trail| matches!(trail, AlibabaTrail::Oss { .. })),
            files: aws(|trail| matches!(trail, AwsTrail::Files { .. }))
                || alibaba(|trail| matches!(trail, AlibabaTrail::Files { .. })),
            nothing: settings.has_no_source(),
            every_event: settings.collect.keep == crate::config::Keep::All,
            aws: !settings.aws.is_empty(),
            alibaba: !settings.alibaba.is_empty(),
            some_verified: false,
            all_verified: false,
            inferred: false,
            cut: false,
        }
    }

    /// Takes whether the digests of each account of AWS vouch for the period.
    pub(super) fn digests(&mut self, verified: impl Iterator<Item = bool>) {
        let verified: Vec<_> = verified.collect();
        self.some_verified = verified.iter().any(|verified| *verified);
        self.all_verified = self.some_verified && verified.iter().all(|verified| *verified);
    }
}

type Sentence = (fn(&Facts) -> bool, &'static str);

const STEPS: &[Sentence] = &[
    (
        |facts| facts.aws_inventory,
        "Of every account of AWS in the scope, roles (iam:GetRole, iam:ListRoles) with their policies, key stores \
         (kms:DescribeCustomKeyStores, cloudhsm:DescribeClusters, kms:ListKeys) in every Region that is enabled, and the \
         settings of trails (cloudtrail:DescribeTrails) were read.",
    ),
    (
        |facts| facts.alibaba_inventory,
        "Of every account of Alibaba Cloud in the scope, roles (ram:GetRole) with their policies, KMS instances \
         (kms:ListKmsInstances, kms:GetKmsInstance) and HSM clusters in every Region of the key service, and the settings \
         of trails (actiontrail:DescribeTrails) were read.",
    ),
    (|facts| facts.snapshot, "Inventory was read from files that the providers' own command-line tools had written."),
    (
        |facts| facts.aws_lookup,
        "Trail events of AWS were looked up in the event history of each account and Region (cloudtrail:LookupEvents).",
    ),
    (
        |facts| facts.alibaba_lookup,
        "Trail events of Alibaba Cloud were looked up in the event history of each account and Region \
         (actiontrail:LookupEvents).",
    ),
    (|facts| facts.s3, "Trail logs of AWS were read from the bucket of the trail."),
    (|facts| facts.sqs, "Trail logs of AWS were read as a queue of notifications announced them."),
    (|facts| facts.oss, "Trail logs of Alibaba Cloud were read from the bucket of the trail."),
    (|facts| facts.files || facts.nothing, "Trail logs were read from files that somebody handed over."),
    (
        |_| true,
        "Every record that names a watched role, a session of one, or a store was kept, with a SHA-256 of the record as \
         found; credentials and session tokens were taken out of what is kept.",
    ),
    (
        |_| true,
        "Each account was judged by every rule for both ends of the period from all that is known now, and verdicts, \
         findings and their changes were taken from these judgements and from those made at the time.",
    ),
    (
        |_| true,
        "No rule calls a role orphaned or clean where an answer that it needs is missing: it is unknown then.",
    ),
];

const LIMITS: &[Sentence] = &[
    (
        |facts| facts.aws_lookup || facts.alibaba_lookup,
        "Event histories reach back 90 days: what happened earlier, and was not read in time, is not in them.",
    ),
    (
        |facts| facts.aws_lookup && !facts.aws_denied,
        "Assumptions that were refused on AWS were not looked for (include_denied = false): the event history cannot be \
         searched for them by role.",
    ),
    (
        |facts| (facts.aws || facts.nothing) && !facts.some_verified,
        "The digests of CloudTrail were not verified: that no log file was changed or taken away before it was read is not \
         proved here.",
    ),
    (
        |facts| facts.some_verified && !facts.all_verified,
        "The digests of CloudTrail were not verified for every account and the whole period (see integrity): for the rest it \
         is not proved here that no log file was changed or taken away before it was read.",
    ),
    (
        |facts| facts.some_verified,
        "Digests vouch for what CloudTrail delivered. What somebody else put beside its log files, they do not name: such an \
         object is read like any other.",
    ),
    (
        |facts| facts.alibaba,
        "ActionTrail has no chain of digests: records and objects are hashed when they are read, and nothing vouches for \
         them before that.",
    ),
    (
        |facts| facts.nothing || facts.inferred,
        "Where no inventory was read, the state of a role and of its stores was concluded from trail events alone; such \
         verdicts and findings say inferred.",
    ),
    (
        |facts| facts.snapshot,
        "Inventory from files is as old and as complete as the files are; a file that is missing is a gap.",
    ),
    (|facts| !facts.every_event, "Trail records that concern no watched role or store were counted and not kept."),
    (
        |_| true,
        "Trails deliver with delay. A stretch of up to a day without coverage, as at the end of a period, is listed and is \
         not called a gap.",
    ),
    (|_| true, "Between two readings of inventory a state can come and go unseen; only the trail may show it."),
    (
        |facts| facts.cut,
        "Of each finding the 20 newest events are told and indexed; with --all-evidence all of them.",
    ),
    (
        |_| true,
        "A finding, or its absence over a complete population, supports a control. It satisfies none by itself.",
    ),
    (
        |_| true,
        "The report is not signed. Whoever keeps the hash of its manifest elsewhere can tell whether it was replaced.",
    ),
];

const DEFINITIONS: &[(&str, &str)] = &[
    ("period", "from its begin up to and without its end; all times are UTC"),
    ("clean", "the role is there, stores need it, nothing is wrong, and inventory and trail are complete"),
    ("findings", "something is wrong: see the findings"),
    ("orphaned", "the role is there, and no store that needs it is left in any Region"),
    ("not-in-use", "neither the role nor a store that needs it is there, and inventory is complete"),
    ("unknown", "what was collected does not suffice to say"),
    ("inferred", "concluded from trail events alone, without inventory"),
    ("observed", "seen in inventory, or in the trail event itself"),
    ("trusted", "the service that may assume the role, by its exact principal"),
    ("new", "first so in the period, or first found in it, and not resolved in it"),
    ("continuing", "there before the period and still there at its end"),
    ("reopened", "resolved once, and so again"),
    ("resolved", "no longer so, proven inside a completely collected scope, in the period"),
    ("excepted", "it holds, and somebody has accepted it until a day: see the register of exceptions"),
    ("found after the period", "it was so in the period, and became known only later"),
    ("stale", "its scope could not be judged again, so that it stays open"),
];

/// The steps that were taken.
pub(super) fn steps(facts: &Facts) -> Vec<String> {
    told(STEPS, facts)
}

/// What the method cannot see.
pub(super) fn limits(facts: &Facts) -> Vec<String> {
    told(LIMITS, facts)
}

fn told(sentences: &[Sentence], facts: &Facts) -> Vec<String> {
    sentences.iter().filter(|(holds, _)| holds(facts)).map(|(_, text)| (*text).to_owned()).collect()
}

/// Words of the report, explained.
pub(super) fn definitions() -> Vec<Definition> {
    let definition =
        |(term, meaning): &(&str, &str)| Definition { term: (*term).to_owned(), meaning: (*meaning).to_owned() };
    DEFINITIONS.iter().map(definition).collect()
}

/// What vouches for the facts, and what does not.
pub(super) fn integrity(facts: &Facts, objects: (u64, u64), digests: Vec<String>) -> Vec<String> {
    let (read, hashed) = objects;
    let mut statements = vec![
        "Each trail event carries two SHA-256: of the record as found, and of the record as it is kept.".to_owned(),
        format!("{hashed} of {read} trail objects read in the period are kept with the SHA-256 of their bytes."),
    ];
    if (facts.aws || facts.nothing) && digests.is_empty() {
        statements.push("Digests of CloudTrail: not verified.".to_owned());
    }
    statements.extend(digests);
    if facts.alibaba {
        statements.push("ActionTrail has no chain of digests: hashes are taken on receipt.".to_owned());
    }
    statements
}
