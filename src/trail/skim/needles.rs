//! What a record must hold to concern a profile, as raw bytes.
//!
//! Whatever the rules of judging ask for contains one of these: the role's name, the service that it is linked to, or
//! the name of a call in the life of a store. Their alphabet is small, so that an escape that spells one of its characters
//! can be told from all others.

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, Input, Span};

use crate::model::Provider;
use crate::profiles::{Profile, Profiles, RoleMatch};

/// The least bytes of a needle that is shortened: shorter ones are found everywhere.
const SHORTEST: usize = 8;

/// Verbs that begin the names of calls: what follows them is common to the calls of one kind of store.
const VERBS: [&str; 10] =
    ["Create", "Delete", "Update", "Connect", "Disconnect", "Release", "Initialize", "Modify", "Replicate", "Refund"];

/// The letters, the rarest in names of English words first.
const RAREST: &[u8] = b"zqxjkvbpygfwmucldrhsnioate";

/// Letters of the part of a name that is searched in every spelling.
const PART: usize = 4;

/// What every name of the provider's has: no part to tell one by.
const EVERYWHERE: [&str; 2] = ["aliyun", "servicerole"];

/// The needles of one provider.
#[derive(Debug)]
pub(in crate::trail) struct Needles {
    search: Search,
    /// The first patterns are needles as they are, in this order; the others are parts of those that come in any case.
    exact: Vec<Exact>,
    spelled: Vec<Spelled>,
}

#[derive(Debug)]
enum Search {
    Packed(Box<Searcher>),
    /// On machines without the instructions for the other.
    Automaton(Box<AhoCorasick>),
}

/// A needle as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Exact {
    text: Vec<u8>,
    /// Whether the string that holds it has to end with it.
    ends_string: bool,
}

/// A needle that may be spelled in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spelled {
    lower: Vec<u8>,
    at: usize,
}

/// What was found.
struct Hit {
    pattern: usize,
    start: usize,
    end: usize,
}

/// The needles of profiles.
#[derive(Default)]
struct Wanted {
    exact: Vec<Exact>,
    spelled: Vec<Spelled>,
}

impl Needles {
    /// The needles of every profile of a provider; `None` where nothing can be skipped: without profiles, or where a
    /// needle cannot be searched for.
    pub(in crate::trail) fn of(profiles: &Profiles, provider: Provider) -> Option<Self> {
        let mut wanted = Wanted::default();
        for profile in profiles.of(provider) {
            wanted.add(profile)?;
        }
        let Wanted { exact, spelled } = wanted;
        let texts = exact.iter().map(|exact| &exact.text).chain(spelled.iter().map(|spelled| &spelled.lower));
        if !texts.flatten().all(|byte| is_of_alphabet(*byte)) {
            return None;
        }
        let exact = without_implied(exact);
        let mut patterns: Vec<_> = exact.iter().map(|exact| exact.text.clone()).collect();
        patterns.extend(spelled.iter().flat_map(Spelled::in_every_case));
        Some(Self { search: Search::of(&patterns)?, exact, spelled })
    }

    /// Where needles stand, in order.
    pub(super) fn find_iter<'n>(&'n self, text: &'n [u8]) -> impl Iterator<Item = usize> + 'n {
        let mut from = 0;
        std::iter::from_fn(move || {
            loop {
                let hit = self.search.find(text, from)?;
                if self.is_whole(text, &hit) {
                    from = hit.end;
                    return Some(hit.start);
                }
                // A part that stands for nothing may overlap one that does.
                from = hit.start + 1;
            }
        })
    }

    /// Whether what was found is a needle, and not only a part of one.
    fn is_whole(&self, text: &[u8], hit: &Hit) -> bool {
        if let Some(exact) = self.exact.get(hit.pattern) {
            // A name that ends its string is followed by a quote, or by the backslash of one in a text within a text.
            return !exact.ends_string || matches!(text.get(hit.end), Some(b'"' | b'\\'));
        }
        self.spelled.iter().any(|spelled| {
            let begin = hit.start.checked_sub(spelled.at);
            let found = begin.and_then(|begin| text.get(begin..begin + spelled.lower.len()));
            found.is_some_and(|found| found.eq_ignore_ascii_case(&spelled.lower))
        })
    }
}

impl Wanted {
    /// Adds what a record must hold to concern a profile; `None` where that cannot be searched for.
    fn add(&mut self, profile: &Profile) -> Option<()> {
        self.exact.extend(profile.trusted_principals.iter().map(|service| Exact::anywhere(service)));
        let calls = profile.store.iter().flat_map(|kind| &kind.calls);
        // The name of a call is compared as a whole.
        self.exact.extend(calls.map(|call| Exact { ends_string: true, ..Exact::anywhere(without_verb(&call.name)) }));
        match (&profile.role, profile.provider) {
            (RoleMatch::Named { name, .. }, Provider::Aws) => self.exact.push(Exact::anywhere(name)),
            // RAM takes a name in any case, and logs it in more than one.
            (RoleMatch::Named { name, .. }, Provider::Alibaba) => self.spelled.push(Spelled::of(name)?),
            (RoleMatch::ServiceLinked, _) => {
                self.exact.extend(["aws-service-role", "AWSServiceRoleFor"].map(Exact::anywhere));
            }
        }
        Some(())
    }
}

/// Whether a needle may hold the byte.
pub(super) fn is_of_alphabet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'@')
}

fn without_verb(name: &str) -> &str {
    let rest = VERBS.iter().find_map(|verb| name.strip_prefix(verb)).filter(|rest| SHORTEST <= rest.len());
    rest.unwrap_or(name)
}

/// Each needle that is not found anyway wherever another is: whoever holds the longer one holds the shorter.
fn without_implied(mut needles: Vec<Exact>) -> Vec<Exact> {
    needles.sort_by_key(|needle| needle.text.len());
    let mut kept: Vec<Exact> = Vec::new();
    for needle in needles {
        if !kept.iter().any(|shorter| needle.implies(shorter)) {
            kept.push(needle);
        }
    }
    kept
}

impl Exact {
    fn anywhere(text: &str) -> Self {
        Self { text: text.as_bytes().to_vec(), ends_string: false }
    }

    /// Whether the other needle stands wherever this one does.
    fn implies(&self, shorter: &Self) -> bool {
        if shorter.ends_string {
            return self.ends_string && self.text.ends_with(&shorter.text);
        }
        memchr::memmem::find(&self.text, &shorter.text).is_some()
    }
}

impl Spelled {
    fn of(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase().into_bytes();
        let rarity = |part: &[u8]| {
            let rank = |byte: &u8| RAREST.iter().position(|letter| letter == byte);
            part.iter().map(rank).sum::<Option<usize>>()
        };
        let common = |at: usize| {
            let inside = |word: &str| {
                memchr::memmem::find(&lower, word.as_bytes())
                    .is_some_and(|begin| begin <= at && at < begin + word.len())
            };
            EVERYWHERE.iter().any(|word| inside(word))
        };
        let parts = lower.windows(PART).enumerate().filter(|(at, _)| !common(*at));
        let rarest = parts.filter_map(|(at, part)| Some((rarity(part)?, at))).min();
        let (_, at) = rarest?;
        Some(Self { lower, at })
    }

    /// The part that is searched, in every mixture of cases.
    fn in_every_case(&self) -> impl Iterator<Item = Vec<u8>> {
        let part = &self.lower[self.at..self.at + PART];
        (0..1_u8 << PART).map(move |upper| {
            let cased =
                |(bit, byte): (usize, &u8)| if upper >> bit & 1 == 1 { byte.to_ascii_uppercase() } else { *byte };
            part.iter().enumerate().map(cased).collect()
        })
    }
}

impl Search {
    fn of(texts: &[Vec<u8>]) -> Option<Self> {
        let packed = Config::new().match_kind(MatchKind::LeftmostFirst).builder().extend(texts).build();
        match packed {
            Some(searcher) => Some(Self::Packed(Box::new(searcher))),
            None => AhoCorasick::new(texts).ok().map(|automaton| Self::Automaton(Box::new(automaton))),
        }
    }

    fn find(&self, text: &[u8], from: usize) -> Option<Hit> {
        let found = match self {
            Self::Packed(searcher) => searcher.find_in(text, Span { start: from, end: text.len() }),
            Self::Automaton(automaton) => automaton.find(Input::new(text).range(from..)),
        }?;
        Some(Hit { pattern: found.pattern().as_usize(), start: found.start(), end: found.end() })
    }
}
