//! The report as one HTML file: no script, no reference to anything outside, light on paper, light or dark on a screen.
//!
//! Its policy allows the one stylesheet that it carries, by its hash, and nothing else. Every text passes through maud or
//! through [`crate::exports::html::shown`], so that text of a log stays text.

mod blocks;
mod drawing;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::document::{self, Document, Limits, Section};
use super::{Report, ReportFile};
use crate::exports::html::shown;

/// The rules of the report beside those of the pieces that it shares with the status page.
const STYLE: &str = include_str!("report.css");

/// The report as HTML.
pub(super) fn write(report: &Report) -> Vec<ReportFile<'_>> {
    vec![ReportFile::new(report.file_name("report", "html"), "text/html", move |out| {
        page(out, document::of(report, Limits { findings: usize::MAX }))
    })]
}

fn page(out: &mut dyn Write, document: Document<'_>) -> io::Result<()> {
    let style = style(document.id);
    let contents = contents(&document.sections);
    let mut sections = document.sections.into_iter();
    let frame = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { (document.name) }
                style { (PreEscaped(&style)) }
            }
            body {
                header {
                    h1 { (shown(document.title)) }
                    dl.front {
                        @for (name, value) in document.facts { div { dt { (name) } dd { (blocks::line(&value)) } } }
                    }
                }
                main { (WITHIN) }
                footer { p { "End of report " (shown(document.id)) "." } }
            }
        }
    };
    framed(out, &frame, |out| {
        sections.next().map_or(Ok(()), |summary| section(out, summary, 2))?;
        out.write_all(contents.0.as_bytes())?;
        sections.try_for_each(|one| section(out, one, 2))
    })
}

/// Stands in a frame where something else is to be written. No text can: its `<` becomes `&lt;`.
const WITHIN: PreEscaped<&str> = PreEscaped("<within>");

/// Writes a frame, and what `within` writes in its place, so that a long table is never in memory as text.
fn framed(
    out: &mut dyn Write,
    frame: &Markup,
    within: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let (before, after) = frame.0.split_once(WITHIN.0).unwrap_or((&frame.0, ""));
    out.write_all(before.as_bytes())?;
    within(out)?;
    out.write_all(after.as_bytes())
}

/// The stylesheet. The report's id stands in the margin of every page: CSS has no other way to put it there, so it is
/// reduced to characters that mean nothing to CSS.
fn style(id: &str) -> String {
    let id: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("{}\n{}", crate::exports::html::STYLE, STYLE.replace("REPORT-ID", &id))
}

/// What a browser may load: the stylesheet with this hash.
fn policy(style: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(style));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

/// The table of contents.
fn contents(sections: &[Section<'_>]) -> Markup {
    html! {
        nav.contents aria-labelledby="contents" {
            h2 #contents { "Contents" }
            ol {
                @for section in sections {
                    li {
                        (entry(section))
                        @if section.parts.iter().any(|part| part.listed) {
                            ol { @for part in section.parts.iter().filter(|part| part.listed) { li { (entry(part)) } } }
                        }
                    }
                }
            }
        }
    }
}

fn entry(section: &Section<'_>) -> Markup {
    html! { a href=(format!("#{}", section.anchor)) { span.number { (section.number) } " " (shown(&section.title)) } }
}

/// A section with its parts, under a heading of that level.
fn section(out: &mut dyn Write, section: Section<'_>, level: u8) -> io::Result<()> {
    let class = if section.listed { "part" } else { "card" };
    let frame = html! {
        section class=(class) aria-labelledby=(section.anchor) { (heading(&section, level)) (WITHIN) }
    };
    framed(out, &frame, |out| {
        section.blocks.into_iter().try_for_each(|block| blocks::block(out, block))?;
        section.parts.into_iter().try_for_each(|part| self::section(out, part, level + 1))
    })
}

fn heading(section: &Section<'_>, level: u8) -> Markup {
    let text = html! {
        @if !section.number.is_empty() { span.number { (section.number) } " " }
        (shown(&section.title))
    };
    html! {
        @match level {
            2 => h2 id=(section.anchor) { (text) },
            3 => h3 id=(section.anchor) { (text) },
            _ => h4 id=(section.anchor) { (text) },
        }
    }
}
