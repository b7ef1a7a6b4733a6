//! Which controls of which frameworks a rule's findings support: data in `config/controls.toml`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use crate::model::{ControlEntry, Provider};

/// A control that a rule supports. A finding, or its absence over a complete population, is evidence for the control;
/// it never satisfies one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Control {
    /// Framework with its version, such as `PCI DSS 4.0.1`.
    pub framework: String,
    /// The control's id in that framework.
    pub id: String,
    /// What the rule contributes.
    #[serde(skip)]
    pub supports: String,
    /// The provider whose accounts the framework is about; all of them where `None`.
    #[serde(skip)]
    pub provider: Option<Provider>,
    /// The control's name, in a few words.
    #[serde(skip)]
    pub title: Option<String>,
    /// Whether nobody has compared the id with the framework's own text.
    #[serde(skip)]
    pub unverified: bool,
}

impl Control {
    /// Whether the framework speaks of accounts of `provider`.
    #[must_use]
    pub fn applies_to(&self, provider: Provider) -> bool {
        self.provider.is_none_or(|only| only == provider)
    }
}

impl From<&ControlEntry> for Control {
    fn from(entry: &ControlEntry) -> Self {
        Self {
            framework: entry.full_framework(),
            id: entry.id.clone(),
            supports: entry.supports.clone(),
            provider: entry.provider,
            title: entry.title.clone(),
            unverified: entry.unverified,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlsFile {
    control: Vec<ControlEntry>,
}

/// The controls by rule. Clones share them.
#[derive(Debug, Clone)]
pub struct Controls {
    entries: Arc<[ControlEntry]>,
    by_rule: Arc<BTreeMap<String, Vec<Control>>>,
}

static BUILTIN: LazyLock<Controls> = LazyLock::new(|| {
    let file: ControlsFile = toml::from_str(include_str!("../../config/controls.toml"))
        .expect("the file is compiled in, and a test reads it");
    Controls::of(file.control)
});

impl Controls {
    /// Those that the program brings along.
    #[must_use]
    pub fn builtin() -> Self {
        BUILTIN.clone()
    }

    /// Those of these rows alone.
    #[must_use]
    pub fn of(entries: Vec<ControlEntry>) -> Self {
        let mut by_rule: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for entry in &entries {
            for rule in &entry.rules {
                by_rule.entry(rule.clone()).or_default().push(entry.into());
            }
        }
        Self { entries: entries.into(), by_rule: Arc::new(by_rule) }
    }

    /// These and `more`. A row about a control that is here already stands instead of the older one.
    #[must_use]
    pub fn with(&self, more: &[ControlEntry]) -> Self {
        let kept = self.entries.iter().filter(|entry| !more.iter().any(|new| new.is_same_control(entry)));
        Self::of(kept.cloned().chain(more.iter().cloned()).collect())
    }

    /// Every row, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[ControlEntry] {
        &self.entries
    }

    /// The controls that findings of a rule support, in the order of the file; see [`Control::applies_to`].
    #[must_use]
    pub fn of_rule(&self, rule: &str) -> &[Control] {
        self.by_rule.get(rule).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_supports_a_control_and_every_control_a_rule() {
        let rules: Vec<_> = super::super::all().iter().map(|rule| rule.doc().id).collect();
        for rule in &rules {
            assert!(!Controls::builtin().of_rule(rule).is_empty(), "{rule}");
        }
        for (rule, controls) in Controls::builtin().by_rule.iter() {
            assert!(rules.contains(&rule.as_str()), "{rule} does not exist");
            let mut ids: Vec<_> = controls.iter().map(|control| (&control.framework, &control.id)).collect();
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), controls.len(), "{rule} names a control twice");
        }
    }

    #[test]
    fn no_control_is_said_to_be_satisfied() {
        for control in Controls::builtin().entries() {
            let text = control.supports.to_ascii_lowercase();
            assert!(!text.is_empty() && !text.contains("satisf") && !text.contains("compl"), "{text}");
        }
    }

    #[test]
    fn benchmarks_of_one_provider_do_not_speak_of_the_other() {
        let builtin = Controls::builtin();
        let controls = builtin.of_rule("orphaned-role");
        let frameworks = |provider| {
            let own = controls.iter().filter(move |control| control.applies_to(provider));
            own.map(|control| control.framework.as_str()).collect::<Vec<_>>()
        };
        assert!(frameworks(Provider::Aws).iter().all(|framework| !framework.contains("Alibaba")));
        assert!(frameworks(Provider::Alibaba).iter().all(|framework| !framework.contains("CIS AWS")));
        assert!(frameworks(Provider::Aws).contains(&"PCI DSS 4.0.1"));
    }

    #[test]
    fn a_users_row_stands_beside_the_built_in_ones_or_instead_of_the_one_that_it_is_about() {
        let builtin = Controls::builtin();
        let row = |id: &str| ControlEntry {
            id: id.to_owned(),
            rules: vec!["trust-drift".to_owned()],
            ..builtin.entries()[0].clone()
        };
        let own = builtin.with(&[row("of our own"), row(&builtin.entries()[0].id)]);
        assert_eq!(own.entries().len(), builtin.entries().len() + 1);
        let of = |controls: &Controls, rule| {
            controls.of_rule(rule).iter().map(|control| control.id.clone()).collect::<Vec<_>>()
        };
        assert!(of(&own, "trust-drift").contains(&"of our own".to_owned()));
        assert!(of(&builtin, "orphaned-role").contains(&builtin.entries()[0].id));
        assert!(!of(&own, "orphaned-role").contains(&builtin.entries()[0].id));
    }
}
