//! The lives of the roles that findings are about, each as a picture with the same in a table.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::picture::{Align, Ink, Picture, Shape, label, share, width_of};
use super::pieces::{Block, Column, Line, Piece, Section, Table};
use crate::exports::html::{day, minute, number};
use crate::exports::reports::{
    LifeGap, LifeState, LifeStore, LifeSubject, LifeUse, MomentKind, Report, ReportFinding, ReportPeriod,
    RoleLifetime,
};
use crate::model::{Basis, RolePresence};

/// Width of a picture.
const WIDTH: f32 = 700.0;
/// Where its strips begin and end.
const LEFT: f32 = 236.0;
const RIGHT: f32 = 690.0;
/// Height of a row, of a strip in it, of a bar that counts the most, and of a mark.
const ROW: f32 = 17.0;
const STRIP: f32 = 11.0;
const BAR: f32 = 24.0;
const MARK: f32 = 10.0;
/// Width of a mark.
const MARK_WIDTH: f32 = 5.0;
/// Room between the lines with which unknown times are hatched, so that they are told apart in grey too.
const HATCH: f32 = 7.0;
/// Marks of a kind that are drawn in one place; more would lie on each other.
const SLOTS: f32 = 80.0;
/// Rows of each kind of thing in a table.
const ROWS: usize = 12;

/// Where the life of a role stands in the document.
pub(super) struct Places(BTreeMap<LifeSubject, String>);

impl Places {
    pub(super) fn of(report: &Report) -> Self {
        let roles = report.role_lives.roles.iter().enumerate();
        Self(roles.map(|(place, life)| (life.subject.clone(), anchor(place))).collect())
    }

    /// The place of the role that a finding is about, if it is told.
    pub(super) fn of_finding(&self, found: &ReportFinding) -> Option<&str> {
        let finding = &found.finding;
        let profile = finding.profile.clone()?;
        let subject = LifeSubject { provider: finding.provider, account: finding.account.clone(), profile };
        self.0.get(&subject).map(String::as_str)
    }
}

fn anchor(place: usize) -> String {
    format!("life-{}", place + 1)
}

/// The lives; nothing where no finding is about a role.
pub(super) fn section(report: &Report) -> Option<Section<'_>> {
    let lives = &report.role_lives;
    if lives.roles.is_empty() {
        return None;
    }
    let intro = "What is known of each role within the period: whether it was there, the key stores that it served, who \
                 assumed it, and what was done to create, change or delete it. Hatched times are not known: nobody read \
                 them, or nobody recorded them.";
    let mut blocks = vec![Block::Paragraph(vec![Piece::text(intro)])];
    if 0 < lives.left_out {
        let all = lives.roles.len() as u64 + lives.left_out;
        let sentence = format!(
            "The lives of {} of {} roles: those with the worst findings.",
            number(lives.roles.len() as u64),
            number(all)
        );
        blocks.push(Block::Paragraph(vec![Piece::text(sentence)]));
    }
    let parts = lives.roles.iter().enumerate().map(|(place, life)| one(place, life, report.period).unlisted());
    Some(Section::new("lives", "Lives of the roles", blocks).with(parts.collect()))
}

fn one(place: usize, life: &RoleLifetime, period: ReportPeriod) -> Section<'_> {
    let subject = &life.subject;
    let title = format!("{} in {} {}", subject.profile, subject.provider, subject.account);
    let findings = super::counted(life.findings, "finding");
    let mut about = vec![Piece::foreign(&life.role), Piece::text(format!(": {findings} of the period."))];
    if let Some(since) = life.events_since {
        about.push(Piece::text(format!(
            " There are more events than can be told: refused attempts and moments before {} are left out; assumptions \
             are counted in full.",
            minute(since)
        )));
    }
    let name = (anchor(place) + "-picture").into();
    let chart = Block::Chart { picture: Picture { name, ..drawn(life, period) }, numbers: table(life) };
    Section::new(anchor(place), title, vec![Block::Paragraph(about), chart])
}

/// The picture of a life.
pub(super) fn drawn(life: &RoleLifetime, period: ReportPeriod) -> Picture {
    Drawing { life, period, y: 2.0, shapes: Vec::new() }.finish()
}

/// A picture that grows downwards.
struct Drawing<'a> {
    life: &'a RoleLifetime,
    period: ReportPeriod,
    y: f32,
    shapes: Vec<Shape>,
}

impl Drawing<'_> {
    fn finish(mut self) -> Picture {
        self.states();
        self.stores();
        self.uses("Assumed by the trusted service", Ink::Second, |uses| uses.by_trusted);
        self.uses("Assumed by others", Ink::Bad, |uses| uses.by_others);
        self.uses("Refused attempts", Ink::Warning, |uses| uses.refused);
        for kind in MomentKind::ALL {
            self.moments(kind);
        }
        self.ends();
        let title = format!("The life of the role, {} to {}", day(self.period.from), day(self.period.to));
        let (description, height) = (description(self.life), self.y);
        Picture { name: "life".into(), kind: "life", title, description, width: WIDTH, height, shapes: self.shapes }
    }

    /// Where a moment is.
    fn place(&self, time: Timestamp) -> f32 {
        let seconds = |until: Timestamp| u64::try_from(until.duration_since(self.period.from).as_secs()).unwrap_or(0);
        LEFT + share(seconds(time), seconds(self.period.to)).min(1.0) * (RIGHT - LEFT)
    }

    fn name(&mut self, text: String, height: f32) {
        // From the left: a name of the widest letters ends below its strip and not outside of the page.
        self.shapes.push(label(2.0, self.y + height / 2.0 + 4.0, Align::Start, text));
    }

    fn strip(&mut self, from: Timestamp, to: Timestamp, ink: Ink) {
        let (x, end) = (self.place(from), self.place(to));
        let width = (end - x).max(1.5).min(RIGHT - x).max(0.5);
        self.shapes.push(Shape::Box { x, y: self.y, width, height: STRIP, ink });
    }

    /// A time of which nothing is known.
    fn hatched(&mut self, from: Timestamp, to: Timestamp) {
        self.strip(from, to, Ink::Unknown);
        let (mut x, end) = (self.place(from) + HATCH / 2.0, self.place(to));
        while x < end {
            self.shapes.push(Shape::Tick { x, top: self.y, bottom: self.y + STRIP });
            x += HATCH;
        }
    }

    fn gaps(&mut self, hides: &str) {
        for (from, to) in merged(self.life.gaps.iter().filter(|gap| gap.hides == hides)) {
            self.hatched(from, to);
        }
    }

    /// Whatever is not told is not known.
    fn states(&mut self) {
        self.name("Role".to_owned(), STRIP);
        let mut known = self.period.from;
        for state in self.life.states.iter().filter(|state| state.role != RolePresence::Unknown) {
            if known < state.from {
                self.hatched(known, state.from);
            }
            self.strip(state.from, state.to, ink_of(state.role, state.basis));
            known = known.max(state.to);
        }
        if known < self.period.to {
            self.hatched(known, self.period.to);
        }
        self.gaps("role");
        self.y += ROW;
    }

    fn stores(&mut self) {
        for store in &self.life.stores {
            self.name(format!("{} {}", cut(&store.region, 14), cut(&store.store, 21)), STRIP);
            self.strip(self.period.from, self.period.to, Ink::Empty);
            // Behind what is known the gaps lie on it.
            self.strip(store.from, store.to.unwrap_or(self.period.to), ink_of(RolePresence::Present, store.basis));
            self.gaps("stores");
            self.y += ROW;
        }
        if self.life.stores.is_empty() {
            self.name("Key stores: none known".to_owned(), STRIP);
            self.strip(self.period.from, self.period.to, Ink::Empty);
            self.gaps("stores");
            self.y += ROW;
        }
    }

    /// Bars, as high as the most that there was; a strip with what is not known below them.
    fn uses(&mut self, words: &str, ink: Ink, count: fn(&LifeUse) -> u64) {
        let all: u64 = self.life.assumptions.iter().map(count).sum();
        let most = self.life.assumptions.iter().map(count).max().unwrap_or_default();
        let height = if all == 0 { STRIP } else { BAR };
        self.name(format!("{words}: {}", number(all)), height);
        let bottom = self.y + height;
        for uses in self.life.assumptions.iter().filter(|uses| 0 < count(uses)) {
            let (x, end) = (self.place(uses.from), self.place(uses.to));
            let height = (share(count(uses), most) * BAR).max(3.0);
            self.shapes.push(Shape::Box { x, y: bottom - height, width: (end - x - 0.8).max(1.2), height, ink });
        }
        self.shapes.push(Shape::Box { x: LEFT, y: bottom, width: RIGHT - LEFT, height: 0.2, ink: Ink::Empty });
        self.y = bottom + 2.0;
        if self.life.gaps.iter().any(|gap| gap.hides == "events") {
            self.gaps("events");
            self.y += STRIP;
        }
        self.y += 5.0;
    }

    fn moments(&mut self, kind: MomentKind) {
        let times: Vec<_> =
            self.life.moments.iter().filter(|moment| moment.kind == kind).map(|one| one.time).collect();
        if times.is_empty() {
            return;
        }
        self.name(format!("{}: {}", sentence(kind.as_str()), number(times.len() as u64)), MARK);
        let bad = matches!(kind, MomentKind::Change | MomentKind::DeletionRefused | MomentKind::DeletionFailed);
        let ink = if bad { Ink::Bad } else { Ink::First };
        let mut last = None;
        for time in times {
            let x = self.place(time);
            #[expect(clippy::cast_possible_truncation, reason = "a place is on the page")]
            let slot = ((x - LEFT) / (RIGHT - LEFT) * SLOTS) as i32;
            if last.replace(slot) != Some(slot) {
                let x = (x - MARK_WIDTH / 2.0).clamp(LEFT, RIGHT - MARK_WIDTH);
                self.shapes.push(Shape::Box { x, y: self.y, width: MARK_WIDTH, height: MARK, ink });
            }
        }
        self.y += ROW;
    }

    /// The ends of the period, and what the fillings mean.
    fn ends(&mut self) {
        self.shapes.push(label(LEFT, self.y + 10.0, Align::Start, day(self.period.from)));
        self.shapes.push(label(RIGHT, self.y + 10.0, Align::End, day(self.period.to)));
        self.y += 18.0;
        let kinds = [("there", Ink::Second), ("there, inferred", Ink::Third), ("not there", Ink::Empty)];
        let mut x = LEFT;
        for (word, ink) in kinds {
            self.shapes.push(Shape::Box { x, y: self.y, width: 14.0, height: 10.0, ink });
            self.shapes.push(label(x + 18.0, self.y + 9.0, Align::Start, word.to_owned()));
            x += 18.0 + width_of(word) + 14.0;
        }
        self.shapes.push(Shape::Box { x, y: self.y, width: 14.0, height: 10.0, ink: Ink::Unknown });
        for tick in [x + HATCH / 2.0, x + HATCH * 1.5] {
            self.shapes.push(Shape::Tick { x: tick, top: self.y, bottom: self.y + 10.0 });
        }
        self.shapes.push(label(x + 18.0, self.y + 9.0, Align::Start, "not known".to_owned()));
        self.y += 14.0;
    }
}

fn ink_of(presence: RolePresence, basis: Basis) -> Ink {
    match (presence, basis) {
        (RolePresence::Present, Basis::Observed) => Ink::Second,
        (RolePresence::Present, Basis::Inferred) => Ink::Third,
        _ => Ink::Empty,
    }
}

/// Gaps as few as can be.
fn merged<'a>(gaps: impl Iterator<Item = &'a LifeGap>) -> Vec<(Timestamp, Timestamp)> {
    let mut merged: Vec<(Timestamp, Timestamp)> = Vec::new();
    for gap in gaps {
        match merged.last_mut() {
            Some(last) if gap.from <= last.1 => last.1 = last.1.max(gap.to),
            _ => merged.push((gap.from, gap.to)),
        }
    }
    merged
}

/// A name as long as the picture has room for; the table below has all of it.
fn cut(name: &str, most: usize) -> String {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let mut visible: String = name.chars().filter(is_plain).take(most).collect();
    if visible.len() < name.chars().count() {
        visible.push('…');
    }
    visible
}

/// With a capital letter.
fn sentence(words: &str) -> String {
    format!("{}{}", words[..1].to_uppercase(), &words[1..])
}

fn description(life: &RoleLifetime) -> String {
    let sum = |count: fn(&LifeUse) -> u64| number(life.assumptions.iter().map(count).sum());
    format!(
        "{} known, {} assumptions by the trusted service, {} by others, {} refused attempts, {}, {}",
        super::counted(life.stores.len() as u64, "key store"),
        sum(|uses| uses.by_trusted),
        sum(|uses| uses.by_others),
        sum(|uses| uses.refused),
        super::counted(life.moments.len() as u64, "moment"),
        super::counted(life.gaps.len() as u64, "gap"),
    )
}

/// A row of the table: begin, end, and what.
struct Row<'a>(Timestamp, Option<Timestamp>, Line<'a>);

/// The same in words, in the order of time.
fn table(life: &RoleLifetime) -> Table<'_> {
    let of_kinds: [Vec<Row<'_>>; 5] = [
        life.states.iter().map(state).collect(),
        life.stores.iter().map(store).collect(),
        life.assumptions.iter().filter(|uses| 0 < uses.by_others + uses.refused).map(unusual).collect(),
        life.moments.iter().map(|one| Row(one.time, None, told(&sentence(one.kind.as_str()), &one.what))).collect(),
        life.gaps.iter().map(gap).collect(),
    ];
    let (mut rows, mut more) = (Vec::new(), 0);
    for of_kind in of_kinds {
        let first = of_kind.len().saturating_sub(ROWS);
        more += first;
        rows.extend(of_kind.into_iter().skip(first));
    }
    rows.sort_by_key(|Row(from, to, _)| (*from, *to));
    let cells = rows.into_iter().map(|Row(from, to, what)| {
        vec![vec![Piece::text(minute(from))], vec![Piece::text(to.map(minute).unwrap_or_default())], what]
    });
    let columns = vec![Column::short("From", 3.0), Column::short("To", 3.0), Column::words("What", 12.0)];
    let left = &life.left_out;
    let more = more as u64 + left.states + left.stores + left.moments + left.gaps;
    let below = (0 < more).then(|| {
        vec![Piece::text(format!(
            "{} older or smaller rows are left out; most of them are in the report's JSON.",
            number(more)
        ))]
    });
    Table::new("The same in words", columns, cells).below(below)
}

fn told<'a>(words: &str, about: &'a str) -> Line<'a> {
    vec![Piece::text(format!("{words}: ")), Piece::foreign(about)]
}

fn inferred(basis: Basis) -> &'static str {
    if basis == Basis::Inferred { ", inferred" } else { "" }
}

fn state(state: &LifeState) -> Row<'static> {
    let what = match state.role {
        RolePresence::Present => "The role is there",
        RolePresence::Absent => "The role is not there",
        RolePresence::Unknown => "Not known whether the role is there",
    };
    Row(state.from, Some(state.to), vec![Piece::text(format!("{what}{}", inferred(state.basis)))])
}

fn store(store: &LifeStore) -> Row<'_> {
    let mut what = vec![Piece::text("Key store "), Piece::foreign(&store.store), Piece::text(" in ")];
    what.extend([Piece::foreign(&store.region), Piece::text(inferred(store.basis))]);
    Row(store.from, store.to, what)
}

fn unusual(uses: &LifeUse) -> Row<'static> {
    let others = super::counted(uses.by_others, "assumption");
    let what = format!("{others} by others, {} refused", number(uses.refused));
    Row(uses.from, Some(uses.to), vec![Piece::text(what)])
}

fn gap(gap: &LifeGap) -> Row<'_> {
    let words = match gap.hides {
        "role" => "The role could not be read",
        "stores" => "Key stores could not be read",
        _ => "Events are not known",
    };
    Row(gap.from, Some(gap.to), told(words, &gap.what))
}
