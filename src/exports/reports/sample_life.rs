//! The lives of roles in the report for the tests of the formats.

use jiff::{SignedDuration, Timestamp};

use super::super::report::*;
use crate::model::{Basis, Provider, RolePresence};

/// The lives of two roles, with `text` wherever text comes from outside.
pub(super) fn lives(period: ReportPeriod, text: &str) -> RoleLives {
    RoleLives { roles: vec![observed(period, text), inferred(period, text)], left_out: 3 }
}

/// So many days into the period.
fn at(period: ReportPeriod, days: i64) -> Timestamp {
    period.from + SignedDuration::from_hours(24 * days)
}

fn subject(provider: Provider, account: &str, profile: &str) -> LifeSubject {
    LifeSubject { provider, account: account.into(), profile: profile.into() }
}

fn observed(period: ReportPeriod, text: &str) -> RoleLifetime {
    let state = |from, to, role| LifeState { from, to, role, basis: Basis::Observed };
    let moment = |days, kind| LifeMoment { time: at(period, days), kind, what: text.to_owned() };
    let uses = |day: i64, by_others: u64| {
        let by_trusted = (day * 7 % 5).unsigned_abs() * 4;
        LifeUse { from: at(period, day), to: at(period, day + 1), by_trusted, by_others, refused: by_others * 2 }
    };
    RoleLifetime {
        subject: subject(Provider::Aws, "111122223333", "aws-kms-custom-key-stores"),
        role: text.to_owned(),
        findings: 3,
        states: vec![
            state(period.from, at(period, 3), RolePresence::Absent),
            state(at(period, 3), at(period, 29), RolePresence::Present),
        ],
        stores: vec![LifeStore {
            region: text.to_owned(),
            store: text.to_owned(),
            from: at(period, 4),
            to: Some(at(period, 20)),
            basis: Basis::Observed,
        }],
        assumptions: (4..29).map(|day| uses(day, u64::from(day == 18))).collect(),
        moments: vec![
            moment(3, MomentKind::Created),
            moment(21, MomentKind::Change),
            moment(22, MomentKind::DeletionRefused),
            moment(23, MomentKind::DeletionAccepted),
            moment(24, MomentKind::DeletionFailed),
            moment(28, MomentKind::DeletionSucceeded),
        ],
        gaps: vec![LifeGap { from: at(period, 29), to: period.to, hides: "role", what: text.to_owned() }],
        left_out: LivesLeftOut { states: 0, stores: 0, moments: 2, gaps: 1 },
        events_since: None,
    }
}

fn inferred(period: ReportPeriod, text: &str) -> RoleLifetime {
    let (from, to, role) = (at(period, 5), period.to, RolePresence::Present);
    RoleLifetime {
        subject: subject(Provider::Alibaba, "1000200030004005", "alibaba-kms-key-store"),
        role: "alibaba-kms-key-store in alibaba/1000200030004005".to_owned(),
        findings: 1,
        states: vec![LifeState { from, to, role, basis: Basis::Inferred }],
        stores: Vec::new(),
        assumptions: Vec::new(),
        moments: Vec::new(),
        gaps: vec![
            LifeGap { from: period.from, to: at(period, 2), hides: "events", what: text.to_owned() },
            LifeGap { from: at(period, 1), to: at(period, 4), hides: "stores", what: text.to_owned() },
        ],
        left_out: LivesLeftOut::default(),
        events_since: Some(at(period, 2)),
    }
}
