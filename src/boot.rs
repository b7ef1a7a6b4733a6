//! The only builder: settings, profiles, store, clock, logging and signals come from here and nowhere else.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Runtime;
use tracing_subscriber::EnvFilter;

use crate::cli::{Exit, Failure, Global};
use crate::clock::{Clock, SystemClock};
use crate::config::{self, ConfigError, Loaded, Origin, Overrides};
use crate::daemon::jobs::{self, DoctorContext, JobContext, Progress, ReadingChoice, Unwatched};
use crate::daemon::{ExceptionsFile, Stop, Timetable};
use crate::evidence::{PublicKey, SigningKey};
use crate::exports::View;
use crate::findings::Exceptions;
use crate::model::Exception;
use crate::profiles::{Profiles, Selection};
use crate::rules::{self, Controls};
use crate::store::{Access, DatabaseUrl, Signer, Store};

/// Stack of a worker: the futures of the AWS SDK are large, and a build without optimisation makes them larger. Only
/// what is used of it takes memory.
const STACK_BYTES: usize = 8 << 20;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Builds what commands need from the global options and the environment.
#[derive(Clone)]
pub struct Boot {
    config: Option<PathBuf>,
    overrides: Overrides,
    quiet: bool,
    verbose: bool,
    runtime: Arc<Runtime>,
    clock: Arc<dyn Clock>,
    stop: Stop,
}

impl Boot {
    /// Sets up logging and the runtime.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub(crate) fn new(global: &Global) -> Result<Self, Failure> {
        init_logging(global);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()?;
        let runtime = Arc::new(runtime);
        let overrides = Overrides { database: global.database().map(ToOwned::to_owned) };
        let config = global.config().map(ToOwned::to_owned);
        Ok(Self {
            config,
            overrides,
            quiet: global.quiet(),
            verbose: 0 < global.verbose(),
            runtime,
            clock: Arc::new(SystemClock),
            stop: Stop::default(),
        })
    }

    /// The same, with another configuration file.
    #[must_use]
    pub fn with_config(&self, path: &Path) -> Self {
        Self { config: Some(path.to_owned()), ..self.clone() }
    }

    /// Whether the environment asks for no colour (`NO_COLOR`).
    #[must_use]
    pub fn no_color(&self) -> bool {
        environment("NO_COLOR").is_some_and(|value| !value.is_empty())
    }

    /// Whether to print nothing but data and errors.
    #[must_use]
    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// Whether somebody asked for more than usual.
    #[must_use]
    pub fn verbose(&self) -> bool {
        self.verbose
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The runtime.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The flag that asks running work to stop.
    #[must_use]
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// A variable of the environment that says something.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        environment(name).filter(|value| !value.is_empty())
    }

    /// The settings with where each came from.
    ///
    /// # Errors
    /// [`Failure::Config`] that names every problem.
    pub fn settings(&self) -> Result<Loaded, Failure> {
        Ok(config::load(self.config.as_deref(), &environment, &self.overrides)?)
    }

    /// The settings for work that collects; what this version cannot collect, and a schedule that makes
    /// no sense, is refused.
    ///
    /// # Errors
    /// [`Failure::Config`] that names every problem.
    pub fn settings_for_collecting(&self) -> Result<Loaded, Failure> {
        let loaded = self.settings()?;
        loaded.require_usable(Timetable::problems(&loaded.settings))?;
        Ok(loaded)
    }

    /// The profiles that the settings select.
    ///
    /// # Errors
    /// [`Failure::Profiles`] that names the file.
    pub fn profiles(&self, loaded: &Loaded) -> Result<Profiles, Failure> {
        let config::Profiles { directory, enable, disable, trust } = loaded.settings.profiles.clone();
        Ok(Profiles::load(&Selection { directory, enable, disable, trust })?)
    }

    /// The history, for reading.
    ///
    /// # Errors
    /// [`Failure::Store`] when there is none or it cannot be used.
    pub fn store_for_reading(&self) -> Result<Store, Failure> {
        let loaded = self.settings()?;
        self.open(&loaded, Access::Read)
    }

    /// The history as outputs show it, now.
    ///
    /// # Errors
    /// As [`Boot::store_for_reading`].
    pub fn view(&self) -> Result<View, Failure> {
        let exceptions = self.exceptions(&self.settings()?)?.current();
        self.view_with(exceptions)
    }

    /// The same, with other exceptions than those of the settings.
    ///
    /// # Errors
    /// As [`Boot::store_for_reading`].
    pub fn view_with(&self, exceptions: Exceptions) -> Result<View, Failure> {
        let loaded = self.settings()?;
        let controls = self.controls(&loaded)?;
        Ok(View::new(self.open(&loaded, Access::Read)?, exceptions, controls, self.now()))
    }

    /// These exceptions, under the settings.
    ///
    /// # Errors
    /// As [`Boot::settings`].
    pub fn exceptions_of(&self, list: Vec<Exception>) -> Result<Exceptions, Failure> {
        let notice = self.settings()?.settings.exceptions.expiry_notice;
        Ok(Exceptions::with_notice(list, notice.duration()))
    }

    /// The file of exceptions that the settings name.
    ///
    /// # Errors
    /// [`Failure::Config`] with everything that is wrong in it.
    pub fn exceptions(&self, loaded: &Loaded) -> Result<ExceptionsFile, Failure> {
        let named = loaded.origin(config::Exceptions::FILE_KEY) != Origin::Default;
        Ok(ExceptionsFile::open(&loaded.settings.exceptions, named, self.clock())?)
    }

    /// The controls: the program's own, and those that the settings name.
    ///
    /// # Errors
    /// [`Failure::Config`] with everything that is wrong in their file.
    pub fn controls(&self, loaded: &Loaded) -> Result<Controls, Failure> {
        let config::Controls { file, replace } = &loaded.settings.controls;
        let Some(file) = file else { return Ok(Controls::builtin()) };
        let own = config::read_controls(file, &rules::ids())?;
        Ok(if *replace { Controls::of(own) } else { Controls::builtin().with(&own) })
    }

    /// Opens the history of the settings. Whoever writes to it signs its checkpoints.
    ///
    /// # Errors
    /// [`Failure::Store`] when it cannot be used; [`Failure::Key`] when the key cannot.
    pub fn open(&self, loaded: &Loaded, access: Access) -> Result<Store, Failure> {
        let url: DatabaseUrl = loaded.settings.database.url.parse().map_err(Failure::usage)?;
        if access == Access::Read {
            return Ok(self.runtime.block_on(Store::open(&url, access))?);
        }
        let config::Evidence { key_file, origin, .. } = &loaded.settings.evidence;
        let key = key_file.as_deref().map(SigningKey::read).transpose()?;
        let store = self.runtime.block_on(Store::open(&url, access))?;
        store.sign_checkpoints(Signer { origin: Some(origin.clone()), key });
        Ok(store)
    }

    /// The keys that the settings name for checkpoints: that of now, where this user can read it, and former ones.
    ///
    /// # Errors
    /// [`Failure::Key`] when a former one is no key.
    pub fn checkpoint_keys(&self, loaded: &Loaded) -> Result<Vec<PublicKey>, Failure> {
        Ok(jobs::checkpoint_keys(&loaded.settings.evidence)?)
    }

    /// Everything that a job needs, with the history locked for `command` and interrupts turned into a wish to stop.
    ///
    /// # Errors
    /// As [`Boot::profiles`] and [`Boot::open`].
    pub fn jobs(
        &self,
        loaded: &Loaded,
        command: &'static str,
        progress: Arc<dyn Progress>,
    ) -> Result<JobContext, Failure> {
        let inputs = self.inputs(loaded)?;
        let store = self.open(loaded, Access::Write(command))?;
        self.stop_on_interrupt();
        Ok(self.context(loaded, inputs, store, progress))
    }

    /// The same for the daemon, which keeps the schedules, has ears of its own for signals, and nobody to watch it.
    ///
    /// # Errors
    /// As [`Boot::profiles`] and [`Boot::open`].
    pub fn daemon_jobs(&self, loaded: &Loaded) -> Result<JobContext, Failure> {
        let inputs = self.inputs(loaded)?;
        let store = self.open(loaded, Access::Write("run"))?;
        Ok(JobContext { scheduled: true, ..self.context(loaded, inputs, store, Arc::new(Unwatched)) })
    }

    /// Everything that a look into the history needs, without the right to write.
    ///
    /// # Errors
    /// As [`Boot::profiles`] and [`Boot::open`].
    pub fn reading_jobs(&self) -> Result<JobContext, Failure> {
        let loaded = self.settings()?;
        let inputs = self.inputs(&loaded)?;
        let store = self.open(&loaded, Access::Read)?;
        Ok(self.context(&loaded, inputs, store, Arc::new(Unwatched)))
    }

    /// The same for work that takes its time: an interrupt is a wish to stop.
    ///
    /// # Errors
    /// As [`Boot::reading_jobs`].
    pub fn interruptible_reading_jobs(&self) -> Result<JobContext, Failure> {
        let context = self.reading_jobs()?;
        self.stop_on_interrupt();
        Ok(context)
    }

    /// Everything that trying the configuration needs; the history is not opened.
    ///
    /// # Errors
    /// As [`Boot::settings`] and [`Boot::profiles`].
    pub fn doctor(&self) -> Result<DoctorContext, Failure> {
        let loaded = self.settings()?;
        let problems = loaded.require_usable(Timetable::problems(&loaded.settings)).err();
        let problems = match problems {
            Some(ConfigError::Invalid { problems }) => problems,
            Some(other) => return Err(other.into()),
            None => Vec::new(),
        };
        let profiles = Arc::new(self.profiles(&loaded)?);
        self.stop_on_interrupt();
        let (clock, runtime, stop) = (self.clock(), self.runtime.handle().clone(), self.stop());
        Ok(DoctorContext { loaded, problems, profiles, clock, runtime, stop })
    }

    /// What else the settings name. Read before anything is opened: with a wrong file nothing is done.
    fn inputs(&self, loaded: &Loaded) -> Result<Inputs, Failure> {
        let (profiles, exceptions) = (self.profiles(loaded)?, self.exceptions(loaded)?);
        Ok(Inputs { profiles, exceptions, controls: self.controls(loaded)? })
    }

    fn context(&self, loaded: &Loaded, inputs: Inputs, store: Store, progress: Arc<dyn Progress>) -> JobContext {
        JobContext {
            store,
            settings: Arc::new(loaded.settings.clone()),
            profiles: Arc::new(inputs.profiles),
            exceptions: Arc::new(inputs.exceptions),
            controls: inputs.controls,
            clock: self.clock(),
            choice: ReadingChoice::default(),
            scheduled: false,
            runtime: self.runtime.handle().clone(),
            stop: self.stop(),
            progress,
        }
    }

    /// The same flag, with interrupts turned into the wish to stop.
    #[must_use]
    pub fn stop_by_interrupt(&self) -> Stop {
        self.stop_on_interrupt();
        self.stop()
    }

    /// The first interrupt lets running work end at the next safe place, the second ends the program at once; either
    /// way what was committed stays.
    pub(crate) fn stop_on_interrupt(&self) {
        let stop = self.stop();
        self.runtime.spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if stop.is_requested() {
                    std::process::exit(INTERRUPTED);
                }
                stop.request();
            }
        });
    }
}

/// Files that the settings name, read.
struct Inputs {
    profiles: Profiles,
    exceptions: ExceptionsFile,
    controls: Controls,
}

/// The exit code of [`Exit::Interrupted`], for the one place that cannot return it.
const INTERRUPTED: i32 = 130;

/// The only look at the environment outside the argument parser.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn init_logging(global: &Global) {
    let level = match (global.quiet(), global.verbose()) {
        (true, _) => "error",
        (false, 0) => "warn,roletrail=info",
        (false, 1) => "info,roletrail=debug",
        (false, _) => "trace",
    };
    let filter = EnvFilter::new(level);
    let color = std::io::stderr().is_terminal() && environment("NO_COLOR").is_none_or(|value| value.is_empty());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(color);
    // A second initialisation (in tests) is refused and harmless.
    let _ = match global.log_format() {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}

/// The exit code for work that was interrupted or left incomplete.
#[must_use]
pub fn exit_of(interrupted: bool, incomplete: bool) -> Exit {
    match (interrupted, incomplete) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Incomplete,
        (false, false) => Exit::Done,
    }
}
