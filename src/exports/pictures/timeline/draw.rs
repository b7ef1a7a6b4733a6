//! The drawing: lanes one below the other, each with its name above it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};

use super::axis::Bucket;
use super::{DayUse, Hides, MarkKind, SLOTS, Stretch, Timeline};
use crate::exports::html::{counted, day, minute, number};
use crate::model::{Basis, RolePresence};

/// Height of a lane's name, in pixels.
const NAME: u32 = 18;
/// Height of the role's lane.
const ROLE: u32 = 16;
/// Height of a store's bar.
const STORE: u32 = 8;
/// Room between stores.
const BETWEEN: u32 = 5;
/// Height of bars that count.
const BARS: u32 = 30;
/// Height of a lane in which nothing is counted.
const NONE: u32 = 6;
/// Height of a lane of marks.
const MARKS: u32 = 18;
/// Room below a lane.
const ROOM: u32 = 12;
/// Height of the axis.
const AXIS: u32 = 20;
/// The least height of a bar that stands for something, and width of one that takes no time.
const LEAST: u32 = 3;

/// How the marks look: no two have the same form.
const FORMS: [(MarkKind, &str, &str, &str); 7] = [
    (MarkKind::Created, "created", "M0-6 2-2 6-2 3 1 4 6 0 3-4 6-3 1-6-2-2-2z", "role created"),
    (MarkKind::DeletionAccepted, "asked", "M-6-5H6L0 6z", "deletion accepted"),
    (MarkKind::DeletionRefused, "refused", "M-6 5H6L0-6z", "deletion refused"),
    (MarkKind::Deleted, "deleted", "M0-6 6 0 0 6-6 0z", "deletion succeeded"),
    (MarkKind::TaskFailed, "failed", "M-6-3-3-6 0-3 3-6 6-3 3 0 6 3 3 6 0 3-3 6-6 3-3 0z", "deletion failed"),
    (MarkKind::Change, "change", "M-5-5H5V5H-5z", "change, or an attempt"),
    (MarkKind::Evidence, "evidence", "M-5 0A5 5 0 1 1 5 0 5 5 0 1 1-5 0z", "event of this finding"),
];

/// A count of a day.
type Counted = fn(&DayUse) -> u64;

/// A drawing that grows downwards.
struct Sheet<'a> {
    timeline: &'a Timeline,
    id: &'a str,
    y: u32,
    parts: Vec<Markup>,
}

impl Timeline {
    /// The picture with its legend and its text alternative. `id` tells it apart from others on the same page: letters,
    /// digits and hyphens.
    #[must_use]
    pub fn draw(&self, id: &str) -> Markup {
        let drawn = self.sheet(id);
        html! {
            div.timeline id=(id) {
                figure {
                    svg.picture width="100%" height=(drawn.y) role="img" aria-labelledby={ (id) "-title " (id) "-desc" } {
                        title id={ (id) "-title" } { "The life of " (super::table::clean(&self.role)) }
                        desc id={ (id) "-desc" } { (self.description()) }
                        defs { (hatch(id)) (forms(id, self)) }
                        @for part in &drawn.parts { (part) }
                    }
                    figcaption {
                        ul.legend { (self.legend(id)) }
                        p { (self.caption()) }
                    }
                }
                (self.table())
            }
        }
    }

    fn sheet<'a>(&'a self, id: &'a str) -> Sheet<'a> {
        let mut sheet = Sheet { timeline: self, id, y: 0, parts: Vec::new() };
        sheet.role();
        sheet.stores();
        let buckets = self.buckets();
        let length = length_in_words(self.bucket_days());
        sheet.bars("Assumptions by the trusted service", &length, &buckets, "trusted", |uses| uses.trusted);
        sheet.bars("Assumptions by others", &length, &buckets, "others", |uses| uses.others);
        sheet.bars("Refused attempts to assume it", &length, &buckets, "refused", |uses| uses.refused);
        sheet.marks("Created, changed, deletion", |kind| kind != MarkKind::Evidence);
        if self.marks.iter().any(|mark| mark.kind == MarkKind::Evidence) {
            sheet.marks("Events of this finding", |kind| kind == MarkKind::Evidence);
        }
        sheet.axis();
        sheet
    }

    fn caption(&self) -> Markup {
        html! {
            (day(self.from)) " to " (minute(self.to)) "."
            @if let Some(since) = self.events_since {
                " There are more events than are drawn: refused attempts and moments before " (minute(since))
                " are left out; assumptions are counted in full."
            }
            @if self.drawn_presence().len() < self.presence.len() {
                " The role came and went more often than can be drawn: only the newest times are."
            }
        }
    }

    fn legend(&self, id: &str) -> Markup {
        let kinds = FORMS.iter().filter(|(kind, ..)| self.marks.iter().any(|mark| mark.kind == *kind));
        let known = |presence, basis| {
            self.presence.iter().any(|stretch| stretch.presence == presence && stretch.basis == basis)
        };
        let stores = |basis| self.stores.iter().any(|store| store.basis == basis);
        let swatches = [
            (known(RolePresence::Present, Basis::Observed) || stores(Basis::Observed), "present", "there"),
            (known(RolePresence::Present, Basis::Inferred) || stores(Basis::Inferred), "inferred", "there, inferred"),
            (
                known(RolePresence::Absent, Basis::Observed) || known(RolePresence::Absent, Basis::Inferred),
                "absent",
                "not there",
            ),
        ];
        html! {
            @for (_, class, words) in swatches.into_iter().filter(|(used, ..)| *used) {
                li { svg width="18" height="12" aria-hidden="true" { rect class=(class) width="18" height="12" {} } (words) }
            }
            li {
                svg width="18" height="12" aria-hidden="true" {
                    rect.gap width="18" height="12" fill={ "url(#" (id) "-hatch)" } {}
                }
                "not known: not read, or not recorded"
            }
            @for (_, name, _, words) in kinds {
                li {
                    svg width="14" height="14" aria-hidden="true" { use href={ "#" (id) "-" (name) } x="7" y="7" {} }
                    (words)
                }
            }
        }
    }
}

impl Sheet<'_> {
    fn name(&mut self, text: &str, note: &str) {
        let y = self.y + NAME - 6;
        self.parts.push(html! {
            text x="0" y=(y) { (text) @if !note.is_empty() { tspan class="quiet" { " · " (note) } } }
        });
        self.y += NAME;
    }

    /// A rectangle between two moments.
    fn span(&self, from: Timestamp, to: Timestamp, (y, height): (u32, u32), class: &str, what: &str) -> Markup {
        let (from, to) = self.timeline.part(from, to);
        let (begin, end) = (self.timeline.place(from), self.timeline.place(to));
        html! {
            rect class=(class) x=(percent(begin)) y=(y) width=(percent((end - begin).max(0.004))) height=(height) {
                title { (what) }
            }
        }
    }

    fn hatched(&self, from: Timestamp, to: Timestamp, (y, height): (u32, u32), what: &str) -> Markup {
        let (begin, end) = (self.timeline.place(from), self.timeline.place(to));
        html! {
            rect.gap fill={ "url(#" (self.id) "-hatch)" } x=(percent(begin)) y=(y)
                width=(percent((end - begin).max(0.004))) height=(height) {
                    @if !what.is_empty() { title { (what) } }
                }
        }
    }

    fn bed(&mut self, height: u32) {
        self.parts.push(html! { rect.bed x="0" y=(self.y) width="100%" height=(height) {} });
    }

    fn role(&mut self) {
        self.name("Role", "");
        let place = (self.y, ROLE);
        let whole = [(self.timeline.from, self.timeline.to)];
        let drawn = self.timeline.drawn_presence();
        let unknown = without(&whole, drawn);
        for (from, to) in unknown {
            self.parts.push(self.hatched(from, to, place, "not known whether it was there"));
        }
        for stretch in drawn {
            if stretch.presence != RolePresence::Unknown && self.timeline.shows(stretch.from, stretch.to) {
                let (class, what) = looks(stretch);
                self.parts.push(self.span(stretch.from, stretch.to, place, class, what));
            }
        }
        self.gaps(Hides::Role, ROLE, true);
        self.y += ROLE + ROOM;
    }

    fn stores(&mut self) {
        let (stores, left_out) = self.timeline.drawn_stores();
        let note = match (stores.len(), left_out) {
            (0, _) => "none known".to_owned(),
            (_, 0) => String::new(),
            (drawn, more) => format!("{drawn} of {} drawn", drawn + more),
        };
        self.name("Key stores by Region", &note);
        let is_empty = stores.is_empty();
        for (number, store) in stores.into_iter().enumerate() {
            let label = super::table::store_name(store);
            self.parts.push(html! { text.quiet x="0" y=(self.y + 9) { (label) } });
            self.y += 15;
            self.bed(STORE);
            let class = if store.basis == Basis::Inferred { "inferred" } else { "present" };
            let to = store.to.unwrap_or(self.timeline.to);
            self.parts.push(self.span(store.from, to, (self.y, STORE), class, &label));
            self.gaps(Hides::Stores, STORE, number == 0);
            self.y += STORE + BETWEEN;
        }
        if is_empty {
            self.bed(STORE);
            self.gaps(Hides::Stores, STORE, true);
            self.y += STORE + BETWEEN;
        }
        self.y += ROOM - BETWEEN;
    }

    fn bars(&mut self, name: &str, length: &str, buckets: &[Bucket], class: &str, count: Counted) {
        let most = buckets.iter().map(|bucket| count(&bucket.uses)).max().unwrap_or(0);
        if most == 0 {
            self.name(name, "none");
            self.bed(NONE);
            self.gaps(Hides::Trail, NONE, false);
            self.y += NONE + ROOM;
            return;
        }
        self.name(name, &format!("at most {} {length}", number(most)));
        self.bed(BARS);
        self.gaps(Hides::Trail, BARS, class == "trusted");
        for bucket in buckets {
            let value = count(&bucket.uses);
            if 0 < value {
                let height = height_of(value, most);
                let what = format!("{}: {}", day(bucket.from), number(value));
                self.parts.push(self.span(bucket.from, bucket.to, (self.y + BARS - height, height), class, &what));
            }
        }
        self.y += BARS + ROOM;
    }

    fn marks(&mut self, name: &str, wanted: impl Fn(MarkKind) -> bool) {
        let timeline = self.timeline;
        let mut slots: BTreeMap<(i32, MarkKind), (u64, &super::Mark)> = BTreeMap::new();
        for mark in timeline.marks.iter().filter(|mark| wanted(mark.kind) && timeline.shows(mark.time, mark.time)) {
            slots.entry((slot(timeline.place(mark.time)), mark.kind)).or_insert((0, mark)).0 += 1;
        }
        self.name(name, if slots.is_empty() { "none" } else { "" });
        self.bed(MARKS);
        self.gaps(Hides::Trail, MARKS, false);
        for ((_, kind), (count, first)) in slots {
            let Some((_, form, ..)) = FORMS.iter().find(|(known, ..)| *known == kind) else { continue };
            let what = super::table::marked(first, count);
            self.parts.push(html! {
                use href={ "#" (self.id) "-" (form) } x=(percent(timeline.place(first.time)))
                    y=(self.y + MARKS / 2) { title { (what) } }
            });
        }
        self.y += MARKS + ROOM;
    }

    /// What is not known of the lane at this height, hatched.
    fn gaps(&mut self, hides: Hides, height: u32, told: bool) {
        let gaps = self.timeline.gaps_of(hides);
        let drawn: Vec<Markup> = gaps
            .into_iter()
            .map(|(begin, end)| {
                let what =
                    if told { format!("not known from {} to {}", minute(begin), minute(end)) } else { String::new() };
                self.hatched(begin, end, (self.y, height), &what)
            })
            .collect();
        self.parts.extend(drawn);
    }

    fn axis(&mut self) {
        let end = self.y;
        let ticks = self.timeline.ticks();
        let grid = html! {
            @for tick in &ticks {
                line.grid x1=(percent(tick.place)) x2=(percent(tick.place)) y1="0" y2=(end) {}
            }
        };
        self.parts.insert(0, grid);
        self.parts.push(html! {
            @for tick in &ticks {
                text.quiet x=(percent(tick.place)) y=(end + 13) text-anchor=(anchor(tick.place)) { (tick.label) }
            }
        });
        self.y += AXIS;
    }
}

/// What is left of times without those of which something is known.
fn without(whole: &[(Timestamp, Timestamp)], known: &[Stretch]) -> Vec<(Timestamp, Timestamp)> {
    let mut left = whole.to_vec();
    for stretch in known.iter().filter(|stretch| stretch.presence != RolePresence::Unknown) {
        left = left
            .into_iter()
            .flat_map(|(from, to)| [(from, to.min(stretch.from)), (from.max(stretch.to), to)])
            .filter(|(from, to)| from < to)
            .collect();
    }
    left
}

fn looks(stretch: &Stretch) -> (&'static str, &'static str) {
    match (stretch.presence, stretch.basis) {
        (RolePresence::Present, Basis::Observed) => ("present", "there"),
        (RolePresence::Present, Basis::Inferred) => ("inferred", "there, inferred"),
        (_, Basis::Observed) => ("absent", "not there"),
        (_, Basis::Inferred) => ("absent", "not there, inferred"),
    }
}

fn length_in_words(days: i64) -> String {
    match days {
        1 => "a day".to_owned(),
        7 => "a week".to_owned(),
        days => format!("in {}", counted(days.unsigned_abs(), "day")),
    }
}

/// The height of a bar. What is seldom must be seen beside what is frequent: a bar is never too low to be seen.
fn height_of(value: u64, most: u64) -> u32 {
    let height = u128::from(BARS) * u128::from(value) / u128::from(most.max(1));
    u32::try_from(height).unwrap_or(BARS).clamp(LEAST, BARS)
}

fn slot(place: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "the place is between 0 and 1")]
    let slot = (place * f64::from(SLOTS)) as i32;
    slot.min(SLOTS - 1)
}

fn percent(part: f64) -> String {
    format!("{:.2}%", part * 100.0)
}

fn anchor(place: f64) -> &'static str {
    match place {
        place if place < 0.04 => "start",
        place if 0.96 < place => "end",
        _ => "middle",
    }
}

fn hatch(id: &str) -> Markup {
    html! {
        pattern id={ (id) "-hatch" } width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
            line.hatching x1="0" y1="0" x2="0" y2="7" {}
        }
    }
}

fn forms(id: &str, timeline: &Timeline) -> Markup {
    html! {
        @for (kind, name, path, _) in FORMS.iter().filter(|(kind, ..)| timeline.marks.iter().any(|m| m.kind == *kind)) {
            path id={ (id) "-" (name) } class=(class_of(*kind)) d=(path) {}
        }
    }
}

fn class_of(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::DeletionRefused | MarkKind::TaskFailed | MarkKind::Change => "mark bad",
        MarkKind::Evidence => "mark evidence",
        MarkKind::Created | MarkKind::DeletionAccepted | MarkKind::Deleted => "mark",
    }
}
