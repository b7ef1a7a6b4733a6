//! A policy document of IAM, or of RAM.

use serde_json::{Value, json};

use super::{LANGUAGE_VERSION, RAM_VERSION};
use crate::model::{Permissions, Statement};

/// The whole policy as one document of IAM: what the account needs in which roletrail runs.
#[must_use]
pub fn json(permissions: &Permissions) -> String {
    document(LANGUAGE_VERSION, permissions, |statement| {
        json!({
            "Sid": statement.sid, "Effect": "Allow", "Action": statement.actions, "Resource": resource(statement),
        })
    })
}

/// The same as a document of RAM, whose statements have no ids.
#[must_use]
pub fn ram_json(permissions: &Permissions) -> String {
    document(
        RAM_VERSION,
        permissions,
        |statement| json!({"Effect": "Allow", "Action": statement.actions, "Resource": resource(statement)}),
    )
}

fn document(version: &str, permissions: &Permissions, shape: fn(&Statement) -> Value) -> String {
    let statements: Vec<_> = permissions.statements.iter().map(shape).collect();
    format!("{:#}\n", json!({"Version": version, "Statement": statements}))
}

/// A single resource stands alone, as people write it.
fn resource(statement: &Statement) -> Value {
    match &statement.resources[..] {
        [one] => json!(one),
        many => json!(many),
    }
}
