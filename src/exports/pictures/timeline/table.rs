//! The picture in words: its description, and its text alternative.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{Hides, Mark, MarkKind, ROWS, StoreLife, Stretch, Timeline};
use crate::exports::html::{brief, counted, day, moment, number, plain};
use crate::model::{Basis, RolePresence};

/// Characters of a name inside a picture, where nothing can be unfolded.
const NAMED: usize = 80;

/// Characters of a name in the text alternative.
const TOLD: usize = 120;

/// A row of the text alternative.
struct Line<'a> {
    from: Timestamp,
    to: Option<Timestamp>,
    what: String,
    about: Option<&'a str>,
}

impl Timeline {
    pub(super) fn description(&self) -> String {
        let sum = |count: fn(&super::DayUse) -> u64| self.uses.iter().map(count).sum::<u64>();
        let stores = match self.stores.len() {
            0 => "no key store known".to_owned(),
            known => counted(known as u64, "key store"),
        };
        format!(
            "From {} to {}: {stores}, {} assumptions by the trusted service, {} by others, {} refused attempts, {} in what could be read. \
             The table after the picture says the same in words.",
            day(self.from),
            day(self.to),
            number(sum(|uses| uses.trusted)),
            number(sum(|uses| uses.others)),
            number(sum(|uses| uses.refused)),
            counted(self.gaps.len() as u64, "gap"),
        )
    }

    pub(super) fn table(&self) -> Markup {
        let lines = self.lines();
        html! {
            details.alternative {
                summary { "The same as a table" }
                section.scroll tabindex="0" aria-label={ "The life of " (clean(&self.role)) " as a table" } {
                    table {
                        thead { tr { th scope="col" { "From" } th scope="col" { "To" } th scope="col" { "What" } } }
                        tbody {
                            @for line in &lines {
                                tr {
                                    td { (moment(line.from)) }
                                    td { @if let Some(to) = line.to { (moment(to)) } }
                                    td {
                                        (line.what)
                                        @if let Some(about) = line.about { " " (brief(about, TOLD)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn lines(&self) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        bounded(&mut lines, "times of the role", self.presence.iter().rev().map(presence));
        bounded(&mut lines, "key stores", self.stores.iter().map(store));
        bounded(&mut lines, "gaps", self.gaps.iter().map(gap));
        bounded(&mut lines, "moments", self.marks.iter().rev().map(mark));
        let unusual = self.buckets().into_iter().rev().filter(|bucket| 0 < bucket.uses.others + bucket.uses.refused);
        bounded(
            &mut lines,
            "days with other assumptions",
            unusual.map(|bucket| Line {
                from: bucket.from,
                to: Some(bucket.to),
                what: format!(
                    "{} by others, {} refused",
                    counted(bucket.uses.others, "assumption"),
                    number(bucket.uses.refused)
                ),
                about: None,
            }),
        );
        let trusted: u64 = self.uses.iter().map(|uses| uses.trusted).sum();
        lines.push(Line {
            from: self.from,
            to: Some(self.to),
            what: format!("{} by the trusted service in all", counted(trusted, "assumption")),
            about: None,
        });
        lines.sort_by_key(|line| (line.from, line.to));
        lines
    }
}

/// Adds at most [`ROWS`] lines, and one that says that there are more.
fn bounded<'a>(lines: &mut Vec<Line<'a>>, of: &str, all: impl Iterator<Item = Line<'a>>) {
    let mut all = all.peekable();
    lines.extend(all.by_ref().take(ROWS));
    if let Some(next) = all.next() {
        let what = format!("and {} more {of}, which are left out here", number(1 + all.count() as u64));
        lines.push(Line { from: next.from, to: None, what, about: None });
    }
}

fn presence(stretch: &Stretch) -> Line<'_> {
    let what = match stretch.presence {
        RolePresence::Present => "the role is there",
        RolePresence::Absent => "the role is not there",
        RolePresence::Unknown => "not known whether the role is there",
    };
    let inferred = if stretch.basis == Basis::Inferred { " (inferred)" } else { "" };
    Line { from: stretch.from, to: Some(stretch.to), what: format!("{what}{inferred}"), about: None }
}

fn store(store: &StoreLife) -> Line<'_> {
    let inferred = if store.basis == Basis::Inferred { " (inferred)" } else { "" };
    let what = format!("key store in {}{inferred}:", clean(&store.region));
    Line { from: store.from, to: store.to, what, about: Some(&store.id) }
}

fn gap(gap: &super::Gap) -> Line<'_> {
    let hidden = match gap.hides {
        Hides::Role => "the role could not be read:",
        Hides::Stores => "key stores could not be read:",
        Hides::Trail => "events are not known:",
    };
    Line { from: gap.from, to: Some(gap.to), what: hidden.to_owned(), about: Some(&gap.what) }
}

fn mark(mark: &Mark) -> Line<'_> {
    Line { from: mark.time, to: None, what: format!("{}:", kind(mark.kind)), about: Some(&mark.what) }
}

fn kind(kind: MarkKind) -> &'static str {
    match kind {
        MarkKind::Created => "role created",
        MarkKind::DeletionAccepted => "deletion accepted",
        MarkKind::DeletionRefused => "deletion refused",
        MarkKind::Deleted => "deletion succeeded",
        MarkKind::TaskFailed => "deletion failed",
        MarkKind::Change => "change",
        MarkKind::Evidence => "event of this finding",
    }
}

/// A mark's title: the first of those that it stands for, and how many there are.
pub(super) fn marked(first: &Mark, count: u64) -> String {
    let more = if count == 1 { String::new() } else { format!(" (and {} more)", number(count - 1)) };
    format!("{} {}: {}{more}", crate::exports::html::minute(first.time), kind(first.kind), clean(&first.what))
}

/// A store's name in the picture.
pub(super) fn store_name(store: &StoreLife) -> String {
    format!("{} · {}", clean(&store.region), clean(&store.id))
}

/// A text for a title or a label in the picture.
pub(super) fn clean(text: &str) -> String {
    plain(text, NAMED)
}
