//! A resource directory of Alibaba Cloud.

use anyhow::ensure;

use super::Organisation;
use super::alibaba::{Account, Cloud, Instance, Trail, World};

/// The management account.
const HUB: &str = "1000000000000000";
/// Some of the Regions of the key service, those with the global events first.
const REGIONS: [&str; 12] = [
    "cn-hangzhou",
    "ap-southeast-1",
    "cn-shanghai",
    "cn-beijing",
    "cn-shenzhen",
    "cn-hongkong",
    "ap-southeast-3",
    "cn-chengdu",
    "us-east-1",
    "us-west-1",
    "eu-central-1",
    "ap-northeast-1",
];

/// The cloud with such a directory. It prints the endpoint for the configuration.
pub fn cloud(size: &Organisation) -> anyhow::Result<Cloud> {
    let regions = size.regions.min(REGIONS.len());
    ensure!(0 < regions, "at least one Region has to be there");
    let regions = &REGIONS[..regions];
    let mut world = World::new(HUB).regions(regions);
    for number in 0..size.accounts {
        world = world.account(account(number, regions));
    }
    let cloud = Cloud::start_on(world, size.port);
    println!("# endpoint = {:?}", cloud.endpoint());
    Ok(cloud)
}

/// Of ten accounts three have a hardware instance, one is orphaned, one has a software instance, and the others never
/// had a role.
fn account(number: u64, regions: &[&str]) -> Account {
    let id = (1_000_000_000_000_000 + number).to_string();
    let account = Account::new(&id).trail(Trail::healthy(&id, regions[0], "all-events", "example-trail-logs"));
    let (last, instance) = (regions[regions.len() - 1], format!("kst-{number:08x}"));
    match number % 10 {
        1..=3 => {
            account.with_instance(last, &instance).cluster(regions[0], &format!("cluster-{number:x}"), "INITIALIZED")
        }
        4 => account.orphaned(),
        5 => account.instance(last, Instance::software(&instance)),
        _ => account,
    }
}
