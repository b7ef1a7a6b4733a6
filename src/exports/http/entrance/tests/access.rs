//! Who is let in: credentials, passwords, the names in certificates.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::FutureExt;
use rcgen::SanType;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::super::auth::{Credentials, credentials};
use super::super::file::Secret;
use super::certificates::host;
use super::*;

fn authorization(values: &[&[u8]]) -> HeaderMap {
    let value =
        |value: &&[u8]| (header::AUTHORIZATION, HeaderValue::from_bytes(value).expect("no control characters"));
    values.iter().map(value).collect()
}

fn basic(user: &[u8], password: &[u8]) -> Vec<u8> {
    format!("Basic {}", BASE64_STANDARD.encode([user, b":", password].concat())).into_bytes()
}

fn of(user: &str, password: &str) -> Credentials {
    credentials(&authorization(&[&basic(user.as_bytes(), password.as_bytes())])).expect("they are right")
}

/// Users with passwords, at the least cost.
fn users(users: &[(&str, &str)]) -> file::Users {
    let hash = |password: &str| Secret::new(&bcrypt::hash(password, 4).expect("a hash"));
    users.iter().map(|(name, password)| ((*name).to_owned(), hash(password))).collect()
}

#[test]
fn credentials_are_read_as_the_standard_says_or_not_at_all() {
    for (value, read) in [
        ("Basic YTpi", Some(("a", "b"))),
        ("basic YTpi", Some(("a", "b"))),
        ("BASIC YTpiOmM=", Some(("a", "b:c"))),
        ("Basic Og==", Some(("", ""))),
        ("Basic YTo=", Some(("a", ""))),
        ("", None),
        ("Basic", None),
        ("Basic ", None),
        ("Basic  YTpi", None),
        ("BasicYTpi", None),
        ("Basic YWI=", None),
        ("Basic YTpi!", None),
        ("Basic YTo", None),
        ("Basic /zpi", None),
        ("Bearer YTpi", None),
        ("Basic\u{a0}YTpi", None),
    ] {
        let found = credentials(&authorization(&[value.as_bytes()]));
        assert_eq!(
            found.as_ref().map(Credentials::parts),
            read.map(|(user, password)| (user, password.as_bytes())),
            "{value:?}"
        );
    }
    assert!(credentials(&HeaderMap::new()).is_none());
    assert!(credentials(&authorization(&[b"Basic YTpi", b"Basic YTpi"])).is_none());
}

proptest! {
    #[test]
    fn whatever_a_client_sends_is_read_back_or_refused(user in "[^:]{0,20}", password in proptest::collection::vec(any::<u8>(), 0..100)) {
        let sent = basic(user.as_bytes(), &password);
        let read = credentials(&authorization(&[&sent])).expect("it is right");
        prop_assert_eq!(read.parts(), (user.as_str(), password.as_slice()));
    }

    #[test]
    fn no_header_makes_the_reader_panic(begin in "([Bb]asic ?|Bearer )?", rest in proptest::collection::vec(0x20_u8..=0xff, 0..60)) {
        if let Ok(value) = HeaderValue::from_bytes(&[begin.as_bytes(), &rest].concat()) {
            let _ = credentials(&[(header::AUTHORIZATION, value)].into_iter().collect());
        }
    }

    #[test]
    fn no_bytes_make_the_reader_of_certificates_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0_usize..400, byte: u8) {
        let _ = certificate::read(&bytes);
        let mut der = CertificateDer::from_pem_slice(SAMPLE.as_bytes()).expect("a certificate").to_vec();
        let at = at % der.len();
        der[at] = byte;
        let _ = certificate::read(&der);
        let _ = certificate::read(&der[..at]);
    }
}

#[tokio::test]
async fn only_the_right_password_of_a_user_is_admitted_once_and_again() {
    let users = users(&[("ada", "lovelace"), ("long", &"x".repeat(80))]);
    let checker = Checker::new().expect("randomness");
    for _ in 0..2 {
        for (user, password, admitted) in [
            ("ada", "lovelace", true),
            ("ada", "Lovelace", false),
            ("ada", "", false),
            ("Ada", "lovelace", false),
            ("bob", "lovelace", false),
            ("", "", false),
            ("long", &"x".repeat(80), true),
        ] {
            assert_eq!(checker.admits(&users, of(user, password)).await, admitted, "{user} {password}");
        }
    }
    assert_eq!(checker.known().len(), 2);
}

/// The toolkit's cache once joined user, hash and password without borders, so that the login of a stranger could
/// be made to look like that of a user (CVE-2022-46146).
#[tokio::test]
async fn nothing_is_remembered_of_strangers_and_no_two_logins_look_alike() {
    let users = users(&[("ada", "lovelace")]);
    let hash = users["ada"].reveal();
    let checker = Checker::new().expect("randomness");
    assert!(!checker.admits(&users, of(&format!("ada{hash}"), "lovelace")).await);
    assert!(!checker.admits(&users, of("ada", &format!("{hash}lovelace"))).await);
    assert!(checker.known().is_empty());
    let proofs = [("ab", "c", "d"), ("a", "bc", "d"), ("a", "b", "cd"), ("", "abc", "d"), ("abcd", "", "")];
    let proofs: std::collections::BTreeSet<_> =
        proofs.into_iter().map(|(user, hash, password)| checker.proof(&of(user, password), hash)).collect();
    assert_eq!(proofs.len(), 5);
    let other = Checker::new().expect("randomness");
    assert_ne!(checker.proof(&of("a", "b"), "c"), other.proof(&of("a", "b"), "c"));
}

#[tokio::test]
async fn a_new_password_ends_the_old_one_although_that_is_remembered() {
    let checker = Checker::new().expect("randomness");
    let (before, after) = (users(&[("ada", "old")]), users(&[("ada", "new")]));
    assert!(checker.admits(&before, of("ada", "old")).await);
    assert!(!checker.admits(&after, of("ada", "old")).await);
    assert!(checker.admits(&after, of("ada", "new")).await);
}

/// Of a password of more than 72 bytes only these count: whoever knows it can spell it in endless ways.
#[tokio::test]
async fn what_is_remembered_has_a_bound() {
    let long = "x".repeat(72);
    let users = users(&[("ada", &long)]);
    let checker = Checker::new().expect("randomness");
    for number in 0..150 {
        assert!(checker.admits(&users, of("ada", &format!("{long}{number}"))).await);
        assert!(checker.known().len() <= 100);
    }
}

#[tokio::test]
async fn one_password_is_checked_at_a_time_strangers_wait_too_and_who_is_known_does_not() {
    let users = users(&[("ada", "lovelace")]);
    let checker = Checker::new().expect("randomness");
    assert!(checker.admits(&users, of("ada", "lovelace")).await);
    let turn = Arc::clone(&checker.turn).try_acquire_owned().expect("nobody is checked");
    assert_eq!(checker.admits(&users, of("ada", "lovelace")).now_or_never(), Some(true));
    assert_eq!(checker.admits(&users, of("ada", "other")).now_or_never(), None);
    assert_eq!(checker.admits(&users, of("bob", "lovelace")).now_or_never(), None);
    drop(turn);
    assert!(!checker.admits(&users, of("bob", "lovelace")).await);
}

#[test]
fn a_stranger_costs_what_the_costliest_user_costs() {
    let mut users = users(&[("ada", "a")]);
    users.insert("bob".to_owned(), Secret::new("$2y$11$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu"));
    let parts: bcrypt::HashParts = auth::stand_in(&users).parse().expect("it is a hash");
    assert_eq!(parts.get_cost(), 11);
}

/// A self-signed certificate made by the `openssl` command, with names of each kind and one that is not compared.
const SAMPLE: &str = include_str!("sample.pem");

#[test]
fn names_and_times_of_a_certificate_are_read() {
    let der = CertificateDer::from_pem_slice(SAMPLE.as_bytes()).expect("a certificate");
    let read = certificate::read(&der).expect("it is one");
    assert_eq!(read.names, ["a.example", "10.1.2.3", "2001:db8::1", "ada@example.org", "spiffe://example.org/a?b=c"]);
    assert_eq!(read.from.to_string(), "2024-01-02T03:04:05Z");
    assert_eq!(read.until.to_string(), "2060-11-12T13:14:15Z");
}

#[test]
fn times_before_and_after_2050_and_no_names_are_read() {
    let place = Place::new("");
    for (from, to) in [(1951, 1999), (2000, 2049), (2049, 2050), (2051, 9000)] {
        let pair = place.authority.signs_from_to("x", &[], from, to);
        let der = CertificateDer::from_pem_slice(pair.certificate.as_bytes()).expect("a certificate");
        let read = certificate::read(&der).expect("it is one");
        let years = [read.from, read.until].map(|time| time.to_string()[..4].parse::<i32>().expect("a year"));
        assert_eq!((years, read.names), ([from, to], Vec::new()));
    }
    let pair = place.authority.signs("x", &[host("b.example"), SanType::IpAddress([1, 2, 3, 4].into())]);
    let der = CertificateDer::from_pem_slice(pair.certificate.as_bytes()).expect("a certificate");
    assert_eq!(certificate::read(&der).expect("it is one").names, ["b.example", "1.2.3.4"]);
}
