//! Which role a file speaks of, where its content does not tell: by its message, by its name, by what stands beside it.

use std::collections::BTreeMap;

use super::naming::plain;
use super::saved::{Failure, SavedFile};

/// A file's claim to speak of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    /// The role's name in plain form ([`plain`]).
    pub(super) role: String,
    /// Whether the file itself says so. A weak claim counts only where there is no strong one.
    pub(super) strong: bool,
}

/// The role names that are known when claims are judged.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Names of watched roles and of roles that were found.
    pub(super) known: Vec<String>,
    /// The role of each `get-role` file by the file's suffix.
    pub(super) by_suffix: BTreeMap<String, String>,
    /// The role that a file without further word is about.
    pub(super) usual: Option<String>,
}

impl Names {
    /// The claim of a file whose content tells no role; `failure` is what it holds instead of an answer.
    pub(super) fn claim(&self, file: &SavedFile, failure: Option<&Failure>) -> Option<Claim> {
        let strong = |role: &str| Some(Claim { role: plain(role), strong: true });
        if let Some(Failure::Refused(refusal)) = failure {
            if let Some(role) = longest(&self.known, |role| names(&refusal.message, role)) {
                return strong(role);
            }
            if refusal.message.contains("role with name ") {
                return None;
            }
        }
        if let Some(role) = longest(&self.known, |role| file.suffix.contains(&plain(role))) {
            return strong(role);
        }
        if let Some(role) = self.by_suffix.get(&file.suffix) {
            return strong(role);
        }
        self.usual.as_deref().map(|role| Claim { role: plain(role), strong: file.suffix.is_empty() })
    }
}

/// The items whose claim to `role` is the best there is.
pub(super) fn best<'c, T>(claims: &'c [(Claim, T)], role: &str) -> Vec<&'c T> {
    let role = plain(role);
    let fitting = || claims.iter().filter(|(claim, _)| claim.role == role);
    let any_strong = fitting().any(|(claim, _)| claim.strong);
    fitting().filter(|(claim, _)| claim.strong == any_strong).map(|(_, item)| item).collect()
}

/// The longest known name that fits: one name may begin another.
pub(super) fn longest(known: &[String], fits: impl Fn(&str) -> bool) -> Option<&str> {
    known.iter().map(String::as_str).filter(|name| fits(name)).max_by_key(|name| name.len())
}

/// Whether `text` holds `name` as a whole word, ASCII case ignored.
pub(super) fn names(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(&name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_word_names_a_role() {
        let name = "AWSServiceRoleForCloudHSM";
        assert!(names("The role with name AWSServiceRoleForCloudHSM cannot be found.", name));
        assert!(names("on resource: role/x/awsserviceroleforcloudhsm", name));
        assert!(!names("The role with name AWSServiceRoleForCloudHSM2 cannot be found.", name));
    }
}
