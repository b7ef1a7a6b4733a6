//! What the start page is asked: the filters of its form and the place in its lists.

use std::collections::BTreeMap;

use axum::http::Uri;
use percent_encoding::percent_decode_str;

use super::Trouble;
use crate::exports::html;
use crate::model::{FindingStatus, Provider, Severity};
use crate::rules;
use crate::store::FindingFilter;

/// Characters of a filter at most: ARNs have 2,048.
const LONGEST: usize = 2_048;
/// Characters of the text that is searched for.
pub(super) const LONGEST_TEXT: usize = 512;

/// A question to the start page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// Status; open ones where nobody says otherwise, all of them for `all`.
    pub(super) status: String,
    pub(super) severity: String,
    pub(super) rule: String,
    pub(super) provider: String,
    pub(super) account: String,
    /// What is in the role, store, account or actor.
    pub(super) text: String,
    /// Behind which finding the list goes on.
    pub(super) after: String,
    /// Which page of the verdicts.
    pub(super) verdicts: String,
}

impl Query {
    /// Reads the query of an address. Names that are not known are left alone, so that links from elsewhere work.
    pub(super) fn of(uri: &Uri) -> Result<Self, Trouble> {
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        for pair in uri.query().unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            values.insert(decoded(name), decoded(value));
        }
        let mut take = |name: &str| values.remove(name).map(|value| value.trim().to_owned()).unwrap_or_default();
        let query = Self {
            status: take("status"),
            severity: take("severity"),
            rule: take("rule"),
            provider: take("provider"),
            account: take("account"),
            text: take("q"),
            after: take("after"),
            verdicts: take("verdicts"),
        };
        query.check()?;
        Ok(query)
    }

    fn check(&self) -> Result<(), Trouble> {
        let refused = |what: &str, value: &str, known: &str| {
            Err(Trouble::Question(format!("{what} {value:?} is not known; known are {known}.")))
        };
        if !["", "open", "resolved", "excepted", "all"].contains(&self.status.as_str()) {
            return refused("The status", &self.status, "open, excepted, resolved and all");
        }
        if !self.severity.is_empty() && self.severity.parse::<Severity>().is_err() {
            return refused("The severity", &self.severity, "critical, high, medium, low and info");
        }
        if !self.provider.is_empty() && self.provider.parse::<Provider>().is_err() {
            return refused("The provider", &self.provider, "aws and alibaba");
        }
        if !self.rule.is_empty() && rules::find(&self.rule).is_none() {
            return refused("The rule", &self.rule, "those in the list");
        }
        if [&self.account, &self.after].into_iter().any(|value| LONGEST < value.len()) {
            return Err(Trouble::Question("The question is too long.".to_owned()));
        }
        if LONGEST_TEXT < self.text.chars().count() {
            let sentence =
                format!("A text to search for has {LONGEST_TEXT} characters at most; a part of a name is enough.");
            return Err(Trouble::Question(sentence));
        }
        match [&self.account, &self.text].into_iter().find_map(|value| value.chars().find(|c| html::disguises(*c))) {
            Some(hidden) => Err(Trouble::Question(format!(
                "The filters hold a character that nobody can see, U+{:04X}; leave it out.",
                u32::from(hidden)
            ))),
            None => Ok(()),
        }
    }

    /// The findings that are asked for.
    pub(super) fn filter(&self) -> FindingFilter {
        FindingFilter {
            status: self.wanted_status(),
            rule: Some(self.rule.clone()).filter(|rule| !rule.is_empty()),
            severity: self.severity.parse().ok(),
            account: Some(self.account.clone()).filter(|account| !account.is_empty()),
            provider: self.provider(),
            ..FindingFilter::default()
        }
    }

    /// The provider that is asked for.
    pub(super) fn provider(&self) -> Option<Provider> {
        self.provider.parse().ok()
    }

    /// `None` for all of them.
    pub(super) fn wanted_status(&self) -> Option<FindingStatus> {
        match self.status.as_str() {
            "all" => None,
            "resolved" => Some(FindingStatus::Resolved),
            "excepted" => Some(FindingStatus::Excepted),
            _ => Some(FindingStatus::Open),
        }
    }

    /// Whether the list of findings is narrowed.
    pub(super) fn narrows(&self) -> bool {
        let values = [&self.severity, &self.rule, &self.provider, &self.account, &self.text];
        values.into_iter().any(|value| !value.is_empty())
    }

    /// The number of the page of verdicts, from 0.
    pub(super) fn verdict_page(&self) -> usize {
        self.verdicts.parse::<usize>().unwrap_or(1).clamp(1, 100_000) - 1
    }

    /// The address of the same question at another place in its lists.
    pub(super) fn at(&self, after: &str, verdicts: &str, fragment: &str) -> String {
        let path = html::query(
            "/",
            &[
                ("status", &self.status),
                ("severity", &self.severity),
                ("rule", &self.rule),
                ("provider", &self.provider),
                ("account", &self.account),
                ("q", &self.text),
                ("after", after),
                ("verdicts", verdicts),
            ],
        );
        format!("{path}#{fragment}")
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
