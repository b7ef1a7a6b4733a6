use std::collections::BTreeSet;

use super::*;
use crate::exports::reports::report::{Movement, ReportFinding};
use crate::exports::reports::sample::sample;
use crate::exports::reports::{MomentKind, ReportPeriod, RoleLives, ScopeAccount, TrailCoverage};
use crate::model::{FindingStatus, Severity};

/// Everything listed.
const ALL: Limits = Limits { findings: usize::MAX };

/// A report with that many findings of every severity and status, and tables that reach over several pages.
pub(in crate::exports::reports) fn many(findings: usize) -> Report {
    let mut report = sample("arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com");
    let models = std::mem::take(&mut report.findings);
    report.findings = (0..findings).map(|place| finding(place, findings, &models[place % models.len()])).collect();
    let (account, trail) = (report.scope.accounts[0].clone(), report.population.trails[0].clone());
    for place in 0..60_u64 {
        let id = format!("{:012}", 222_200_000_000 + place);
        report.population.trails.push(with_gap(&trail, &id, place, report.period));
        report.scope.accounts.push(ScopeAccount { account: id, ..account.clone() });
    }
    report
}

/// A report with nothing to tell.
pub(in crate::exports::reports) fn empty() -> Report {
    let mut report = sample("");
    report.scope.accounts.clear();
    report.scope.profiles.clear();
    report.scope.sources.clear();
    report.tool.rules.clear();
    (report.method.identities, report.method.calls, report.method.definitions) = (vec![], vec![], vec![]);
    (report.method.steps, report.method.limits) = (vec![], vec![]);
    (report.population.gaps, report.population.trails, report.population.complete) = (vec![], vec![], true);
    report.integrity.statements.clear();
    report.proof.clear();
    report.verdicts.clear();
    report.controls.clear();
    report.findings.clear();
    report.role_lives = RoleLives::default();
    report.exceptions.clear();
    report.changes.verdicts.clear();
    report.evidence.clear();
    report
}

fn finding(place: usize, all: usize, model: &ReportFinding) -> ReportFinding {
    let mut found = model.clone();
    found.finding.id = format!("{:016x}", 0x5e68_5f77_0000_0001_u64 + place as u64).into();
    found.finding.severity = Severity::ALL[place * Severity::ALL.len() / all];
    found.age_days = (place * 37 % 500) as u64;
    found.movement = match found.finding.status {
        FindingStatus::Resolved => Movement::Resolved,
        _ => [Movement::New, Movement::Continuing, Movement::Reopened][place % 7 % 3],
    };
    found
}

fn with_gap(trail: &TrailCoverage, account: &str, place: u64, period: ReportPeriod) -> TrailCoverage {
    let lost = place % 9 * 20_000;
    let from = period.from + jiff::SignedDuration::from_hours(30 + place.cast_signed() * 9);
    let to = from + jiff::SignedDuration::from_secs(lost.cast_signed());
    TrailCoverage {
        account: account.to_owned(),
        covered_seconds: trail.period_seconds - lost,
        uncovered: if lost == 0 { Vec::new() } else { vec![ReportPeriod { from, to }] },
        ..trail.clone()
    }
}

/// What a document holds: its words, and where its links come from and lead to.
#[derive(Default)]
struct Seen {
    words: String,
    places: Vec<String>,
    links: BTreeSet<String>,
    headings: Vec<String>,
}

impl Seen {
    fn of(document: Document<'_>) -> Self {
        let mut seen = Self::default();
        for section in document.sections {
            seen.section(section);
        }
        seen
    }

    fn section(&mut self, section: Section<'_>) {
        self.places.push(section.anchor.clone());
        if section.listed {
            self.headings.push(section.heading());
        }
        section.blocks.into_iter().for_each(|block| self.block(block));
        section.parts.into_iter().for_each(|part| self.section(part));
    }

    fn block(&mut self, block: Block<'_>) {
        match block {
            Block::Paragraph(line) | Block::Note(line) => self.line(&line),
            Block::List { items, .. } => items.iter().for_each(|line| self.line(line)),
            Block::Facts(facts) => facts.iter().for_each(|(_, line)| self.line(line)),
            Block::Table(table) | Block::Chart { numbers: table, .. } => self.table(table),
            Block::Charts(charts) => charts.into_iter().for_each(|(_, table)| self.table(table)),
            Block::Commands(_) | Block::Form(_) => {}
        }
    }

    fn table(&mut self, table: Table<'_>) {
        for row in table.rows {
            assert_eq!(row.len(), table.columns.len(), "{}", table.caption);
            for cell in &row {
                self.line(cell);
            }
        }
        table.below.iter().for_each(|line| self.line(line));
    }

    fn line(&mut self, line: &Line<'_>) {
        for piece in line {
            let text = match piece {
                Piece::Text(text)
                | Piece::Strong(text)
                | Piece::Code(text)
                | Piece::Foreign(text)
                | Piece::Sentence(text) => text,
                Piece::Badge(badge) => badge.word(),
                Piece::Link { to, text } => {
                    self.links.insert(to.clone());
                    text
                }
                Piece::Place { name, text } => {
                    self.places.push(name.clone());
                    text
                }
            };
            self.words.push_str(text);
        }
        self.words.push('\n');
    }
}

#[test]
fn sections_stand_in_order_and_are_numbered() {
    let report = sample("x");
    let headings = Seen::of(of(&report, ALL)).headings;
    let sections: Vec<_> = headings.iter().filter(|heading| !heading.contains('.')).map(String::as_str).collect();
    let expected = [
        "1 Summary",
        "2 Scope",
        "3 Method",
        "4 Population and completeness",
        "5 Integrity",
        "6 Results by account and control",
        "7 Findings",
        "8 Exceptions register",
        "9 Changes since the last report",
        "10 Sign-off",
        "11 Evidence index",
        "12 How to verify",
    ];
    assert_eq!(sections, expected);
    assert!(headings.iter().any(|heading| heading == "6.3 Results that support PCI DSS 4.0.1"), "{headings:?}");
}

#[test]
fn every_link_leads_to_one_place() {
    let mut large = many(DETAILED + 100);
    large.controls[0].open = vec![large.findings[DETAILED + 50].finding.id.clone()];
    for report in [sample("x"), large] {
        let seen = Seen::of(of(&report, ALL));
        let places: BTreeSet<_> = seen.places.iter().cloned().collect();
        assert_eq!(places.len(), seen.places.len(), "a place has two names");
        let lost: Vec<_> = seen.links.difference(&places).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }
}

#[test]
fn an_incomplete_report_says_so_before_it_counts_findings() {
    let mut report = sample("x");
    let words = Seen::of(of(&report, ALL)).words;
    assert!(words.starts_with("Coverage: 1 of 2 accounts and 19 of 20 Regions complete"), "{words}");
    let (warned, counted) = (words.find("This report is incomplete"), words.find("2 findings open"));
    assert!(warned.is_some() && warned < counted, "{words}");
    report.population.complete = true;
    let words = Seen::of(of(&report, ALL)).words;
    assert!(
        !words.contains("This report is incomplete") && words.contains("Nothing that a verdict needs is missing")
    );
}

#[test]
fn a_report_without_findings_proves_nothing_where_it_is_incomplete() {
    let mut report = sample("x");
    report.findings.clear();
    assert!(Seen::of(of(&report, ALL)).words.contains("this proves nothing where a verdict is unknown"));
    report.population.complete = true;
    assert!(Seen::of(of(&report, ALL)).words.contains("and everything that the rules need was read"));
}

#[test]
fn a_large_report_lists_every_finding_and_says_where_the_details_of_the_others_are() {
    let report = many(DETAILED + 100);
    let words = Seen::of(of(&report, ALL)).words;
    for found in &report.findings {
        assert!(words.contains(&*found.finding.id), "{}", found.finding.id);
    }
    assert!(words.contains("The 500 worst of 600 findings in full."), "{words}");
    let cards = Seen::of(of(&report, ALL)).places.iter().filter(|place| place.starts_with("finding-")).count();
    assert_eq!(cards, 600, "500 cards and 100 rows that links lead to");
    let words = Seen::of(of(&report, Limits { findings: 50 })).words;
    assert!(words.contains("550 more findings are not listed here"), "{words}");
}

#[test]
fn no_sentence_claims_more_than_support() {
    for report in [sample("x"), many(10)] {
        let words = Seen::of(of(&report, ALL)).words.to_lowercase();
        for claim in ["satisf", "compliant", "certif", "passed", "guarantee"] {
            assert!(!words.contains(claim), "{claim}");
        }
    }
}

#[test]
fn pictures_count_what_the_report_counts() {
    let report = many(100);
    let (picture, _) = charts::movements(&report);
    assert_eq!(picture.description, "critical 20, high 20, medium 20, low 20, info 20");
    let (picture, _) = charts::verdicts(&report);
    assert_eq!(picture.description, "findings 0, orphaned 0, unknown 1, clean 1, not-in-use 0");
    let picture = charts::coverage(&report).expect("trails");
    assert_eq!(picture.description, "7 of 61 trails cover the whole period; the 30 least covered are drawn");
}

#[test]
fn the_life_of_a_role_is_drawn_told_and_linked_to_from_its_findings() {
    let report = sample("arn:aws:iam::111122223333:role/x");
    let seen = Seen::of(of(&report, ALL));
    assert!(seen.headings.contains(&"7.2 Lives of the roles".to_owned()), "{:?}", seen.headings);
    assert!(seen.links.contains("life-1") && seen.links.contains("life-2"), "{:?}", seen.links);
    for words in [
        "The lives of 2 of 5 roles: those with the worst findings.",
        "The role is not there\n",
        "The role is there, inferred\n",
        "Key store arn:aws:iam::111122223333:role/x in ",
        "1 assumption by others, 2 refused",
        "The role could not be read: arn",
        "moments before 2026-10-03 00:00Z are left out",
        "3 older or smaller rows are left out",
    ] {
        assert!(seen.words.contains(words), "{words}\n{}", seen.words);
    }
    for kind in MomentKind::ALL {
        assert!(seen.words.to_lowercase().contains(kind.as_str()), "{}", kind.as_str());
    }
    let mut report = report;
    report.findings.retain(|found| found.finding.profile.is_none());
    report.role_lives = RoleLives::default();
    let seen = Seen::of(of(&report, ALL));
    assert!(!seen.words.contains("Hatched times"), "{}", seen.words);
}

#[test]
fn the_picture_of_a_life_stays_inside_of_itself_whatever_is_in_it() {
    for text in ["x", &"\u{202e}<b>".repeat(2_000)] {
        let report = sample(text);
        for life in &report.role_lives.roles {
            let picture = lives::drawn(life, report.period);
            for shape in &picture.shapes {
                let (left, right, bottom) = match shape {
                    Shape::Box { x, y, width, height, .. } => (*x, x + width, y + height),
                    Shape::Tick { x, bottom, .. } => (*x, *x, *bottom),
                    Shape::Label { x, y, text, .. } => {
                        assert!(
                            text.len() < 60 && text.chars().all(|c| c.is_ascii_graphic() || " …".contains(c)),
                            "{text}"
                        );
                        (*x, *x, *y)
                    }
                };
                assert!(0.0 <= left && right <= picture.width && bottom <= picture.height, "{shape:?}");
            }
        }
    }
}
