//! What reading a source takes, and what comes of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{Found, History, Scan};
use crate::profiles::Profiles;

/// Everything that reading a source takes.
#[derive(Clone)]
pub struct Plan<S> {
    /// The source, as the configuration has it.
    pub source: Arc<S>,
    /// The profiles.
    pub profiles: Arc<Profiles>,
    /// What earlier runs know.
    pub history: Arc<dyn History>,
    /// Limits, deadline and counts.
    pub scan: Arc<Scan>,
    /// The time of the observation.
    pub now: Timestamp,
}

/// How far a source reaches: whoever asks for more of the same accounts begins here.
#[derive(Debug)]
pub struct Reached<H> {
    /// The account from which the others are entered.
    pub hub: Arc<H>,
    /// ARN of its credentials.
    pub identity: String,
    /// The accounts that are there to be read.
    pub accounts: BTreeSet<String>,
}

/// Hands something over; where nobody takes it any more, the run has failed and says so itself.
pub(in crate::sources) async fn hand_over(outlet: &mpsc::Sender<Found>, found: Found) {
    if outlet.send(found).await.is_err() {
        tracing::debug!("nobody takes what is found any more");
    }
}
