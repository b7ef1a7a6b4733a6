use super::*;
use crate::model::Outcome;

fn failure(outcome: Outcome, code: &str) -> Failure {
    Failure { code: Some(code.to_owned()), ..Failure::new(outcome, format!("{code}: no")) }
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
