//! Trying everything that a collection will need, without collecting: nothing is stored, no lock is taken.

mod evidence;
mod files;
mod machine;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::super::Stop;
use crate::clock::Clock;
use crate::config::{Loaded, Problem};
use crate::model::{Check, CheckKind, CheckOutcome, Permissions, Provider};
use crate::profiles::Profiles;
use crate::sources::aws::doctor::Examined;
use crate::sources::live::Scan;
use crate::sources::live::doctor::Trial;
use crate::sources::{alibaba, aws};

/// What the doctor needs. Made by `boot`.
pub struct DoctorContext {
    /// The settings, with where they came from.
    pub loaded: Loaded,
    /// What somebody found wrong with them beyond their form.
    pub problems: Vec<Problem>,
    /// The profiles.
    pub profiles: Arc<Profiles>,
    /// This machine's clock.
    pub clock: Arc<dyn Clock>,
    /// Where live sources are asked.
    pub runtime: tokio::runtime::Handle,
    /// Whether to stop.
    pub stop: Stop,
}

/// What the doctor found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorReport {
    /// Every check: the machine first, then each source.
    pub checks: Vec<Check>,
    /// What would grant the permissions that are missing, of each provider where any is.
    pub grants: BTreeMap<Provider, Permissions>,
}

impl DoctorReport {
    /// Whether everything that is needed works.
    #[must_use]
    pub fn is_well(&self) -> bool {
        !self.checks.iter().any(Check::is_trouble)
    }

    /// Whether something of a kind that is needed does not work.
    #[must_use]
    pub fn has_trouble_with(&self, kind: CheckKind) -> bool {
        self.checks.iter().any(|check| check.kind == kind && check.is_trouble())
    }
}

/// Tries everything.
#[must_use]
pub fn doctor(context: &DoctorContext) -> DoctorReport {
    let mut checks = machine::config(&context.loaded, &context.problems);
    checks.extend(files::checks(context));
    checks.extend(evidence::key(&context.loaded.settings.evidence));
    checks.extend(machine::database(context));
    checks.extend(evidence::log(context));
    let (on_aws, on_alibaba) = sources(context);
    let on_aws_grant = on_aws.iter().find_map(|source| source.partition).map(|partition| {
        let needed = aws::permissions::needed(&context.loaded.settings, &context.profiles, partition);
        needed.only(&missing(on_aws.iter().flat_map(|source| &source.checks)))
    });
    let needed = alibaba::permissions::needed(&context.loaded.settings, &context.profiles);
    let on_alibaba_grant = Some(needed.only(&missing(&on_alibaba)));
    let grants = [(Provider::Aws, on_aws_grant), (Provider::Alibaba, on_alibaba_grant)];
    let grants = grants.into_iter().filter_map(|(provider, grant)| Some((provider, grant?)));
    let grants = grants.filter(|(_, grant)| !grant.statements.is_empty()).collect();
    checks.extend(on_aws.into_iter().flat_map(|source| source.checks));
    checks.extend(on_alibaba);
    DoctorReport { checks, grants }
}

/// Every live source, one after the other: they may share accounts, and so the rates of their APIs.
fn sources(context: &DoctorContext) -> (Vec<Examined>, Vec<Check>) {
    let settings = &context.loaded.settings;
    let collect = &settings.collect;
    let stop = context.stop.token().child_token();
    let at_once = usize::try_from(collect.calls_in_flight).unwrap_or(usize::MAX);
    let deadline = Instant::now() + collect.deadline.unsigned();
    let scan = Arc::new(Scan::new(at_once, collect.call_timeout.unsigned(), deadline, stop));
    let on_aws = settings.aws.iter().map(|source| {
        let trial = trial(context, &scan, source);
        context.runtime.block_on(aws::doctor::examine(trial))
    });
    let on_aws = on_aws.collect();
    let on_alibaba = settings.alibaba.iter().flat_map(|source| {
        let trial = trial(context, &scan, source);
        context.runtime.block_on(alibaba::doctor::examine(trial))
    });
    (on_aws, on_alibaba.collect())
}

fn trial<S: Clone>(context: &DoctorContext, scan: &Arc<Scan>, source: &S) -> Trial<S> {
    Trial {
        source: Arc::new(source.clone()),
        profiles: Arc::clone(&context.profiles),
        scan: Arc::clone(scan),
        clock: Arc::clone(&context.clock),
    }
}

/// The actions that are missing.
fn missing<'a>(checks: impl IntoIterator<Item = &'a Check>) -> BTreeSet<String> {
    let missing = checks.into_iter().filter(|check| check.outcome == CheckOutcome::Missing);
    missing.filter_map(|check| check.action.clone()).collect()
}
