use super::*;
use crate::daemon::notify::tests::{Heard, heard};
use jiff::SignedDuration;
use std::sync::Mutex;
use std::sync::mpsc as threads;
use tokio::task::yield_now;
use tokio::time::advance;

/// A wall clock that goes with tokio's paused time and can be set.
struct WallClock {
    begun: Instant,
    start: Mutex<Timestamp>,
    asked: Mutex<u64>,
}

impl WallClock {
    fn set_by(&self, by: SignedDuration) {
        *self.start.lock().expect("no test panics in between") += by;
    }
}

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        *self.asked.lock().expect("no test panics in between") += 1;
        let passed = SignedDuration::try_from(self.begun.elapsed()).expect("tests are short");
        *self.start.lock().expect("no test panics in between") + passed
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("the test gives a valid time")
}

fn schedule(text: &str) -> Schedule {
    Schedule::parse(text, None).expect("the test gives a valid schedule")
}

fn task(name: &'static str, text: &str, first: FirstRun) -> Task {
    Task { name, schedule: schedule(text), first, retries: false }
}

/// A task whose failed runs are tried again.
fn report(text: &str) -> Task {
    Task { retries: true, ..task("report", text, FirstRun::AtFirstSlot) }
}

/// Work that fails so many times.
fn failing(times: u64) -> Work {
    let left = Mutex::new(times);
    Arc::new(move |_| {
        let mut left = left.lock().expect("no test panics in between");
        let fails = 0 < *left;
        *left = left.saturating_sub(1);
        if fails { Err("no room".to_owned()) } else { Ok(()) }
    })
}

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

type Runs = Arc<Mutex<Vec<(&'static str, Timestamp, u64)>>>;

/// A daemon that started at midnight, and what can be seen of it.
struct Seen {
    clock: Arc<WallClock>,
    runs: Runs,
    heard: Heard,
    metrics: Arc<Metrics>,
    signals: mpsc::Sender<Signal>,
    daemon: JoinHandle<Ended>,
}

/// What a test decides about its daemon.
struct Setup {
    tasks: Vec<Task>,
    work: Work,
    reload: Reload,
    watchdog: Option<Duration>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            tasks: vec![task("collect", "*/15 * * * *", FirstRun::AtFirstSlot)],
            work: Arc::new(|_| Ok(())),
            reload: Arc::new(|| Err("no test reads a configuration by chance".to_owned())),
            watchdog: None,
        }
    }
}

fn start(setup: Setup) -> Seen {
    let start = Mutex::new(time("2026-01-01T00:00:00Z"));
    let clock = Arc::new(WallClock { begun: Instant::now(), start, asked: Mutex::default() });
    let runs = Runs::default();
    let (notifier, heard) = heard(setup.watchdog);
    let metrics = Arc::new(Metrics::new("0.1.0").expect("the declarations are valid"));
    let (signals, receiver) = mpsc::channel(8);
    let (noted, work) = (Arc::clone(&runs), setup.work);
    let parts = DaemonParts {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        tasks: setup.tasks,
        work: Arc::new(move |run| {
            noted.lock().expect("no test panics in between").push((run.task, run.slot, run.missed));
            work(run)
        }),
        reload: setup.reload,
        signals: receiver,
        stop: Stop::default(),
        notifier,
        metrics: Arc::clone(&metrics),
    };
    Seen { clock, runs, heard, metrics, signals, daemon: tokio::spawn(run(parts)) }
}

impl Seen {
    fn runs(&self) -> Vec<(&'static str, Timestamp, u64)> {
        self.runs.lock().expect("no test panics in between").clone()
    }

    fn metric(&self, line: &str) -> bool {
        let (counters, _) = self.metrics.page().expect("the registry can be written");
        counters.lines().any(|found| found == line)
    }

    fn heard(&self, state: &str) -> usize {
        self.heard.lock().expect("no test panics in between").iter().filter(|heard| *heard == state).count()
    }

    async fn tell(&self, signal: Signal) {
        self.signals.send(signal).await.expect("the daemon listens");
    }

    /// Lets the daemon handle what is there already, without time passing by itself.
    async fn settle(&self) {
        for _ in 0..20 {
            yield_now().await;
        }
    }
}

/// Work that says when it begins and ends when it is let go.
fn held_work() -> (Work, threads::Receiver<()>, threads::Sender<()>) {
    let (beginning, begun) = threads::channel();
    let (release, released) = threads::channel();
    let held = Mutex::new((beginning, released));
    let work: Work = Arc::new(move |_| {
        let held = held.lock().expect("no test panics in between");
        // The test may have ended.
        let _ = held.0.send(());
        let _ = held.1.recv();
        Ok(())
    });
    (work, begun, release)
}

#[tokio::test(start_paused = true)]
async fn every_slot_is_run_once_and_nothing_runs_in_between() {
    let seen = start(Setup::default());
    sleep(HOUR).await;
    let expected = ["00:15", "00:30", "00:45"].map(|at| ("collect", time(&format!("2026-01-01T{at}:00Z")), 0));
    assert_eq!(seen.runs(), expected);
    assert!(seen.metric("roletrail_schedule_missed_total{reason=\"late\",task=\"collect\"} 0"));
    sleep(MINUTE).await;
    assert_eq!(seen.runs().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_suspended_machine_catches_up_once_within_a_nap_and_counts_the_rest() {
    let seen = start(Setup::default());
    sleep(MINUTE).await;
    seen.clock.set_by(SignedDuration::from_hours(6));
    sleep(LONGEST_NAP).await;
    assert_eq!(seen.runs(), [("collect", time("2026-01-01T06:00:00Z"), 23)]);
    assert!(seen.metric("roletrail_schedule_missed_total{reason=\"late\",task=\"collect\"} 23"));
    sleep(MINUTE * 12).await;
    assert_eq!(seen.runs().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_does_not_run_a_slot_twice() {
    let seen = start(Setup::default());
    sleep(MINUTE * 46).await;
    seen.clock.set_by(SignedDuration::from_mins(-40));
    sleep(MINUTE * 50).await;
    assert_eq!(seen.runs().len(), 3, "00:15 to 00:45, and it is 00:56 again");
    sleep(MINUTE * 5).await;
    assert_eq!(seen.runs().last(), Some(&("collect", time("2026-01-01T01:00:00Z"), 0)));
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_comes_while_the_task_is_running_is_skipped_and_counted() {
    let (work, begun, release) = held_work();
    let tasks = vec![task("collect", "*/15 * * * *", FirstRun::AtOnce)];
    let seen = start(Setup { tasks, work, ..Setup::default() });
    seen.settle().await;
    begun.recv().expect("the work begins");
    advance(MINUTE * 31).await;
    seen.settle().await;
    assert_eq!(seen.runs().len(), 1);
    assert!(seen.metric("roletrail_schedule_missed_total{reason=\"busy\",task=\"collect\"} 2"));
    release.send(()).expect("the work waits");
    release.send(()).expect("the work waits");
    sleep(MINUTE * 20).await;
    assert_eq!(seen.runs().last(), Some(&("collect", time("2026-01-01T00:45:00Z"), 0)));
}

#[tokio::test(start_paused = true)]
async fn tasks_that_are_due_at_once_run_in_their_order() {
    let hourly = |name| task(name, "0 * * * *", FirstRun::AtFirstSlot);
    let seen = start(Setup { tasks: vec![hourly("collect"), hourly("prune")], ..Setup::default() });
    sleep(HOUR + MINUTE).await;
    let names: Vec<_> = seen.runs().iter().map(|(task, ..)| *task).collect();
    assert_eq!(names, ["collect", "prune"]);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_due_while_another_is_running_waits_for_its_end() {
    let (work, begun, release) = held_work();
    let tasks =
        vec![task("prune", "*/15 * * * *", FirstRun::AtFirstSlot), task("collect", "0 6 * * *", FirstRun::AtOnce)];
    let seen = start(Setup { tasks, work, ..Setup::default() });
    seen.settle().await;
    begun.recv().expect("the work begins");
    advance(MINUTE * 16).await;
    seen.settle().await;
    assert_eq!(seen.heard("STATUS=prune is running for 2026-01-01T00:15:00Z"), 0);
    release.send(()).expect("the work waits");
    release.send(()).expect("the work waits");
    sleep(MINUTE).await;
    assert_eq!(seen.runs().last(), Some(&("prune", time("2026-01-01T00:15:00Z"), 0)));
    assert_eq!(seen.heard("STATUS=prune is running for 2026-01-01T00:15:00Z"), 1);
    assert!(seen.metric("roletrail_schedule_missed_total{reason=\"busy\",task=\"prune\"} 0"));
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_was_down_catches_up_once_when_a_slot_has_passed() {
    let since = |text| vec![task("collect", "*/15 * * * *", FirstRun::CatchUpSince(time(text)))];
    let late = start(Setup { tasks: since("2025-12-31T22:59:00Z"), ..Setup::default() });
    let fresh = start(Setup { tasks: since("2026-01-01T00:00:00Z"), ..Setup::default() });
    sleep(MINUTE).await;
    assert_eq!(late.runs(), [("collect", time("2026-01-01T00:00:00Z"), 4)]);
    assert_eq!(fresh.runs(), []);
}

#[tokio::test(start_paused = true)]
async fn work_that_fails_or_panics_is_counted_and_the_next_slot_is_served() {
    let work: Work = Arc::new(|run| match run.slot {
        slot if slot == time("2026-01-01T00:15:00Z") => Err("no answer".to_owned()),
        slot if slot == time("2026-01-01T00:30:00Z") => panic!("a bug"),
        _ => Ok(()),
    });
    let seen = start(Setup { work, ..Setup::default() });
    sleep(MINUTE * 46).await;
    assert_eq!(seen.runs().len(), 3);
    assert!(seen.metric("roletrail_schedule_run_failures_total{task=\"collect\"} 2"));
}

#[tokio::test(start_paused = true)]
async fn an_idle_daemon_ends_at_once() {
    let seen = start(Setup::default());
    sleep(MINUTE).await;
    let begun = Instant::now();
    seen.tell(Signal::End).await;
    assert_eq!(seen.daemon.await.expect("the loop does not panic"), Ended::Clean);
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn work_under_way_is_told_to_stop_and_awaited() {
    let work: Work = Arc::new(|run| {
        while !run.stop.is_requested() {
            std::thread::yield_now();
        }
        Ok(())
    });
    let tasks = vec![task("collect", "*/15 * * * *", FirstRun::AtOnce)];
    let seen = start(Setup { tasks, work, ..Setup::default() });
    seen.settle().await;
    seen.tell(Signal::End).await;
    let (heard, ended) = (Arc::clone(&seen.heard), seen.daemon.await);
    assert_eq!(ended.expect("the loop does not panic"), Ended::Clean);
    assert!(heard.lock().expect("no test panics in between").contains(&"STOPPING=1".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn work_that_does_not_stop_is_abandoned_within_the_limit() {
    let (work, begun, release) = held_work();
    let tasks = vec![task("collect", "*/15 * * * *", FirstRun::AtOnce)];
    let seen = start(Setup { tasks, work, ..Setup::default() });
    seen.settle().await;
    begun.recv().expect("the work begins");
    seen.tell(Signal::End).await;
    seen.tell(Signal::Reload).await;
    seen.settle().await;
    advance(STOP_LIMIT.saturating_sub(Duration::from_millis(1))).await;
    seen.settle().await;
    assert!(!seen.daemon.is_finished());
    advance(Duration::from_millis(2)).await;
    assert_eq!(seen.daemon.await.expect("the loop does not panic"), Ended::Abandoned);
    release.send(()).expect("the work waits");
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_ends_the_daemon_at_once() {
    let (work, begun, release) = held_work();
    let tasks = vec![task("collect", "*/15 * * * *", FirstRun::AtOnce)];
    let seen = start(Setup { tasks, work, ..Setup::default() });
    seen.settle().await;
    begun.recv().expect("the work begins");
    seen.tell(Signal::End).await;
    seen.tell(Signal::End).await;
    assert_eq!(seen.daemon.await.expect("the loop does not panic"), Ended::Forced);
    release.send(()).expect("the work waits");
}

#[tokio::test(start_paused = true)]
async fn a_right_configuration_takes_effect_and_owes_nothing_of_the_past() {
    let reload: Reload = Arc::new(|| Ok(vec![task("collect", "50 * * * *", FirstRun::AtOnce)]));
    let seen = start(Setup { reload, ..Setup::default() });
    sleep(MINUTE * 20).await;
    seen.tell(Signal::Reload).await;
    sleep(MINUTE * 35).await;
    let slots: Vec<_> = seen.runs().iter().map(|(_, slot, _)| *slot).collect();
    assert_eq!(slots, [time("2026-01-01T00:15:00Z"), time("2026-01-01T00:50:00Z")]);
    assert_eq!((seen.heard("RELOADING=1"), seen.heard("READY=1")), (1, 2));
    assert!(seen.metric("roletrail_config_last_reload_successful 1"));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_configuration_changes_nothing_but_its_metric() {
    let answers = Mutex::new(vec![Ok(vec![task("collect", "*/15 * * * *", FirstRun::AtFirstSlot)])]);
    let reload: Reload = Arc::new(move || {
        let mut answers = answers.lock().expect("no test panics in between");
        if answers.len() == 1 {
            answers.push(Err(String::new()));
            return Err("unknown key `colect`".to_owned());
        }
        answers.swap_remove(0)
    });
    let seen = start(Setup { reload, ..Setup::default() });
    seen.tell(Signal::Reload).await;
    sleep(MINUTE * 16).await;
    assert_eq!(seen.runs().len(), 1);
    assert!(seen.metric("roletrail_config_last_reload_successful 0"));
    assert_eq!((seen.heard("RELOADING=1"), seen.heard("READY=1")), (1, 2));
    seen.tell(Signal::Reload).await;
    sleep(MINUTE).await;
    assert!(seen.metric("roletrail_config_last_reload_successful 1"));
}

#[tokio::test(start_paused = true)]
async fn a_reload_that_is_asked_for_during_another_follows_it() {
    let (release, released) = threads::channel();
    let released = Mutex::new(released);
    let reload: Reload = Arc::new(move || {
        let _ = released.lock().expect("no test panics in between").recv();
        Err("still wrong".to_owned())
    });
    let seen = start(Setup { reload, ..Setup::default() });
    for _ in 0..3 {
        seen.tell(Signal::Reload).await;
    }
    seen.settle().await;
    assert_eq!(seen.heard("RELOADING=1"), 1);
    release.send(()).expect("the reload waits");
    release.send(()).expect("the reload waits");
    sleep(MINUTE).await;
    assert_eq!((seen.heard("RELOADING=1"), seen.heard("READY=1")), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn the_service_manager_gets_its_life_signs_also_while_work_is_under_way() {
    let (work, begun, release) = held_work();
    let tasks = vec![task("collect", "0 * * * *", FirstRun::AtOnce)];
    let seen = start(Setup { tasks, work, watchdog: Some(MINUTE), ..Setup::default() });
    seen.settle().await;
    begun.recv().expect("the work begins");
    for _ in 0..4 {
        advance(MINUTE / 2).await;
        seen.settle().await;
    }
    assert_eq!(seen.heard("WATCHDOG=1"), 4);
    assert_eq!(seen.heard("READY=1"), 1);
    release.send(()).expect("the work waits");
}

#[tokio::test(start_paused = true)]
async fn a_daemon_without_tasks_does_not_wake_up() {
    let seen = start(Setup { tasks: Vec::new(), ..Setup::default() });
    sleep(MINUTE).await;
    let asked = *seen.clock.asked.lock().expect("no test panics in between");
    sleep(HOUR * 24).await;
    assert_eq!(*seen.clock.asked.lock().expect("no test panics in between"), asked);
}

#[tokio::test(start_paused = true)]
async fn a_month_of_hourly_slots_is_served_without_a_gap() {
    let tasks = vec![task("collect", "0 * * * *", FirstRun::AtFirstSlot)];
    let seen = start(Setup { tasks, ..Setup::default() });
    sleep(HOUR * 24 * 30 + MINUTE).await;
    let runs = seen.runs();
    assert_eq!(runs.len(), 24 * 30);
    assert!(runs.iter().all(|(_, _, missed)| *missed == 0));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_failed_is_tried_again_ever_later_until_it_succeeds() {
    let seen = start(Setup { tasks: vec![report("0 6 * * *")], work: failing(7), ..Setup::default() });
    let slot = time("2026-01-01T06:00:00Z");
    sleep(HOUR * 6 + MINUTE / 2).await;
    // 5, 10, 20, 40, 60 and 60 minutes after the one before.
    for (minutes, runs) in
        [(4, 1), (1, 2), (9, 2), (1, 3), (20, 4), (40, 5), (59, 5), (1, 6), (60, 7), (59, 7), (1, 8)]
    {
        sleep(MINUTE * minutes).await;
        assert_eq!(seen.runs().len(), runs, "{:?}", seen.clock.now());
    }
    assert!(seen.runs().iter().all(|run| *run == ("report", slot, 0)), "{:?}", seen.runs());
    assert!(seen.metric("roletrail_schedule_run_failures_total{task=\"report\"} 7"));
    sleep(HOUR * 13).await;
    assert_eq!(seen.runs().len(), 8, "a success ends it");
    sleep(HOUR * 8).await;
    assert_eq!(seen.runs().last(), Some(&("report", time("2026-01-02T06:00:00Z"), 0)));
    assert_eq!(seen.runs().len(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_newer_slot_takes_the_place_of_one_that_still_fails_and_begins_with_short_waits() {
    let seen = start(Setup { tasks: vec![report("0 */6 * * *")], work: failing(u64::MAX), ..Setup::default() });
    sleep(MINUTE * 719).await;
    let first = seen.runs();
    assert!(first.iter().all(|(_, slot, _)| *slot == time("2026-01-01T06:00:00Z")), "{first:?}");
    assert_eq!(first.len(), 9, "6:00, :05, :15, :35, 7:15, 8:15, 9:15, 10:15 and 11:15");
    sleep(MINUTE * 7).await;
    let second = time("2026-01-01T12:00:00Z");
    assert_eq!(seen.runs()[first.len()..], [("report", second, 0), ("report", second, 0)]);
    assert!(seen.metric("roletrail_schedule_missed_total{reason=\"busy\",task=\"report\"} 0"));
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_comes_during_a_further_attempt_is_served_after_it() {
    let (work, begun, release) = held_work();
    let first = Mutex::new(true);
    let work: Work = Arc::new(move |run| {
        if std::mem::take(&mut *first.lock().expect("no test panics in between")) {
            return Err("no room".to_owned());
        }
        work(run)
    });
    let seen = start(Setup { tasks: vec![report("0,6 * * * *")], work, ..Setup::default() });
    sleep(MINUTE * 6 + MINUTE / 2).await;
    seen.settle().await;
    advance(MINUTE * 5).await;
    seen.settle().await;
    begun.recv().expect("the further attempt begins");
    assert_eq!(seen.runs().len(), 2, "the further attempt is due");
    advance(MINUTE * 50).await;
    seen.settle().await;
    release.send(()).expect("the work waits");
    release.send(()).expect("the work waits");
    sleep(MINUTE).await;
    let slots: Vec<_> = seen.runs().iter().map(|(_, slot, _)| *slot).collect();
    assert_eq!(slots, ["00:06", "00:06", "01:00"].map(|at| time(&format!("2026-01-01T{at}:00Z"))));
}

#[tokio::test(start_paused = true)]
async fn a_reload_tries_again_at_once_and_a_clock_that_is_set_back_puts_nothing_off() {
    let reload: Reload = Arc::new(|| Ok(vec![report("0 6 * * *")]));
    let seen = start(Setup { tasks: vec![report("0 6 * * *")], work: failing(3), reload, ..Setup::default() });
    sleep(HOUR * 6 + MINUTE).await;
    assert_eq!(seen.runs().len(), 1);
    seen.tell(Signal::Reload).await;
    sleep(MINUTE).await;
    assert_eq!(seen.runs().len(), 2);
    seen.clock.set_by(SignedDuration::from_hours(-3));
    sleep(MINUTE).await;
    assert_eq!(seen.runs().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_tried_again_waits_for_its_next_slot() {
    let seen = start(Setup { work: failing(u64::MAX), ..Setup::default() });
    sleep(MINUTE * 119).await;
    assert_eq!(seen.runs().len(), 7);
}
