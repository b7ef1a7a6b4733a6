use super::*;

fn failure(outcome: Outcome, code: &str) -> Failure {
    let mut failure = Failure::new(outcome, format!("{code}: no"));
    failure.code = Some(code.to_owned());
    failure
}

#[test]
fn what_is_not_there_was_allowed_to_be_asked_for() {
    let proofs = ["NoSuchEntity"];
    for (answer, outcome) in [
        (Ok(()), CheckOutcome::Ok),
        (Err(failure(Outcome::Error, "NoSuchEntity")), CheckOutcome::Ok),
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
fn expired_and_absent_credentials_are_told_apart() {
    let source = Aws {
        name: "prod".to_owned(),
        accounts: AwsAccounts::Own,
        profile: None,
        member_role: "roletrail-reader".to_owned(),
        external_id: None,
        regions: crate::config::Regions::Enabled,
        endpoint_url: None,
        trail: Vec::new(),
    };
    for (trouble, said) in [
        (failure(Outcome::Error, "ExpiredTokenException"), "have expired; renew them"),
        (Failure::new(Outcome::Error, "the credential provider was not enabled"), "no credentials were found"),
        (failure(Outcome::Error, "InvalidClientTokenId"), "do not work"),
    ] {
        let check = no_credentials(&source, &trouble);
        assert!(check.is_trouble() && check.detail.contains(said), "{}", check.detail);
    }
}
