//! Finding the text of a policy's default version: the answers that hold texts do not all say of which policy.

use std::collections::BTreeMap;

use super::claims::{Names, longest, names};
use super::naming::{Call, plain, usual_name};
use super::places::AccountFiles;
use super::policies::{ListedPolicy, PolicyText};
use super::saved::{Failure, SavedFile};
use super::{alibaba_role, aws_role};
use crate::model::{Outcome, Provider};
use crate::profiles::Profile;
use crate::sources::report::{Report, Trouble};

/// `get-policy` of AWS tells the default version; what it says is covered by itself.
const AWS_GET_POLICY: &str = "iam:GetPolicy";

/// What a text belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Owner {
    /// The policy of that name.
    Policy(String),
    /// The policy of the role of that name, in plain form.
    Role(String),
    /// Nobody says.
    Unnamed,
}

struct SavedText {
    owner: Owner,
    file: String,
    answer: Result<PolicyText, Failure>,
}

/// The policy texts of an account.
pub(super) struct Texts {
    provider: Provider,
    saved: Vec<SavedText>,
    /// Names of the policies that the providers attach to the watched roles.
    managed: Vec<String>,
    /// Default versions by policy, from `get-policy` of AWS.
    defaults: BTreeMap<String, String>,
}

impl Texts {
    pub(super) fn read(
        files: &AccountFiles,
        listed: &[Option<Vec<ListedPolicy>>],
        profiles: &[&Profile],
        names: &Names,
        report: &mut Report,
    ) -> Self {
        let managed = profiles.iter().filter_map(|profile| Some(profile.policy.as_ref()?.name.clone()));
        let managed: Vec<String> = managed.collect();
        let attached = listed.iter().flatten().flatten().map(|policy| policy.name.clone());
        let policies: Vec<String> = managed.iter().cloned().chain(attached).collect();
        let (provider, now) = (report.account.provider, report.now);
        let mut texts = Self { provider, saved: Vec::new(), managed, defaults: BTreeMap::new() };
        for file in &files.global {
            let text = match (file.call, provider) {
                (Call::GetPolicyVersion, Provider::Aws) => aws_role::policy_version(file, now),
                (Call::GetPolicyVersion, Provider::Alibaba) => alibaba_role::policy_version(file, now),
                (Call::GetPolicy, Provider::Alibaba) => alibaba_role::policy(file, now),
                (Call::GetPolicy, Provider::Aws) => {
                    texts.take_default(file, report);
                    continue;
                }
                _ => continue,
            };
            let owner = owner(file, &text, &policies, &names.known);
            texts.saved.push(SavedText { owner, file: file.name(), answer: text });
        }
        texts
    }

    fn take_default(&mut self, file: &SavedFile, report: &mut Report) {
        match aws_role::default_version(file, report.now) {
            Ok((policy, version)) => {
                report.complete(AWS_GET_POLICY, None, None);
                self.defaults.insert(policy, version);
            }
            Err(failure) => report.failed(AWS_GET_POLICY, None, None, &failure),
        }
    }

    /// Id of a policy's default version, where any answer but the text itself tells.
    pub(super) fn default_version(&self, policy: &ListedPolicy) -> Option<String> {
        policy.default.clone().or_else(|| self.defaults.get(&policy.name).cloned())
    }

    /// The text of the default version of a policy of `role`.
    pub(super) fn default_of(
        &self,
        policy: &ListedPolicy,
        role: &str,
        listed: &[Option<Vec<ListedPolicy>>],
    ) -> Result<&PolicyText, (Outcome, String)> {
        let candidates = self.candidates(policy, role, listed);
        if let Some(failure) = candidates.iter().find_map(|text| text.answer.as_ref().err()) {
            return Err((failure.outcome(), failure.detail()));
        }
        if candidates.is_empty() {
            let file = usual_name(self.provider, Call::GetPolicyVersion);
            let detail = format!("no {file} for {0}; save it with {0} in its name", policy.name);
            // What a policy says that has no business there changes no judgement.
            let outcome = if self.is_managed(policy) { Outcome::Error } else { Outcome::NotConfigured };
            return Err((outcome, detail));
        }
        let texts = || candidates.iter().filter_map(|text| text.answer.as_ref().ok());
        let fitting: Vec<_> = match self.default_version(policy) {
            Some(default) => texts().filter(|text| text.version == default).collect(),
            None => texts().filter(|text| text.is_default != Some(false)).collect(),
        };
        let files = || candidates.iter().map(|text| text.file.as_str()).collect::<Vec<_>>().join(", ");
        match fitting[..] {
            [] => Err((Outcome::Error, format!("{}: not the default version of {}", files(), policy.name))),
            [first, ..] if fitting.iter().all(|text| text.document == first.document) => Ok(first),
            _ => Err((Outcome::Error, format!("{} differ about {}; keep the newest", files(), policy.name))),
        }
    }

    fn is_managed(&self, policy: &ListedPolicy) -> bool {
        self.managed.contains(&policy.name)
    }

    /// Texts named by the policy; else those named by its role; else unnamed ones, where no other policy could own them.
    /// A policy that the provider attaches comes before others, for which the texts have to be named.
    fn candidates(&self, policy: &ListedPolicy, role: &str, listed: &[Option<Vec<ListedPolicy>>]) -> Vec<&SavedText> {
        let owned = |owner: &Owner| self.saved.iter().filter(|text| text.owner == *owner).collect::<Vec<_>>();
        let by_policy = owned(&Owner::Policy(policy.name.clone()));
        if !by_policy.is_empty() {
            return by_policy;
        }
        let is_nameless = |other: &&ListedPolicy| {
            let has_precedence = self.is_managed(other) || !self.is_managed(policy);
            has_precedence && owned(&Owner::Policy(other.name.clone())).is_empty()
        };
        let siblings = listed.iter().flatten().find(|policies| policies.contains(policy));
        let by_role = owned(&Owner::Role(plain(role)));
        if !by_role.is_empty() && siblings.is_some_and(|policies| policies.iter().filter(is_nameless).count() == 1) {
            return by_role;
        }
        if listed.iter().flatten().flatten().filter(is_nameless).count() == 1 {
            return owned(&Owner::Unnamed);
        }
        Vec::new()
    }
}

fn owner(file: &SavedFile, text: &Result<PolicyText, Failure>, policies: &[String], roles: &[String]) -> Owner {
    let said = match text {
        Ok(text) => text.policy.clone(),
        Err(Failure::Refused(refusal)) => {
            longest(policies, |policy| names(&refusal.message, policy)).map(str::to_owned)
        }
        Err(Failure::Unusable(_)) => None,
    };
    if let Some(policy) = said {
        return Owner::Policy(policy);
    }
    if let Some(policy) = longest(policies, |policy| file.suffix.contains(&plain(policy))) {
        return Owner::Policy(policy.to_owned());
    }
    longest(roles, |role| file.suffix.contains(&plain(role))).map_or(Owner::Unnamed, |role| Owner::Role(plain(role)))
}
