//! What a record must hold to concern a profile, as raw bytes.
//!
//! Whatever the rules of judging ask for contains one of these: the role's name, the service that it is linked to, or
//! the name of a call in the life of a store. Their alphabet is small, so that an escape that spells one of its characters
//! can be told from all others.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

use super::search::{Search, WINDOW};
use crate::model::Provider;
use crate::profiles::{Profile, Profiles, RoleMatch};

/// The least bytes of a needle that is shortened: shorter ones are found everywhere.
const SHORTEST: usize = 8;

/// Verbs that begin the names of calls: what follows them is common to the calls of one kind of store.
const VERBS: [&str; 10] =
    ["Create", "Delete", "Update", "Connect", "Disconnect", "Release", "Initialize", "Modify", "Replicate", "Refund"];

/// The letters, the rarest in names of English words first.
const RAREST: &[u8] = b"zqxjkvbpygfwmucldrhsnioate";

/// Words that nearly every record has, whoever made it: what is in them tells no needle from anything else.
const EVERYWHERE: &str = "eventVersion userIdentity type principalId arn accountId accessKeyId userName sessionContext \
    sessionIssuer webIdFederationData attributes creationDate mfaAuthenticated invokedBy eventTime eventSource eventName \
    awsRegion sourceIPAddress userAgent errorCode errorMessage requestParameters responseElements additionalEventData \
    requestID eventID readOnly resources eventType AwsApiCall managementEvent recipientAccountId sharedEventID \
    eventCategory Management tlsDetails tlsVersion cipherSuite clientProvidedHostHeader AssumedRole AWSService \
    AWSServiceRoleFor aws-service-role service-linked iam sts kms ec2 amazonaws.com kms.amazonaws.com keyId \
    encryptionContext AWS::KMS::Key AWS::IAM::Role AssumeRole CreateGrant GenerateDataKey Decrypt Describe List \
    aliyun.com aliyuncs.com acsRegion AliyunServiceRoleFor isGlobal insideRecord eventRW eventAttributes ApiCall \
    resourceType resourceName referencedResources serviceName apiVersion stsTokenPrincipalName assumed-role";

/// The needles of one provider.
#[derive(Debug)]
pub(in crate::trail) struct Needles {
    needles: Vec<Needle>,
    search: Search,
}

/// Something to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Needle {
    text: Vec<u8>,
    /// Whether the string that holds it has to end with it.
    ends_string: bool,
    /// Whether it may be spelled in any case.
    any_case: bool,
    /// Where the part of it begins by which it is searched.
    part: usize,
}

impl Needles {
    /// The needles of every profile of a provider; `None` where one of them cannot be searched for, and nothing can be
    /// skipped.
    pub(in crate::trail) fn of(profiles: &Profiles, provider: Provider) -> Option<Self> {
        let wanted = profiles.of(provider).map(wanted).collect::<Option<Vec<_>>>()?;
        let mut needles = without_implied(wanted.into_iter().flatten().collect());
        choose_parts(&mut needles);
        let mut windows: Vec<_> = needles.iter().map(Needle::window).collect();
        windows.sort_unstable();
        windows.dedup();
        let escape = [b"\\".to_vec(), b"u".to_vec(), (0..=u8::MAX).collect()];
        Some(Self { search: Search::of(&windows, &escape), needles })
    }

    /// Where needles stand, or escapes that may spell a part of one, in order.
    pub(super) fn find_iter<'n>(&'n self, text: &'n [u8]) -> impl Iterator<Item = usize> + 'n {
        self.search.candidates(text).filter(|at| match text[*at] {
            b'\\' => spells(text, at + 1),
            _ => self.needles.iter().any(|needle| needle.is_around(text, *at)),
        })
    }
}

/// What a record must hold, any of it, to concern a profile; `None` where that cannot be searched for.
fn wanted(profile: &Profile) -> Option<Vec<Needle>> {
    let calls = profile.store.iter().flat_map(|kind| &kind.calls);
    let services = profile.trusted_principals.iter().map(|service| Needle::new(service));
    // The name of a call is compared as a whole.
    let calls = calls.map(|call| Some(Needle { ends_string: true, ..Needle::new(without_verb(&call.name))? }));
    let mut needles: Vec<_> = services.chain(calls).collect();
    match (&profile.role, profile.provider) {
        (RoleMatch::Named { name, .. }, Provider::Aws) => needles.push(Needle::new(name)),
        // RAM takes a name in any case, and logs it in more than one.
        (RoleMatch::Named { name, .. }, Provider::Alibaba) => needles.push(Needle::in_any_case(name)),
        (RoleMatch::ServiceLinked, _) => needles.extend(["aws-service-role", "AWSServiceRoleFor"].map(Needle::new)),
    }
    needles.into_iter().collect()
}

/// Whether the escape whose `u` is here may spell a part of a needle: one of its characters, or the backslash of another
/// escape in a text within a text. Providers write `\u003c`, `\u003d` and `\u0026` often, and none of these.
fn spells(text: &[u8], at: usize) -> bool {
    let Some(digits) = text.get(at + 1..at + 5) else { return true };
    let digits = std::str::from_utf8(digits).ok();
    let Some(number) = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) else { return true };
    u8::try_from(number).is_ok_and(|byte| is_of_alphabet(byte) || byte == b'\\')
}

/// Whether a needle may hold the byte.
fn is_of_alphabet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'@')
}

fn without_verb(name: &str) -> &str {
    let rest = VERBS.iter().find_map(|verb| name.strip_prefix(verb)).filter(|rest| SHORTEST <= rest.len());
    rest.unwrap_or(name)
}

/// Each needle that is not found anyway wherever another is: whoever holds the longer one holds the shorter.
fn without_implied(mut needles: Vec<Needle>) -> Vec<Needle> {
    needles.sort_by_key(|needle| needle.text.len());
    let mut kept: Vec<Needle> = Vec::new();
    for needle in needles {
        if !kept.iter().any(|shorter| needle.implies(shorter)) {
            kept.push(needle);
        }
    }
    kept
}

impl Needle {
    /// `None` where it is too short, or holds what may be written in more ways than are searched for.
    fn new(text: &str) -> Option<Self> {
        let is_searched = WINDOW <= text.len() && text.bytes().all(is_of_alphabet);
        is_searched.then(|| Self { text: text.as_bytes().to_vec(), ends_string: false, any_case: false, part: 0 })
    }

    fn in_any_case(name: &str) -> Option<Self> {
        Some(Self { any_case: true, ..Self::new(&name.to_ascii_lowercase())? })
    }

    /// Whether the other needle stands wherever this one does.
    fn implies(&self, shorter: &Self) -> bool {
        if self.any_case != shorter.any_case {
            return false;
        }
        if shorter.ends_string {
            return self.ends_string && self.text.ends_with(&shorter.text);
        }
        self.find(&shorter.text).is_some()
    }

    fn find(&self, part: &[u8]) -> Option<usize> {
        self.text.windows(part.len()).position(|other| other == part)
    }

    /// What each byte of its part may be.
    fn window(&self) -> [Vec<u8>; WINDOW] {
        std::array::from_fn(|place| {
            let byte = self.text[self.part + place];
            let other = if self.any_case { byte.to_ascii_uppercase() } else { byte };
            if other == byte { vec![byte] } else { vec![byte, other] }
        })
    }

    /// Whether all of it stands around the place at which its part does.
    fn is_around(&self, text: &[u8], at: usize) -> bool {
        let Some(begin) = at.checked_sub(self.part) else { return false };
        let end = begin + self.text.len();
        let Some(found) = text.get(begin..end) else { return false };
        let is_it = if self.any_case { found.eq_ignore_ascii_case(&self.text) } else { found == self.text };
        // A name that ends its string is followed by a quote, or by the backslash of one in a text within a text.
        is_it && (!self.ends_string || matches!(text.get(end), Some(b'"' | b'\\')))
    }
}

/// Chooses the parts by which needles are searched: such as are seldom found in anything else, and as few as possible.
fn choose_parts(needles: &mut [Needle]) {
    let everywhere: HashSet<_> = EVERYWHERE.as_bytes().windows(WINDOW).map(<[u8]>::to_ascii_lowercase).collect();
    let is_everywhere = |part: &[u8]| everywhere.contains(&part.to_ascii_lowercase());
    let parts: BTreeSet<_> =
        needles.iter().flat_map(|needle| needle.text.windows(WINDOW)).map(<[u8]>::to_vec).collect();
    let parts: Vec<_> = parts.into_iter().map(|part| (is_everywhere(&part), rank(&part), part)).collect();
    let mut left: Vec<_> = needles.iter_mut().collect();
    while !left.is_empty() {
        let shared = |part: &[u8]| left.iter().filter(|needle| needle.find(part).is_some()).count();
        let rated = parts.iter().filter_map(|(is_everywhere, rank, part)| {
            let shared = shared(part);
            (shared > 0).then_some((*is_everywhere, Reverse(shared), *rank, part))
        });
        let Some((.., part)) = rated.min() else { break };
        left.retain_mut(|needle| {
            let Some(at) = needle.find(part) else { return true };
            needle.part = at;
            false
        });
    }
}

/// The lower, the rarer.
fn rank(part: &[u8]) -> usize {
    let of_byte = |byte: &u8| {
        let letter = byte.to_ascii_lowercase();
        let rank = RAREST.iter().position(|rare| *rare == letter).unwrap_or(RAREST.len());
        if byte.is_ascii_uppercase() { rank / 2 } else { rank }
    };
    part.iter().map(of_byte).sum()
}
