//! `run`: the daemon.

use std::sync::Arc;

use clap::Args;

use super::{Exit, Failure};
use crate::boot::Boot;
use crate::daemon::service::{Configuration, Load, Service};
use crate::daemon::{DaemonParts, Ended, Notifier, shutdown};
use crate::exports::http::{self, Entrance, EntranceError, Summary};

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  roletrail run --config /etc/roletrail/roletrail.toml
  curl http://127.0.0.1:9847/metrics

SIGHUP reads the configuration again and keeps the old one when the new one is wrong. The web configuration and its
certificates are also read again by themselves, soon after they have changed. SIGTERM ends within ten seconds.
A hardened systemd unit is in config/systemd/roletrail.service.")]
pub struct RunArgs {}

/// Runs the daemon until a signal ends it.
///
/// # Errors
/// [`Failure`] when it cannot start.
pub fn run(boot: &Boot, _arguments: &RunArgs) -> Result<Exit, Failure> {
    serve(boot)
}

/// Runs the daemon on the configuration of `boot`.
///
/// # Errors
/// [`Failure`] when it cannot start.
pub(super) fn serve(boot: &Boot) -> Result<Exit, Failure> {
    let loaded = boot.settings_for_collecting()?;
    let entrance = Entrance::open(&loaded.settings.web)?;
    let context = boot.daemon_jobs(&loaded)?;
    let service = Service::new(context, load(boot), Arc::clone(&entrance)).map_err(Failure::usage)?;
    match boot.runtime().block_on(serve_until_told(boot, &service, entrance))? {
        Ended::Clean => Ok(Exit::Done),
        // Threads are still at work; whatever they have not committed is read again by the next run.
        Ended::Abandoned | Ended::Forced => std::process::exit(0),
    }
}

async fn serve_until_told(boot: &Boot, service: &Arc<Service>, entrance: Arc<Entrance>) -> Result<Ended, Failure> {
    let tasks = service.tasks().map_err(Failure::usage)?;
    let listener = entrance.bind().await.map_err(EntranceError::from)?;
    let signals = shutdown::listen()?;
    let Summary { tls, users, .. } = entrance.summary();
    tracing::info!(address = %listener.local_addr()?, tls, users, "serving");
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    let pages = tokio::spawn(http::serve(listener, entrance, service.site(), http::Limits::default(), async {
        // An error means that the sender is gone, which is the end as well.
        let _ = end.await;
    }));
    let first = Arc::clone(service);
    tokio::task::spawn_blocking(move || first.publish())
        .await
        .map_err(|error| Failure::usage(error.to_string()))?
        .map_err(Failure::usage)?;
    let outcome = crate::daemon::run(DaemonParts {
        clock: boot.clock(),
        tasks,
        work: service.work(),
        reload: service.reload(),
        signals,
        stop: boot.stop(),
        notifier: Notifier::of_service_manager(),
        metrics: service.metrics(),
    })
    .await;
    drop(ended);
    // The server ends by itself within its closing time; how is of no consequence any more.
    let _ = pages.await;
    Ok(outcome)
}

/// Reads the configuration again from where it was read first.
fn load(boot: &Boot) -> Load {
    let boot = boot.clone();
    Arc::new(move || load_again(&boot).map_err(|failure| failure.to_string()))
}

fn load_again(boot: &Boot) -> Result<Configuration, Failure> {
    let loaded = boot.settings_for_collecting()?;
    let profiles = boot.profiles(&loaded)?;
    let exceptions = boot.exceptions(&loaded)?;
    let controls = boot.controls(&loaded)?;
    Ok(Configuration { settings: loaded.settings, profiles, exceptions, controls })
}
