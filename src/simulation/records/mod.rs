//! Trail records: what happened in the words of CloudTrail and ActionTrail, and the ordinary calls around it.

mod actiontrail;
mod alibaba_background;
mod aws_background;
mod cloudtrail;
mod decoys;

use jiff::Timestamp;
use serde_json::Value;

use super::organisation::{Happening, SimulatedAccount};
use super::random::Random;
use crate::model::Provider;

/// The record of something that happened.
pub(super) fn of_happening(account: &SimulatedAccount, happening: &Happening, random: &mut Random) -> Value {
    match account.provider {
        Provider::Aws => cloudtrail::record(account, happening, random),
        Provider::Alibaba => actiontrail::record(account, happening, random),
    }
}

/// The record of an ordinary call that concerns no watched role.
pub(super) fn background(account: &SimulatedAccount, region: &str, at: Timestamp, random: &mut Random) -> Value {
    match account.provider {
        Provider::Aws => aws_background::record(account, region, at, random),
        Provider::Alibaba => alibaba_background::record(account, region, at, random),
    }
}

/// The record of a call that looks as if it concerned the watched role, and does not.
pub(super) fn decoy(account: &SimulatedAccount, region: &str, at: Timestamp, random: &mut Random) -> Value {
    match account.provider {
        Provider::Aws => decoys::aws(account, region, at, random),
        Provider::Alibaba => decoys::alibaba(account, region, at, random),
    }
}
