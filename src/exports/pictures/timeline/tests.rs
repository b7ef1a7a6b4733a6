use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a valid time")
}

/// Ninety days in which everything happens once.
fn eventful() -> Timeline {
    let mark = |time, kind, what: &str| Mark { time: at(time), kind, what: what.to_owned() };
    Timeline {
        role: "arn:aws:iam::111122223333:role/aws-service-role/x/Y".to_owned(),
        from: at("2026-07-01T00:00:00Z"),
        to: at("2026-09-29T00:00:00Z"),
        presence: vec![
            stretch("2026-06-01T00:00:00Z", "2026-08-01T00:00:00Z", RolePresence::Present),
            stretch("2026-08-10T00:00:00Z", "2026-09-29T00:00:00Z", RolePresence::Absent),
        ],
        stores: vec![store("cks-1", "2026-07-02T00:00:00Z", Some("2026-07-20T00:00:00Z"))],
        uses: vec![DayUse { day: 20_640, trusted: 400, others: 1, refused: 2 }],
        marks: vec![
            mark("2026-07-20T10:00:00Z", MarkKind::DeletionAccepted, "DeleteServiceLinkedRole by somebody"),
            mark("2026-07-20T10:05:00Z", MarkKind::TaskFailed, "cks-2 is left"),
        ],
        gaps: vec![gap("2026-08-01T00:00:00Z", "2026-08-05T00:00:00Z", Hides::Trail)],
        events_since: None,
    }
}

fn stretch(from: &str, to: &str, presence: RolePresence) -> Stretch {
    Stretch { from: at(from), to: at(to), presence, basis: Basis::Observed }
}

fn store(id: &str, from: &str, to: Option<&str>) -> StoreLife {
    StoreLife {
        region: "eu-west-1".to_owned(),
        id: id.to_owned(),
        from: at(from),
        to: to.map(at),
        basis: Basis::Observed,
    }
}

fn gap(from: &str, to: &str, hides: Hides) -> Gap {
    Gap { from: at(from), to: at(to), hides, what: "trail:s3 denied".to_owned() }
}

#[test]
fn every_part_of_a_life_is_in_the_picture_and_in_the_table() {
    let drawn = eventful().draw("t").into_string();
    for part in [
        "class=\"present\" x=\"0.00%\"",
        "class=\"absent\" x=\"44.44%\"",
        "eu-west-1 · cks-1",
        "Assumptions by the trusted service<tspan class=\"quiet\"> · at most 400 a day",
        "Assumptions by others<tspan class=\"quiet\"> · at most 1 a day",
        "href=\"#t-asked\" x=\"21.57%\"",
        "href=\"#t-failed\"",
        "fill=\"url(#t-hatch)\" x=\"34.44%\"",
        "not known from 2026-08-01 00:00Z to 2026-08-05 00:00Z",
        "<td>key stores could not be read",
    ] {
        let expected = part != "<td>key stores could not be read";
        assert_eq!(drawn.contains(part), expected, "{part}\n{drawn}");
    }
    for words in [
        "the role is there",
        "the role is not there",
        "deletion failed: <bdi>cks-2 is left</bdi>",
        "1 assumption by others, 2 refused",
    ] {
        assert!(drawn.contains(words), "{words}\n{drawn}");
    }
}

#[test]
fn what_nobody_told_is_hatched_and_never_blank() {
    let drawn = Timeline { presence: Vec::new(), ..eventful() }.draw("t").into_string();
    assert!(
        drawn.contains("x=\"0.00%\" y=\"18\" width=\"100.00%\" height=\"16\"><title>not known whether it was there"),
        "{drawn}"
    );
    // Between the two times of which something is known.
    let between = eventful().draw("t").into_string();
    assert!(between.contains("x=\"34.44%\" y=\"18\" width=\"10.00%\""), "{between}");
}

#[test]
fn a_life_without_measure_is_a_picture_of_bounded_size() {
    let long = "n".repeat(10_000);
    let second = |number: i64| Timestamp::from_second(1_600_000_000 + number * 7_919).expect("a valid time");
    let kinds = [
        MarkKind::Created,
        MarkKind::DeletionAccepted,
        MarkKind::DeletionRefused,
        MarkKind::Deleted,
        MarkKind::TaskFailed,
        MarkKind::Change,
        MarkKind::Evidence,
    ];
    let timeline = Timeline {
        role: long.clone(),
        from: second(0),
        to: second(20_000),
        presence: (0..20_000)
            .map(|number| Stretch {
                from: second(number),
                to: second(number + 1),
                presence: if number % 2 == 0 { RolePresence::Present } else { RolePresence::Absent },
                basis: Basis::Inferred,
            })
            .collect(),
        stores: (0..5_000)
            .map(|number| StoreLife { from: second(number), ..store(&long, "2020-01-01T00:00:00Z", None) })
            .collect(),
        uses: (18_000..21_000).map(|day| DayUse { day, trusted: u64::MAX / 10_000, others: 9, refused: 9 }).collect(),
        marks: (0..20_000)
            .flat_map(|number| kinds.map(|kind| Mark { time: second(number), kind, what: long.clone() }))
            .collect(),
        gaps: (0..20_000)
            .flat_map(|number| {
                [Hides::Role, Hides::Stores, Hides::Trail].map(|hides| Gap {
                    from: second(number),
                    to: second(number) + SignedDuration::from_secs(60),
                    hides,
                    what: long.clone(),
                })
            })
            .collect(),
        events_since: Some(second(1)),
    };
    let drawn = timeline.draw("t").into_string();
    assert!(drawn.len() <= 200_000, "{} bytes", drawn.len());
    assert!(drawn.contains("12 of 5000 drawn") && drawn.contains("only the newest times are"), "{}", drawn.len());
}

#[test]
fn the_axis_has_few_ticks_whatever_the_length() {
    for (to, days, ticks) in [
        ("2026-07-01T00:00:01Z", 1, 1),
        ("2026-07-04T00:00:00Z", 1, 4),
        ("2026-09-29T00:00:00Z", 1, 4),
        ("2027-07-01T00:00:00Z", 7, 5),
        ("2036-07-01T00:00:00Z", 91, 3),
        ("9999-01-01T00:00:00Z", 28_000, 5),
    ] {
        let timeline = Timeline { to: at(to), ..eventful() };
        let labels = timeline.ticks();
        assert!(labels.len() <= 6 && labels.windows(2).all(|pair| pair[0].place < pair[1].place), "{to}: {labels:?}");
        assert_eq!(labels.len(), ticks, "{to}: {labels:?}");
        assert!((timeline.bucket_days() - days).abs() <= 100, "{to}: {}", timeline.bucket_days());
    }
}

#[test]
fn a_picture_without_length_is_drawn_all_the_same() {
    let timeline = Timeline { to: at("2026-07-01T00:00:00Z"), ..eventful() };
    assert!(timeline.draw("t").into_string().contains("figure"));
}

#[test]
fn names_in_the_picture_cannot_disguise_themselves() {
    let mut timeline = eventful();
    timeline.role = "</title><script>\u{202e}".to_owned();
    timeline.stores[0].id = "<svg onload=alert(1)>\0".to_owned();
    let drawn = timeline.draw("t").into_string();
    assert!(drawn.contains("&lt;/title&gt;&lt;script&gt;\u{fffd}"), "{drawn}");
    assert!(!drawn.contains("<script") && !drawn.contains("<svg onload") && !drawn.contains('\0'), "{drawn}");
}
