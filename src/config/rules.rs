//! `[rules]`: times that the rules need.

use jiff::SignedDuration;
use serde::Serialize;

use super::reader::Section;
use super::value::Period;
use crate::model::JudgingSettings;

/// `[rules]`: times that the rules need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct Rules {
    /// How long a role may outlive its last store, and a deletion task its end, before it counts. Default `24h`.
    pub grace: Period,
    /// How long before its end a store is reported. Default `30d`.
    pub expiry_notice: Period,
    /// How near a store's creation must be to a role's creation for the two to belong together. Default `24h`.
    pub creation_window: Period,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            grace: Period::from_hours(24),
            expiry_notice: Period::from_hours(30 * 24),
            creation_window: Period::from_hours(24),
        }
    }
}

impl Rules {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let default = Self::default();
        Self {
            grace: section.value("grace", default.grace),
            expiry_notice: section.value("expiry_notice", default.expiry_notice),
            creation_window: section.value("creation_window", default.creation_window),
        }
    }

    /// The settings as the rules take them. `collection_patience` is two schedules, and `scheduled` tells whether
    /// those are kept, which only the daemon knows.
    #[must_use]
    pub fn judging(&self, collection_patience: SignedDuration, scheduled: bool) -> JudgingSettings {
        JudgingSettings {
            grace: self.grace.duration(),
            expiry_notice: self.expiry_notice.duration(),
            collection_patience,
            scheduled,
            creation_window: self.creation_window.duration(),
        }
    }
}
