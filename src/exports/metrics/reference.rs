//! The reference of the metrics, out of their declarations: `dashboards/METRICS.md` is what [`reference`] answers.

use super::family::{Declaration, LABELS, PROCESS, STATE};
use super::text::{LONGEST_VALUE, MOST_SERIES};

const HEAD: &str = "\
# Metrics

Made from the declarations in `src/exports/metrics/family.rs`; a test compares, and tells how to write this file anew.

`/metrics` has two parts. What the process counts begins at zero with every start. What the history holds (verdicts,
findings, coverage) is rendered after each collection and analysis, so that a scrape asks neither the store nor a cloud:
it is as old as the newest run, and the time of that is on the page. All names begin with `roletrail_`; times are seconds
since 1970, to be compared with `time()`. A series vanishes with what it is about.
";

/// Every metric, in the order of the page's two parts.
pub fn declarations() -> impl Iterator<Item = &'static Declaration> {
    PROCESS.iter().chain(STATE)
}

/// The reference as Markdown.
#[must_use]
pub fn reference() -> String {
    let mut text = HEAD.to_owned();
    table(&mut text, "Of the process", PROCESS);
    table(&mut text, "Of the history", STATE);
    labels(&mut text);
    text
}

fn table(text: &mut String, title: &str, declarations: &[Declaration]) {
    text.push_str(&format!("\n## {title}\n\n| name | type | labels | meaning |\n|---|---|---|---|\n"));
    for Declaration { name, help, kind, labels } in declarations {
        let labels = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(" ");
        text.push_str(&format!("| `{name}` | {} | {labels} | {} |\n", kind.as_str(), help.replace('|', "\\|")));
    }
}

fn labels(text: &mut String) {
    text.push_str("\n## Labels\n\n| label | values |\n|---|---|\n");
    for (label, values) in LABELS {
        text.push_str(&format!("| `{label}` | {values} |\n"));
    }
    text.push_str(&format!(
        "\nNo label holds an ARN, the id of an event or the name of a person. Prometheus adds `job` and `instance`. A value \
         has at most {LONGEST_VALUE}\ncharacters and no control characters: one that had is cut, and ends with `…` and a \
         hash of the whole, so that two stay two.\nA metric has at most {MOST_SERIES} series of the history; what goes \
         beyond (zeros first) is left out and counted by\n`roletrail_metric_series_dropped`.\n"
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_metric_is_declared_once_and_its_name_follows_the_conventions() {
        let mut names = BTreeSet::new();
        for Declaration { name, help, kind, .. } in declarations() {
            assert!(names.insert(*name), "{name} is declared twice");
            assert!(name.starts_with("roletrail_"), "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == super::super::Kind::Counter, "{name}");
            assert!(help.ends_with('.') && !help.contains(['\n', '\\']), "{name}: {help}");
        }
    }

    #[test]
    fn every_label_is_explained_and_every_explained_label_is_used() {
        let used: BTreeSet<_> = declarations().flat_map(|declared| declared.labels.iter().copied()).collect();
        let explained: BTreeSet<_> = LABELS.iter().map(|(label, _)| *label).collect();
        assert_eq!(used, explained);
    }
}
