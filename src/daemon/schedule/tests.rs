use super::*;
use jiff::ToSpan;
use jiff::civil::Weekday;
use proptest::prelude::*;
use proptest::sample::subsequence;

const ZONES: [&str; 7] = [
    "UTC",
    "America/New_York",
    "America/Santiago",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Cairo",
];

fn time(text: &str) -> Timestamp {
    text.parse().expect("the test gives a valid time")
}

fn schedule(text: &str, zone: &str) -> Schedule {
    Schedule::parse(text, Some(zone)).expect("the test gives a valid schedule")
}

#[track_caller]
fn check(text: &str, zone: &str, after: &str, expected: &[&str]) {
    let schedule = schedule(text, zone);
    let mut last = time(after);
    for &slot in expected {
        let next = schedule.next_after(last);
        assert_eq!(next, Some(time(slot)), "{text} in {zone} after {last}");
        last = time(slot);
    }
}

#[track_caller]
fn check_refused(text: &str, column: usize, reason: &str) {
    match Schedule::parse(text, None) {
        Err(ScheduleError::Syntax { column: found, reason: said, remedy, .. }) => {
            assert_eq!((found, said.as_str()), (column, reason), "{text}");
            assert!(!remedy.is_empty());
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn five_fields_run_at_second_zero_and_six_name_the_second() {
    check("*/15 * * * *", "UTC", "2026-01-01T00:00:00Z", &["2026-01-01T00:15:00Z", "2026-01-01T00:30:00Z"]);
    check("30 */15 * * * *", "UTC", "2026-01-01T00:00:00Z", &["2026-01-01T00:00:30Z", "2026-01-01T00:15:30Z"]);
    check("0 6 1 * *", "UTC", "2026-01-01T06:00:00Z", &["2026-02-01T06:00:00Z"]);
    check("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]);
    check("* * * * *", "UTC", "2026-12-31T23:59:59.999Z", &["2027-01-01T00:00:00Z"]);
}

#[test]
fn sunday_is_zero_and_seven_and_days_have_names() {
    // 2026-11-22 is a Sunday.
    for sunday in ["0", "7", "SUN", "sun", "0,7", "7-7"] {
        check(
            &format!("0 0 * * {sunday}"),
            "UTC",
            "2026-11-21T12:00:00Z",
            &["2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"],
        );
    }
    check("0 0 * * 1-5", "UTC", "2026-11-20T00:00:00Z", &["2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"]);
    for weekend in ["6-7", "sat-sun", "6,0", "6-0"] {
        check(
            &format!("0 0 * * {weekend}"),
            "UTC",
            "2026-11-20T00:00:00Z",
            &["2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", "2026-11-28T00:00:00Z"],
        );
    }
    check(
        "0 0 * * */2",
        "UTC",
        "2026-11-22T00:00:00Z",
        &["2026-11-24T00:00:00Z", "2026-11-26T00:00:00Z", "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z"],
    );
    check("0 0 1 mar-MAY *", "UTC", "2026-05-02T00:00:00Z", &["2027-03-01T00:00:00Z"]);
}

#[test]
fn a_day_that_satisfies_either_restricted_day_field_is_selected() {
    check(
        "0 0 24 * 5",
        "UTC",
        "2026-11-22T00:00:00Z",
        &["2026-11-24T00:00:00Z", "2026-11-27T00:00:00Z", "2026-12-04T00:00:00Z"],
    );
    check("0 0 */2 * 5", "UTC", "2026-11-22T00:00:00Z", &["2026-11-27T00:00:00Z", "2026-12-11T00:00:00Z"]);
    check("0 0 ? * 5", "UTC", "2026-11-22T00:00:00Z", &["2026-11-27T00:00:00Z"]);
}

#[test]
fn a_malformed_expression_is_refused_with_its_column_and_reason() {
    check_refused("", 1, "it has 0 fields");
    check_refused("* * * *", 1, "it has 4 fields");
    check_refused("0 0 0 1 1 * 2030", 13, "it has 7 fields");
    check_refused("60 * * * *", 1, "60 is out of range for the minute");
    check_refused("0 0 * * 8", 9, "8 is out of range for the day of week");
    check_refused("0 0 0 * *", 5, "0 is out of range for the day of month");
    check_refused("0 0 1,,2 * *", 7, "a value of the day of month is missing");
    check_refused("0 0 * foo *", 7, "\"foo\" is no month");
    check_refused("0 0 L * *", 5, "\"L\" is no day of month");
    check_refused("  1-x * * * *", 5, "\"x\" is no minute");
    check_refused("0 17-9 * * *", 3, "the range \"17-9\" runs backwards");
    check_refused("*/0 * * * *", 3, "\"0\" is no step within the minute");
    check_refused("*/90 * * * *", 3, "\"90\" is no step within the minute");
    check_refused("*/+5 * * * *", 3, "\"+5\" is no step within the minute");
    check_refused("? * * * *", 1, "\"?\" is no minute");
    check_refused("0 \u{663} * * *", 3, "\"\u{663}\" is no hour");
    check_refused("99999999999 * * * *", 1, "99999999999 is out of range for the minute");
}

#[test]
fn an_expression_that_never_fires_is_refused() {
    for text in ["0 0 30 2 *", "0 0 0 30 2 *", "0 0 31 2,4,6,9,11 *"] {
        assert_eq!(Schedule::parse(text, None), Err(ScheduleError::NeverFires { text: text.to_owned() }));
    }
    assert!(Schedule::parse("0 0 30 2 1", None).is_ok(), "Mondays in February exist");
}

#[test]
fn an_unknown_zone_is_refused() {
    let refused = Schedule::parse("* * * * *", Some("Mars/Olympus"));
    assert_eq!(refused, Err(ScheduleError::UnknownZone { zone: "Mars/Olympus".to_owned() }));
}

#[test]
fn a_slot_in_a_gap_runs_when_the_gap_ends_and_one_in_a_fold_runs_once() {
    // New York: 02:00 to 03:00 does not exist on 2026-03-08; 01:00 to 02:00 is shown twice on 2026-11-01.
    check(
        "30 2 * * *",
        "America/New_York",
        "2026-03-07T12:00:00Z",
        &["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"],
    );
    check(
        "30 1 * * *",
        "America/New_York",
        "2026-10-31T12:00:00Z",
        &["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"],
    );
    check(
        "*/30 1-3 * * *",
        "America/New_York",
        "2026-03-08T06:00:00Z",
        &["2026-03-08T06:30:00Z", "2026-03-08T07:00:00Z", "2026-03-08T07:30:00Z"],
    );
    check(
        "0 */30 * * * *",
        "America/New_York",
        "2026-11-01T05:00:00Z",
        &["2026-11-01T05:30:00Z", "2026-11-01T07:00:00Z"],
    );
    // Santiago: midnight does not exist on 2026-09-06.
    check("0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", &["2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"]);
    // Asked in the middle of the second showing, nothing of the first is due again.
    check("* * * * *", "America/New_York", "2026-11-01T06:10:00Z", &["2026-11-01T07:00:00Z"]);
}

#[test]
fn nothing_is_due_before_the_next_slot_and_only_the_newest_of_several_is() {
    let schedule = schedule("*/15 * * * *", "UTC");
    let last = time("2026-01-01T00:15:00Z");
    assert_eq!(schedule.due(last, last), None);
    assert_eq!(schedule.due(last, time("2026-01-01T00:29:59Z")), None);
    assert_eq!(
        schedule.due(last, time("2026-01-01T00:30:00Z")),
        Some(Due { slot: time("2026-01-01T00:30:00Z"), missed: 0 })
    );
    assert_eq!(
        schedule.due(last, time("2026-01-01T03:20:00Z")),
        Some(Due { slot: time("2026-01-01T03:15:00Z"), missed: 11 })
    );
    assert_eq!(schedule.due(last, time("2025-12-01T00:00:00Z")), None, "a clock that went back owes nothing");
}

#[test]
fn counting_missed_slots_is_bounded() {
    let schedule = schedule("* * * * * *", "UTC");
    let due = schedule.due(time("2026-01-01T00:00:00Z"), time("2036-01-01T00:00:00Z")).expect("slots have passed");
    assert_eq!(due.missed, MOST_COUNTED);
}

#[test]
fn the_interval_is_the_distance_between_the_next_two_slots() {
    let noon = time("2026-01-01T12:00:00Z");
    assert_eq!(schedule("*/15 * * * *", "UTC").interval(noon), Some(SignedDuration::from_mins(15)));
    assert_eq!(schedule("0 6 * * *", "UTC").interval(noon), Some(SignedDuration::from_hours(24)));
}

/// An expression together with what it selects, told apart from the code under test: sets and a wall clock.
#[derive(Debug, Clone)]
struct Selected {
    text: String,
    minutes: Vec<i8>,
    hours: Vec<i8>,
    days: Option<Vec<i8>>,
    weekdays: Option<Vec<i8>>,
}

impl Selected {
    fn matches(&self, civil: DateTime) -> bool {
        let day = self.days.as_ref().map(|days| days.contains(&civil.day()));
        let sunday_zero = civil.weekday().since(Weekday::Sunday);
        let weekday = self.weekdays.as_ref().map(|days| days.iter().any(|day| day % 7 == sunday_zero));
        let date = match (day, weekday) {
            (Some(day), Some(weekday)) => day || weekday,
            (one, other) => one.or(other).unwrap_or(true),
        };
        date && self.minutes.contains(&civil.minute()) && self.hours.contains(&civil.hour())
    }

    fn new(minutes: Vec<i8>, hours: Vec<i8>, days: Option<Vec<i8>>, weekdays: Option<Vec<i8>>) -> Self {
        let list = |values: &[i8]| values.iter().map(i8::to_string).collect::<Vec<_>>().join(",");
        let or_star = |values: &Option<Vec<i8>>| values.as_deref().map_or("*".to_owned(), list);
        let text = format!("{} {} {} * {}", list(&minutes), list(&hours), or_star(&days), or_star(&weekdays));
        Self { text, minutes, hours, days, weekdays }
    }
}

/// Every minute from `start` to `end` with all that the wall clock shows or jumps over then, and not before.
fn wall_clock(zone: &TimeZone, start: Timestamp, end: Timestamp) -> Vec<(Timestamp, Vec<DateTime>)> {
    let mut minutes = Vec::new();
    let mut latest = zone.to_datetime(start);
    let mut now = start + 1.minute();
    while now <= end {
        let shown = zone.to_datetime(now);
        let mut news = Vec::new();
        while latest < shown {
            latest += 1.minute();
            news.push(latest);
        }
        minutes.push((now, news));
        now += 1.minute();
    }
    minutes
}

#[track_caller]
fn compare(selected: &Selected, zone: &str, clock: &[(Timestamp, Vec<DateTime>)]) {
    let schedule = schedule(&selected.text, zone);
    let (Some(first), Some(last)) = (clock.first(), clock.last()) else { return };
    let expected: Vec<_> = clock
        .iter()
        .filter(|(_, shown)| shown.iter().any(|civil| selected.matches(*civil)))
        .map(|(instant, _)| *instant)
        .collect();
    let mut found = Vec::new();
    let mut time = first.0 - 1.minute();
    while let Some(slot) = schedule.next_after(time).filter(|slot| *slot <= last.0) {
        assert!(time < slot, "{} in {zone}: {slot} is not after {time}", selected.text);
        found.push(slot);
        time = slot;
    }
    assert_eq!(found, expected, "{} in {zone}", selected.text);
}

/// The changes of a zone's clock from 2020 to 2040; a zone without any gives the start of that span.
fn changes(zone: &TimeZone) -> Vec<Timestamp> {
    let (from, to) = (time("2020-01-01T00:00:00Z"), time("2040-01-01T00:00:00Z"));
    let mut changes: Vec<_> =
        zone.following(from).map(|change| change.timestamp()).take_while(|at| *at < to).collect();
    if changes.is_empty() {
        changes.push(from);
    }
    changes
}

#[test]
fn slots_around_every_clock_change_of_twenty_years_are_those_of_a_minute_by_minute_walk() {
    let every = |step: usize, last: i8| (0..=last).step_by(step).collect::<Vec<_>>();
    let expressions = [
        Selected::new(every(1, 59), every(1, 23), None, None),
        Selected::new(every(15, 59), every(1, 23), None, None),
        Selected::new(vec![30], vec![1], None, None),
        Selected::new(vec![0, 15, 59], vec![2], None, None),
        Selected::new(vec![0], vec![0], None, None),
        Selected::new(vec![5], vec![0, 23], None, Some(vec![0])),
    ];
    for name in ZONES {
        let zone = TimeZone::get(name).expect("the zone exists");
        for change in changes(&zone) {
            let start = time(&change.strftime("%FT%H:%M:00Z").to_string()) - 3.hours();
            let clock = wall_clock(&zone, start, start + 7.hours());
            for selected in &expressions {
                compare(selected, name, &clock);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_schedule_agrees_with_a_minute_by_minute_walk_over_days_around_a_clock_change(
        zone in 0..ZONES.len(),
        change in any::<prop::sample::Index>(),
        minutes in subsequence((0..=59).collect::<Vec<i8>>(), 1..4),
        hours in subsequence((0..=23).collect::<Vec<i8>>(), 1..6),
        days in prop::option::of(subsequence((1..=31).collect::<Vec<i8>>(), 1..20)),
        weekdays in prop::option::of(subsequence((0..=7).collect::<Vec<i8>>(), 1..4)),
    ) {
        let name = ZONES[zone];
        let zone = TimeZone::get(name).expect("the zone exists");
        let change = *change.get(&changes(&zone));
        let start = time(&change.strftime("%FT%H:%M:00Z").to_string()) - 72.hours();
        let clock = wall_clock(&zone, start, start + 144.hours());
        compare(&Selected::new(minutes, hours, days, weekdays), name, &clock);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[ -~]{0,24}|[0-9*/,?A-Za-z -]{0,40}|\\PC{0,16}") {
        let _ = Schedule::parse(&text, None);
    }
}
