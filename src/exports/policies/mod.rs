//! Least-privilege policies in the languages in which people grant them: one file each.
//!
//! Texts of the configuration (names of roles, buckets, external ids) are data in every language: each file quotes
//! them by the rules of its own.

mod cloudformation;
mod json;
mod ram_terraform;
mod terraform;

pub use cloudformation::cloudformation;
pub use json::{json, ram_json};
pub use ram_terraform::ram_terraform;
pub use terraform::terraform;

/// The version of the policy language (IAM user guide, "Version"). The only one with policy variables.
const LANGUAGE_VERSION: &str = "2012-10-17";

/// The version of the policy language of RAM, the only one (RAM, "Policy structure and syntax").
const RAM_VERSION: &str = "1";

/// Name of the policy for whoever runs roletrail, and of the one inside each role in other accounts.
const POLICY_NAME: &str = "roletrail";

/// Splits the name of a role into its path, with both slashes, and the name behind it.
fn path_and_name(role: &str) -> (String, &str) {
    match role.trim_start_matches('/').rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), role.trim_start_matches('/')),
    }
}

#[cfg(test)]
mod tests;
