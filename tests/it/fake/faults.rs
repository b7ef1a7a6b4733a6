//! Faults: which calls go wrong, and how.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Errors, Refusal};
use super::tokens::{Asked, Tokens};

/// What goes wrong with a call.
#[derive(Debug, Clone)]
pub enum Effect {
    /// An error with this status and code.
    Error(u16, String),
    /// The permission is missing, in the words of the service.
    AccessDenied,
    /// Too many calls, in the words of the service.
    Throttle,
    /// The key is unknown, as a Region says that is switched off.
    UnknownKey,
    /// The session has ended.
    Expired,
    /// A server error with this status, in the form of the protocol.
    ServerError(u16),
    /// A server error with a page for people.
    Html,
    /// Status 200 and nothing.
    EmptyBody,
    /// The first half of the right answer, which the headers call whole.
    HalfBody,
    /// No answer, for ever.
    Hang,
    /// The right answer, a byte every 100 ms.
    Drip,
    /// The connection is reset.
    Reset,
    /// The answer's page token is the request's, so that a client without a guard goes round for ever.
    RepeatedToken,
    /// More follows, but how to get it is not said.
    TruncatedWithoutMarker,
    /// Members that no model knows.
    ExtraFields,
    /// The right answer, late.
    Delay(Duration),
}

/// A rule: which calls it is for, which of them it hits, and what happens to them.
#[derive(Debug, Clone)]
pub struct Fault {
    action: String,
    account: Option<String>,
    region: Option<String>,
    first: u64,
    last: u64,
    effect: Effect,
    seen: u64,
}

impl Fault {
    /// A rule for an action, as permissions name it; `*` is for every action.
    pub fn on(action: &str) -> Self {
        Self {
            action: action.to_owned(),
            account: None,
            region: None,
            first: 1,
            last: u64::MAX,
            effect: Effect::AccessDenied,
            seen: 0,
        }
    }

    /// For calls of one account only.
    pub fn account(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    /// For calls in one Region only.
    pub fn region(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }

    /// Every such call.
    pub fn always(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// The first `calls` such calls.
    pub fn first(mut self, calls: u64, effect: Effect) -> Self {
        self.last = calls;
        self.effect = effect;
        self
    }

    /// The nth such call (from 1).
    pub fn nth(mut self, call: u64, effect: Effect) -> Self {
        (self.first, self.last) = (call, call);
        self.effect = effect;
        self
    }

    /// The nth such call (from 1) and all after it.
    pub fn from(mut self, call: u64, effect: Effect) -> Self {
        self.first = call;
        self.effect = effect;
        self
    }

    /// What happens to a call, which is counted where it is one of the rule's.
    pub fn strikes(&mut self, action: &str, account: &str, region: &str) -> Option<Effect> {
        let concerned = (self.action == "*" || self.action == action)
            && self.account.as_deref().is_none_or(|wanted| wanted == account)
            && self.region.as_deref().is_none_or(|wanted| wanted == region);
        if !concerned {
            return None;
        }
        self.seen += 1;
        (self.first <= self.seen && self.seen <= self.last).then(|| self.effect.clone())
    }
}

impl Effect {
    /// The error that is answered instead, if it is one.
    pub fn refusal(&self, protocol: impl Errors, caller: &str, action: &str) -> Option<Refusal> {
        match self {
            Self::Error(status, code) => Some(Refusal::new(*status, code, "An error that a test asked for.")),
            Self::AccessDenied => Some(protocol.access_denied(caller, action)),
            Self::Throttle => Some(protocol.throttled()),
            Self::UnknownKey => Some(protocol.unknown_key()),
            Self::Expired => Some(protocol.expired()),
            Self::ServerError(status) => Some(protocol.unwell(*status)),
            _ => None,
        }
    }

    /// Changes the right answer to a request.
    pub fn twist(&self, answer: &mut Value, request: &impl Asked, tokens: &Tokens) {
        match (self, request.paging()) {
            (Self::RepeatedToken, Some(paging)) => {
                if let Some(token) = request.parameters()[paging.asked].as_str() {
                    answer[paging.given] = json!(token);
                } else if answer[paging.given].is_null() {
                    answer[paging.given] = json!(tokens.issue(request, "0"));
                }
                if let Some(flag) = paging.flag {
                    answer[flag] = json!(true);
                }
            }
            (Self::TruncatedWithoutMarker, Some(paging)) => match (paging.flag, answer.as_object_mut()) {
                (Some(flag), Some(members)) => {
                    members.remove(paging.given);
                    members.insert(flag.to_owned(), json!(true));
                }
                _ => answer[paging.given] = json!(""),
            },
            (Self::ExtraFields, _) => {
                answer["FieldOfTheFuture"] = json!({"Nested": ["value", {"Deep": 1}]});
                for value in answer.as_object_mut().into_iter().flat_map(|members| members.values_mut()) {
                    for entry in value.as_array_mut().into_iter().flatten().filter(|entry| entry.is_object()) {
                        entry["FieldOfTheFuture"] = json!("value");
                    }
                }
            }
            _ => {}
        }
    }
}
