//! Controls of frameworks, as a file of controls names them.

use serde::Deserialize;

use super::Provider;

/// A control that findings of some rules support: a row of the built-in file or of a user's own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlEntry {
    /// The framework, such as `PCI DSS`.
    pub framework: String,
    /// Its version, such as `4.0.1`.
    pub version: String,
    /// The control's id in that version.
    pub id: String,
    /// What the rules contribute; never that they satisfy it.
    pub supports: String,
    /// Ids of the rules.
    pub rules: Vec<String>,
    /// The provider whose accounts the framework is about; all of them where `None`.
    pub provider: Option<Provider>,
    /// The control's name, in a few words.
    pub title: Option<String>,
    /// Words of the framework itself.
    pub quote: Option<String>,
    /// Where they were read.
    pub source: Option<String>,
    /// Whether nobody has compared the id with the framework's own text.
    #[serde(default)]
    pub unverified: bool,
}

impl ControlEntry {
    /// Framework and version, as every output names them.
    #[must_use]
    pub fn full_framework(&self) -> String {
        format!("{} {}", self.framework, self.version)
    }

    /// Whether another row is about the same control.
    #[must_use]
    pub fn is_same_control(&self, other: &Self) -> bool {
        let key = |entry: &Self| (entry.framework.clone(), entry.version.clone(), entry.id.clone(), entry.provider);
        key(self) == key(other)
    }
}
