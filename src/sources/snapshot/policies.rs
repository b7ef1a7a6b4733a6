//! The policies of the roles that are there: which are attached, what they say, what is written into the role itself.

use super::claims::{Claim, Names, best};
use super::naming::{Call, usual_name};
use super::places::AccountFiles;
use super::policy_texts::Texts;
use super::roles::PresentRole;
use super::saved::{Failure, SavedFile};
use super::{alibaba_role, aws_role};
use crate::model::{AttachedPolicy, InlinePolicy, Outcome, Provider, api};
use crate::profiles::Profile;
use crate::sources::report::Report;

/// One page of a listing.
pub(super) struct Listed<T> {
    pub(super) items: Vec<T>,
    pub(super) cut_off: bool,
}

/// A policy that a role has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListedPolicy {
    pub(super) name: String,
    pub(super) arn: String,
    /// Id of its default version, where the listing tells.
    pub(super) default: Option<String>,
}

/// The text of one version of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PolicyText {
    /// The policy's name, where the answer tells.
    pub(super) policy: Option<String>,
    pub(super) version: String,
    pub(super) is_default: Option<bool>,
    /// In normal form.
    pub(super) document: String,
}

/// The text of a policy written into a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InlineText {
    pub(super) role: String,
    pub(super) name: String,
    /// In normal form.
    pub(super) document: String,
}

type Pages<T> = Vec<(Claim, Result<(String, Listed<T>), Failure>)>;

fn attached_api(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => api::AWS_ATTACHED_POLICIES,
        Provider::Alibaba => api::ALIBABA_POLICIES,
    }
}

pub(super) fn version_api(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => api::AWS_POLICY_VERSION,
        Provider::Alibaba => api::ALIBABA_POLICY_VERSION,
    }
}

/// A role that is not there has no policies: that is known without asking.
pub(super) fn none_attached(profile: &Profile, report: &mut Report) {
    report.complete(attached_api(profile.provider), None, Some(profile.role_name()));
    if profile.provider == Provider::Aws {
        report.complete(api::AWS_INLINE_POLICIES, None, Some(profile.role_name()));
    }
}

/// Gives every role its policies, as far as files tell.
pub(super) fn attach(
    roles: &mut [PresentRole<'_>],
    files: &AccountFiles,
    profiles: &[&Profile],
    names: &Names,
    report: &mut Report,
) {
    let provider = report.account.provider;
    let now = report.now;
    let listings = pages(files, Call::ListAttachedPolicies, names, |file| match provider {
        Provider::Aws => aws_role::attached(file, now),
        Provider::Alibaba => alibaba_role::attached(file, now),
    });
    let listed: Vec<_> = roles.iter().map(|role| attached(role, &listings, report)).collect();
    let texts = Texts::read(files, &listed, profiles, names, report);
    for (role, policies) in roles.iter_mut().zip(&listed) {
        let Some(policies) = policies else { continue };
        let attached = policies.iter().map(|policy| with_text(policy, role, &texts, &listed, report));
        role.answer.role.attached = Some(sorted_by_name(attached.collect()));
    }
    if provider == Provider::Aws {
        inline_policies(roles, files, names, report);
    }
}

fn sorted_by_name(mut policies: Vec<AttachedPolicy>) -> Vec<AttachedPolicy> {
    policies.sort();
    policies.dedup();
    policies
}

fn pages<T>(
    files: &AccountFiles,
    call: Call,
    names: &Names,
    read: impl Fn(&SavedFile) -> Result<Listed<T>, Failure>,
) -> Pages<T> {
    let files = files.global.iter().filter(|file| file.call == call);
    let pages = files.filter_map(|file| {
        let page = read(file);
        let claim = names.claim(file, page.as_ref().err())?;
        Some((claim, page.map(|page| (file.name(), page))))
    });
    pages.collect()
}

/// The policies attached to a role, or `None` where the listing is missing or not whole.
fn attached(
    role: &PresentRole<'_>,
    listings: &Pages<ListedPolicy>,
    report: &mut Report,
) -> Option<Vec<ListedPolicy>> {
    let provider = report.account.provider;
    let api = attached_api(provider);
    match whole(role, listings, api, report) {
        Reading::Whole(policies) => Some(policies),
        Reading::Broken => None,
        Reading::Missing => {
            let file = usual_name(provider, Call::ListAttachedPolicies);
            report.row(api, None, Some(&role.subject), Outcome::Error, format!("no {file} for {}", role.subject));
            None
        }
    }
}

/// What reading all pages of a listing came to.
enum Reading<T> {
    /// All items.
    Whole(Vec<T>),
    /// A page is missing or cannot be used; coverage says which.
    Broken,
    /// There is no page at all.
    Missing,
}

fn whole<T: Clone>(role: &PresentRole<'_>, pages: &Pages<T>, api: &str, report: &mut Report) -> Reading<T> {
    let subject = Some(role.subject.as_str());
    let pages = best(pages, &role.answer.role.name);
    if pages.is_empty() {
        return Reading::Missing;
    }
    let (mut items, mut is_whole) = (Vec::new(), true);
    for page in pages {
        match page {
            Ok((file, page)) => {
                if page.cut_off {
                    let detail = format!("{file}: is cut off; save all pages in one listing");
                    report.row(api, None, subject, Outcome::Partial, detail);
                    is_whole = false;
                }
                items.extend(page.items.iter().cloned());
            }
            Err(failure) => {
                report.failed(api, None, subject, failure);
                is_whole = false;
            }
        }
    }
    if !is_whole {
        return Reading::Broken;
    }
    report.complete(api, None, subject);
    Reading::Whole(items)
}

fn with_text(
    policy: &ListedPolicy,
    role: &PresentRole<'_>,
    texts: &Texts,
    listed: &[Option<Vec<ListedPolicy>>],
    report: &mut Report,
) -> AttachedPolicy {
    let api = version_api(report.account.provider);
    let text = match texts.default_of(policy, &role.answer.role.name, listed) {
        Ok(text) => {
            report.complete(api, None, Some(&policy.name));
            Some(text)
        }
        Err((outcome, detail)) => {
            report.row(api, None, Some(&policy.name), outcome, detail);
            None
        }
    };
    AttachedPolicy {
        name: policy.name.clone(),
        arn: policy.arn.clone(),
        version: text.map(|text| text.version.clone()).or_else(|| texts.default_version(policy)),
        document: text.map(|text| text.document.clone()),
    }
}

fn inline_policies(roles: &mut [PresentRole<'_>], files: &AccountFiles, names: &Names, report: &mut Report) {
    let now = report.now;
    let listings = pages(files, Call::ListInlinePolicies, names, |file| aws_role::inline_names(file, now));
    let texts = files.global.iter().filter(|file| file.call == Call::GetInlinePolicy);
    let texts: Vec<_> = texts.map(|file| (names.claim(file, None), aws_role::inline(file, now))).collect();
    for role in roles {
        role.answer.role.inline = inline(role, &listings, &texts, report);
    }
}

type InlineTexts = [(Option<Claim>, Result<InlineText, Failure>)];

/// The policies written into a role. No listing at all is no gap: a service-linked role cannot have any.
fn inline(
    role: &PresentRole<'_>,
    listings: &Pages<String>,
    texts: &InlineTexts,
    report: &mut Report,
) -> Option<Vec<InlinePolicy>> {
    let (api, subject) = (api::AWS_INLINE_POLICIES, Some(role.subject.as_str()));
    let listed = whole(role, listings, api, report);
    let name = &role.answer.role.name;
    let own: Vec<_> =
        texts.iter().filter_map(|(_, text)| text.as_ref().ok()).filter(|text| text.role == *name).collect();
    for (_, failure) in texts.iter().filter(|(claim, _)| claim.as_ref().is_some_and(|claim| best_is(claim, name))) {
        if let Err(failure) = failure {
            report.failed(api, None, subject, failure);
        }
    }
    let mut names = match listed {
        Reading::Whole(names) => names,
        Reading::Broken => return None,
        Reading::Missing => {
            let detail = format!("no list-role-policies.json for {}", role.subject);
            report.row(api, None, subject, Outcome::NotConfigured, detail);
            return None;
        }
    };
    for text in own.iter().filter(|text| !names.contains(&text.name)).collect::<Vec<_>>() {
        let detail = format!("get-role-policy shows {}, which list-role-policies does not name", text.name);
        report.row(api, None, subject, Outcome::Partial, detail);
        names.push(text.name.clone());
    }
    names.sort();
    names.dedup();
    let policies = names.into_iter().map(|name| {
        let document = own.iter().find(|text| text.name == name).map(|text| text.document.clone());
        if document.is_none() {
            report.row(api, None, subject, Outcome::Partial, format!("no get-role-policy.json for {name}"));
        }
        InlinePolicy { name, document }
    });
    Some(policies.collect())
}

fn best_is(claim: &Claim, role: &str) -> bool {
    claim.role == super::naming::plain(role)
}
