//! The files that the settings name: exceptions, controls, the web configuration with its certificate, and the directory
//! of the reports.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustix::fs::{Access as Right, access};

use super::DoctorContext;
use super::machine::room;
use crate::config::{self, ConfigError, Loaded, Origin, Web};
use crate::daemon::ExceptionsFile;
use crate::exports::http::{Entrance, Summary};
use crate::findings::Exceptions;
use crate::model::{Check, CheckKind, CheckOutcome, ExceptionState};
use crate::rules;

/// How long before its end a certificate is reported: time for a request, an approval and a mistake.
const RENEWAL: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Settings by which somebody asks for reports.
const REPORT_KEYS: [&str; 2] = ["reports.directory", "schedule.report"];

/// Every file that the settings name.
pub(super) fn checks(context: &DoctorContext) -> Vec<Check> {
    let now = context.clock.now();
    let mut checks: Vec<Check> = web(&context.loaded.settings.web, now).into_iter().collect();
    checks.extend(exceptions(context, now));
    checks.extend(controls(&context.loaded));
    let reports_to = reports(&context.loaded.settings.reports.directory);
    // Whoever has no word about reports may want none; the daemon's log tells when it cannot write one.
    let wanted = REPORT_KEYS.iter().any(|key| context.loaded.origin(key) != Origin::Default);
    checks.push(Check { needed: wanted, ..reports_to });
    checks
}

fn of_config(outcome: CheckOutcome, detail: String) -> Check {
    Check::new(CheckKind::Config, outcome, detail)
}

/// A check for each thing that is wrong; an error in a file has its remedy behind it.
fn wrong(error: &ConfigError) -> Vec<Check> {
    match error {
        ConfigError::Invalid { problems } => {
            problems.iter().map(|problem| of_config(CheckOutcome::Failed, problem.to_string())).collect()
        }
        other => vec![of_config(CheckOutcome::Failed, other.to_string())],
    }
}

/// The web configuration and its certificate; nothing where there is none and none is needed.
fn web(web: &Web, now: Timestamp) -> Option<Check> {
    let Summary { tls, expires, users } = match Entrance::open(web) {
        Ok(entrance) => entrance.summary(),
        Err(error) => return Some(of_config(CheckOutcome::Failed, error.to_string())),
    };
    let file = web.config_file.as_ref()?.display();
    let users = if users == 1 { "1 user".to_owned() } else { format!("{users} users") };
    let (outcome, detail) = match expires {
        Some(end) => lasting(end, now),
        None if tls => (CheckOutcome::Ok, "TLS".to_owned()),
        None => (CheckOutcome::Ok, "no TLS".to_owned()),
    };
    Some(of_config(outcome, format!("{file} is read; {users}, {detail}")))
}

/// How long a certificate lasts, and what to do when that is not long.
fn lasting(end: Timestamp, now: Timestamp) -> (CheckOutcome, String) {
    let (outcome, verb) = match end.duration_since(now) {
        left if RENEWAL <= left => return (CheckOutcome::Ok, format!("TLS with a certificate until {end}")),
        left if SignedDuration::ZERO < left => (CheckOutcome::Warning, "ends"),
        _ => (CheckOutcome::Warning, "ended"),
    };
    (outcome, format!("TLS with a certificate that {verb} at {end}: renew it; {RENEWED}"))
}

/// What somebody who renews a certificate has to do here.
const RENEWED: &str = "a new file in the same place is in force within seconds";

/// The file of exceptions, and those of them that have ended or end soon.
fn exceptions(context: &DoctorContext, now: Timestamp) -> Vec<Check> {
    let loaded = &context.loaded;
    let settings = &loaded.settings.exceptions;
    let named = loaded.origin(config::Exceptions::FILE_KEY) != Origin::Default;
    let file = settings.file.display();
    match ExceptionsFile::open(settings, named, Arc::clone(&context.clock)) {
        Err(error) => wrong(&error),
        Ok(_) if !settings.file.exists() => {
            vec![of_config(CheckOutcome::Ok, format!("{file} is not there: nothing is accepted"))]
        }
        Ok(read) => {
            let (outcome, detail) = standing(&read.current(), now);
            vec![of_config(outcome, format!("{file}: {detail}"))]
        }
    }
}

/// How exceptions stand, in a sentence. What they cover only the history tells.
fn standing(exceptions: &Exceptions, now: Timestamp) -> (CheckOutcome, String) {
    let names = |wanted: ExceptionState| -> Vec<&str> {
        let all = exceptions.all().iter();
        let of_state = all.filter(|exception| exceptions.state(exception, 1, now) == wanted);
        of_state.map(|exception| exception.id.as_str()).collect()
    };
    let (expired, expiring) = (names(ExceptionState::Expired), names(ExceptionState::Expiring));
    let parts = [
        (&expiring, "near expiry", "extend what is still accepted, what they cover is open again when they end"),
        (
            &expired,
            "expired",
            "take out what is not needed any more, `roletrail exceptions check` tells what they cover",
        ),
    ];
    let mut detail = format!("{} listed", exceptions.all().len());
    for (of_state, words, remedy) in parts.into_iter().filter(|(of_state, ..)| !of_state.is_empty()) {
        detail += &format!("; {} {words} ({}): {remedy}", of_state.len(), some_of(of_state));
    }
    let outcome = if expired.is_empty() && expiring.is_empty() { CheckOutcome::Ok } else { CheckOutcome::Warning };
    (outcome, detail)
}

/// The first names.
fn some_of(names: &[&str]) -> String {
    /// Names that fit into a line.
    const SOME: usize = 3;
    let more = if SOME < names.len() { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(SOME)].join(", "))
}

/// The user's own controls; nothing where there are none.
fn controls(loaded: &Loaded) -> Vec<Check> {
    let config::Controls { file, replace } = &loaded.settings.controls;
    let Some(file) = file else { return Vec::new() };
    match config::read_controls(file, &rules::ids()) {
        Err(error) => wrong(&error),
        Ok(own) => {
            let beside = if *replace { "instead of the built-in ones" } else { "beside the built-in ones" };
            vec![of_config(CheckOutcome::Ok, format!("{}: {} controls, {beside}", file.display(), own.len()))]
        }
    }
}

/// The directory of the reports: whether one could be written there now, and room on its disk.
fn reports(directory: &Path) -> Check {
    let check = |outcome, detail| Check::new(CheckKind::Disk, outcome, detail);
    let remedy = "give this user the right to write there, or set [reports] directory to another";
    // Reports make the directory with all that is missing above it.
    let Some(there) = existing(directory) else {
        return check(
            CheckOutcome::Failed,
            format!("reports cannot be written: {} is nowhere; {remedy}", directory.display()),
        );
    };
    let told = if there == directory {
        format!("reports are written to {}", directory.display())
    } else {
        format!("reports are written to {}, which is not there yet and can be made", directory.display())
    };
    let right = if there.is_dir() {
        access(&there, Right::WRITE_OK | Right::EXEC_OK).map_err(std::io::Error::from)
    } else {
        Err(std::io::ErrorKind::NotADirectory.into())
    };
    if let Err(error) = right {
        let (directory, there) = (directory.display(), there.display());
        return check(
            CheckOutcome::Failed,
            format!("reports cannot be written to {directory}: {there}: {error}; {remedy}"),
        );
    }
    match room(&there) {
        Some((CheckOutcome::Ok, free)) => check(CheckOutcome::Ok, format!("{told}; {free}")),
        Some((outcome, free)) => check(
            outcome,
            format!("{told}; {free}: a full disk keeps the last report; make room, or use another disk"),
        ),
        None => check(CheckOutcome::Ok, told),
    }
}

/// The nearest part of a path that is there.
fn existing(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let found = path.ancestors().find(|part| part.symlink_metadata().is_ok())?;
    Some(found.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Exception, ExceptionScope};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn exception(id: &str, expires: &str) -> Exception {
        Exception {
            id: id.to_owned(),
            scope: ExceptionScope::default(),
            owner: "a".to_owned(),
            reason: "b".to_owned(),
            ticket: "c".to_owned(),
            approver: None,
            compensating_control: None,
            created: None,
            expires: at(expires),
        }
    }

    #[test]
    fn exceptions_that_ended_or_end_soon_are_named_with_what_to_do() {
        let list = vec![
            exception("far", "2026-12-01T00:00:00Z"),
            exception("near", "2026-03-20T00:00:00Z"),
            exception("gone", "2026-02-01T00:00:00Z"),
        ];
        let now = at("2026-03-10T00:00:00Z");
        let notice = SignedDuration::from_hours(30 * 24);
        let (outcome, detail) = standing(&Exceptions::with_notice(list[..1].to_vec(), notice), now);
        assert_eq!((outcome, detail.as_str()), (CheckOutcome::Ok, "1 listed"));
        let (outcome, detail) = standing(&Exceptions::with_notice(list, notice), now);
        assert_eq!(outcome, CheckOutcome::Warning);
        assert!(detail.starts_with("3 listed; 1 near expiry (near): extend"), "{detail}");
        assert!(detail.contains("; 1 expired (gone): take out"), "{detail}");
        assert_eq!(some_of(&["a", "b", "c", "d"]), "a, b, c, …");
    }

    #[test]
    fn a_certificate_is_told_thirty_days_before_its_end() {
        let end = at("2026-04-30T12:00:00Z");
        for (now, outcome, words) in [
            ("2026-03-31T12:00:00Z", CheckOutcome::Ok, "until 2026-04-30T12:00:00Z"),
            ("2026-03-31T12:00:01Z", CheckOutcome::Warning, "ends at 2026-04-30T12:00:00Z: renew it"),
            ("2026-04-30T12:00:00Z", CheckOutcome::Warning, "ended at 2026-04-30T12:00:00Z: renew it"),
        ] {
            let (told, detail) = lasting(end, at(now));
            assert_eq!((told, detail.contains(words)), (outcome, true), "{now}: {detail}");
        }
    }

    #[test]
    fn reports_can_be_written_where_their_directory_is_or_can_be_made() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let there = reports(directory.path());
        assert!(!there.outcome.is_bad() && there.detail.contains("MiB free"), "{there:?}");
        let deep = reports(&directory.path().join("a/b"));
        assert!(!deep.outcome.is_bad() && deep.detail.contains("not there yet and can be made"), "{deep:?}");
        std::fs::write(directory.path().join("file"), "").expect("written");
        for in_the_way in ["file", "file/reports"] {
            let refused = reports(&directory.path().join(in_the_way));
            assert_eq!(refused.outcome, CheckOutcome::Failed, "{refused:?}");
            assert!(refused.detail.contains("[reports] directory"), "{refused:?}");
        }
        assert_ne!(reports(Path::new("/proc/reports")).outcome, CheckOutcome::Ok, "there is no room");
    }
}
