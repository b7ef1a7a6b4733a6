//! What many findings say alike, kept once: a report about a hundred thousand of them would else be four times as large.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use super::{ChangeJson, ControlJson, FindingExceptionJson, FindingJson};

/// Texts that were said before.
#[derive(Debug, Default)]
pub struct SharedTexts {
    texts: HashSet<Arc<str>>,
    controls: HashSet<Arc<[ControlJson]>>,
    exceptions: HashSet<Arc<FindingExceptionJson>>,
}

impl SharedTexts {
    /// A text that may have been said before.
    pub fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let text = Arc::from(text);
        self.texts.insert(Arc::clone(&text));
        text
    }

    /// Lets a finding share what was said before it. Its id and its summary are its own.
    pub fn share(&mut self, finding: &mut FindingJson) {
        let FindingJson { rule, account, region, profile, role, store, actor, fix, clears_when, .. } = finding;
        let optional = [region, profile, role, store, actor].into_iter().flatten();
        for text in [rule, account, &mut fix.how, clears_when].into_iter().chain(optional) {
            shared(&mut self.texts, text);
        }
        shared(&mut self.controls, &mut finding.controls);
        if let Some(exception) = &mut finding.exception {
            shared(&mut self.exceptions, exception);
        }
    }

    /// Lets a step of a finding's life share the run that all findings of its analysis have.
    pub fn share_run(&mut self, change: &mut ChangeJson) {
        shared(&mut self.texts, &mut change.run);
    }
}

fn shared<T: ?Sized + Eq + Hash>(known: &mut HashSet<Arc<T>>, one: &mut Arc<T>) {
    match known.get(one) {
        Some(first) => one.clone_from(first),
        None => drop(known.insert(Arc::clone(one))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_said_before_is_said_in_one_place() {
        let mut texts = SharedTexts::default();
        let first = texts.text("Mend it.");
        let mut again: Arc<str> = "Mend it.".into();
        assert!(!Arc::ptr_eq(&first, &again));
        shared(&mut texts.texts, &mut again);
        assert!(Arc::ptr_eq(&first, &again));
        let mut other: Arc<str> = "Leave it.".into();
        shared(&mut texts.texts, &mut other);
        assert_eq!(&*other, "Leave it.");
        assert!(Arc::ptr_eq(&texts.text("Leave it."), &other));
    }
}
