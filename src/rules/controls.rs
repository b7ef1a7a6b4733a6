//! Which controls of which frameworks a rule's findings support: data in `config/controls.toml`.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use crate::model::Provider;

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
}

impl Control {
    /// Whether the framework speaks of accounts of `provider`.
    #[must_use]
    pub fn applies_to(&self, provider: Provider) -> bool {
        self.provider.is_none_or(|only| only == provider)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlsFile {
    control: Vec<ControlSection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ControlSection {
    framework: String,
    version: String,
    id: String,
    provider: Option<Provider>,
    supports: String,
    rules: Vec<String>,
}

/// The controls by rule. Clones share them.
#[derive(Debug, Clone)]
pub struct Controls {
    by_rule: Arc<BTreeMap<String, Vec<Control>>>,
}

static BUILTIN: LazyLock<Controls> = LazyLock::new(|| {
    let file: ControlsFile = toml::from_str(include_str!("../../config/controls.toml"))
        .expect("the file is compiled in, and a test reads it");
    Controls::of(file)
});

impl Controls {
    /// Those that the program brings along.
    #[must_use]
    pub fn builtin() -> Self {
        BUILTIN.clone()
    }

    /// The controls that findings of a rule support, in the order of the file; see [`Control::applies_to`].
    #[must_use]
    pub fn of_rule(&self, rule: &str) -> &[Control] {
        self.by_rule.get(rule).map(Vec::as_slice).unwrap_or_default()
    }

    fn of(file: ControlsFile) -> Self {
        let mut by_rule: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for section in file.control {
            for rule in section.rules {
                by_rule.entry(rule).or_default().push(Control {
                    framework: format!("{} {}", section.framework, section.version),
                    id: section.id.clone(),
                    supports: section.supports.clone(),
                    provider: section.provider,
                });
            }
        }
        Self { by_rule: Arc::new(by_rule) }
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
        for control in Controls::builtin().by_rule.values().flatten() {
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
}
