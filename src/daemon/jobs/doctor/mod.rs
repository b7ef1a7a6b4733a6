//! Trying everything that a collection will need, without collecting: nothing is stored, no lock is taken.

mod machine;

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::super::Stop;
use crate::clock::Clock;
use crate::config::{Aws, Loaded, Problem};
use crate::model::{Check, CheckKind, CheckOutcome, Permissions};
use crate::profiles::Profiles;
use crate::sources::aws::doctor::{Examined, Trial, examine};
use crate::sources::aws::permissions;
use crate::sources::live::Scan;

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
    /// What would grant the permissions that are missing; `None` where none is.
    pub grant: Option<Permissions>,
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
    checks.extend(machine::database(context));
    let examined = sources(context);
    let grant = grant(context, &examined);
    checks.extend(examined.into_iter().flat_map(|source| source.checks));
    DoctorReport { checks, grant }
}

/// Every live source, one after the other: they may share accounts, and so the rates of their APIs.
fn sources(context: &DoctorContext) -> Vec<Examined> {
    let settings = &context.loaded.settings;
    let collect = &settings.collect;
    let stop = context.stop.token().child_token();
    let at_once = usize::try_from(collect.calls_in_flight).unwrap_or(usize::MAX);
    let deadline = Instant::now() + collect.deadline.unsigned();
    let scan = Arc::new(Scan::new(at_once, collect.call_timeout.unsigned(), deadline, stop));
    let trial = |source: &Aws| Trial {
        source: Arc::new(source.clone()),
        profiles: Arc::clone(&context.profiles),
        scan: Arc::clone(&scan),
        clock: Arc::clone(&context.clock),
    };
    settings.aws.iter().map(|source| context.runtime.block_on(examine(trial(source)))).collect()
}

/// The statements of the configuration's policy that allow what is missing.
fn grant(context: &DoctorContext, examined: &[Examined]) -> Option<Permissions> {
    let partition = examined.iter().find_map(|source| source.partition)?;
    let checks = examined.iter().flat_map(|source| &source.checks);
    let missing: BTreeSet<_> = checks
        .filter(|check| check.outcome == CheckOutcome::Missing)
        .filter_map(|check| check.action.clone())
        .collect();
    let needed = permissions::needed(&context.loaded.settings, &context.profiles, partition);
    Some(needed.only(&missing)).filter(|granted| !granted.statements.is_empty())
}
