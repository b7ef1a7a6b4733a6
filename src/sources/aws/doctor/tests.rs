use super::*;
use crate::model::Outcome;

fn failure(outcome: Outcome, code: &str) -> Failure {
    Failure { code: Some(code.to_owned()), ..Failure::new(outcome, format!("{code}: no")) }
}

#[test]
fn expired_and_absent_credentials_are_told_apart() {
    for (trouble, said) in [
        (failure(Outcome::Error, "ExpiredTokenException"), "have expired; renew them"),
        (Failure::new(Outcome::Error, "the credential provider was not enabled"), "no credentials were found"),
        (failure(Outcome::Error, "InvalidClientTokenId"), "do not work"),
    ] {
        let check = doctor::no_credentials::<Aws>("prod", &trouble);
        assert!(check.is_trouble() && check.detail.contains(said), "{}", check.detail);
    }
}
