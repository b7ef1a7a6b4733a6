//! A request read and checked against the service's model.

use std::collections::BTreeMap;

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
    pub parameters: Value,
}

impl Request {
    pub fn text(&self, member: &str) -> Option<&str> {
        self.parameters[member].as_str()
    }

    /// A member that the catalogue requires, and so is there.
    pub fn needed(&self, member: &str) -> &str {
        self.text(member).unwrap_or_default()
    }

    pub fn number(&self, member: &str) -> Option<usize> {
        let value = &self.parameters[member];
        let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))?;
        usize::try_from(number).ok()
    }

    /// A refusal for parameters that the service does not take.
    pub fn invalid(&self, message: impl Into<String>) -> Refusal {
        Refusal::malformed(400, self.operation.service.validation_error(), message)
    }

    /// Checks every member against the catalogue.
    pub fn check(&self) -> Result<(), Refusal> {
        let Some(members) = self.parameters.as_object() else {
            return Err(Refusal::malformed(400, "SerializationException", "The request is no JSON object."));
        };
        for (name, value) in members {
            let known = self.operation.members.iter().find(|member| member.name == name);
            let Some(member) = known else {
                return Err(self.invalid(format!("{}: unknown member {name}", self.operation.name)));
            };
            if let Err(reason) = fits(member.kind, value) {
                let code = match (self.operation.name, member.name) {
                    ("LookupEvents", "MaxResults") => "InvalidMaxResultsException",
                    _ => self.operation.service.validation_error(),
                };
                return Err(Refusal::malformed(
                    400,
                    code,
                    format!(
                        "1 validation error detected: Value {value} at '{}' failed to satisfy constraint: {reason}",
                        member.name
                    ),
                ));
            }
        }
        for member in self.operation.members.iter().filter(|member| member.required) {
            if !members.contains_key(member.name) {
                return Err(self.invalid(format!("Value null at '{}' must not be null", member.name)));
            }
        }
        Ok(())
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
        match self.operation.name {
            "ListPublicKeys" => "InvalidTokenException",
            _ => self.operation.service.token_error(),
        }
    }
}

fn fits(kind: Kind, value: &Value) -> Result<(), String> {
    match kind {
        Kind::Text(least, most) => {
            let length = value.as_str().ok_or("a string is needed")?.chars().count();
            (least <= length && length <= most)
                .then_some(())
                .ok_or_else(|| format!("Member must have length between {least} and {most}"))
        }
        Kind::Number(least, most) => {
            let number = value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
            let number = number.ok_or("an integer is needed")?;
            (least <= number && number <= most)
                .then_some(())
                .ok_or_else(|| format!("Member must be between {least} and {most}"))
        }
        Kind::Flag => value.as_bool().map(|_| ()).ok_or_else(|| "a boolean is needed".to_owned()),
        Kind::Time => value.as_f64().map(|_| ()).ok_or_else(|| "a number of seconds is needed".to_owned()),
        Kind::Structure => {
            (value.is_object() || value.is_array()).then_some(()).ok_or_else(|| "a structure is needed".to_owned())
        }
    }
}

/// The credential scope of a request: `AKID/20260101/eu-west-1/kms/aws4_request`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    pub key: String,
    pub date: String,
    pub region: String,
    pub service: String,
}

impl Scope {
    /// Reads an `Authorization` header of signature version 4.
    pub fn read(authorization: &str) -> Option<Self> {
        let rest = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let parts: BTreeMap<_, _> = rest.split(',').filter_map(|part| part.trim().split_once('=')).collect();
        let signed = parts.get("SignedHeaders")?;
        if !signed.split(';').any(|header| header == "host") || parts.get("Signature")?.len() != 64 {
            return None;
        }
        let scope: Vec<_> = parts.get("Credential")?.split('/').collect();
        let [key, date, region, service, "aws4_request"] = scope[..] else { return None };
        Some(Self { key: key.into(), date: date.into(), region: region.into(), service: service.into() })
    }
}

/// Operation and parameters of a request, by the protocol of its service.
pub fn operation_and_parameters(
    service: Service,
    path: &str,
    target: &str,
    body: &[u8],
) -> Result<(String, Value), Refusal> {
    let text = String::from_utf8_lossy(body);
    match service {
        Service::Iam | Service::Sts | Service::Sns => {
            let mut form: Map<_, _> = pairs(&text).into_iter().map(|(name, value)| (name, json!(value))).collect();
            let action = form.remove("Action").unwrap_or_default();
            let version = form.remove("Version").unwrap_or_default();
            if version != service.version() && service != Service::Sns {
                let message = format!("Could not find operation {action} for version {version}");
                return Err(Refusal::malformed(400, "InvalidAction", message));
            }
            Ok((action.as_str().unwrap_or_default().to_owned(), Value::Object(form)))
        }
        Service::Account => {
            let name = if path == "/listRegions" { "ListRegions".to_owned() } else { path.to_owned() };
            Ok((name, json_of(&text)?))
        }
        _ => {
            // The SDKs do not agree whether the name of CloudTrail's package stands in front.
            let target = target.strip_prefix("com.amazonaws.cloudtrail.v20131101.").unwrap_or(target);
            let Some(name) = target.strip_prefix(service.target()) else {
                let message = format!("Credential should be scoped to correct service, not {}.", service.name());
                return Err(service.protocol().wrong_signature(message));
            };
            Ok((name.to_owned(), json_of(&text)?))
        }
    }
}

fn json_of(text: &str) -> Result<Value, Refusal> {
    let text = if text.is_empty() { "{}" } else { text };
    serde_json::from_str(text).map_err(|error| Refusal::malformed(400, "SerializationException", error.to_string()))
}
