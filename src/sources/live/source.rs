//! Reading one source: its accounts side by side, its deliveries beside them.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join;
use tokio::sync::{OnceCell, mpsc};

use super::accounts::{Listed, read_all, read_events};
use super::bucket::{self, Bucket, Reading};
use super::doctor::Watch;
use super::plan::hand_over;
use super::regions::Regions;
use super::rows::{account_row, list_row};
use super::{Failure, Found, Outlet, Permitted, Plan, Reached, Scan};
use crate::config;
use crate::model::{Collection, Coverage, Provider};

/// Which accounts a source reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sources) enum Which<'c> {
    /// None: trails only.
    None,
    /// The one of the credentials.
    Own,
    /// These.
    Listed(&'c [String]),
    /// All that the provider lists.
    All,
}

/// The account from which a source enters all others.
pub(in crate::sources) trait Hub: Send + Sync + Sized + 'static {
    /// The settings of its source.
    type Source;

    /// The right to ask in one account.
    type Session: Send + Sync;

    /// Opens a source: finds credentials, and whose they are. `watch` sees when answers were sent, be they refusals.
    fn open(
        source: &Self::Source,
        scan: Arc<Scan>,
        watch: Option<&Watch>,
    ) -> impl Future<Output = Result<Self, Failure>> + Send;

    /// Its id.
    fn account(&self) -> &str;

    /// Whose credentials these are.
    fn arn(&self) -> &str;

    /// A session of an account: the hub's own, or one with the member role in any other.
    ///
    /// An error means that the role cannot be assumed.
    fn enter(&self, account: &str) -> impl Future<Output = Result<Self::Session, Failure>> + Send;
}

/// Settings of a source, with what its provider brings to read it.
pub(in crate::sources) trait Source: Send + Sync + Sized + 'static {
    /// The calls of the provider.
    type Call: Permitted;

    /// The account from which the others are entered.
    type Hub: Hub<Source = Self, Session = Self::Session>;

    /// The right to ask in one account.
    type Session: Send + Sync;

    /// A bucket of a trail.
    type Bucket: Bucket;

    /// The provider.
    const PROVIDER: Provider = <Self::Call as Permitted>::PROVIDER;

    /// The call that lists accounts.
    const LIST: Self::Call;

    /// Which accounts it reads.
    fn which(&self) -> Which<'_>;

    /// Which Regions of theirs.
    fn regions(&self) -> &config::Regions;

    /// Hands over every account that the provider lists, as it becomes known.
    ///
    /// An error means that the list could not be read to its end: accounts may be missing.
    fn list(hub: &Self::Hub, accounts: &mpsc::Sender<Listed>) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Every Region of an account.
    fn every_region(session: &Self::Session) -> impl Future<Output = Regions> + Send;

    /// Reads the inventory of an account; what could not be read is in its coverage.
    fn inventory(plan: &Plan<Self>, account: &Entered<Self>) -> impl Future<Output = Collection> + Send;

    /// Whether the event history of the accounts is read.
    fn has_events(&self) -> bool;

    /// Reads the event history of an account and hands it over.
    fn events(plan: &Plan<Self>, account: &Entered<Self>, outlet: &Outlet) -> impl Future<Output = ()> + Send;

    /// Reads what trails have delivered, all of them side by side; answers what each bucket held.
    fn deliveries(plan: &Plan<Self>, hub: &Self::Hub, outlet: &Outlet) -> impl Future<Output = Vec<Reading>> + Send;

    /// Without credentials no delivery can be read.
    fn no_deliveries(plan: &Plan<Self>, failure: &Failure) -> Vec<Coverage>;
}

/// An account that was entered. Its Regions are asked for once, by whoever needs them first.
pub(in crate::sources) struct Entered<S: Source> {
    /// The right to ask in it.
    pub session: S::Session,
    account: String,
    regions: OnceCell<Regions>,
}

impl<S: Source> Entered<S> {
    /// Its Regions.
    pub(in crate::sources) async fn regions(&self, plan: &Plan<S>) -> &Regions {
        self.regions.get_or_init(|| Regions::of(plan, &self.account, &self.session)).await
    }
}

/// A source that is open.
pub(super) struct Open<S: Source> {
    pub(super) plan: Plan<S>,
    pub(super) hub: Arc<S::Hub>,
}

impl<S: Source> Open<S> {
    pub(super) async fn enter(&self, account: &str) -> Result<Entered<S>, Failure> {
        let session = self.hub.enter(account).await?;
        Ok(Entered { session, account: account.to_owned(), regions: OnceCell::new() })
    }
}

/// Reads a source to its end and hands over what it finds; what could not be read is among it. Answers `None` where
/// the source could not be opened.
pub(in crate::sources) async fn collect<S: Source>(plan: Plan<S>, outlet: Outlet) -> Option<Reached<S::Hub>> {
    let hub = match S::Hub::open(&plan.source, Arc::clone(&plan.scan), None).await {
        Ok(hub) => Arc::new(hub),
        Err(failure) => {
            closed(&plan, &failure, &outlet).await;
            return None;
        }
    };
    let open = Arc::new(Open { plan, hub: Arc::clone(&hub) });
    let plan = &open.plan;
    let accounts = async {
        if plan.source.which() == Which::None {
            // Without inventory the trail is that of the hub's own account.
            read_events(&*open, hub.account(), &outlet).await;
            return BTreeSet::new();
        }
        read_all(&open, &outlet).await
    };
    let (accounts, held) = join(accounts, S::deliveries(plan, &hub, &outlet)).await;
    bucket::note_silent::<S::Bucket>(plan.now, &accounts, held, &outlet).await;
    Some(Reached { identity: hub.arn().to_owned(), hub, accounts })
}

/// Without credentials nothing of the source can be read: what it was to read is unknown.
async fn closed<S: Source>(plan: &Plan<S>, failure: &Failure, outlet: &Outlet) {
    let row = |id: &String| account_row(S::PROVIDER, id, failure.outcome, failure.detail.clone(), plan.now);
    let mut rows = match plan.source.which() {
        Which::Listed(ids) => ids.iter().map(row).collect(),
        // Nobody's inventory is missing, and a row about it would never be followed by a better one.
        Which::None => Vec::new(),
        Which::Own | Which::All => vec![list_row(S::PROVIDER, S::LIST, &Err(failure.clone()), plan.now)],
    };
    rows.extend(S::no_deliveries(plan, failure));
    hand_over(outlet, Found::Coverage(rows)).await;
}

/// Hands over every account of a source, as it becomes known.
///
/// # Errors
/// [`Failure`] when the list could not be read to its end: accounts may be missing.
pub(super) async fn list_accounts<S: Source>(
    source: &S,
    hub: &S::Hub,
    accounts: &mpsc::Sender<Listed>,
) -> Result<(), Failure> {
    let ids = match source.which() {
        // A source without accounts still looks events up in its own.
        Which::None | Which::Own => vec![hub.account().to_owned()],
        Which::Listed(ids) => ids.to_vec(),
        Which::All => return S::list(hub, accounts).await,
    };
    for id in ids {
        // Whoever takes them has ended: so may this.
        if accounts.send(Listed::Active(id)).await.is_err() {
            break;
        }
    }
    Ok(())
}
