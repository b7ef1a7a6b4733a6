//! What the selectors of a trail mean: basic ones, and advanced ones made of conditions on fields.
//!
//! Several selectors are a union: an event is recorded if one of them takes it (CloudTrail user guide, "Logging
//! management events" and "Filtering data events by using advanced event selectors").

use super::Recording;
use super::recording::both;

const KMS: &str = "kms.amazonaws.com";
/// Records assumptions.
const STS: &str = "sts.amazonaws.com";
/// Records changes of roles.
const IAM: &str = "iam.amazonaws.com";

/// Sources that can be left out without a loss: KMS has a field of its own, and the Data API of RDS has nothing to do
/// with any watched role. Trails know no other source in basic selectors.
const HARMLESS: [&str; 2] = [KMS, "rdsdata.amazonaws.com"];

/// Which of reads and writes a basic selector takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadWrite {
    /// Both.
    All,
    /// Reads.
    Reads,
    /// Writes.
    Writes,
}

impl ReadWrite {
    /// The meaning of a provider's word: `ReadOnly` of `CloudTrail`, `Read` of `ActionTrail`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "All" => Some(Self::All),
            "ReadOnly" | "Read" => Some(Self::Reads),
            "WriteOnly" | "Write" => Some(Self::Writes),
            _ => None,
        }
    }
}

/// A basic selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSelector {
    /// Which events; `None` for a word that is not known.
    pub read_write: Option<ReadWrite>,
    /// Whether it takes management events at all.
    pub management: bool,
    /// Services whose management events it leaves out (`kms.amazonaws.com`).
    pub excluded_sources: Vec<String>,
}

/// An advanced selector: it takes an event that meets all its conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdvancedSelector {
    /// The conditions.
    pub fields: Vec<FieldSelector>,
}

/// A condition of an advanced selector on one field. Each list that is not empty has to be met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSelector {
    /// Name of the field (`eventCategory`, `readOnly`, `eventSource`, ...).
    pub field: String,
    /// The value is one of these.
    pub equals: Vec<String>,
    /// The value begins with one of these.
    pub starts_with: Vec<String>,
    /// The value ends with one of these.
    pub ends_with: Vec<String>,
    /// The value is none of these.
    pub not_equals: Vec<String>,
    /// The value begins with none of these.
    pub not_starts_with: Vec<String>,
    /// The value ends with none of these.
    pub not_ends_with: Vec<String>,
}

impl Recording {
    /// What basic selectors record together.
    #[must_use]
    pub fn of_event_selectors(selectors: &[EventSelector]) -> Self {
        selectors.iter().map(EventSelector::recording).fold(Self::NOTHING, Self::or)
    }

    /// What advanced selectors record together.
    #[must_use]
    pub fn of_advanced_selectors(selectors: &[AdvancedSelector]) -> Self {
        selectors.iter().map(AdvancedSelector::recording).fold(Self::NOTHING, Self::or)
    }
}

impl EventSelector {
    fn recording(&self) -> Recording {
        if !self.management {
            return Recording::NOTHING;
        }
        let takes = |wanted| self.read_write.map(|kind| kind == ReadWrite::All || kind == wanted);
        let excluded =
            FieldSelector { not_equals: self.excluded_sources.clone(), ..FieldSelector::on("eventSource") };
        recording(takes(ReadWrite::Reads), takes(ReadWrite::Writes), &[&excluded])
    }
}

impl AdvancedSelector {
    fn recording(&self) -> Recording {
        let on = |field: &'static str| self.fields.iter().filter(move |condition| condition.field == field);
        let meets = |field, value| on(field).all(|condition| condition.is_met_by(value));
        if !meets("eventCategory", "Management") {
            return Recording::NOTHING;
        }
        let known = ["eventCategory", "readOnly", "eventSource"];
        let is_narrower = self.fields.iter().any(|condition| !known.contains(&condition.field.as_str()));
        // Conditions on names or identities take a part of the events; a selector must say its category.
        let is_whole = !is_narrower && on("eventCategory").next().is_some();
        let takes = |value| taken(meets("readOnly", value), is_whole);
        let sources: Vec<_> = on("eventSource").collect();
        recording(takes("true"), takes("false"), &sources)
    }
}

impl FieldSelector {
    /// A condition on a field that every value meets.
    #[must_use]
    pub fn on(field: impl Into<String>) -> Self {
        Self { field: field.into(), ..Self::default() }
    }

    fn is_met_by(&self, value: &str) -> bool {
        let any = |list: &[String], fits: &dyn Fn(&String) -> bool| list.iter().any(fits);
        let equal: &dyn Fn(&String) -> bool = &|listed| listed == value;
        let begins: &dyn Fn(&String) -> bool = &|listed| value.starts_with(listed.as_str());
        let ends: &dyn Fn(&String) -> bool = &|listed| value.ends_with(listed.as_str());
        (self.equals.is_empty() || any(&self.equals, equal))
            && (self.starts_with.is_empty() || any(&self.starts_with, begins))
            && (self.ends_with.is_empty() || any(&self.ends_with, ends))
            && !any(&self.not_equals, equal)
            && !any(&self.not_starts_with, begins)
            && !any(&self.not_ends_with, ends)
    }

    /// Whether it leaves out no service but those that nobody misses.
    fn is_harmless(&self) -> bool {
        let others = [&self.equals, &self.starts_with, &self.ends_with, &self.not_starts_with, &self.not_ends_with];
        others.into_iter().all(Vec::is_empty)
            && self.not_equals.iter().all(|source| HARMLESS.contains(&source.as_str()))
    }
}

/// What a selector records that takes these reads and writes of the services that meet `sources`.
fn recording(reads: Option<bool>, writes: Option<bool>, sources: &[&FieldSelector]) -> Recording {
    let takes = |source| sources.iter().all(|condition| condition.is_met_by(source));
    let others = sources.iter().all(|condition| condition.is_harmless());
    // Sessions of a role call many services: a selection of some says nothing of the rest.
    Recording {
        records_reads: both(reads, taken(takes(STS), others)),
        records_writes: both(writes, taken(takes(IAM), others)),
        records_kms: both(writes, Some(takes(KMS))),
    }
}

/// Nothing is taken, or all of it, or what cannot be told: a part.
fn taken(any: bool, all: bool) -> Option<bool> {
    if any { all.then_some(true) } else { Some(false) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Option<bool>; 3] = [Some(true), Some(true), Some(true)];

    fn listed(recording: Recording) -> [Option<bool>; 3] {
        [recording.records_reads, recording.records_writes, recording.records_kms]
    }

    fn basic(word: &str, management: bool, excluded: &[&str]) -> EventSelector {
        EventSelector {
            read_write: ReadWrite::from_word(word),
            management,
            excluded_sources: excluded.iter().map(|source| (*source).to_owned()).collect(),
        }
    }

    fn field(name: &str, operator: &str, values: &[&str]) -> FieldSelector {
        let values: Vec<_> = values.iter().map(|value| (*value).to_owned()).collect();
        let mut field = FieldSelector::on(name);
        match operator {
            "=" => field.equals = values,
            "^=" => field.starts_with = values,
            "$=" => field.ends_with = values,
            "!=" => field.not_equals = values,
            "!^=" => field.not_starts_with = values,
            _ => field.not_ends_with = values,
        }
        field
    }

    /// A selector of management events with further conditions.
    fn advanced(conditions: &[(&str, &str, &[&str])]) -> AdvancedSelector {
        let mut fields = vec![field("eventCategory", "=", &["Management"])];
        fields.extend(conditions.iter().map(|(name, operator, values)| field(name, operator, values)));
        AdvancedSelector { fields }
    }

    #[test]
    fn basic_selectors_mean_what_the_guide_says() {
        let (yes, no) = (Some(true), Some(false));
        for (selectors, expected) in [
            (vec![basic("All", true, &[])], ALL),
            (vec![basic("WriteOnly", true, &[])], [no, yes, yes]),
            (vec![basic("Write", true, &[])], [no, yes, yes]),
            (vec![basic("ReadOnly", true, &[])], [yes, no, no]),
            (vec![basic("All", false, &[])], [no, no, no]),
            (vec![basic("All", true, &[KMS])], [yes, yes, no]),
            (vec![basic("All", true, &["rdsdata.amazonaws.com"])], ALL),
            (vec![basic("All", true, &["other.amazonaws.com"])], [None, None, yes]),
            (vec![basic("Sometimes", true, &[])], [None, None, None]),
            (vec![], [no, no, no]),
            (vec![basic("WriteOnly", true, &[]), basic("ReadOnly", true, &[KMS])], ALL),
            (vec![basic("All", true, &[KMS]), basic("All", false, &[])], [yes, yes, no]),
        ] {
            assert_eq!(listed(Recording::of_event_selectors(&selectors)), expected, "{selectors:?}");
        }
    }

    #[test]
    fn advanced_selectors_mean_what_the_guide_says() {
        let (yes, no) = (Some(true), Some(false));
        for (selector, expected) in [
            (advanced(&[]), ALL),
            (advanced(&[("readOnly", "=", &["false"])]), [no, yes, yes]),
            (advanced(&[("readOnly", "=", &["true"])]), [yes, no, no]),
            (advanced(&[("readOnly", "!=", &["true"])]), [no, yes, yes]),
            (advanced(&[("eventSource", "!=", &[KMS])]), [yes, yes, no]),
            (advanced(&[("eventSource", "=", &[KMS])]), [no, no, yes]),
            (advanced(&[("eventSource", "=", &[STS])]), [None, no, no]),
            (advanced(&[("eventSource", "^=", &["kms."])]), [no, no, yes]),
            (advanced(&[("eventSource", "!^=", &["kms."])]), [None, None, no]),
            (advanced(&[("eventSource", "$=", &[".amazonaws.com"])]), [None, None, yes]),
            (advanced(&[("eventSource", "!$=", &["s.amazonaws.com"])]), [no, None, no]),
            (advanced(&[("eventName", "!=", &["AssumeRole"])]), [None, None, None]),
            (advanced(&[("eventName", "!=", &["X"]), ("readOnly", "=", &["false"])]), [no, None, None]),
            (AdvancedSelector { fields: vec![field("eventCategory", "=", &["Data"])] }, [no, no, no]),
            (AdvancedSelector { fields: vec![] }, [None, None, None]),
        ] {
            assert_eq!(
                listed(Recording::of_advanced_selectors(std::slice::from_ref(&selector))),
                expected,
                "{selector:?}"
            );
        }
    }

    #[test]
    fn two_advanced_selectors_together_record_what_each_does() {
        let halves = [advanced(&[("readOnly", "=", &["true"])]), advanced(&[("readOnly", "=", &["false"])])];
        assert_eq!(Recording::of_advanced_selectors(&halves), Recording::EVERYTHING);
        assert_eq!(Recording::of_advanced_selectors(&[]), Recording::NOTHING);
    }

    fn any_basic() -> impl Strategy<Value = EventSelector> {
        let words = proptest::sample::select(["All", "ReadOnly", "WriteOnly", "?"].as_slice());
        let sources = proptest::collection::vec(proptest::sample::select([KMS, IAM, "x"].as_slice()), 0..3);
        (words, any::<bool>(), sources).prop_map(|(word, management, sources)| basic(word, management, &sources))
    }

    fn any_advanced() -> impl Strategy<Value = AdvancedSelector> {
        let names = proptest::sample::select(["eventCategory", "readOnly", "eventSource", "eventName"].as_slice());
        let operators = proptest::sample::select(["=", "^=", "$=", "!=", "!^=", "!$="].as_slice());
        let values = proptest::sample::select(["Management", "Data", "true", "false", KMS, STS, IAM].as_slice());
        let condition = (names, operators, proptest::collection::vec(values, 1..3));
        let fields = condition.prop_map(|(name, operator, values)| field(name, operator, &values));
        proptest::collection::vec(fields, 0..4).prop_map(|fields| AdvancedSelector { fields })
    }

    /// How much is recorded: no, perhaps, yes.
    fn rank(records: Option<bool>) -> u8 {
        records.map_or(1, |yes| 2 * u8::from(yes))
    }

    fn is_no_less(more: Recording, less: Recording) -> bool {
        listed(more).into_iter().zip(listed(less)).all(|(more, less)| rank(less) <= rank(more))
    }

    proptest! {
        #[test]
        fn a_further_selector_never_records_less(
            basics in proptest::collection::vec(any_basic(), 0..4),
            more_basic in any_basic(),
            advanced in proptest::collection::vec(any_advanced(), 0..4),
            more_advanced in any_advanced(),
        ) {
            let union = [basics.as_slice(), std::slice::from_ref(&more_basic)].concat();
            let (without, with) = (Recording::of_event_selectors(&basics), Recording::of_event_selectors(&union));
            prop_assert!(is_no_less(with, without) && is_no_less(with, more_basic.recording()));
            let union = [advanced.as_slice(), std::slice::from_ref(&more_advanced)].concat();
            let (without, with) = (Recording::of_advanced_selectors(&advanced), Recording::of_advanced_selectors(&union));
            prop_assert!(is_no_less(with, without) && is_no_less(with, more_advanced.recording()));
        }

        #[test]
        fn a_further_condition_never_records_more(selector in any_advanced(), other in any_advanced()) {
            let mut narrower = selector.clone();
            narrower.fields.extend(other.fields);
            // Without its category a selector is not understood, so that naming it may settle what was not known.
            prop_assume!(selector.fields.iter().any(|condition| condition.field == "eventCategory"));
            prop_assert!(is_no_less(selector.recording(), narrower.recording()));
        }
    }
}
