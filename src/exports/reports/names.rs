//! Names of reports and of their files. Nothing of them comes from a log: they go into file systems.

use jiff::{Timestamp, tz::TimeZone};
use sha2::{Digest, Sha256};

use super::{Report, ReportPeriod};

/// The scope of a report about every account.
pub const ORGANIZATION: &str = "organization";

/// Digits that an account id has at most; what is longer is none of a provider's.
const ID_DIGITS: usize = 32;

/// The name of a file, or of the directory, of a report: what it is, whom it is about, its period.
#[must_use]
pub fn name(what: &str, scope: &str, period: ReportPeriod) -> String {
    format!("roletrail-{what}-{}_{}", about(scope, period.from), moment(period.to))
}

impl Report {
    /// The name of one of its files, such as `roletrail-findings-org-2026-10-01_2026-11-01.csv`.
    #[must_use]
    pub fn file_name(&self, what: &str, extension: &str) -> String {
        format!("{}.{extension}", name(what, &self.scope.name, self.period))
    }
}

fn about(scope: &str, from: Timestamp) -> String {
    format!("{}-{}", scope_part(scope), moment(from))
}

/// An id of digits stands as it is; anything else is an account that only a log can have named.
fn scope_part(scope: &str) -> String {
    if scope == ORGANIZATION {
        return "org".to_owned();
    }
    if (1..=ID_DIGITS).contains(&scope.len()) && scope.bytes().all(|byte| byte.is_ascii_digit()) {
        return scope.to_owned();
    }
    let digest = Sha256::digest(scope);
    let hex: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("account-{hex}")
}

/// A date where it is midnight, else a date with the time, without the colons that some file systems refuse.
fn moment(time: Timestamp) -> String {
    let civil = time.to_zoned(TimeZone::UTC).datetime();
    if civil.time() == jiff::civil::Time::midnight() {
        return civil.date().to_string();
    }
    let clock = civil.time().to_string().replace(':', "");
    format!("{}T{clock}Z", civil.date())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(from: &str, to: &str) -> ReportPeriod {
        ReportPeriod { from: from.parse().expect("a time"), to: to.parse().expect("a time") }
    }

    #[test]
    fn a_name_tells_what_whom_and_when() {
        let october = period("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z");
        assert_eq!(name("report", ORGANIZATION, october), "roletrail-report-org-2026-10-01_2026-11-01");
        assert_eq!(
            name("findings", "111122223333", october),
            "roletrail-findings-111122223333-2026-10-01_2026-11-01"
        );
        let hours = period("2026-10-01T06:00:00Z", "2026-10-01T18:30:05Z");
        assert_eq!(name("report", ORGANIZATION, hours), "roletrail-report-org-2026-10-01T060000Z_2026-10-01T183005Z");
    }

    #[test]
    fn nothing_of_a_log_gets_into_a_name() {
        let october = period("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z");
        for hostile in ["../../etc", "1/2", "a b", "", "11\n22", &"1".repeat(40)] {
            let name = name("report", hostile, october);
            let part = name.strip_prefix("roletrail-report-account-").expect(hostile);
            assert!(part[..8].bytes().all(|byte| byte.is_ascii_hexdigit()) && !name.contains('/'), "{name}");
        }
    }
}
