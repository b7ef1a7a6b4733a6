//! Serves a simulated organisation on loopback, for benchmarks and for trying roletrail by hand.
//!
//! ```text
//! cargo run --release --example stand_in -- --accounts 1000 --regions 17 --latency 50ms --port 4599
//! ```
//! With `--provider alibaba` it speaks like Alibaba Cloud; the endpoint for `[[alibaba]]` is a comment then.
//! It prints the environment that a program needs to talk to it, and serves until it is ended. There is no moto behind
//! it: buckets and queues are refused.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Parser;
use jiff::SignedDuration;

#[path = "../../tests/it/alibaba/mod.rs"]
mod alibaba;
#[path = "../../tests/it/aws/mod.rs"]
mod aws;
#[path = "../../tests/it/fake/mod.rs"]
mod fake;
mod of_alibaba;
mod of_aws;

/// Serves a simulated organisation on loopback.
#[derive(Debug, Parser)]
#[command(name = "stand_in")]
struct Arguments {
    /// Accounts, the management account among them
    #[arg(long, default_value_t = 100)]
    accounts: u64,
    /// The provider that it speaks like
    #[arg(long, value_enum, default_value_t = Provider::Aws)]
    provider: Provider,
    /// Regions that every account has (at most 17; of Alibaba Cloud 12)
    #[arg(long, default_value_t = 17)]
    regions: usize,
    /// Time before every answer, such as 50ms
    #[arg(long, default_value = "0ms")]
    latency: SignedDuration,
    /// Port on loopback; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Seconds between lines that tell how many calls there were; 0 prints none
    #[arg(long, default_value_t = 10)]
    report: u64,
}

/// Whose protocols are spoken.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Provider {
    Aws,
    Alibaba,
}

/// How large an organisation is, and where it is served.
struct Organisation {
    accounts: u64,
    regions: usize,
    port: u16,
}

fn main() -> anyhow::Result<()> {
    let Arguments { accounts, provider, regions, latency, port, report } = Arguments::parse();
    ensure!(0 < accounts, "an organisation has an account at least");
    let size = Organisation { accounts, regions, port };
    let latency = Duration::try_from(latency).context("a latency is not negative")?;
    let cloud: Box<dyn StandIn> = match provider {
        Provider::Aws => Box::new(of_aws::cloud(&size)?),
        Provider::Alibaba => Box::new(of_alibaba::cloud(&size)?),
    };
    cloud.slow_down(latency);
    for (name, value) in cloud.environment() {
        println!("export {name}={value}");
    }
    println!("# ready");
    tell(report, &*cloud);
    Ok(())
}

/// A stand-in that is running.
trait StandIn {
    /// Answers every call this much later, and counts calls without keeping them.
    fn slow_down(&self, latency: Duration);
    /// The environment for a program that is to talk to it.
    fn environment(&self) -> Vec<(&'static str, String)>;
    /// Calls, the most at once, and malformed ones.
    fn counts(&self) -> (u64, usize, usize);
}

impl<W: fake::Served> StandIn for fake::Cloud<W> {
    fn slow_down(&self, latency: Duration) {
        self.set_latency(latency);
        self.only_count();
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        Self::environment(self)
    }

    fn counts(&self) -> (u64, usize, usize) {
        (self.total(), self.most_in_flight(), self.refusals().len())
    }
}

/// Tells every so many seconds how many calls there were, how many at most at once, and how many malformed.
fn tell(seconds: u64, cloud: &dyn StandIn) {
    let (pause, mut before) = (Duration::from_secs(if seconds == 0 { 3600 } else { seconds }), 0);
    loop {
        std::thread::sleep(pause);
        let (total, most, refused) = cloud.counts();
        if seconds != 0 && total != before {
            let rate = (total - before) / seconds;
            eprintln!("{total} calls, {rate} a second, at most {most} at once, {refused} malformed");
        }
        before = total;
    }
}
