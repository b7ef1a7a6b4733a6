//! A rule's documentation, taken from its file.

use crate::model::Severity;

/// What a rule says about itself: its documentation is its file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleDoc {
    /// Id: the pattern found.
    pub id: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// The worst severity that it gives.
    pub severity: Severity,
    /// What it finds.
    pub finds: &'static str,
    /// Why it matters.
    pub matters: &'static str,
    /// When it stays silent.
    pub silent: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

impl RuleDoc {
    /// Reads the documentation out of `source`, the text of the rule's own file: the first line of its `//!`
    /// comment is the title, and each heading of the four begins a part. A part that is missing is empty, which a
    /// test refuses.
    ///
    /// The parts live as long as the program does: there is one set per rule, made when it is first asked for.
    #[must_use]
    pub fn of(id: &'static str, severity: Severity, source: &str) -> Self {
        let comment: Vec<&str> = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
        let title = comment.first().copied().unwrap_or_default().trim_end_matches('.').to_owned();
        let part = |heading| -> &'static str { part(&comment, heading).leak() };
        Self {
            id,
            title: title.leak(),
            severity,
            finds: part("# What it finds"),
            matters: part("# Why it matters"),
            silent: part("# When it stays silent"),
            remedy: part("# What to do"),
        }
    }
}

/// The lines under a heading, paragraphs and list items on one line each.
fn part(comment: &[&str], heading: &str) -> String {
    let lines =
        comment.iter().skip_while(|line| **line != heading).skip(1).take_while(|line| !line.starts_with("# "));
    let mut text = String::new();
    for line in lines {
        let separator = match *line {
            "" => "\n\n",
            _ if text.is_empty() || text.ends_with('\n') => "",
            item if item.starts_with("- ") => "\n",
            _ => " ",
        };
        text.push_str(separator);
        text.push_str(line);
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "//! A title.\n//!\n//! # What it finds\n//! One sentence\n//! on two lines.\n//! - an item\n//!   that goes on\n//! - another\n//!\n//! # Why it matters\n//! Because.\n\nuse x;\n//! # What to do\n";

    #[test]
    fn the_parts_are_those_of_the_comment_at_the_top() {
        let doc = RuleDoc::of("x", Severity::Low, SOURCE);
        assert_eq!(doc.title, "A title");
        assert_eq!(doc.finds, "One sentence on two lines.\n- an item that goes on\n- another");
        assert_eq!(doc.matters, "Because.");
        assert_eq!((doc.silent, doc.remedy), ("", ""));
    }

    #[test]
    fn every_rule_documents_itself_completely() {
        let mut ids = Vec::new();
        for rule in super::super::all() {
            let doc = rule.doc();
            for part in [doc.title, doc.finds, doc.matters, doc.silent, doc.remedy] {
                assert!(!part.is_empty(), "{} lacks a part", doc.id);
            }
            ids.push(doc.id);
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), super::super::all().len(), "ids are unique");
    }
}
