//! A policy document of IAM.

use serde_json::{Value, json};

use super::LANGUAGE_VERSION;
use crate::model::{Permissions, Statement};

/// The whole policy as one document: what the account needs in which roletrail runs.
#[must_use]
pub fn json(permissions: &Permissions) -> String {
    let statements: Vec<_> = permissions.statements.iter().map(statement).collect();
    format!("{:#}\n", json!({"Version": LANGUAGE_VERSION, "Statement": statements}))
}

fn statement(statement: &Statement) -> Value {
    // A single resource stands alone, as people write it.
    let resource = match &statement.resources[..] {
        [one] => json!(one),
        many => json!(many),
    };
    json!({"Sid": statement.sid, "Effect": "Allow", "Action": statement.actions, "Resource": resource})
}
