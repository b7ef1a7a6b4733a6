//! The pictures of a report, each with its numbers as a table.

use jiff::Timestamp;

use super::picture::{Align, Bar, Ink, Picture, Shape, bars, label, share, width_of};
use super::pieces::{Badge, Column, Line, Piece, Table};
use crate::exports::html::{day, number};
use crate::exports::reports::{Movement, Report, ReportFinding, ReportPeriod, TrailCoverage, VerdictRow};
use crate::model::{FindingStatus, Severity, Verdict};

/// Verdicts with the ink of their bars.
const VERDICTS: [(Verdict, Ink); 5] = [
    (Verdict::Findings, Ink::Bad),
    (Verdict::Orphaned, Ink::Warning),
    (Verdict::Unknown, Ink::Unknown),
    (Verdict::Clean, Ink::Good),
    (Verdict::NotInUse, Ink::Plain),
];

/// What becomes of findings, with the ink of its part of a bar.
const MOVEMENTS: [(Movement, Ink); 4] = [
    (Movement::New, Ink::First),
    (Movement::Reopened, Ink::Second),
    (Movement::Continuing, Ink::Third),
    (Movement::Resolved, Ink::Empty),
];

/// Ages of open findings, in days: the name and the last day of each span.
const AGES: [(&str, u64); 6] = [
    ("0-7 days", 7),
    ("8-30 days", 30),
    ("31-90 days", 90),
    ("91-180 days", 180),
    ("181-365 days", 365),
    ("over 365 days", u64::MAX),
];

/// Verdicts on roles that somebody asks for: the others are no part of the population.
pub(super) fn asked(report: &Report) -> impl Iterator<Item = &VerdictRow> {
    report.verdicts.iter().filter(|row| !row.not_asked)
}

/// Verdicts at the end of the period.
pub(super) fn verdicts(report: &Report) -> (Picture, Table<'_>) {
    let count = |verdict| asked(report).filter(|row| row.verdict.verdict == verdict).count() as u64;
    let counts = VERDICTS.map(|(verdict, ink)| (verdict, ink, count(verdict)));
    let rows = counts.map(|(verdict, ink, count)| Bar { name: verdict.to_string(), parts: vec![(count, ink)] });
    let said: Vec<String> =
        counts.iter().map(|(verdict, _, count)| format!("{verdict} {}", number(*count))).collect();
    let picture = picture("verdicts", "Verdicts at the end of the period", said.join(", "), bars(&rows, &[]));
    let columns = vec![Column::short("Verdict", 3.0), Column::number("Roles", 2.0)];
    let cells = counts.into_iter().map(|(verdict, _, count)| vec![badge(Badge::Verdict(verdict)), figure(count)]);
    (picture, Table::new("Roles by verdict: one role of one profile in one account each", columns, cells))
}

/// Findings of the period by severity and by what became of them.
pub(super) fn movements(report: &Report) -> (Picture, Table<'_>) {
    let count = |severity, movement| {
        let same = |found: &&ReportFinding| found.finding.severity == severity && found.movement == movement;
        report.findings.iter().filter(same).count() as u64
    };
    let counts = Severity::ALL.map(|severity| (severity, MOVEMENTS.map(|(movement, _)| count(severity, movement))));
    let rows = counts.map(|(severity, parts)| {
        let parts = parts.into_iter().zip(MOVEMENTS).map(|(count, (_, ink))| (count, ink)).collect();
        Bar { name: severity.to_string(), parts }
    });
    let said: Vec<String> =
        counts.iter().map(|(severity, parts)| format!("{severity} {}", number(parts.iter().sum()))).collect();
    let legend = MOVEMENTS.map(|(movement, ink)| (movement.as_str(), ink));
    let title = "Findings of the period by severity and movement";
    let picture = picture("movements", title, said.join(", "), bars(&rows, &legend));
    let mut columns = vec![Column::short("Severity", 2.6)];
    columns.extend(
        [("New", 1.6), ("Reopened", 2.8), ("Continuing", 3.0), ("Resolved", 2.7)]
            .map(|(title, share)| Column::number(title, share)),
    );
    let cells = counts.into_iter().map(|(severity, parts)| {
        std::iter::once(badge(Badge::Severity(severity))).chain(parts.into_iter().map(figure)).collect()
    });
    (picture, Table::new("Findings by severity and movement", columns, cells))
}

/// How old the findings are that are open or excepted at the end of the period.
pub(super) fn ages(report: &Report) -> (Picture, Table<'_>) {
    let count = |status, at: usize| {
        let first = if at == 0 { 0 } else { AGES[at - 1].1 + 1 };
        let same =
            |found: &&ReportFinding| found.finding.status == status && (first..=AGES[at].1).contains(&found.age_days);
        report.findings.iter().filter(same).count() as u64
    };
    let counts: Vec<_> = (0..AGES.len())
        .map(|at| (AGES[at].0, count(FindingStatus::Open, at), count(FindingStatus::Excepted, at)))
        .collect();
    let rows: Vec<_> = counts
        .iter()
        .map(|(name, open, excepted)| Bar {
            name: (*name).to_owned(),
            parts: vec![(*open, Ink::First), (*excepted, Ink::Third)],
        })
        .collect();
    let said: Vec<String> =
        counts.iter().map(|(name, open, excepted)| format!("{name} {}", number(open + excepted))).collect();
    let drawn = bars(&rows, &[("open", Ink::First), ("excepted", Ink::Third)]);
    let picture = picture("ages", "Age of the findings that remain", said.join(", "), drawn);
    let columns = vec![Column::short("Age", 3.0), Column::number("Open", 2.0), Column::number("Excepted", 2.0)];
    let cells = counts.into_iter().map(|(name, open, excepted)| vec![words(name), figure(open), figure(excepted)]);
    (
        picture,
        Table::new(
            "Age of findings at the end of the period, from the first time that they were seen",
            columns,
            cells,
        ),
    )
}

/// Trails that the picture of their coverage shows: those with the least of it.
const STRIPS: usize = 30;
/// Width of the picture of coverage.
const STRIPS_WIDTH: f32 = 700.0;
/// Where its strips begin.
const STRIPS_LEFT: f32 = 230.0;
/// Where its strips end.
const STRIPS_RIGHT: f32 = 640.0;

/// What part of the period each trail covers, as strips of time. None where no trail is known.
pub(super) fn coverage(report: &Report) -> Option<Picture> {
    let mut trails: Vec<&TrailCoverage> = report.population.trails.iter().collect();
    trails.sort_by(|a, b| covered(a).total_cmp(&covered(b)));
    let shown = trails.len().min(STRIPS);
    if shown == 0 {
        return None;
    }
    let mut shapes = Vec::new();
    for (row, trail) in trails[..shown].iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "at most thirty rows")]
        strip(trail, &report.period, 2.0 + row as f32 * 18.0, &mut shapes);
    }
    #[expect(clippy::cast_precision_loss, reason = "at most thirty rows")]
    let bottom = 2.0 + shown as f32 * 18.0;
    dates(&report.period, bottom, &mut shapes);
    let whole = trails.iter().filter(|trail| trail.uncovered.is_empty() && 0 < trail.covered_seconds).count();
    let more = if shown < trails.len() { format!("; the {shown} least covered are drawn") } else { String::new() };
    let description = format!("{whole} of {} trails cover the whole period{more}", trails.len());
    Some(picture(
        "trails",
        "Part of the period that each trail covers",
        description,
        (STRIPS_WIDTH, bottom + 34.0, shapes),
    ))
}

/// How much of the period a trail covers, from 0 to 1.
pub(super) fn covered(trail: &TrailCoverage) -> f32 {
    share(trail.covered_seconds, trail.period_seconds)
}

fn strip(trail: &TrailCoverage, period: &ReportPeriod, y: f32, shapes: &mut Vec<Shape>) {
    let name = format!("{} {} {}", trail.provider, cut(&trail.account), trail.source);
    shapes.push(label(STRIPS_LEFT - 6.0, y + 10.0, Align::End, name));
    let ink = if trail.covered_seconds == 0 { Ink::Empty } else { Ink::Good };
    let width = STRIPS_RIGHT - STRIPS_LEFT;
    shapes.push(Shape::Box { x: STRIPS_LEFT, y, width, height: 13.0, ink });
    for gap in &trail.uncovered {
        let (from, to) = (place(gap.from, period), place(gap.to, period));
        shapes.push(Shape::Box { x: from, y, width: (to - from).max(1.5), height: 13.0, ink: Ink::Empty });
    }
    shapes.push(label(STRIPS_RIGHT + 6.0, y + 10.0, Align::Start, percent(trail)));
}

/// An account's id as long as the picture has room for; the table below has all of it.
fn cut(account: &str) -> String {
    /// Account ids of both providers have at most 16 digits.
    const DIGITS: usize = 16;
    let mut visible: String = account.chars().filter(char::is_ascii_alphanumeric).take(DIGITS).collect();
    if account.chars().count() > visible.len() {
        visible.push('…');
    }
    visible
}

/// Covered seconds in percent, cut and never rounded up: 100 % is all of it.
pub(super) fn percent(trail: &TrailCoverage) -> String {
    let thousandths = trail.covered_seconds.saturating_mul(1_000).checked_div(trail.period_seconds).unwrap_or(0);
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

/// Where a time is on a strip.
fn place(time: Timestamp, period: &ReportPeriod) -> f32 {
    let passed = |until: Timestamp| u64::try_from(until.duration_since(period.from).as_secs()).unwrap_or(0);
    STRIPS_LEFT + share(passed(time), passed(period.to)).min(1.0) * (STRIPS_RIGHT - STRIPS_LEFT)
}

/// The period's ends below the strips, and the legend.
fn dates(period: &ReportPeriod, y: f32, shapes: &mut Vec<Shape>) {
    shapes.push(label(STRIPS_LEFT, y + 11.0, Align::Start, day(period.from)));
    shapes.push(label(STRIPS_RIGHT, y + 11.0, Align::End, day(period.to)));
    let mut x = STRIPS_LEFT;
    for (word, ink) in [("covered", Ink::Good), ("not covered", Ink::Empty)] {
        shapes.push(Shape::Box { x, y: y + 19.0, width: 10.0, height: 10.0, ink });
        shapes.push(label(x + 14.0, y + 28.0, Align::Start, word.to_owned()));
        x += 30.0 + width_of(word);
    }
}

fn picture(name: &'static str, title: &str, description: String, drawn: (f32, f32, Vec<Shape>)) -> Picture {
    let (width, height, shapes) = drawn;
    Picture { name: name.into(), kind: name, title: title.to_owned(), description, width, height, shapes }
}

fn badge(badge: Badge) -> Line<'static> {
    vec![Piece::Badge(badge)]
}

fn words(text: &'static str) -> Line<'static> {
    vec![Piece::text(text)]
}

fn figure(count: u64) -> Line<'static> {
    vec![Piece::text(number(count))]
}
