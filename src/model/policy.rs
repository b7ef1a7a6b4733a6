//! Policy documents, parsed and normalised, so that two documents that mean the same compare equal.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// A trust or permission policy of AWS or Alibaba Cloud in its normal form.
///
/// The providers write the same policy in many ways: a string or a list of one, lists in any order, statements in
/// any order, one statement object instead of a list, the whole document URL-encoded (AWS IAM answers so, see
/// "`GetRole`" in the IAM API reference). All of them have the same normal form. Action names are compared without
/// ASCII case, as both providers evaluate them. A statement's `Sid` carries no meaning and is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    normal: Value,
}

/// A text that is no policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Not JSON, neither as it stands nor percent-decoded.
    #[error("not JSON: {0}")]
    Json(String),
    /// JSON, but no object with a `Statement`.
    #[error("no policy: the document must be an object with a Statement")]
    Shape,
}

impl PolicyDocument {
    /// Parses a document from text: JSON, or JSON in percent-encoding (RFC 3986) as AWS IAM answers it.
    ///
    /// # Errors
    /// [`PolicyError`] when the text is not JSON or has no `Statement`.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let trimmed = text.trim();
        let decoded = if trimmed.starts_with('{') {
            trimmed.into()
        } else {
            percent_encoding::percent_decode_str(trimmed)
                .decode_utf8()
                .map_err(|error| PolicyError::Json(error.to_string()))?
        };
        let value = serde_json::from_str(&decoded).map_err(|error| PolicyError::Json(error.to_string()))?;
        Self::from_value(&value)
    }

    /// Normalises a document that is already decoded. A JSON string is parsed as text first.
    ///
    /// # Errors
    /// [`PolicyError`] when the value is no policy.
    pub fn from_value(value: &Value) -> Result<Self, PolicyError> {
        if let Value::String(text) = value {
            return Self::parse(text);
        }
        let document = value.as_object().ok_or(PolicyError::Shape)?;
        let statements = match document.get("Statement") {
            Some(Value::Array(list)) => list.iter().map(normal_statement).collect::<Option<Vec<_>>>(),
            Some(single @ Value::Object(_)) => normal_statement(single).map(|one| vec![one]),
            _ => None,
        };
        let mut statements = statements.ok_or(PolicyError::Shape)?;
        sort_values(&mut statements);
        let mut normal = Map::new();
        if let Some(version) = document.get("Version") {
            normal.insert("Version".to_owned(), Value::String(scalar_text(version)));
        }
        normal.insert("Statement".to_owned(), Value::Array(statements));
        Ok(Self { normal: sorted(&Value::Object(normal)) })
    }

    /// The normal form as compact JSON: equal texts are equal policies.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.normal.to_string()
    }

    /// The normal form as a JSON value.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.normal
    }

    /// Whether the two documents mean the same.
    #[must_use]
    pub fn means_the_same(&self, other: &Self) -> bool {
        self.normal == other.normal
    }

    /// Every action pattern of the `Allow` statements, in lower case.
    #[must_use]
    pub fn allowed_actions(&self) -> BTreeSet<String> {
        self.statements()
            .filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"))
            .filter_map(|statement| statement.get("Action").and_then(Value::as_array))
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// Whether an `Allow` statement names `action` (`service:Name`), wildcards honoured, ASCII case ignored.
    #[must_use]
    pub fn allows_action(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.allowed_actions().iter().any(|pattern| wildcard_matches(pattern, &action))
    }

    fn statements(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.normal.get("Statement").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any run of characters and `?` for one.
#[must_use]
fn wildcard_matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == b'?' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((star_at, matched)) = star {
            p = star_at + 1;
            t = matched + 1;
            star = Some((star_at, matched + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

fn normal_statement(statement: &Value) -> Option<Value> {
    let mut normal = Map::new();
    for (key, value) in statement.as_object()? {
        let value = match key.as_str() {
            "Sid" => continue,
            "Effect" => value.clone(),
            "Action" | "NotAction" => lower_case(&string_set(value)),
            "Resource" | "NotResource" => string_set(value),
            "Principal" | "NotPrincipal" | "Condition" => nested_sets(value),
            _ => sorted(value),
        };
        normal.insert(key.clone(), value);
    }
    Some(sorted(&Value::Object(normal)))
}

/// A string or a list of strings as a sorted list without repeats.
fn string_set(value: &Value) -> Value {
    let mut items = match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => vec![Value::String(scalar_text(other))],
    };
    sort_values(&mut items);
    items.dedup();
    Value::Array(items)
}

/// The maps of `Principal` and `Condition`, whose leaves are strings or lists of strings.
fn nested_sets(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            sorted(&Value::Object(map.iter().map(|(key, inner)| (key.clone(), nested_sets(inner))).collect()))
        }
        leaf => string_set(leaf),
    }
}

fn lower_case(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(lower_case).collect();
            sort_values(&mut items);
            items.dedup();
            Value::Array(items)
        }
        Value::String(text) => Value::String(text.to_ascii_lowercase()),
        other => other.clone(),
    }
}

/// Scalars of policies are strings, whatever JSON type the writer chose (`true`, `1`).
fn scalar_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn sort_values(items: &mut [Value]) {
    items.sort_by_cached_key(Value::to_string);
}

/// The same value with the keys of every object in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(key, inner)| (key.clone(), sorted(inner))).collect();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> PolicyDocument {
        PolicyDocument::parse(text).expect("the test's own policy parses")
    }

    #[test]
    fn spelling_does_not_change_the_meaning() {
        let plain = policy(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cks.kms.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
        );
        for other in [
            r#"{"Statement":{"Action":["sts:AssumeRole"],"Principal":{"Service":["cks.kms.amazonaws.com"]},"Effect":"Allow","Sid":""},"Version":"2012-10-17"}"#,
            "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22cks.kms.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D",
        ] {
            assert!(plain.means_the_same(&policy(other)), "{other}");
        }
    }

    #[test]
    fn another_principal_effect_or_condition_changes_the_meaning() {
        let trusted =
            policy(r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"a"},"Action":"sts:AssumeRole"}]}"#);
        for other in [
            r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":["a","b"]},"Action":"sts:AssumeRole"}]}"#,
            r#"{"Statement":[{"Effect":"Deny","Principal":{"Service":"a"},"Action":"sts:AssumeRole"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","NotPrincipal":{"Service":"a"},"Action":"sts:AssumeRole"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"a"},"Action":"sts:AssumeRole","Condition":{"Bool":{"x":"true"}}}]}"#,
        ] {
            assert!(!trusted.means_the_same(&policy(other)), "{other}");
        }
    }

    #[test]
    fn wildcards_of_actions_are_honoured() {
        let document = policy(
            r#"{"Statement":[{"Effect":"Allow","Action":["cloudhsm:Describe*","ec2:CreateNetworkInterface"],"Resource":"*"}]}"#,
        );
        assert!(document.allows_action("cloudhsm:DescribeClusters"));
        assert!(document.allows_action("EC2:createnetworkinterface"));
        assert!(!document.allows_action("ec2:CreateNetworkInterfacePermission"));
        assert!(!document.allows_action("ec2:TerminateInstances"));
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        assert_eq!(PolicyDocument::parse("{}"), Err(PolicyError::Shape));
        assert!(matches!(PolicyDocument::parse("not json"), Err(PolicyError::Json(_))));
    }
}
