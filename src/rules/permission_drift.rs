//! Permission drift.
//!
//! # What it finds
//! What the role may do differs from every known version of the managed policy that the provider attaches: another policy
//! is attached, an inline policy is there, the managed policy is missing, or its content is not what the provider
//! published. A newer version of the provider's own policy is reported as a provider change, for information.
//!
//! # Why it matters
//! Permissions of a service-linked role cannot be changed by customers. A difference means that a protection failed, or
//! that the provider gave its service more (or less) rights in the account than was reviewed.
//!
//! # When it stays silent
//! - The content equals any known dated version, whatever the order of its parts.
//! - The profile knows no version of the policy: content is not judged.
//! - A policy could not be read: unknown.
//!
//! # What to do
//! Drift: treat it as an incident and ask the provider's support. Provider change: read the difference, and add the new
//! version to the role's profile once it is reviewed.

use std::sync::LazyLock;

use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{
    AttachedPolicy, Basis, Finding, PolicyDocument, Provider, Role, RolePresence, RoleSpan, Severity, api,
};
use crate::profiles::{ManagedPolicy, RoleMatch};

static DOC: LazyLock<RuleDoc> =
    LazyLock::new(|| RuleDoc::of("permission-drift", Severity::High, include_str!("permission_drift.rs")));

/// The rule.
pub(super) struct PermissionDrift;

impl Rule for PermissionDrift {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        let Some(managed) = &case.profile.policy else { return Ruling::silent() };
        match (case.standing.basis, case.standing.presence) {
            (Basis::Inferred, _) => {
                return Ruling::undecided("there is no inventory, and no event tells the policies");
            }
            (_, RolePresence::Unknown) => return Ruling::undecided(case.standing.what_is_missing()),
            (_, RolePresence::Absent) => return Ruling::silent(),
            (_, RolePresence::Present) => {}
        }
        let mut ruling = Ruling::silent();
        for (span, role) in case.current_roles() {
            let reading = Reading::of(case, managed, role);
            if !reading.drifts.is_empty() {
                ruling.findings.push(drift(case, span, role, &reading.drifts));
            }
            ruling.findings.extend(reading.change.map(|change| provider_change(case, span, role, &change)));
            ruling.undecided = ruling.undecided.or(reading.unread);
        }
        ruling
    }
}

/// What a role's permissions come to.
#[derive(Default)]
struct Reading {
    drifts: Vec<String>,
    change: Option<String>,
    unread: Option<String>,
}

impl Reading {
    fn of(case: &Case<'_>, managed: &ManagedPolicy, role: &Role) -> Self {
        let mut reading = Self::default();
        match &role.attached {
            None => reading.unread = Some(format!("the policies attached to {} could not be read", role.name)),
            Some(attached) => reading.attached(case.profile.provider, managed, attached),
        }
        match &role.inline {
            Some(inline) => {
                reading.drifts.extend(inline.iter().map(|policy| format!("inline policy {} is there", policy.name)));
            }
            None if case.standing.role_gaps.iter().any(|gap| gap.key.api == api::AWS_INLINE_POLICIES) => {
                reading.unread = Some(format!("the inline policies of {} could not be read", role.name));
            }
            None => {}
        }
        reading.drifts.sort();
        reading
    }

    fn attached(&mut self, provider: Provider, managed: &ManagedPolicy, attached: &[AttachedPolicy]) {
        let mut found = false;
        for policy in attached {
            if policy.name == managed.name && is_the_providers(provider, policy) {
                found = true;
                self.content(managed, policy);
            } else {
                self.drifts.push(format!("policy {} ({}) is attached", policy.name, policy.arn));
            }
        }
        if !found {
            self.drifts.push(format!("policy {} is not attached", managed.name));
        }
    }

    fn content(&mut self, managed: &ManagedPolicy, policy: &AttachedPolicy) {
        let Some(newest) = managed.versions.last() else { return };
        let Some(Ok(document)) = policy.document.as_deref().map(PolicyDocument::parse) else {
            self.unread = Some(format!("the content of policy {} could not be read", policy.name));
            return;
        };
        if managed.versions.iter().any(|version| version.document.means_the_same(&document)) {
            return;
        }
        let version = policy.version.as_deref().unwrap_or("without an id");
        let difference = difference(&newest.document, &document);
        let newest_number = managed.versions.iter().filter_map(|known| number_of(&known.id)).max();
        if newest_number.is_some() && newest_number < number_of(version) {
            self.change = Some(format!("{} {version} is newer than {}: {difference}", policy.name, newest.id));
        } else {
            self.drifts.push(format!("policy {} {version} has unknown content: {difference}", policy.name));
        }
    }
}

/// A policy of the same name that a customer made is not the provider's: AWS marks its own by the account `aws`, Alibaba
/// Cloud by the type.
fn is_the_providers(provider: Provider, policy: &AttachedPolicy) -> bool {
    match provider {
        Provider::Aws => policy.arn.split(':').nth(4) == Some("aws"),
        Provider::Alibaba => policy.arn == "System",
    }
}

/// `v12` is 12.
fn number_of(version: &str) -> Option<u64> {
    version.strip_prefix('v')?.parse().ok()
}

/// The actions that were added and removed.
fn difference(known: &PolicyDocument, seen: &PolicyDocument) -> String {
    let (known, seen) = (known.allowed_actions(), seen.allowed_actions());
    let list = |sign: char, one: &std::collections::BTreeSet<String>, other: &std::collections::BTreeSet<String>| {
        one.difference(other).map(|action| format!("{sign}{action}")).collect::<Vec<_>>()
    };
    let changes = [list('+', &seen, &known), list('-', &known, &seen)].concat();
    if changes.is_empty() {
        "the actions are the same, resources, conditions or effects are not".to_owned()
    } else {
        changes.join(" ")
    }
}

fn drift(case: &Case<'_>, span: &RoleSpan, role: &Role, drifts: &[String]) -> Finding {
    let summary = format!("Role {} may do other than the provider's policy says: {}.", role.name, drifts.join("; "));
    let how = format!(
        "Treat it as an incident: look for who changed it (`roletrail events`), and ask the provider's support how the \
         permissions of {} came to change.",
        role.arn
    );
    Draft::new(case, &DOC, Severity::High, summary)
        .role(&role.arn)
        .subject((case.profile.role == RoleMatch::ServiceLinked).then(|| role.arn.clone()))
        .seen(span.valid_from, span.last_seen)
        .fix(
            how,
            "exactly the provider's managed policy is attached, in a known version, and no inline policy is there",
        )
}

fn provider_change(case: &Case<'_>, span: &RoleSpan, role: &Role, change: &str) -> Finding {
    let summary = format!("Provider change of role {}: {change}.", role.name);
    Draft::new(case, &DOC, Severity::Info, summary)
        .role(&role.arn)
        .subject(Some("provider-change".to_owned()))
        .seen(span.valid_from, span.last_seen)
        .fix(
            format!("Review the difference and add the version to profile {}.", case.profile.id),
            "the profile knows the version",
        )
}

#[cfg(test)]
mod tests {
    use crate::model::{AttachedPolicy, InlinePolicy, Outcome, Role, Severity, api};
    use crate::rules::tests::{NOW, Scene, check, fires, silent, unknown};

    const ID: &str = "permission-drift";
    const WIDER: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:CreateNetworkInterface","ec2:RunInstances"],"Resource":"*"}]}"#;

    fn with(change: impl Fn(&mut AttachedPolicy)) -> Scene {
        Scene::aws().role_with(|role| change(&mut role.attached.as_mut().expect("attached")[0]))
    }

    fn role_with(change: impl Fn(&mut Role)) -> Scene {
        Scene::aws().role_with(change)
    }

    #[test]
    fn every_dated_version_of_the_managed_policy_is_fine() {
        check(ID, &Scene::aws().role(), silent());
        check(ID, &Scene::aws().role_with_policy_version(0), silent());
        check(ID, &Scene::alibaba().role(), silent());
    }

    #[test]
    fn another_policy_an_inline_policy_or_other_content_is_high() {
        let inline = InlinePolicy { name: "extra".to_owned(), document: None };
        for (scene, told) in [
            (with(|policy| policy.document = Some(WIDER.to_owned())), "+ec2:runinstances"),
            (
                with(|policy| policy.arn = policy.arn.replace(":aws:policy", ":111122223333:policy")),
                "is not attached",
            ),
            (with(|policy| policy.name = "AdministratorAccess".to_owned()), "AdministratorAccess"),
            (role_with(|role| role.inline = Some(vec![inline.clone()])), "extra"),
            (role_with(|role| role.attached = Some(Vec::new())), "is not attached"),
        ] {
            let found = check(ID, &scene, fires(1));
            assert_eq!(found[0].severity, Severity::High);
            assert!(found[0].summary.contains(told), "{}", found[0].summary);
        }
    }

    #[test]
    fn a_newer_version_of_the_providers_policy_is_information() {
        let newer = with(|policy| {
            policy.version = Some("v3".to_owned());
            policy.document = Some(WIDER.to_owned());
        });
        let found = check(ID, &newer, fires(1));
        assert_eq!(found[0].severity, Severity::Info);
        assert!(found[0].summary.contains("+ec2:runinstances"), "{}", found[0].summary);
        assert!(found[0].summary.contains("-cloudhsm:describe*"), "{}", found[0].summary);
    }

    #[test]
    fn what_could_not_be_read_is_unknown() {
        check(ID, &with(|policy| policy.document = None), unknown());
        check(ID, &role_with(|role| role.attached = None), unknown());
        let without_inline = role_with(|role| role.inline = None);
        check(ID, &without_inline, silent());
        check(ID, &without_inline.place(api::AWS_INLINE_POLICIES, None, Outcome::Denied, NOW), unknown());
        check(ID, &Scene::aws(), unknown());
        check(ID, &Scene::aws().no_role(), silent());
    }
}
