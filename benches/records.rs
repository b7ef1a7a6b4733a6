//! How fast objects are read, step by step: decompression, then the whole way from bytes to events, without a store,
//! on objects in which one step is what there is to do.
//!
//! `cargo bench --bench records`. Throughput is that of the JSON.

use std::convert::Infallible;
use std::hint::black_box;
use std::io::Read as _;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use libdeflater::Decompressor;
use roletrail::model::{Reject, TrailEvent};
use roletrail::profiles::Profiles;
use roletrail::trail::{Limits, Reading, Sink, layout, read_object};

mod cloudtrail;
use cloudtrail::{Act, account, delivered, gzip, record};

/// Records of one object: about 5 MB of JSON.
const RECORDS: u64 = 6000;
/// The level at which the providers' objects are about as dense.
const LEVEL: u32 = 6;

/// Takes everything and keeps nothing.
struct Nothing;

impl Sink for Nothing {
    type Error = Infallible;

    fn event(&mut self, event: TrailEvent) -> Result<bool, Infallible> {
        black_box(event);
        Ok(true)
    }

    fn reject(&mut self, reject: Reject) -> Result<(), Infallible> {
        unreachable!("the bench's own records are good: {}", reject.reason);
    }
}

/// An object of records of which `act` answers, by their number, what they tell.
fn object(act: impl Fn(u64) -> Act) -> Vec<u8> {
    let (account, at) = (account(1), Timestamp::UNIX_EPOCH);
    let texts: Vec<_> = (0..RECORDS).map(|number| record(&account, at, act(number), 1, number)).collect();
    delivered(&texts)
}

fn decompression(criterion: &mut Criterion) {
    let plain = object(|_| Act::Ordinary);
    let packed = gzip(&plain, LEVEL);
    let mut out = vec![0; plain.len()];
    let mut group = criterion.benchmark_group("decompression");
    group.throughput(Throughput::Bytes(plain.len() as u64));
    group.bench_function("libdeflate, whole", |bencher| {
        let mut decompressor = Decompressor::new();
        bencher.iter(|| decompressor.gzip_decompress(&packed, &mut out).expect("the bench's own gzip is good"));
    });
    group.bench_function("flate2 with zlib-rs, a stream", |bencher| {
        bencher.iter(|| {
            let mut decoder = MultiGzDecoder::new(packed.as_slice());
            decoder.read_exact(&mut out).expect("the bench's own gzip is good");
        });
    });
    group.finish();
}

/// Reads an object of which `kept` records are kept.
fn read(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, bytes: &[u8], keep_all: bool, kept: u64) {
    let profiles = Profiles::builtin().expect("built-in profiles load");
    let place = layout("records.json.gz");
    let reading = Reading { profiles: &profiles, limits: Limits::default(), keep_all };
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let report = read_object(bytes, "records", &place, &reading, &mut Nothing);
            let report = report.expect("the bench's own object is good");
            let counts = (report.records, report.kept, report.rejected);
            assert_eq!(counts, (RECORDS, kept, 0), "a bench that counts wrong gives no time");
        });
    });
}

fn reading(criterion: &mut Criterion) {
    let every =
        |step: u64, act: Act| move |number: u64| if number.is_multiple_of(step) { act } else { Act::Ordinary };
    let nothing = object(|_| Act::Ordinary);
    let mut group = criterion.benchmark_group("reading");
    for (name, bytes, keep_all, kept) in [
        ("filter: nothing looks relevant", nothing.clone(), false, 0),
        ("cut: one record in a hundred looks relevant", object(every(100, Act::Mention)), false, 0),
        ("parse: every record looks relevant", object(|_| Act::Mention), false, 0),
        ("judge: every record is relevant", object(|_| Act::ServiceAssumes), false, RECORDS),
        ("keep = all: nothing is relevant", nothing, true, RECORDS),
        ("an ordinary object: one record in a thousand", object(every(1000, Act::ServiceAssumes)), false, 6),
    ] {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        read(&mut group, name, &bytes, keep_all, kept);
        if name.starts_with("an ordinary") {
            read(&mut group, "the same, compressed", &gzip(&bytes, LEVEL), keep_all, kept);
        }
    }
    group.finish();
}

criterion_group!(benches, decompression, reading);
criterion_main!(benches);
