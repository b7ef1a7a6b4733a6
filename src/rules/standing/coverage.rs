//! Which answers are in, and which are missing.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{LiveStore, trail_settings};
use crate::model::{Coverage, CoverageKey, CoverageSpan, Evidence, Outcome, Provider, RoleSpan, api};
use crate::profiles::{Profile, StoreKind};

/// Which Regions answered for the stores of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Regions {
    /// Places that had to answer: every Region that was asked, but those that are switched off.
    pub expected: u64,
    /// Those that did, or in which the service does not exist.
    pub complete: u64,
    /// Names of the Regions that did.
    pub answered: BTreeSet<String>,
    /// Places that did not.
    pub missing: Vec<Coverage>,
    /// Since when all of them have answered, where they have.
    pub complete_since: Option<Timestamp>,
}

impl Regions {
    /// Reads the coverage of the profile's stores. A profile that serves no stores expects nothing.
    pub(super) fn of(evidence: &Evidence, profile: &Profile, told: &[LiveStore]) -> Self {
        let Some(kind) = &profile.store else { return Self::default() };
        let mut regions = Self::default();
        let mut any_complete = false;
        for span in rows(evidence).filter(|span| span.coverage.key.api == kind.api) {
            regions.add(evidence, kind, told, span);
            any_complete |= span.coverage.outcome == Outcome::Complete;
        }
        regions.missing.extend(account_gaps(evidence));
        regions.missing.extend(unlisted_regions(evidence));
        if regions.missing.is_empty() && !any_complete {
            regions.missing.push(absent_row(evidence, &kind.api, None, "no Region answered"));
        }
        regions.missing.sort_by(|left, right| left.key.cmp(&right.key));
        if !regions.missing.is_empty() {
            regions.complete_since = None;
        }
        regions
    }

    /// Whether every expected Region answered, so that a store that was not seen is not there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    fn add(&mut self, evidence: &Evidence, kind: &StoreKind, told: &[LiveStore], span: &CoverageSpan) {
        let row = &span.coverage;
        if row.outcome == Outcome::NotEnabled {
            let region = row.key.region.as_deref();
            let told_of = told.iter().any(|store| Some(store.region.as_str()) == region);
            if told_of || has_open_store(evidence, kind, region) {
                self.missing.push(row.clone());
            }
            return;
        }
        self.expected += 1;
        if !row.outcome.proves_absence() {
            self.missing.push(row.clone());
            return;
        }
        if Some(span.checked_at) < account_closed_at(evidence) {
            return;
        }
        let unread: Vec<_> = unread_stores(evidence, span).cloned().collect();
        if unread.is_empty() {
            self.complete += 1;
            self.answered.extend(row.key.region.clone());
            self.complete_since = self.complete_since.max(Some(span.since));
        }
        self.missing.extend(unread);
    }
}

/// Whether a store of this kind was last seen in `region` and never seen to go.
fn has_open_store(evidence: &Evidence, kind: &StoreKind, region: Option<&str>) -> bool {
    evidence
        .stores
        .iter()
        .any(|span| span.valid_to.is_none() && span.store.kind == kind.kind && Some(&*span.store.region) == region)
}

/// Single stores of a Region that could not be read when the Region was listed. Older rows are about stores that the
/// list does not hold any more.
fn unread_stores<'a>(evidence: &'a Evidence, listed: &'a CoverageSpan) -> impl Iterator<Item = &'a Coverage> {
    rows(evidence)
        .filter(|span| span.coverage.key.api == api::ALIBABA_INSTANCE)
        .filter(|span| span.coverage.key.region == listed.coverage.key.region)
        .filter(|span| listed.checked_at <= span.checked_at && !span.coverage.outcome.proves_absence())
        .map(|span| &span.coverage)
}

/// The coverage rows in the order of their places.
pub(super) fn rows(evidence: &Evidence) -> impl Iterator<Item = &CoverageSpan> {
    let mut rows: Vec<_> = evidence.coverage.iter().collect();
    rows.sort_by(|left, right| left.coverage.key.cmp(&right.coverage.key));
    rows.into_iter()
}

/// Whether a coverage row is about a trail.
pub(in crate::rules) fn is_trail(key: &CoverageKey) -> bool {
    api::is_trail(&key.api)
}

/// Whether the provider says that the account is not active: nothing is asked of it then.
pub(in crate::rules) fn is_inactive(evidence: &Evidence) -> bool {
    evidence
        .coverage
        .iter()
        .filter(|span| span.coverage.key.api == api::ACCOUNT && span.coverage.key.account.is_some())
        .any(|span| span.coverage.outcome == Outcome::NotEnabled)
}

/// Whether a source asks for the account. One that was taken out of the configuration keeps its history.
pub(in crate::rules) fn is_expected(evidence: &Evidence) -> bool {
    evidence
        .coverage
        .iter()
        .filter(|span| span.coverage.key.api == api::ACCOUNT && span.coverage.key.account.is_some())
        .all(|span| span.coverage.outcome != Outcome::NotConfigured)
}

/// Readings of the account itself that failed: it could not be entered, or what is expected of it is not known.
fn closed_accounts(evidence: &Evidence) -> impl Iterator<Item = &CoverageSpan> {
    rows(evidence).filter(|span| span.coverage.key.api == api::ACCOUNT && span.coverage.outcome != Outcome::Complete)
}

fn account_gaps(evidence: &Evidence) -> impl Iterator<Item = Coverage> {
    closed_accounts(evidence).map(|span| span.coverage.clone())
}

/// The list of the account's Regions, where it could not be read: which of them have to answer is not known then.
fn unlisted_regions(evidence: &Evidence) -> impl Iterator<Item = Coverage> {
    rows(evidence)
        .filter(|span| lists_regions(&span.coverage.key) && span.coverage.outcome != Outcome::Complete)
        .map(|span| span.coverage.clone())
}

fn lists_regions(key: &CoverageKey) -> bool {
    [api::AWS_LIST_REGIONS, api::ALIBABA_REGIONS].contains(&key.api.as_str())
}

/// When the account could not be entered, if so: older answers of its parts say nothing about the present.
pub(super) fn account_closed_at(evidence: &Evidence) -> Option<Timestamp> {
    closed_accounts(evidence).map(|span| span.checked_at).max()
}

/// Whether anything of the role or its stores was ever asked of the account itself. Where it was, nothing is inferred
/// from the trail: an unanswered question stays one. A listing of all accounts says nothing about this one, unless it
/// failed: then this one may be among those that it lost.
pub(super) fn has_inventory(evidence: &Evidence, profile: &Profile) -> bool {
    let store_api = profile.store.as_ref().map(|store| store.api.as_str());
    rows(evidence).any(|span| {
        let key = &span.coverage.key;
        (key.api == api::ACCOUNT && (key.account.is_some() || span.coverage.outcome.is_gap()))
            || Some(key.api.as_str()) == store_api
            || (key.api == role_api(profile.provider) && is_about(key, profile))
    })
}

/// The API that tells whether a role is there.
pub(super) fn role_api(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => api::AWS_GET_ROLE,
        Provider::Alibaba => api::ALIBABA_GET_ROLE,
    }
}

/// The APIs that tell what a role may do.
fn policy_apis(provider: Provider) -> &'static [&'static str] {
    match provider {
        Provider::Aws => &[api::AWS_ATTACHED_POLICIES, api::AWS_INLINE_POLICIES, api::AWS_POLICY_VERSION],
        Provider::Alibaba => &[api::ALIBABA_POLICIES, api::ALIBABA_POLICY_VERSION],
    }
}

/// Whether a row is about the profile's role: it names no subject, or the profile, the role or its managed policy,
/// by name or ARN.
fn is_about(key: &CoverageKey, profile: &Profile) -> bool {
    let Some(subject) = key.subject.as_deref() else { return true };
    let name = subject.rsplit('/').next().unwrap_or(subject);
    subject == profile.id
        || profile.matches_role_name(name)
        || profile.policy.as_ref().is_some_and(|policy| policy.name == name)
}

/// The rows of the role API that are about the profile's role.
pub(super) fn role_rows<'a>(evidence: &'a Evidence, profile: &'a Profile) -> impl Iterator<Item = &'a CoverageSpan> {
    rows(evidence).filter(move |span| {
        span.coverage.key.api == role_api(profile.provider) && is_about(&span.coverage.key, profile)
    })
}

/// What is missing of the role and of what it may do.
pub(super) fn role_gaps(evidence: &Evidence, profile: &Profile) -> Vec<Coverage> {
    let mut gaps: Vec<Coverage> = role_rows(evidence, profile)
        .filter(|span| !span.coverage.outcome.proves_absence())
        .map(|span| span.coverage.clone())
        .collect();
    if role_rows(evidence, profile).next().is_none() {
        gaps.push(absent_row(evidence, role_api(profile.provider), Some(profile), "the role was not asked for"));
    }
    gaps.extend(account_gaps(evidence));
    let roles = current_roles(evidence, profile);
    if roles.iter().any(|span| span.role.is_some()) {
        gaps.extend(policy_gaps(evidence, profile));
        gaps.extend(unread_parts(evidence, profile, &roles));
    }
    gaps.sort_by(|left, right| left.key.cmp(&right.key));
    gaps.dedup_by(|left, right| left.key.api == right.key.api && left.key.region == right.key.region);
    gaps
}

/// The states of the profile's roles that hold now, oldest first.
pub(super) fn current_roles<'a>(evidence: &'a Evidence, profile: &Profile) -> Vec<&'a RoleSpan> {
    let mut spans: Vec<_> =
        evidence.roles.iter().filter(|span| span.profile == profile.id && span.valid_to.is_none()).collect();
    spans.sort_by_key(|span| (span.valid_from, span.last_seen, span.role.as_ref().map(|role| role.arn.clone())));
    spans
}

/// Policy readings of the newest observation that failed. Where the profile knows of no managed policy, nobody needs
/// them.
fn policy_gaps(evidence: &Evidence, profile: &Profile) -> Vec<Coverage> {
    if profile.policy.is_none() {
        return Vec::new();
    }
    let asked_at = role_rows(evidence, profile).map(|span| span.checked_at).max();
    rows(evidence)
        .filter(|span| policy_apis(profile.provider).contains(&span.coverage.key.api.as_str()))
        .filter(|span| is_about(&span.coverage.key, profile) && asked_at <= Some(span.checked_at))
        .filter(|span| is_policy_gap(&span.coverage))
        .map(|span| span.coverage.clone())
        .collect()
}

/// A service-linked role cannot have inline policies, so nobody has to ask for them; an answer that was sought and not
/// got is a gap all the same.
fn is_policy_gap(row: &Coverage) -> bool {
    let optional = row.key.api == api::AWS_INLINE_POLICIES;
    row.outcome.is_gap() || (!optional && !row.outcome.proves_absence())
}

/// Parts of the role's state that inventory left open.
fn unread_parts<'a>(
    evidence: &'a Evidence,
    profile: &'a Profile,
    roles: &[&'a RoleSpan],
) -> impl Iterator<Item = Coverage> {
    let mut parts = Vec::new();
    let wants_policies = profile.policy.is_some();
    let wants_documents = profile.policy.as_ref().is_some_and(|policy| !policy.versions.is_empty());
    for role in roles.iter().filter_map(|span| span.role.as_ref()) {
        let [attached_api, .., version_api] = policy_apis(profile.provider) else { continue };
        if role.trust_policy.is_none() {
            parts.push((role_api(profile.provider), "the trust policy could not be read"));
        }
        if wants_policies && role.attached.is_none() {
            parts.push((*attached_api, "the attached policies could not be read"));
        }
        let unread = role.attached.iter().flatten().any(|policy| policy.document.is_none());
        if wants_documents && unread {
            parts.push((*version_api, "the content of an attached policy could not be read"));
        }
    }
    parts.into_iter().map(|(api, detail)| Coverage {
        outcome: Outcome::Partial,
        ..absent_row(evidence, api, Some(profile), detail)
    })
}

/// A row for something that nobody read.
fn absent_row(evidence: &Evidence, api: &str, profile: Option<&Profile>, detail: &str) -> Coverage {
    Coverage {
        key: CoverageKey {
            provider: evidence.account.provider,
            account: Some(evidence.account.id.clone()),
            region: None,
            api: api.to_owned(),
            subject: profile.map(|profile| profile.role_name().to_owned()),
        },
        outcome: Outcome::NotConfigured,
        detail: detail.to_owned(),
        from: evidence.as_of,
        to: evidence.as_of,
    }
}

/// What of an account's events is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrailCoverage {
    /// Spans of time that are completely covered, by the Region of their rows.
    spans: Vec<(Option<String>, Timestamp, Timestamp)>,
    /// What is missing: unread parts, or the trail as a whole.
    pub missing: Vec<Coverage>,
}

impl TrailCoverage {
    /// What of it could not be read: events may be missing.
    pub fn gaps(&self) -> impl Iterator<Item = &Coverage> {
        self.missing.iter().filter(|row| row.outcome.is_gap())
    }

    /// Whether there is a trail, and nothing of it is missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// The newest moment that it covers.
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        self.spans.iter().map(|(_, _, to)| *to).max()
    }

    /// Whether the whole time between two moments is covered, in every Region of which there are events at all.
    #[must_use]
    pub fn covers(&self, from: Timestamp, to: Timestamp) -> bool {
        let regions: BTreeSet<_> = self.spans.iter().map(|(region, _, _)| region).collect();
        self.is_complete()
            && !regions.is_empty()
            && regions.into_iter().all(|region| self.joined(region.as_deref(), from, to))
    }

    /// Whether the spans of one Region cover the time without a hole.
    fn joined(&self, region: Option<&str>, from: Timestamp, to: Timestamp) -> bool {
        let mut spans: Vec<_> = self.spans.iter().filter(|(of, _, _)| of.as_deref() == region).collect();
        spans.sort_by_key(|(_, from, to)| (*from, *to));
        let reached = spans.iter().fold(
            from,
            |reached, (_, from, to)| {
                if *from <= reached { reached.max(*to) } else { reached }
            },
        );
        spans.iter().any(|(_, begin, _)| *begin <= from) && to <= reached
    }
}

/// Reads the coverage of the account's trails.
pub(super) fn trail_coverage(evidence: &Evidence) -> TrailCoverage {
    let mut trail = TrailCoverage { spans: Vec::new(), missing: Vec::new() };
    for row in rows(evidence).map(|span| &span.coverage).filter(|row| is_trail(&row.key)) {
        match row.outcome {
            Outcome::Complete => trail.spans.push((row.key.region.clone(), row.from, row.to)),
            Outcome::NotEnabled | Outcome::Unsupported => {}
            _ => trail.missing.push(row.clone()),
        }
    }
    if trail.spans.is_empty() && trail.missing.is_empty() {
        trail.missing.push(absent_row(evidence, api::TRAIL, None, ""));
    }
    if !is_event_history_read(evidence)
        && let Some((api, detail)) = trail_settings::unrecorded(evidence)
    {
        let row = absent_row(evidence, api, None, &detail);
        trail.missing.push(Coverage { outcome: Outcome::Partial, ..row });
    }
    trail
}

/// Whether events come from the event history, which has all of them whatever the trails record.
fn is_event_history_read(evidence: &Evidence) -> bool {
    evidence
        .coverage
        .iter()
        .any(|span| span.coverage.key.api == api::TRAIL_LOOKUP && span.coverage.outcome == Outcome::Complete)
}
