//! Every setting with its value and where that came from.

use std::fmt;

use serde_json::Value;

use super::{Loaded, Place, Problem};

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A configuration file.
    File(Place),
    /// A variable of the environment.
    Environment(&'static str),
    /// An option of the command line.
    CommandLine(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(place) => write!(f, "{}:{}", place.file.display(), place.line),
            Self::Environment(variable) => f.write_str(variable),
            Self::CommandLine(option) => f.write_str(option),
        }
    }
}

/// One setting as `config show` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The key, such as `aws[0].trail[0].path`.
    pub key: String,
    /// The value as TOML; `None` where nothing is set. A secret is not among it.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

impl Loaded {
    /// Every setting, in the order of the sections.
    #[must_use]
    pub fn explain(&self) -> Vec<Explained> {
        let mut explained = Vec::new();
        // Settings are plain data with text keys, which JSON can always hold.
        let values = serde_json::to_value(&self.settings).unwrap_or_default();
        self.flatten(String::new(), &values, &mut explained);
        explained
    }

    /// Where a setting came from.
    #[must_use]
    pub fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).cloned().unwrap_or(Origin::Default)
    }

    /// The problem with the place of its setting, or of the nearest one above it that the file holds.
    pub(super) fn locate(&self, problem: Problem) -> Problem {
        let below = format!("{}.", problem.key);
        let holds = |key: &str| key == problem.key || key.starts_with(&below);
        let place = self.origins.iter().find_map(|(key, origin)| match origin {
            Origin::File(place) if holds(key) => Some(place.clone()),
            _ => None,
        });
        Problem { place, ..problem }
    }

    fn flatten(&self, key: String, value: &Value, explained: &mut Vec<Explained>) {
        let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (name, inner) in map {
                    self.flatten(below(name), inner, explained);
                }
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for (index, inner) in items.iter().enumerate() {
                    self.flatten(format!("{key}[{index}]"), inner, explained);
                }
            }
            leaf => {
                let value = toml::Value::try_from(leaf).ok().map(|value| value.to_string());
                explained.push(Explained { origin: self.origin(&key), key, value });
            }
        }
    }
}
