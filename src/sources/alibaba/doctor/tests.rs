use super::*;
use crate::model::Outcome;

#[test]
fn whatever_is_wrong_with_credentials_has_a_remedy() {
    let coded = |code: &str| Failure { code: Some(code.to_owned()), ..Failure::new(Outcome::Error, "told") };
    for (failure, said) in [
        (coded("InvalidTimeStamp.Expired"), "clock is set (told)"),
        (coded("InvalidSecurityToken.Expired"), "expired; renew them (told)"),
        (coded("SignatureDoesNotMatch"), "not that of the access key"),
        (coded("InvalidAccessKeyId.NotFound"), "does not exist"),
        (coded("InternalError"), "do not work"),
        (Failure::new(Outcome::Error, "set the variable"), "could be tried (set the variable)"),
    ] {
        let check = doctor::no_credentials::<Alibaba>("prod", &failure);
        assert!(check.is_trouble() && check.detail.contains(said), "{}", check.detail);
    }
}

#[test]
fn an_answer_about_what_is_not_there_proves_only_what_is_documented() {
    let coded = |outcome, code: &str| Failure { code: Some(code.to_owned()), ..Failure::new(outcome, "told") };
    for (answer, outcome) in [
        (Ok(()), CheckOutcome::Ok),
        (Err(coded(Outcome::Error, "EntityNotExist.DeletionTask")), CheckOutcome::Ok),
        (Err(coded(Outcome::Error, "Forbidden.DKMSInstanceNotFound")), CheckOutcome::Ok),
        (Err(coded(Outcome::Denied, "NoPermission")), CheckOutcome::Missing),
        (Err(coded(Outcome::Error, "InvalidParameter")), CheckOutcome::Untested),
        (Err(Failure::protocol("half an answer")), CheckOutcome::Failed),
        (Err(Failure::timed_out("nothing came")), CheckOutcome::Failed),
    ] {
        let tried = invented(answer.clone(), &["Forbidden.DKMSInstanceNotFound"]);
        assert_eq!(tried.0, outcome, "{answer:?}");
    }
}
