//! Positive proof: what was fine, with the population that shows it.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Moments;
use super::account::{Parts, Reading};
use crate::exports::reports::{Proof, VerdictRow};
use crate::model::{Account, Verdict};
use crate::profiles::{Profile, Profiles};

/// The proof of each profile that somebody asks for, in the order of the profiles.
pub(super) fn proofs(profiles: &Profiles, parts: &Parts, moments: &Moments) -> Vec<Proof> {
    profiles.iter().filter_map(|profile| proof(profile, parts, moments)).collect()
}

fn proof(profile: &Profile, parts: &Parts, moments: &Moments) -> Option<Proof> {
    let rows: Vec<_> =
        parts.verdicts.iter().filter(|row| row.verdict.profile == profile.id && !row.not_asked).collect();
    if rows.is_empty() {
        return None;
    }
    let is_fine = |row: &&&VerdictRow| matches!(row.verdict.verdict, Verdict::Clean | Verdict::NotInUse);
    let fine: Vec<_> = rows.iter().filter(is_fine).copied().collect();
    let sum = |of: fn(&VerdictRow) -> u64| fine.iter().copied().map(of).sum::<u64>();
    let number = |is: fn(&Reading) -> bool| {
        let of = |row: &&&VerdictRow| {
            let same =
                |account: &Account| account.provider == row.verdict.provider && account.id == row.verdict.account;
            parts.accounts.iter().any(|(account, known)| same(account) && is(known))
        };
        fine.iter().filter(of).count() as u64
    };
    let trails = (number(|known| known.covered), number(|known| known.verified));
    let mut proof = Proof {
        profile: profile.id.clone(),
        provider: profile.provider,
        accounts: fine.len() as u64,
        accounts_of: rows.len() as u64,
        assumptions: sum(|row| row.verdict.assumptions.total),
        by_trusted: sum(|row| row.verdict.assumptions.by_trusted),
        regions_complete: sum(|row| row.verdict.coverage.regions_complete),
        regions_expected: sum(|row| row.verdict.coverage.regions_expected),
        sentence: String::new(),
    };
    proof.sentence = sentence(&proof, profile, trails, moments);
    Some(proof)
}

/// `covered` and `verified` are the accounts whose trails cover the period, and whose digests vouch for it.
fn sentence(proof: &Proof, profile: &Profile, (covered, verified): (u64, u64), moments: &Moments) -> String {
    let when = when(moments);
    let all = plural(proof.accounts_of, "account");
    if proof.accounts == 0 {
        return format!(
            "{when}, nothing is proved of {}: none of {all} has a verdict of clean or not in use.",
            profile.role_name()
        );
    }
    let accounts = plural(proof.accounts, "account");
    let assumptions = match (proof.assumptions, proof.assumptions.saturating_sub(proof.by_trusted)) {
        (0, _) => format!("no assumption of {} in {accounts}", profile.role_name()),
        (total, others) => {
            let by = if others == 0 {
                format!("all by {}", trusted(profile))
            } else {
                format!("{} of them by others than {}", grouped(others), trusted(profile))
            };
            format!("{} of {} in {accounts}, {by}", plural(total, "assumption"), profile.role_name())
        }
    };
    let digests = match verified {
        0 => "digests of trails are not verified".to_owned(),
        verified => format!("the digests of the trails of {} of them are verified", grouped(verified)),
    };
    format!(
        "{when}, {assumptions}; {} of {all} and {} of {} complete; the trails of {} of these {accounts} cover the period; \
         {digests}.",
        grouped(proof.accounts),
        grouped(proof.regions_complete),
        plural(proof.regions_expected, "Region"),
        grouped(covered),
    )
}

fn trusted(profile: &Profile) -> String {
    if profile.trusted_principals.is_empty() {
        return "the service of each role".to_owned();
    }
    profile.trusted_principals.join(" or ")
}

/// `In 2026-10` for a whole month, else both ends.
fn when(moments: &Moments) -> String {
    let (from, to) = (moments.from.to_zoned(TimeZone::UTC), moments.to.to_zoned(TimeZone::UTC));
    let begins = |date: Date, zoned: &jiff::Zoned| zoned.datetime() == date.at(0, 0, 0, 0);
    let first = from.date().first_of_month();
    let next = first.last_of_month().tomorrow();
    if begins(first, &from) && next.is_ok_and(|next| begins(next, &to)) {
        return format!("In {}", first.strftime("%Y-%m"));
    }
    format!("From {} up to {}", moments.from, moments.to)
}

fn plural(number: u64, one: &str) -> String {
    let many = if number == 1 { "" } else { "s" };
    format!("{} {one}{many}", grouped(number))
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if 0 < place && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exports::reports::ReportPeriod;

    #[test]
    fn numbers_and_periods_are_told_as_people_write_them() {
        for (number, text) in [(0, "0"), (999, "999"), (1_204, "1,204"), (1_000_000, "1,000,000")] {
            assert_eq!(grouped(number), text);
        }
        let when = |from: &str, to: &str| {
            when(&Moments::of(ReportPeriod { from: from.parse().expect("a time"), to: to.parse().expect("a time") }))
        };
        assert_eq!(when("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"), "In 2026-10");
        assert_eq!(when("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"), "In 2026-12");
        assert_eq!(
            when("2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            "From 2026-10-01T00:00:00Z up to 2026-12-01T00:00:00Z"
        );
    }

    #[test]
    fn a_proof_names_its_population_and_who_assumed_the_role() {
        let profiles = Profiles::builtin().expect("built-in profiles");
        let profile = profiles.get("aws-kms-custom-key-stores").expect("is built in");
        let moments = Moments::of(ReportPeriod {
            from: "2026-10-01T00:00:00Z".parse().expect("a time"),
            to: "2026-11-01T00:00:00Z".parse().expect("a time"),
        });
        let mut proof = Proof {
            profile: profile.id.clone(),
            provider: profile.provider,
            accounts: 12,
            accounts_of: 12,
            assumptions: 1_204,
            by_trusted: 1_204,
            regions_complete: 34,
            regions_expected: 34,
            sentence: String::new(),
        };
        let role = profile.role_name();
        assert_eq!(
            sentence(&proof, profile, (12, 0), &moments),
            format!(
                "In 2026-10, 1,204 assumptions of {role} in 12 accounts, all by cks.kms.amazonaws.com; 12 of 12 accounts \
                 and 34 of 34 Regions complete; the trails of 12 of these 12 accounts cover the period; digests of trails \
                 are not verified."
            )
        );
        proof.by_trusted = 1_200;
        assert!(
            sentence(&proof, profile, (12, 12), &moments)
                .contains("the digests of the trails of 12 of them are verified")
        );
        assert!(
            sentence(&proof, profile, (12, 0), &moments).contains("4 of them by others than cks.kms.amazonaws.com")
        );
        proof.accounts = 0;
        assert!(sentence(&proof, profile, (0, 0), &moments).contains("nothing is proved"));
    }
}
