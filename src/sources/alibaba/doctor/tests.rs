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
        let check = no_credentials(&failure);
        assert!(check.is_trouble() && check.detail.contains(said), "{}", check.detail);
    }
}
