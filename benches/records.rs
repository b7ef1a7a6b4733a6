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
use roletrail::trail::{Limits, Reading, Scratch, Sink, layout, read_whole};

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

/// What a case changes of the usual reading.
type How = fn(&mut Reading<'_>);

/// An object, how it is read, and how many of its records are kept.
struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    kept: u64,
    how: How,
}

impl Case {
    fn new(name: &'static str, bytes: Vec<u8>, kept: u64, how: How) -> Self {
        Self { name, bytes, kept, how }
    }

    fn measure(&self, group: &mut BenchmarkGroup<'_, WallTime>, profiles: &Profiles) {
        let place = layout("records.json.gz");
        let mut reading =
            Reading { profiles, limits: Limits::default(), keep_all: false, count: true, parse_all: false };
        (self.how)(&mut reading);
        let mut scratch = Scratch::new(profiles);
        group.bench_function(self.name, |bencher| {
            bencher.iter(|| {
                let report = read_whole(&self.bytes, &mut scratch, "records", &place, &reading, &mut Nothing);
                let report = report.expect("the bench's own object is good");
                assert_eq!((report.kept, report.rejected), (self.kept, 0), "a bench that counts wrong gives no time");
                assert!(!reading.count || report.records == RECORDS, "a bench that counts wrong gives no time");
            });
        });
    }
}

fn cases() -> Vec<Case> {
    let every =
        |step: u64, act: Act| move |number: u64| if number.is_multiple_of(step) { act } else { Act::Ordinary };
    let nothing = object(|_| Act::Ordinary);
    let ordinary = object(every(1000, Act::ServiceAssumes));
    let packed = gzip(&ordinary, LEVEL);
    let (usual, uncounted): (How, How) = (|_| (), |reading| reading.count = false);
    vec![
        Case::new("filter: nothing looks relevant, nothing is counted", nothing.clone(), 0, uncounted),
        Case::new("count: nothing looks relevant", nothing.clone(), 0, usual),
        Case::new("cut: one record in a hundred looks relevant", object(every(100, Act::Mention)), 0, uncounted),
        Case::new("parse: every record looks relevant", object(|_| Act::Mention), 0, usual),
        Case::new("judge: every record is relevant", object(|_| Act::ServiceAssumes), RECORDS, usual),
        Case::new("parse all: nothing looks relevant", nothing.clone(), 0, |reading| reading.parse_all = true),
        Case::new("keep all: nothing looks relevant", nothing, RECORDS, |reading| reading.keep_all = true),
        Case::new("one record in a thousand is relevant", ordinary, 6, usual),
        Case::new("the same, compressed", packed.clone(), 6, usual),
        Case::new("the same, compressed, nothing is counted", packed, 6, uncounted),
    ]
}

fn reading(criterion: &mut Criterion) {
    let profiles = Profiles::builtin().expect("built-in profiles load");
    let mut group = criterion.benchmark_group("reading");
    for case in cases() {
        let plain = case.bytes.len() as u64;
        // Throughput is told of JSON; a compressed object comes after the same one as such.
        if case.bytes.first() == Some(&b'{') {
            group.throughput(Throughput::Bytes(plain));
        }
        case.measure(&mut group, &profiles);
    }
    group.finish();
}

criterion_group!(benches, decompression, reading);
criterion_main!(benches);
