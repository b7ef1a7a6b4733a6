//! A history that is written to, goes away or breaks while it is served.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};

use serde_json::Value;

use super::{Served, header, problem, request, status};
use crate::daemon::Daemon;
use crate::records::{delivered, intrusion, routine};
use crate::support::{Workplace, wait_for};

const LISTS: [&str; 7] = ["findings", "verdicts", "coverage", "roles", "stores", "events", "tasks"];

/// No list is empty in the history of the demo.
fn refused(served: &Served) {
    for list in LISTS {
        let answer = request(&served.daemon, "GET", &format!("/api/v1/{list}"), "");
        assert_eq!(status(&answer), 503, "{list}: {answer}");
        assert!(header(&answer, "retry-after").is_some());
        let problem = problem(&answer);
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("roletrail.db")), "{problem}");
    }
    assert_eq!(served.daemon.get("/api/v1/findings/5e68").0, 503);
    assert_eq!(served.daemon.get("/openapi.json").0, 200, "the description needs no history");
}

#[test]
fn a_history_that_vanishes_or_is_replaced_is_no_empty_list() {
    let served = Served::demo();
    let path = served.place.path("it/roletrail.db");
    let aside = served.place.path("it/aside.db");
    std::fs::rename(&path, &aside).expect("moved");
    refused(&served);
    std::fs::write(&path, b"").expect("written");
    refused(&served);
    std::fs::copy(&aside, &path).expect("copied");
    refused(&served);
    std::fs::rename(&aside, &path).expect("moved back");
    for list in LISTS {
        assert!(!served.follow(list, &[100]).is_empty(), "{list}");
    }
}

#[test]
fn a_damaged_history_is_no_empty_list() {
    let served = Served::demo();
    let path = served.place.path("it/roletrail.db");
    let mut file = OpenOptions::new().write(true).open(&path).expect("opened");
    let bytes = file.metadata().expect("known").len();
    // Behind the first page, which tells what the file is.
    file.seek(SeekFrom::Start(8192)).expect("there is more");
    let noise = vec![0x5a; usize::try_from(bytes - 8192).expect("small")];
    file.write_all(&noise).expect("written");
    for list in LISTS {
        let answer = request(&served.daemon, "GET", &format!("/api/v1/{list}?limit=1000"), "");
        // What a connection had in memory may still be answered, and then wholly.
        if status(&answer) == 200 {
            let body = answer.split_once("\r\n\r\n").expect("a body").1;
            let page: Value = serde_json::from_str(body).expect("JSON");
            assert!(page["items"].as_array().is_some_and(|items| !items.is_empty()), "{list}: {answer}");
        } else {
            assert_eq!(status(&answer), 503, "{list}: {answer}");
            problem(&answer);
        }
    }
    let answer = request(&served.daemon, "GET", "/api/v1/events?limit=1000", "");
    assert_eq!(status(&answer), 503, "no memory holds all events: {answer}");
}

#[test]
fn lists_are_answered_whole_while_the_history_is_written() {
    let place = Workplace::new();
    let source = "[schedule]\ncollect = \"* * * * * *\"\n[[aws]]\nname = \"t\"\naccounts = \"none\"\n\
        [[aws.trail]]\nkind = \"files\"\npath = \"trail\"\n";
    place.write("roletrail.toml", format!("[web]\nlisten_address = \"127.0.0.1:0\"\n{source}"));
    place.write("trail/first.json", delivered(&[intrusion("w-0"), routine("w-1")]));
    let served = Served { daemon: Daemon::start(&place), place };
    wait_for("the first collection", 30, || (!served.follow("findings", &[5]).is_empty()).then_some(()));
    for object in 0..200 {
        let records: Vec<_> = (0..20).map(|n| routine(&format!("w-{object}-{n}"))).collect();
        served.place.write(&format!("trail/o{object}.json"), delivered(&records));
    }
    let mut seen = 0;
    wait_for("everything is stored", 60, || {
        assert_eq!(served.follow("findings?rule=unexpected-assumer", &[5]).len(), 1);
        assert!(!served.follow("verdicts", &[2]).is_empty());
        assert!(!served.follow("coverage", &[3]).is_empty());
        let now = served.follow("events", &[1000]);
        let ids: std::collections::BTreeSet<_> = now.iter().map(|event| event["event_id"].as_str()).collect();
        assert_eq!(ids.len(), now.len(), "no event comes twice");
        assert!(seen <= now.len(), "no event is missed");
        seen = now.len();
        (seen == 2 + 200 * 20).then_some(())
    });
}
