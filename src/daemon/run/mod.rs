//! The daemon's loop: it sleeps until something is due, has it done by one thread at a time, and hears signals.
//!
//! Slots are wall-clock times, and the wall clock can jump: it stands still for the program while the machine is
//! suspended, and people and time servers set it. So the loop naps for a minute at most and asks the clock
//! again; that is the only wake-up without a slot, and there is none when nothing is scheduled.

mod reload;
mod retry;
#[cfg(test)]
mod tests;

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep};

use super::notify::Notifier;
use super::pace::Pace;
use super::schedule::Schedule;
use super::shutdown::{Signal, Stop};
use crate::clock::Clock;
use crate::exports::metrics::{Metrics, MissedBecause};
use retry::Again;

/// How late a slot can be served after the machine was suspended or the clock was set.
const LONGEST_NAP: Duration = Duration::from_mins(1);

/// How long work under way may take to stop. Two of the ten seconds that a service has are left for the answers of
/// the HTTP server and for closing the store.
pub const STOP_LIMIT: Duration = Duration::from_secs(8);

/// What a task does: it runs on a thread of its own, asks [`Run::stop`] often, and answers why it failed.
pub type Work = Arc<dyn Fn(&Run) -> Result<(), String> + Send + Sync>;

/// Reads the configuration again: the tasks it asks for, or why it is wrong and the old one stays.
pub type Reload = Arc<dyn Fn() -> Result<Vec<Task>, String> + Send + Sync>;

/// Whether a task is due when the daemon starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstRun {
    /// At once.
    AtOnce,
    /// At once if a slot has passed since it last ran, here.
    CatchUpSince(Timestamp),
    /// At its first slot.
    AtFirstSlot,
}

/// Something to do on a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its name, in logs and metrics.
    pub name: &'static str,
    /// When.
    pub schedule: Schedule,
    /// When first.
    pub first: FirstRun,
    /// Whether a run that failed is tried again before the next slot comes: after five minutes, then after twice as long
    /// each time, up to an hour.
    pub retries: bool,
}

/// One run of a task.
#[derive(Debug, Clone)]
pub struct Run {
    /// The task's name.
    pub task: &'static str,
    /// The slot that it serves.
    pub slot: Timestamp,
    /// Older slots that it stands for as well, because the daemon slept through them.
    pub missed: u64,
    /// Tells it to stop.
    pub stop: Stop,
}

/// What the loop needs.
pub struct DaemonParts {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The tasks. Where two are due at once, they run in this order.
    pub tasks: Vec<Task>,
    /// Does the work.
    pub work: Work,
    /// Reads the configuration again.
    pub reload: Reload,
    /// Signals, as they come.
    pub signals: mpsc::Receiver<Signal>,
    /// Requested when the daemon ends.
    pub stop: Stop,
    /// The service manager.
    pub notifier: Notifier,
    /// Metrics of schedules and reloads.
    pub metrics: Arc<Metrics>,
}

/// How the daemon ended. Only after [`Ended::Clean`] no thread is at work any more: after the others the process must
/// exit without waiting for its threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Nothing was under way, or it stopped in time.
    Clean,
    /// Work did not stop within [`STOP_LIMIT`].
    Abandoned,
    /// A second signal came first.
    Forced,
}

/// Runs until a signal ends it.
pub async fn run(parts: DaemonParts) -> Ended {
    let mut daemon = Daemon::new(parts);
    daemon.notifier.ready();
    loop {
        daemon.start_due();
        match daemon.next_event().await {
            Event::Told(Signal::End) => return daemon.end().await,
            Event::Told(Signal::Reload) => daemon.begin_reload(),
            Event::Finished(result) => daemon.finish(result),
            Event::Reloaded(result) => daemon.apply_reload(result),
            Event::LifeSignDue => daemon.notifier.alive(),
            Event::NapOver => {}
        }
    }
}

/// What a thread answered; the outer error is its panic.
type Answer<T> = Result<Result<T, String>, JoinError>;

enum Event {
    Told(Signal),
    Finished(Answer<()>),
    Reloaded(Answer<Vec<Task>>),
    LifeSignDue,
    NapOver,
}

/// A task, where it stands, and the run that it is owed.
struct Place {
    task: &'static str,
    pace: Pace,
    owed: Option<Run>,
    retries: bool,
    /// The attempt that follows a run that failed.
    again: Option<Again>,
}

struct Daemon {
    clock: Arc<dyn Clock>,
    places: Vec<Place>,
    work: Work,
    reload: Reload,
    signals: mpsc::Receiver<Signal>,
    stop: Stop,
    notifier: Notifier,
    metrics: Arc<Metrics>,
    /// The run under way.
    running: Option<(Run, JoinHandle<Result<(), String>>)>,
    reloading: Option<JoinHandle<Result<Vec<Task>, String>>>,
    /// A reload was asked for while one was under way.
    reload_again: bool,
    life_signs: Option<Interval>,
}

impl Daemon {
    fn new(parts: DaemonParts) -> Self {
        let life_signs = parts.notifier.alive_every().map(|every| {
            let mut ticks = interval_at(Instant::now() + every, every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        let mut daemon = Self {
            clock: parts.clock,
            places: Vec::new(),
            work: parts.work,
            reload: parts.reload,
            signals: parts.signals,
            stop: parts.stop,
            notifier: parts.notifier,
            metrics: parts.metrics,
            running: None,
            reloading: None,
            reload_again: false,
            life_signs,
        };
        let now = daemon.clock.now();
        daemon.places = parts.tasks.into_iter().map(|task| daemon.place(task, now)).collect();
        daemon
    }

    fn place(&self, task: Task, now: Timestamp) -> Place {
        self.metrics.expect_task(task.name);
        let served = match task.first {
            FirstRun::CatchUpSince(last) => last,
            FirstRun::AtOnce | FirstRun::AtFirstSlot => now,
        };
        let pace = Pace::new(task.schedule, served);
        self.metrics.next_run(task.name, pace.next());
        let run = || Run { task: task.name, slot: now, missed: 0, stop: self.stop.clone() };
        let owed = (task.first == FirstRun::AtOnce).then(run);
        Place { task: task.name, pace, owed, retries: task.retries, again: None }
    }

    /// Notes what has become due, and starts the first of it if nothing is under way.
    fn start_due(&mut self) {
        if self.places.is_empty() {
            return;
        }
        let now = self.clock.now();
        let under_way = self.under_way();
        for place in &mut self.places {
            let Some(due) = place.pace.due(now) else {
                place.owe_again(under_way, now, &self.stop);
                continue;
            };
            self.metrics.next_run(place.task, place.pace.next());
            let gives_way = place.give_way();
            if !gives_way && (place.owed.is_some() || under_way == Some(place.task)) {
                tracing::warn!(task = place.task, slot = %due.slot, "skipped, because it is still busy");
                self.metrics.slots_missed(place.task, MissedBecause::Busy, due.missed + 1);
                continue;
            }
            self.metrics.slots_missed(place.task, MissedBecause::Late, due.missed);
            let run = Run { task: place.task, slot: due.slot, missed: due.missed, stop: self.stop.clone() };
            place.owed = Some(run);
        }
        if self.running.is_none() {
            self.start_first();
        }
    }

    fn start_first(&mut self) {
        let Some(run) = self.places.iter_mut().find_map(|place| place.owed.take()) else { return };
        if run.missed != 0 {
            tracing::warn!(task = run.task, missed = run.missed, "catching up once for the slots that were missed");
        }
        self.notifier.status(&format!("{} is running for {}", run.task, run.slot));
        let (work, of_thread) = (Arc::clone(&self.work), run.clone());
        self.running = Some((run, spawn_blocking(move || work(&of_thread))));
    }

    fn under_way(&self) -> Option<&'static str> {
        self.running.as_ref().map(|(run, _)| run.task)
    }

    async fn next_event(&mut self) -> Event {
        let nap = self.nap();
        tokio::select! {
            biased;
            signal = hear(&mut self.signals) => Event::Told(signal),
            result = answer(self.running.as_mut().map(|(_, thread)| thread)) => Event::Finished(result),
            result = answer(self.reloading.as_mut()) => Event::Reloaded(result),
            () = tick(self.life_signs.as_mut()) => Event::LifeSignDue,
            () = nap_for(nap) => Event::NapOver,
        }
    }

    /// How long to sleep; for ever when nothing is scheduled.
    fn nap(&self) -> Option<Duration> {
        let under_way = self.under_way();
        let next = self.places.iter().filter_map(|place| place.next(under_way)).min()?;
        let left = Duration::try_from(next.duration_since(self.clock.now())).unwrap_or_default();
        Some(left.min(LONGEST_NAP))
    }

    fn finish(&mut self, result: Answer<()>) {
        let Some((run, _)) = self.running.take() else { return };
        let result = result.unwrap_or_else(|panic| Err(format!("a bug in roletrail: {panic}")));
        let now = self.clock.now();
        if let Err(reason) = &result {
            tracing::error!(task = run.task, reason, "failed");
            self.metrics.task_failed(run.task, now);
        }
        if let Some(place) = self.places.iter_mut().find(|place| place.task == run.task) {
            place.ended(&run, result.is_ok(), now);
        }
        self.tell_idle();
    }

    fn tell_idle(&self) {
        let next = self.places.iter().filter_map(|place| Some((place.next(None)?, place.task))).min();
        self.notifier.status(&match next {
            Some((slot, task)) => format!("idle; {task} is due at {slot}"),
            None => "idle; nothing is scheduled".to_owned(),
        });
    }

    /// Has the work under way stop, and waits for it as long as a service may.
    async fn end(mut self) -> Ended {
        self.stop.request();
        self.notifier.stopping();
        let Some((Run { task, .. }, thread)) = &mut self.running else { return Ended::Clean };
        tracing::info!(task, "ending; waiting for it to stop");
        let limit = sleep(STOP_LIMIT);
        tokio::pin!(limit);
        loop {
            tokio::select! {
                _ = &mut *thread => return Ended::Clean,
                () = &mut limit => {
                    tracing::warn!(task, "abandoned, because it did not stop in time");
                    return Ended::Abandoned;
                }
                signal = hear(&mut self.signals) => if signal == Signal::End { return Ended::Forced },
            }
        }
    }
}

/// The next signal; none ever comes once nobody can send one.
async fn hear(signals: &mut mpsc::Receiver<Signal>) -> Signal {
    match signals.recv().await {
        Some(signal) => signal,
        None => pending().await,
    }
}

/// The answer of a thread, if there is one at work.
async fn answer<T>(thread: Option<&mut JoinHandle<Result<T, String>>>) -> Answer<T> {
    match thread {
        Some(thread) => thread.await,
        None => pending().await,
    }
}

async fn tick(ticks: Option<&mut Interval>) {
    match ticks {
        Some(ticks) => drop(ticks.tick().await),
        None => pending().await,
    }
}

async fn nap_for(nap: Option<Duration>) {
    match nap {
        Some(nap) => sleep(nap).await,
        None => pending().await,
    }
}
