//! The Prometheus text format, version 0.0.4, written straight into one string: the state of a thousand accounts is
//! some 70,000 series, and building an object for each first would cost far more memory than the page itself.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::family::Family;

/// Series of one metric on a page: 6,000 accounts with every rule stay below it, so that each of them keeps its zeros. A
/// thousand have 44,000 series of all metrics, 5 MB (`benches/outputs.sh`). Above it something (a hostile trail with
/// invented account ids) is filling the page, and the rest is counted instead of shown; the page stays below 150 MB even
/// with every metric at this bound.
pub(super) const MOST_SERIES: usize = 100_000;

/// Characters of a label value; ids, profiles and rules are far shorter.
pub(super) const LONGEST_VALUE: usize = 200;

/// Bytes of the hash that ends a value which could not stand as it is: enough that nobody finds two values with the
/// same one by chance, short enough to be read.
const HASH_BYTES: usize = 6;

/// A series: the values of its labels, and its own.
pub(super) type Series<'a, const N: usize> = ([&'a str; N], f64);

/// A page under construction.
#[derive(Debug, Default)]
pub(super) struct Text {
    page: String,
    dropped: usize,
}

impl Text {
    /// Adds a metric. The same labels twice would make the whole page invalid, so the first of them wins.
    pub(super) fn family<const N: usize>(&mut self, family: &Family<N>, series: Vec<Series<'_, N>>) {
        self.family_within(family, series, MOST_SERIES);
    }

    fn family_within<const N: usize>(&mut self, family: &Family<N>, mut series: Vec<Series<'_, N>>, most: usize) {
        series.sort_by(|one, other| one.0.cmp(&other.0));
        series.dedup_by(|next, kept| next.0 == kept.0);
        self.dropped += shorten(&mut series, most);
        if series.is_empty() {
            return;
        }
        self.head(family);
        for (values, value) in series {
            self.line(family, values, value);
        }
    }

    /// Series that the limit has cut so far.
    pub(super) fn dropped(&self) -> usize {
        self.dropped
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.page
    }

    fn head<const N: usize>(&mut self, family: &Family<N>) {
        self.page.push_str("# HELP ");
        self.page.push_str(family.name);
        self.page.push(' ');
        self.page.push_str(family.help);
        self.page.push_str("\n# TYPE ");
        self.page.push_str(family.name);
        self.page.push(' ');
        self.page.push_str(family.kind.as_str());
        self.page.push('\n');
    }

    fn line<const N: usize>(&mut self, family: &Family<N>, values: [&str; N], value: f64) {
        self.page.push_str(family.name);
        for (place, (label, text)) in family.labels.iter().zip(values).enumerate() {
            self.page.push(if place == 0 { '{' } else { ',' });
            self.page.push_str(label);
            self.page.push_str("=\"");
            self.escaped(text);
            self.page.push('"');
        }
        if N != 0 {
            self.page.push('}');
        }
        // Writing to a string cannot fail.
        let _ = writeln!(self.page, " {value}");
    }

    /// Writes a label value. One that has to be changed ends with a hash of the whole: two accounts that differ only in
    /// what cannot be shown must not become the same series.
    fn escaped(&mut self, text: &str) {
        let as_it_is = text.chars().nth(LONGEST_VALUE).is_none() && !text.chars().any(is_unfit);
        let room = if as_it_is { LONGEST_VALUE } else { LONGEST_VALUE - 1 - 2 * HASH_BYTES };
        for character in text.chars().take(room) {
            match character {
                '\\' => self.page.push_str("\\\\"),
                '"' => self.page.push_str("\\\""),
                '\n' => self.page.push_str("\\n"),
                other if is_unfit(other) => self.page.push(char::REPLACEMENT_CHARACTER),
                other => self.page.push(other),
            }
        }
        if !as_it_is {
            self.page.push('…');
            for byte in &Sha256::digest(text.as_bytes())[..HASH_BYTES] {
                // Writing to a string cannot fail.
                let _ = write!(self.page, "{byte:02x}");
            }
        }
    }
}

/// What the format allows and terminals and some parsers do not survive. It has an escape for line feeds.
fn is_unfit(character: char) -> bool {
    character.is_control() && character != '\n'
}

/// Cuts `series` to `most` and answers how many went. Zeros go first: a finding must not vanish behind them.
fn shorten<const N: usize>(series: &mut Vec<Series<'_, N>>, most: usize) -> usize {
    let dropped = series.len().saturating_sub(most);
    if dropped != 0 {
        series.sort_by_key(|(_, value)| *value == 0.0);
        series.truncate(most);
        series.sort_by(|one, other| one.0.cmp(&other.0));
    }
    dropped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exports::metrics::family::Kind;

    const STORES: Family<2> =
        Family { name: "stores", help: "How many.", kind: Kind::Gauge, labels: ["account", "state"] };

    fn page(series: Vec<Series<'_, 2>>, most: usize) -> (String, usize) {
        let mut text = Text::default();
        text.family_within(&STORES, series, most);
        (text.page.replace("# HELP stores How many.\n# TYPE stores gauge\n", ""), text.dropped)
    }

    /// The one label value on the page, without its quotes.
    fn shown(value: &str) -> String {
        let (line, _) = page(vec![([value, ""], 0.0)], 10);
        let inner = line.strip_prefix("stores{account=\"").and_then(|rest| rest.strip_suffix("\",state=\"\"} 0\n"));
        inner.unwrap_or_else(|| panic!("one series: {line}")).to_owned()
    }

    #[test]
    fn label_values_are_escaped_and_cannot_break_out_of_their_line() {
        assert_eq!(shown("a\"} 1\nstores{"), "a\\\"} 1\\nstores{");
        assert_eq!(shown("back\\slash"), "back\\\\slash");
        let hostile = shown("a\"} 1\nstores{\r\u{1b}[0m\0");
        assert!(hostile.starts_with("a\\\"} 1\\nstores{\u{fffd}\u{fffd}[0m\u{fffd}…"), "{hostile}");
    }

    #[test]
    fn a_label_value_has_a_greatest_length() {
        assert_eq!(shown(&"é".repeat(LONGEST_VALUE)), "é".repeat(LONGEST_VALUE));
        let cut = shown(&"é".repeat(10_000));
        assert_eq!(cut.chars().count(), LONGEST_VALUE);
        assert!(cut.starts_with("ééé") && cut.contains("é…"), "{cut}");
    }

    #[test]
    fn values_that_differ_only_in_what_is_not_shown_stay_two() {
        let long = "a".repeat(10_000);
        for (one, other) in [(long.clone(), format!("{long}b")), ("a\0".to_owned(), "a\u{1}".to_owned())] {
            let (lines, _) = page(vec![([&one, ""], 1.0), ([&other, ""], 2.0)], 10);
            let [first, second] = [shown(&one), shown(&other)];
            assert_ne!(first, second);
            assert!(lines.contains(&first) && lines.contains(&second), "{lines}");
        }
    }

    #[test]
    fn series_are_sorted_and_appear_once() {
        let (lines, dropped) = page(vec![(["b", ""], 2.0), (["a", "x"], 1.0), (["b", ""], 3.0)], 10);
        assert_eq!(lines, "stores{account=\"a\",state=\"x\"} 1\nstores{account=\"b\",state=\"\"} 2\n");
        assert_eq!(dropped, 0);
    }

    #[test]
    fn above_the_limit_zeros_are_left_out_first_and_counted() {
        let series = vec![(["a", ""], 0.0), (["b", ""], 0.0), (["c", ""], 7.0), (["d", ""], 0.0)];
        let (lines, dropped) = page(series, 2);
        assert_eq!(lines, "stores{account=\"a\",state=\"\"} 0\nstores{account=\"c\",state=\"\"} 7\n");
        assert_eq!(dropped, 2);
    }

    #[test]
    fn a_metric_without_series_is_not_named() {
        assert_eq!(page(Vec::new(), 10), (String::new(), 0));
    }
}
