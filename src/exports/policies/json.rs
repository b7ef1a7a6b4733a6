//! A policy document of IAM.

use serde::Serialize;

use super::LANGUAGE_VERSION;
use crate::model::{Permissions, Statement};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    version: &'static str,
    statement: Vec<Allowed<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Allowed<'a> {
    sid: &'static str,
    effect: &'static str,
    action: &'a [&'static str],
    resource: OneOrMany<'a>,
}

/// A single resource stands alone, as people write it.
#[derive(Serialize)]
#[serde(untagged)]
enum OneOrMany<'a> {
    One(&'a str),
    Many(&'a [String]),
}

impl<'a> From<&'a Statement> for Allowed<'a> {
    fn from(statement: &'a Statement) -> Self {
        let resource = match &statement.resources[..] {
            [one] => OneOrMany::One(one),
            many => OneOrMany::Many(many),
        };
        Self { sid: statement.sid, effect: "Allow", action: &statement.actions, resource }
    }
}

/// The whole policy as one document: what the account needs in which roletrail runs.
#[must_use]
pub fn json(permissions: &Permissions) -> String {
    let statement = permissions.statements.iter().map(Allowed::from).collect();
    let document = Document { version: LANGUAGE_VERSION, statement };
    let text = serde_json::to_string_pretty(&document).expect("texts and lists are always JSON");
    text + "\n"
}
