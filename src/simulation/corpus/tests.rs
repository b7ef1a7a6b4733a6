use std::collections::BTreeSet;

use serde_json::Value;

use super::super::tests::{files, id_of, is_log, json, records_of};
use super::*;

fn small(provider: Provider, bytes: u64) -> CorpusPlan {
    CorpusPlan { relevant_per_million: 4_000, decoys_per_million: 3_000, ..CorpusPlan::new(provider, bytes) }
}

fn write(plan: &CorpusPlan) -> (Truth, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let truth = corpus(plan, directory.path()).expect("can be written");
    (truth, directory)
}

fn check(plan: &CorpusPlan) {
    let (truth, directory) = write(plan);
    let off = truth.written.bytes_uncompressed.abs_diff(plan.bytes);
    assert!(off * 50 <= plan.bytes, "{:?}", truth.written);
    let files = files(directory.path());
    let records: Vec<_> =
        files.iter().filter(|(path, _)| is_log(path)).flat_map(|(_, bytes)| records_of(bytes)).collect();
    assert_eq!(files.len() as u64, truth.written.log_objects + truth.written.other_objects);
    assert_eq!(records.len() as u64, truth.written.records);
    let mean = truth.written.bytes_uncompressed / truth.written.records;
    assert!((900..1500).contains(&mean), "{mean}");
    let ids: BTreeSet<_> = records.iter().filter_map(id_of).collect();
    assert_eq!(ids.len(), records.len());
    assert!(!truth.orphaned.is_empty());
    for flagged in &truth.flagged {
        assert!(ids.contains(flagged.event_id.as_str()), "{flagged:?}");
    }
}

/// Whether a record of CloudTrail concerns the watched role, told in another way than the writer's.
fn concerns_the_role(record: &Value) -> bool {
    let name = record["eventName"].as_str().unwrap_or_default();
    let text = record.to_string();
    match record["eventSource"].as_str().unwrap_or_default() {
        "kms.amazonaws.com" => name.ends_with("CustomKeyStore"),
        "iam.amazonaws.com" => {
            name != "GetRole" && text.contains("cks.kms.amazonaws.com") || name.starts_with("Update")
        }
        _ => text.contains(":role/aws-service-role/cks.kms.amazonaws.com/"),
    }
}

#[test]
fn the_truth_counts_the_records_that_concern_the_role() {
    let (truth, directory) = write(&small(Provider::Aws, 3_000_000));
    let files = files(directory.path());
    let records = files.iter().filter(|(path, _)| is_log(path)).flat_map(|(_, bytes)| records_of(bytes));
    let found = records.filter(concerns_the_role).count() as u64;
    assert_eq!(found, truth.relevant);
    // The plan asks for 4,000 in a million; in so small an archive the one role is not in use for long.
    assert!((2_000..6_000).contains(&(truth.relevant * 1_000_000 / truth.written.records)), "{truth:?}");
    assert!(0 < truth.decoys);
}

#[test]
fn an_archive_has_the_asked_size_and_what_the_truth_says() {
    check(&small(Provider::Aws, 3_000_000));
    check(&small(Provider::Alibaba, 2_000_000));
}

#[test]
fn equal_plans_give_equal_bytes_and_other_seeds_others() {
    let plan = small(Provider::Aws, 1_200_000);
    let (first, second) = (write(&plan), write(&plan));
    assert_eq!(first.0, second.0);
    assert!(files(first.1.path()) == files(second.1.path()));
    let other = write(&CorpusPlan { seed: 2, ..plan });
    assert!(files(first.1.path()) != files(other.1.path()));
}

#[test]
fn one_object_can_be_much_larger_than_the_others() {
    let plan = CorpusPlan { large_object: Some(1_900_000), ..small(Provider::Aws, 4_000_000) };
    let (_, directory) = write(&plan);
    let largest = files(directory.path()).values().map(|bytes| json(bytes).len()).max();
    assert!((1_899_000..1_910_000).contains(&largest.expect("there are files")), "{largest:?}");
}

#[test]
fn plans_that_cannot_be_met_are_refused() {
    let plan = small(Provider::Aws, 2_000_000);
    for impossible in [
        CorpusPlan { bytes: 10, ..plan.clone() },
        CorpusPlan { accounts: 0, ..plan.clone() },
        CorpusPlan { regions: 99, ..plan.clone() },
        CorpusPlan { days: 0, ..plan.clone() },
        CorpusPlan { large_object: Some(1_900_000), ..plan.clone() },
    ] {
        let directory = tempfile::tempdir().expect("a directory can be made");
        assert!(matches!(corpus(&impossible, directory.path()), Err(SimulationError::Plan(_))), "{impossible:?}");
    }
}
