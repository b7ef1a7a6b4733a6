//! Trust drift.
//!
//! # What it finds
//! The role's trust policy differs in meaning from the one that the provider gives it: another principal, another action,
//! a condition, a denial, or nothing left of it.
//!
//! # Why it matters
//! The trust policy is all that keeps everybody but the key service from using the role. Customers cannot change it, so
//! a difference means that a protection of the provider failed, or that the role is not what it seems.
//!
//! # When it stays silent
//! - The same policy is written in another way: a string or a list, another order of keys, URL-encoding.
//! - The policy trusts only some of the principals that the profile trusts; users may trust more than the provider.
//! - The policy could not be read: unknown.
//!
//! # What to do
//! Treat it as an incident and ask the provider's support; nobody but the provider can change the policy back.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::{Case, Rule, RuleDoc, Ruling, draft::Draft};
use crate::model::{Basis, Finding, PolicyDocument, Role, RolePresence, RoleSpan, Severity};
use crate::profiles::{Profile, RoleMatch};

static DOC: LazyLock<RuleDoc> =
    LazyLock::new(|| RuleDoc::of("trust-drift", Severity::Critical, include_str!("trust_drift.rs")));

/// The rule.
pub(super) struct TrustDrift;

impl Rule for TrustDrift {
    fn doc(&self) -> &'static RuleDoc {
        &DOC
    }

    fn judge(&self, case: &Case<'_>) -> Ruling {
        match (case.standing.basis, case.standing.presence) {
            (Basis::Inferred, _) => {
                return Ruling::undecided("there is no inventory, and no event tells the trust policy");
            }
            (_, RolePresence::Unknown) => return Ruling::undecided(case.standing.what_is_missing()),
            (_, RolePresence::Absent) => return Ruling::silent(),
            (_, RolePresence::Present) => {}
        }
        let mut ruling = Ruling::silent();
        for (span, role) in case.current_roles() {
            match role.trust_policy.as_deref().map(PolicyDocument::parse) {
                Some(Ok(policy)) => ruling.findings.extend(
                    difference(case.profile, role, &policy).map(|difference| finding(case, span, role, &difference)),
                ),
                Some(Err(_)) | None => {
                    ruling.undecided = Some(format!("the trust policy of {} could not be read", role.name));
                }
            }
        }
        ruling
    }
}

/// What the policy says that it should not, in words.
fn difference(profile: &Profile, role: &Role, policy: &PolicyDocument) -> Option<String> {
    let statements = policy.value().get("Statement").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if statements.is_empty() {
        return Some("it trusts nobody".to_owned());
    }
    statements.iter().find_map(|statement| {
        let statement = statement.as_object()?;
        odd_part(statement).or_else(|| stranger(profile, role, statement))
    })
}

/// A part of a statement that has no place in the trust policy of a service-linked role.
fn odd_part(statement: &Map<String, Value>) -> Option<String> {
    let text = |key: &str| statement.get(key).map(Value::to_string);
    if let Some(key) = statement.keys().find(|key| !matches!(key.as_str(), "Effect" | "Action" | "Principal")) {
        return Some(format!("a statement has {key}"));
    }
    if text("Effect").as_deref() != Some("\"Allow\"") {
        return Some(format!("a statement has the effect {}", text("Effect").unwrap_or_default()));
    }
    let actions = text("Action").unwrap_or_default();
    (actions != "[\"sts:assumerole\"]").then(|| format!("a statement allows {actions}"))
}

/// A principal that the profile does not trust.
fn stranger(profile: &Profile, role: &Role, statement: &Map<String, Value>) -> Option<String> {
    let Some(Value::Object(principals)) = statement.get("Principal") else {
        let text = statement.get("Principal").map_or_else(|| "no principal".to_owned(), Value::to_string);
        return Some(format!("a statement trusts {text}"));
    };
    if principals.is_empty() {
        return Some("a statement trusts nobody".to_owned());
    }
    let named = principals
        .iter()
        .flat_map(|(kind, names)| names.as_array().into_iter().flatten().map(move |name| (kind, name)));
    let mut strangers = named.filter(|(kind, name)| {
        *kind != "Service" || !name.as_str().is_some_and(|name| profile.trusts(name, role.path.as_deref()))
    });
    strangers.next().map(|(kind, name)| format!("it trusts {kind} {}", name.as_str().unwrap_or_default()))
}

fn finding(case: &Case<'_>, span: &RoleSpan, role: &Role, difference: &str) -> Finding {
    let summary = format!("The trust policy of role {} is not the provider's: {difference}.", role.name);
    let how = format!(
        "Treat it as an incident: look for sessions of the role (`roletrail events`), and ask the provider's support how \
         the trust policy of {} came to change.",
        role.arn
    );
    Draft::new(case, &DOC, Severity::Critical, summary)
        .role(&role.arn)
        .subject((case.profile.role == RoleMatch::ServiceLinked).then(|| role.arn.clone()))
        .seen(span.valid_from, span.last_seen)
        .fix(how, "the observed trust policy means the same as the provider's")
}

#[cfg(test)]
mod tests {
    use crate::model::{Outcome, Severity};
    use crate::rules::tests::{Scene, check, fires, silent, unknown};

    const ID: &str = "trust-drift";

    fn trusting(statement: &str) -> Scene {
        let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        Scene::aws().role_with(|role| role.trust_policy = Some(policy.clone())).regions(Outcome::Complete)
    }

    #[test]
    fn the_providers_policy_is_no_drift_however_it_is_written() {
        check(ID, &Scene::aws().role(), silent());
        check(ID, &Scene::alibaba().role(), silent());
        let other = r#"{"Sid":"x","Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":["cks.kms.amazonaws.com"]}}"#;
        check(ID, &trusting(other), silent());
    }

    #[test]
    fn any_other_meaning_is_critical() {
        for (statement, told) in [
            (
                r#"{"Effect":"Allow","Principal":{"Service":["cks.kms.amazonaws.com","kms.amazonaws.com"]},"Action":"sts:AssumeRole"}"#,
                "kms.amazonaws.com",
            ),
            (
                r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}"#,
                "root",
            ),
            (
                r#"{"Effect":"Allow","Principal":{"AWS":"cks.kms.amazonaws.com"},"Action":"sts:AssumeRole"}"#,
                "AWS cks.kms.amazonaws.com",
            ),
            (r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}"#, "*"),
            (
                r#"{"Effect":"Deny","Principal":{"Service":"cks.kms.amazonaws.com"},"Action":"sts:AssumeRole"}"#,
                "Deny",
            ),
            (
                r#"{"Effect":"Allow","Principal":{"Service":"cks.kms.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}"#,
                "tagsession",
            ),
            (
                r#"{"Effect":"Allow","NotPrincipal":{"Service":"cks.kms.amazonaws.com"},"Action":"sts:AssumeRole"}"#,
                "NotPrincipal",
            ),
            (
                r#"{"Effect":"Allow","Principal":{"Service":"cks.kms.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"Bool":{"a":"true"}}}"#,
                "Condition",
            ),
            ("", "nobody"),
        ] {
            let found = check(ID, &trusting(statement), fires(1));
            assert_eq!(found[0].severity, Severity::Critical);
            assert!(found[0].summary.contains(told), "{}", found[0].summary);
        }
    }

    #[test]
    fn principals_that_the_user_trusts_do_not_make_the_providers_policy_drift() {
        check(ID, &Scene::aws().role().trusting_also("kms.amazonaws.com"), silent());
        let other = r#"{"Effect":"Allow","Principal":{"Service":"kms.amazonaws.com"},"Action":"sts:AssumeRole"}"#;
        check(ID, &trusting(other).trusting_also("kms.amazonaws.com"), silent());
    }

    #[test]
    fn an_unread_policy_or_role_is_unknown_and_an_absent_role_is_none() {
        check(ID, &Scene::aws().role_with(|role| role.trust_policy = None), unknown());
        check(ID, &Scene::aws().role().role_answer(Outcome::Denied), unknown());
        check(ID, &Scene::aws(), unknown());
        check(ID, &Scene::aws().no_role(), silent());
    }
}
