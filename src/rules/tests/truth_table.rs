//! Every combination of Region outcomes, role states and stores, against a second opinion written for the purpose.

use super::{NOW, Scene};
use crate::model::{Outcome, RolePresence, StoreNeed, Verdict, api};

const OUTCOMES: [Outcome; 8] = [
    Outcome::Complete,
    Outcome::Partial,
    Outcome::Denied,
    Outcome::Throttled,
    Outcome::TimedOut,
    Outcome::Error,
    Outcome::NotEnabled,
    Outcome::Unsupported,
];
const ROLES: [RolePresence; 3] = [RolePresence::Present, RolePresence::Absent, RolePresence::Unknown];
const REGIONS: [&str; 3] = ["eu-west-1", "us-east-1", "us-west-2"];

/// One row of the table.
#[derive(Debug, Clone)]
struct Row {
    outcomes: Vec<Outcome>,
    role: RolePresence,
    store: Option<StoreNeed>,
    trail: bool,
    /// How listing the Regions ended, where they were listed.
    listing: Option<Outcome>,
}

impl Row {
    fn scene(&self) -> Scene {
        let mut scene = match self.role {
            RolePresence::Present => Scene::aws().role(),
            RolePresence::Absent => Scene::aws().no_role(),
            RolePresence::Unknown => Scene::aws().role().role_answer(Outcome::Denied),
        };
        for (region, outcome) in REGIONS.iter().zip(&self.outcomes) {
            scene = scene.region(region, *outcome);
        }
        if let Some(need) = self.store {
            scene = scene.store("cks-1", need);
        }
        if let Some(outcome) = self.listing {
            scene = scene.place(api::AWS_LIST_REGIONS, None, outcome, NOW);
        }
        if self.trail { scene.trail("2026-01-01T00:00:00Z", NOW) } else { scene }
    }

    /// The verdict by the words of the rules, not by the code's way.
    fn verdict(&self) -> Verdict {
        let needing = self.store.is_some_and(|need| need != StoreNeed::NotNeeded);
        let answered = matches!(self.outcomes[0], Outcome::Complete | Outcome::Unsupported);
        let gap = self.outcomes.iter().any(|outcome| outcome.is_gap());
        let switched_off_with_store = self.store.is_some() && self.outcomes[0] == Outcome::NotEnabled;
        let listed = self.listing.is_none_or(|outcome| outcome == Outcome::Complete);
        let complete = listed && !gap && !switched_off_with_store && self.outcomes.contains(&Outcome::Complete);
        match self.role {
            RolePresence::Absent if self.store == Some(StoreNeed::Needed) && answered => Verdict::Findings,
            RolePresence::Absent if complete && !needing => Verdict::NotInUse,
            RolePresence::Present if complete && !needing => Verdict::Orphaned,
            RolePresence::Present if complete && self.trail => Verdict::Clean,
            RolePresence::Present | RolePresence::Absent | RolePresence::Unknown => Verdict::Unknown,
        }
    }
}

fn combinations(regions: usize) -> Vec<Vec<Outcome>> {
    (0..regions).fold(vec![Vec::new()], |lists, _| {
        lists.iter().flat_map(|list| OUTCOMES.map(|outcome| [list.as_slice(), &[outcome]].concat())).collect()
    })
}

#[test]
fn every_combination_of_region_outcomes_and_role_states_gets_the_right_verdict() {
    let stores = [None, Some(StoreNeed::Needed), Some(StoreNeed::Unknown), Some(StoreNeed::NotNeeded)];
    let mut rows = 0;
    for outcomes in (1..=REGIONS.len()).flat_map(combinations) {
        for (role, store) in ROLES.into_iter().flat_map(|role| stores.map(|store| (role, store))) {
            let listing = OUTCOMES.get(rows % (OUTCOMES.len() + 1)).copied();
            let row = Row { outcomes: outcomes.clone(), role, store, trail: rows % 2 == 0, listing };
            judge(&Row { listing: None, ..row.clone() });
            judge(&row);
            judge(&Row { trail: !row.trail, ..row });
            rows += 1;
        }
    }
    assert_eq!(rows, (8 + 64 + 512) * 3 * 4);
}

fn judge(row: &Row) {
    let judgement = row.scene().judgement();
    let verdicts = &judgement.verdicts;
    let verdict = verdicts.iter().find(|verdict| verdict.profile == "aws-kms-custom-key-stores").expect("is judged");
    assert_eq!(verdict.verdict, row.verdict(), "{row:?}");
    let orphans = judgement.findings.iter().filter(|finding| finding.rule == "orphaned-role").count();
    assert_eq!(orphans, usize::from(verdict.verdict == Verdict::Orphaned), "{row:?}");
    let unlisted = row.listing.is_some_and(|outcome| outcome != Outcome::Complete);
    let has_gap = unlisted || row.outcomes.iter().any(|outcome| outcome.is_gap());
    if has_gap || row.role == RolePresence::Unknown {
        assert!(!matches!(verdict.verdict, Verdict::Orphaned | Verdict::Clean | Verdict::NotInUse), "{row:?}");
        assert!(!verdict.missing.is_empty(), "{row:?}");
    }
    let expected = row.outcomes.iter().filter(|outcome| **outcome != Outcome::NotEnabled).count() as u64;
    assert_eq!(verdict.regions_expected, expected, "{row:?}");
    assert!(verdict.regions_complete <= expected, "{row:?}");
}
