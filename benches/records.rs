//! How fast records are read: the whole way from an object's bytes to events, without a store.
//!
//! `cargo bench --bench records`. Throughput is that of the JSON. The records are made here: one in a thousand
//! concerns a profile, as in a busy organisation's trail.

use std::convert::Infallible;
use std::hint::black_box;
use std::io::{Read as _, Write as _};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use roletrail::model::{Reject, TrailEvent};
use roletrail::profiles::Profiles;
use roletrail::trail::{Limits, Reading, Sink, layout, read_object};

/// Records of one object: about 8 MB of JSON.
const RECORDS: usize = 6000;
/// One record in so many concerns a profile.
const RELEVANT_EVERY: usize = 1000;

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

fn record(number: usize) -> String {
    let role = "arn:aws:iam::111122223333:role/aws-service-role/cks.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceCustomKeyStores";
    let (source, name, request) = if number.is_multiple_of(RELEVANT_EVERY) {
        ("sts", "AssumeRole", format!(r#"{{"roleArn":"{role}","roleSessionName":"s"}}"#))
    } else {
        (
            "ec2",
            "DescribeInstances",
            format!(
                r#"{{"instancesSet":{{"items":[{{"instanceId":"i-{number:017x}"}}]}},"filterSet":{{}},"policy":"{{\"Version\":\"2012-10-17\",\"Statement\":[]}}"}}"#
            ),
        )
    };
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole","principalId":"AROAEXAMPLE:session{number}","arn":"arn:aws:sts::111122223333:assumed-role/deploy/session{number}","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/deploy","accountId":"111122223333","userName":"deploy"}},"webIdFederationData":{{}},"attributes":{{"creationDate":"2026-05-04T10:00:00Z","mfaAuthenticated":"false"}}}}}},"eventTime":"2026-05-04T10:01:{:02}Z","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-sdk-go/1.55 (go1.23; linux; amd64)","requestParameters":{request},"responseElements":null,"requestID":"00000000-0000-4000-8000-{number:012}","eventID":"10000000-0000-4000-8000-{number:012}","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{source}.eu-west-1.amazonaws.com"}}}}"#,
        number % 60,
    )
}

fn records(criterion: &mut Criterion) {
    let records: Vec<_> = (0..RECORDS).map(record).collect();
    let plain = format!(r#"{{"Records":[{}]}}"#, records.join(",")).into_bytes();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&plain).expect("writing to memory");
    let packed = encoder.finish().expect("writing to memory");
    let profiles = Profiles::builtin().expect("built-in profiles load");
    let place = layout("records.json.gz");

    let mut group = criterion.benchmark_group("records");
    group.throughput(Throughput::Bytes(plain.len() as u64));
    group.bench_function("decompress only", |bencher| {
        let mut out = Vec::with_capacity(plain.len());
        bencher.iter(|| {
            out.clear();
            MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut out).expect("the bench's own gzip is good");
            black_box(out.len())
        });
    });
    for (name, bytes, keep_all) in
        [("plain, relevant", &plain, false), ("gzip, relevant", &packed, false), ("gzip, all kept", &packed, true)]
    {
        let reading =
            Reading { profiles: &profiles, limits: Limits::default(), keep_all, count: true, parse_all: false };
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let report = read_object(bytes.as_slice(), "records", &place, &reading, &mut Nothing);
                let report = report.expect("the bench's own object is good");
                assert_eq!(
                    (report.records, report.rejected),
                    (RECORDS as u64, 0),
                    "a bench that counts wrong gives no time"
                );
            });
        });
    }
    group.finish();
}

criterion_group!(benches, records);
criterion_main!(benches);
