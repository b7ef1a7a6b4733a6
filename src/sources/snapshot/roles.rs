//! The watched roles of an account: present, absent, or not known.

use jiff::Timestamp;

use super::claims::{Claim, Names, best};
use super::naming::{Call, plain, usual_name};
use super::places::AccountFiles;
use super::policies;
use super::saved::{Failure, SavedFile};
use super::{alibaba_role, aws_role, stores};
use crate::model::{Account, Outcome, Provider, Role, RoleObservation, api};
use crate::profiles::{Profile, RoleArn, RoleMatch};
use crate::sources::alibaba::ram::{Deletion, deletion_task};
use crate::sources::report::{Report, Trouble};

/// A role as an answer shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoleAnswer {
    pub(super) role: Role,
    pub(super) last_used: Option<(Timestamp, Option<String>)>,
    /// The latest deletion task: id and when it was submitted.
    pub(super) deletion: Option<Deletion>,
    /// Whether the provider says that it is an ordinary role, linked to no service.
    pub(super) is_ordinary: bool,
}

/// A role that is there, under the name that its coverage has.
pub(super) struct PresentRole<'p> {
    pub(super) subject: String,
    pub(super) answer: RoleAnswer,
    profiles: Vec<&'p Profile>,
}

/// What a file says about a role.
struct Statement<'f> {
    file: &'f SavedFile,
    answer: Result<RoleAnswer, Failure>,
}

/// Collects the roles of `profiles`; answers the profiles that the inventory has to answer for.
pub(super) fn collect<'p>(files: &AccountFiles, profiles: &[&'p Profile], report: &mut Report) -> Vec<&'p Profile> {
    let mut names = known_names(profiles);
    let statements = statements(files, &names, report);
    let (mut present, mut spoken) = (Vec::new(), Vec::new());
    for &profile in profiles {
        let is_spoken_of = match profile.role {
            RoleMatch::Named { .. } => named(profile, profiles, files, &statements, &mut present, report),
            RoleMatch::ServiceLinked => service_linked(profile, &statements, &mut present, report),
        };
        if is_spoken_of {
            spoken.push(profile);
        }
    }
    names.take(&statements);
    policies::attach(&mut present, files, profiles, &names, report);
    for role in present {
        observe(role, report);
    }
    spoken
}

fn role_api(provider: Provider) -> &'static str {
    match provider {
        Provider::Aws => api::AWS_GET_ROLE,
        Provider::Alibaba => api::ALIBABA_GET_ROLE,
    }
}

fn known_names(profiles: &[&Profile]) -> Names {
    let named = profiles.iter().filter(|profile| profile.role != RoleMatch::ServiceLinked);
    let usual = profiles.iter().find(|profile| profile.primary).map(|profile| profile.role_name().to_owned());
    Names { known: named.map(|profile| profile.role_name().to_owned()).collect(), usual, ..Names::default() }
}

impl Names {
    /// Adds what the `get-role` files told, for files that lie beside them.
    fn take(&mut self, statements: &[(Claim, Statement<'_>)]) {
        let found: Vec<_> = statements
            .iter()
            .filter_map(|(_, statement)| Some((statement.file.suffix.clone(), statement.answer.as_ref().ok()?)))
            .map(|(suffix, answer)| (suffix, answer.role.name.clone()))
            .collect();
        if let [(_, only)] = &found[..] {
            self.usual = Some(only.clone());
        }
        for (suffix, role) in found {
            if !self.known.contains(&role) {
                self.known.push(role.clone());
            }
            self.by_suffix.insert(suffix, role);
        }
    }
}

fn statements<'f>(files: &'f AccountFiles, names: &Names, report: &Report) -> Vec<(Claim, Statement<'f>)> {
    let role_files = files.global.iter().filter(|file| file.call == Call::GetRole);
    let statements = role_files.filter_map(|file| {
        let answer = match report.account.provider {
            Provider::Aws => aws_role::role(file, report.now),
            Provider::Alibaba => alibaba_role::role(file, report.now),
        };
        let answer = answer.and_then(|answer| belongs(answer, file, &report.account));
        let claim = match &answer {
            Ok(answer) => Claim { role: plain(&answer.role.name), strong: true },
            Err(failure) => names.claim(file, Some(failure))?,
        };
        Some((claim, Statement { file, answer }))
    });
    statements.collect()
}

/// An answer of another account proves nothing about this one.
fn belongs(answer: RoleAnswer, file: &SavedFile, account: &Account) -> Result<RoleAnswer, Failure> {
    match RoleArn::parse(account.provider, &answer.role.arn) {
        Some(arn) if arn.account == account.id => Ok(answer),
        Some(arn) => {
            Err(file.unusable(&format!("is of account {}; move it to that account's directory", arn.account)))
        }
        None => Err(file.unusable(&format!("{:?} is no role's ARN; save the whole answer", answer.role.arn))),
    }
}

/// One role by name. Answers whether the inventory has to answer for the profile.
fn named<'p>(
    profile: &'p Profile,
    profiles: &[&Profile],
    files: &AccountFiles,
    statements: &[(Claim, Statement<'_>)],
    present: &mut Vec<PresentRole<'p>>,
    report: &mut Report,
) -> bool {
    let (api, subject) = (role_api(profile.provider), Some(profile.role_name()));
    let about = best(statements, profile.role_name());
    if about.is_empty() {
        let expected = profile.primary || stores_speak_of(profile, profiles, files);
        let outcome = if expected { Outcome::Error } else { Outcome::NotConfigured };
        let detail = format!("no {} for {}", usual_name(profile.provider, Call::GetRole), profile.role_name());
        report.row(api, None, subject, outcome, detail);
        return expected;
    }
    match settle(profile, &about) {
        Ok(Some(answer)) => add(profile, profile.role_name(), answer, present),
        Ok(None) => absent(profile, report),
        Err(troubles) => {
            for (outcome, detail) in troubles {
                report.row(api, None, subject, outcome, detail);
            }
        }
    }
    true
}

/// Stores that no other expected profile serves speak of the profile that does.
fn stores_speak_of(profile: &Profile, profiles: &[&Profile], files: &AccountFiles) -> bool {
    let Some(kind) = &profile.store else { return false };
    let served_otherwise =
        profiles.iter().any(|other| other.primary && other.store.as_ref().is_some_and(|store| store.api == kind.api));
    !served_otherwise && stores::speak_of(kind, files)
}

/// What the files say together: the role, its absence, or troubles.
fn settle<'s>(
    profile: &Profile,
    about: &[&'s Statement<'_>],
) -> Result<Option<&'s RoleAnswer>, Vec<(Outcome, String)>> {
    let (mut said, mut troubles) = (Vec::new(), Vec::new());
    for statement in about {
        match &statement.answer {
            Ok(answer) => said.push(is_it(profile, answer).then_some(answer)),
            Err(Failure::Refused(refusal)) if refusal.says_no_such_role() => said.push(None),
            Err(failure) => troubles.push((failure.outcome(), failure.detail())),
        }
    }
    if !troubles.is_empty() {
        return Err(troubles);
    }
    if said.windows(2).any(|pair| pair[0] != pair[1]) {
        let files = about.iter().map(|statement| statement.file.name()).collect::<Vec<_>>().join(", ");
        return Err(vec![(Outcome::Error, format!("{files} differ about the role; remove the older ones"))]);
    }
    Ok(said.into_iter().flatten().next())
}

/// A role of the watched name at another path, or one that no service made, is not the watched role, and leaves no
/// room for it: names are unique.
fn is_it(profile: &Profile, answer: &RoleAnswer) -> bool {
    !answer.is_ordinary
        && RoleArn::parse(profile.provider, &answer.role.arn).is_some_and(|arn| profile.matches_role(&arn, None))
}

fn absent(profile: &Profile, report: &mut Report) {
    report.complete(role_api(profile.provider), None, Some(profile.role_name()));
    report.collection.roles.push(RoleObservation {
        account: report.account.id.clone(),
        profile: profile.id.clone(),
        role: None,
        last_used: None,
    });
    policies::none_attached(profile, report);
}

/// Every service-linked role that any file shows.
fn service_linked<'p>(
    profile: &'p Profile,
    statements: &[(Claim, Statement<'_>)],
    present: &mut Vec<PresentRole<'p>>,
    report: &mut Report,
) -> bool {
    let answers = statements.iter().filter_map(|(_, statement)| statement.answer.as_ref().ok());
    let mut found = false;
    for answer in answers.filter(|answer| is_it(profile, answer)) {
        add(profile, &answer.role.name, answer, present);
        found = true;
    }
    if !found {
        let detail = "no file shows a service-linked role".to_owned();
        report.row(role_api(profile.provider), None, Some(profile.role_name()), Outcome::NotConfigured, detail);
    }
    found
}

fn add<'p>(profile: &'p Profile, subject: &str, answer: &RoleAnswer, present: &mut Vec<PresentRole<'p>>) {
    match present.iter_mut().find(|known| known.answer.role.arn == answer.role.arn) {
        Some(known) if known.profiles.iter().any(|other| other.id == profile.id) => {}
        Some(known) => known.profiles.push(profile),
        None => {
            let answer = answer.clone();
            present.push(PresentRole { subject: subject.to_owned(), answer, profiles: vec![profile] });
        }
    }
}

fn observe(present: PresentRole<'_>, report: &mut Report) {
    let PresentRole { subject, answer, profiles } = present;
    let api = role_api(report.account.provider);
    if answer.role.trust_policy.is_some() {
        report.complete(api, None, Some(&subject));
    } else {
        let detail = "its trust policy is missing or no policy; save the whole answer".to_owned();
        report.row(api, None, Some(&subject), Outcome::Partial, detail);
    }
    for profile in profiles {
        let account = report.account.id.clone();
        if let Some(deletion) = &answer.deletion {
            report.collection.tasks.push(deletion_task(&account, &profile.id, deletion, report.now));
        }
        report.collection.roles.push(RoleObservation {
            account,
            profile: profile.id.clone(),
            role: Some(answer.role.clone()),
            last_used: answer.last_used.clone(),
        });
    }
}
