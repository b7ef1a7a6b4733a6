//! A request read and checked against the catalogue.

use std::cell::RefCell;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::catalogue::{Kind, Operation, Service};
use crate::fake::{Asked, Paging, Refusal, pairs};

/// A request of an operation that the fake knows.
#[derive(Debug)]
pub struct Request {
    pub operation: &'static Operation,
    pub account: String,
    pub region: String,
    /// ARN of the caller.
    pub caller: String,
    /// Whether the caller is a session of a role.
    pub session: bool,
    /// Text all of them, as they came.
    pub parameters: Value,
    /// Of OSS: bucket and key.
    pub object: (String, String),
    /// What the service answers without a word, but a correct client does not ask.
    pub remarks: RefCell<Vec<String>>,
}

impl Request {
    pub fn text(&self, member: &str) -> Option<&str> {
        self.parameters[member].as_str()
    }

    /// A parameter that the catalogue requires, and so is there.
    pub fn needed(&self, member: &str) -> &str {
        self.text(member).unwrap_or_default()
    }

    pub fn number(&self, member: &str) -> Option<usize> {
        self.text(member)?.parse().ok()
    }

    pub fn remark(&self, what: impl Into<String>) {
        self.remarks.borrow_mut().push(what.into());
    }

    /// Checks every parameter against the catalogue.
    pub fn check(&self) -> Result<(), Refusal> {
        let oss = self.operation.service == Service::Oss;
        let members = self.parameters.as_object().cloned().unwrap_or_default();
        for (name, value) in &members {
            let plain = without_numbers(name);
            let Some(member) = self.operation.members.iter().find(|member| member.name == plain) else {
                let message = format!("{} does not know the parameter {name}.", self.operation.name);
                return Err(Refusal::malformed(
                    400,
                    if oss { "InvalidArgument" } else { "InvalidParameter" },
                    message,
                ));
            };
            if let Err(reason) = fits(member.kind, value.as_str().unwrap_or_default()) {
                let code = if oss { "InvalidArgument".to_owned() } else { format!("InvalidParameter.{plain}") };
                return Err(Refusal::malformed(400, &code, format!("The specified {name} is not valid: {reason}.")));
            }
        }
        match self.operation.members.iter().find(|member| member.required && !members.contains_key(member.name)) {
            Some(member) => Err(Refusal::malformed(
                400,
                &format!("Missing{}", member.name),
                format!("{} is mandatory for this action.", member.name),
            )),
            None => Ok(()),
        }
    }
}

impl Asked for Request {
    fn place(&self) -> (&str, &str, &str) {
        (&self.account, &self.region, self.operation.name)
    }

    fn parameters(&self) -> &Value {
        &self.parameters
    }

    fn paging(&self) -> Option<Paging> {
        self.operation.paging
    }

    fn token_error(&self) -> &'static str {
        self.operation.service.token_error()
    }
}

/// A parameter's name with `N` for its numbers.
fn without_numbers(name: &str) -> String {
    let plain = |part: &str| {
        let number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if number { "N".to_owned() } else { part.to_owned() }
    };
    name.split('.').map(plain).collect::<Vec<_>>().join(".")
}

fn fits(kind: Kind, value: &str) -> Result<(), String> {
    let fine = match kind {
        Kind::Text(least, most) => (least..=most).contains(&value.chars().count()),
        Kind::Number(least, most) => value.parse().is_ok_and(|number: i64| least <= number && number <= most),
        Kind::Time => time(value).is_some(),
        Kind::Word(words) => words.contains(&value),
    };
    if fine { Ok(()) } else { Err(format!("{value:?} is not {kind:?}")) }
}

/// A time in the one form that the service takes.
pub fn time(text: &str) -> Option<Timestamp> {
    if text.len() != 20 || !text.ends_with('Z') || text.as_bytes()[10] != b'T' {
        return None;
    }
    text.parse().ok()
}

/// The parameters of a query or a form; `+` is a blank.
pub fn parameters(text: &str) -> Map<String, Value> {
    pairs(text).into_iter().map(|(name, value)| (name, json!(value))).collect()
}
