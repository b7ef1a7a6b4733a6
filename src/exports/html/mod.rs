//! Pieces that the status page and the HTML report share: texts, badges, sentences, links, colours.
//!
//! Every text passes through maud, which escapes it, or through [`shown`], which also writes out what would disguise
//! it. Colours are classes whose values stand in the stylesheet once for light and once for dark.

mod badges;
mod links;
mod sentences;
#[cfg(test)]
mod tests;
mod text;

pub use badges::{basis, outcome, presence, severity, status, verdict};
pub use links::{account_path, finding_path, query, rule_path};
pub use sentences::{CoverageCounts, age, counted, coverage, proof};
pub use text::{SHOWN, brief, day, disguises, instruction, minute, moment, number, plain, prose, shown, shown_whole};

/// The stylesheet of the shared pieces and pictures: a page links to it, a report carries it.
pub const STYLE: &str = include_str!("pieces.css");
