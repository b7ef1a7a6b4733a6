use std::path::Path;

use jiff::SignedDuration;

use super::*;
use crate::clock::{Clock as _, SettableClock};
use crate::config;
use crate::daemon::Stop;
use crate::daemon::jobs::{ReadingChoice, Unwatched};
use crate::profiles::Selection;
use crate::store::{Access, DatabaseUrl, Store};

const ROW: &str = "[[exception]]\nid = \"E-1\"\nrule = \"trust-drift\"\naccount = \"111122223333\"\nowner = \"us\"\n\
    reason = \"because\"\nticket = \"T\"\ncreated = \"2026-03-02\"\nexpires = \"2026-03-03\"\n";

/// A service over an empty history, with that clock.
fn service(directory: &Path, runtime: &tokio::runtime::Runtime, clock: &SettableClock) -> Arc<Service> {
    let url = DatabaseUrl(directory.join("history.db"));
    let store = runtime.block_on(Store::open(&url, Access::Write("test"))).expect("a new history");
    let settings = config::Exceptions { file: directory.join("exceptions.toml"), ..config::Exceptions::default() };
    let exceptions = ExceptionsFile::open(&settings, false, Arc::new(clock.clone())).expect("right");
    let context = JobContext {
        store,
        settings: Arc::default(),
        profiles: Arc::new(Profiles::load(&Selection::default()).expect("the profiles of the program")),
        exceptions: Arc::new(exceptions),
        controls: Controls::builtin(),
        clock: Arc::new(clock.clone()),
        choice: ReadingChoice::default(),
        scheduled: true,
        runtime: runtime.handle().clone(),
        stop: Stop::default(),
        progress: Arc::new(Unwatched),
    };
    let entrance = Entrance::open(&config::Web::default()).expect("loopback needs no guard");
    let load = Arc::new(|| Err("nothing is read again".to_owned()));
    Service::new(context, load, entrance).expect("metrics are declared right")
}

/// The numbers of exceptions as a scrape shows them: in force, and by state.
fn scraped(service: &Arc<Service>) -> (String, Vec<String>) {
    service.views().renew();
    let (_, state) = service.metrics().page().expect("a page");
    let page = String::from_utf8(state.unwrap_or_default().to_vec()).expect("text");
    let value = |name: &str| page.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned();
    let states = page.lines().filter_map(|line| line.strip_prefix("roletrail_exceptions{state=\""));
    let states = states.filter_map(|rest| rest.strip_suffix("\"} 1")).map(str::to_owned);
    (value("roletrail_exceptions_active "), states.collect())
}

#[test]
fn time_alone_begins_and_ends_an_exception_on_the_page() {
    let directory = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    std::fs::write(directory.path().join("exceptions.toml"), ROW).expect("written");
    let clock = SettableClock::at("2026-03-01T12:00:00Z".parse().expect("a time"));
    let service = service(directory.path(), &runtime, &clock);
    service.views().renew();
    assert!(!service.metrics().is_published(), "the first publication is the start's");
    service.publish().expect("published");
    assert_eq!(scraped(&service), ("0".to_owned(), vec!["pending".to_owned()]));
    clock.advance(SignedDuration::from_hours(12));
    assert_eq!(scraped(&service), ("1".to_owned(), vec!["unused".to_owned()]));
    clock.advance(SignedDuration::from_hours(48));
    assert_eq!(scraped(&service), ("0".to_owned(), vec!["expired".to_owned()]));
    assert_eq!(service.views().now().now(), clock.now());
}

#[test]
fn a_page_that_shows_what_holds_is_not_made_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let clock = SettableClock::at("2026-03-01T12:00:00Z".parse().expect("a time"));
    let service = service(directory.path(), &runtime, &clock);
    service.publish().expect("published");
    let page = || service.metrics().page().expect("a page").1.expect("published").as_ptr();
    let before = page();
    clock.advance(SignedDuration::from_hours(1));
    service.views().renew();
    assert_eq!(page(), before);
    std::fs::write(directory.path().join("exceptions.toml"), ROW).expect("written");
    clock.advance(SignedDuration::from_hours(1));
    service.views().renew();
    assert_ne!(page(), before);
}
