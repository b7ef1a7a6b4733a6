use super::examine::entry;
use super::*;
use crate::model::Provider;

fn failure(outcome: Outcome, code: &str) -> Failure {
    let mut failure = Failure::new(outcome, format!("{code}: no"));
    failure.code = Some(code.to_owned());
    failure
}

#[test]
fn what_is_not_there_was_allowed_to_be_asked_for() {
    let proofs = ["InvalidRange"];
    for (answer, outcome) in [
        (Ok(()), CheckOutcome::Ok),
        (Err(failure(Outcome::Error, "InvalidRange")), CheckOutcome::Ok),
        (Err(failure(Outcome::Error, "NoSuchEntity")), CheckOutcome::Ok),
        (Err(failure(Outcome::Error, "EntityNotExist.Role")), CheckOutcome::Ok),
        (Err(failure(Outcome::Unsupported, "UnsupportedOperationException")), CheckOutcome::Ok),
        (Err(failure(Outcome::Denied, "AccessDenied")), CheckOutcome::Missing),
        (Err(failure(Outcome::Error, "NoSuchBucket")), CheckOutcome::Failed),
        (Err(failure(Outcome::Throttled, "Throttling")), CheckOutcome::Failed),
        (Err(Failure::timed_out("nothing came")), CheckOutcome::Failed),
    ] {
        assert_eq!(judged(answer.clone(), &proofs).0, outcome, "{answer:?}");
    }
}

#[test]
fn one_refusal_among_many_answers_counts() {
    let tried = |outcome: CheckOutcome| (outcome, outcome.to_string());
    let many = [CheckOutcome::Ok, CheckOutcome::Missing, CheckOutcome::Ok].map(tried);
    assert_eq!(worst(many), Some(tried(CheckOutcome::Missing)));
    assert_eq!(worst([]), None);
}

#[test]
fn a_role_that_is_not_there_cannot_be_entered() {
    assert_eq!(entry(None, Provider::Alibaba).0, CheckOutcome::Ok);
    let (outcome, detail) = entry(Some(&failure(Outcome::Error, "EntityNotExist.Role")), Provider::Alibaba);
    assert!(outcome == CheckOutcome::Failed && detail.contains("policy alibaba"), "{detail}");
    let (outcome, detail) = entry(Some(&failure(Outcome::Denied, "NoPermission")), Provider::Alibaba);
    assert!(outcome == CheckOutcome::Missing && detail.contains("trust policy"), "{detail}");
}
