//! Objects that are skimmed, against the same objects parsed whole.

use proptest::prelude::*;
use serde_json::json;

use super::properties::{Style, samples, style, write};
use super::{Kept, Outcome, Reader, aws, gzip, irrelevant, with};
use crate::trail::whole::LEAST_SKIMMED;
use crate::trail::{Reading, Scratch, layout, read_object, read_whole};

const AWS: &str = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/05/04/111122223333_CloudTrail_us-east-1_20260504T1005Z_abc.json.gz";
const ALIBABA: &str = "AliyunLogs/Actiontrail/rd-x/1000000000000001/cn-hangzhou/2026/01/02/Actiontrail_cn-hangzhou_20260102030405_1002_9_1_a.gz";

/// How an object is read.
#[derive(Clone, Copy)]
struct How {
    count: bool,
    parse_all: bool,
}

const FAST: How = How { count: true, parse_all: false };
const PARSED: How = How { count: true, parse_all: true };
const UNCOUNTED: How = How { count: false, parse_all: false };

fn read(reader: &Reader, name: &str, bytes: &[u8], how: How) -> Outcome {
    let How { count, parse_all } = how;
    let reading =
        Reading { profiles: &reader.profiles, limits: reader.limits, keep_all: reader.keep_all, count, parse_all };
    let (mut kept, mut scratch) = (Kept::default(), Scratch::new(&reader.profiles));
    let report = read_whole(bytes, &mut scratch, name, &layout(name), &reading, &mut kept);
    Outcome { report, kept }
}

/// An envelope of records, with enough of no concern around them that it is worth skimming.
fn object(records: &[String]) -> String {
    let filler = irrelevant().to_string();
    let fillers = LEAST_SKIMMED.div_ceil(filler.len());
    let mut all = vec![filler; fillers];
    all.splice(fillers / 2..fillers / 2, records.iter().cloned());
    format!("{{\"Records\":[{}]}}", all.join(","))
}

/// Whether an object that is counted is skimmed: nothing is looked at then without counting but what may concern.
fn is_skimmed(text: &str) -> bool {
    let report = read(&Reader::new(), AWS, &gzip(text.as_bytes()), UNCOUNTED);
    let all = read(&Reader::new(), AWS, &gzip(text.as_bytes()), PARSED);
    report.report().records < all.report().records
}

#[test]
fn an_object_at_its_place_is_skimmed_and_any_other_is_parsed() {
    let good = object(&[]);
    assert!(is_skimmed(&good));
    let elsewhere = with(irrelevant(), json!({"awsRegion": "eu-west-1"})).to_string();
    for other in [
        irrelevant().to_string(),
        good.replacen("Records", "Others", 1),
        good.replacen("},{", "} {", 1),
        good.replacen("},{", "},1,{", 1),
        good.replacen("}]}", "},]}", 1),
        good.replacen("}]}", "}],\"more\":1}", 1),
        good.replacen("}]}", "}]", 1),
        format!("{good}{good}"),
        good.replacen("[{", &format!("[{elsewhere},{{"), 1),
        good.replacen("[{", "[{\"contents\":[]},{", 1),
    ] {
        let [fast, parsed] =
            [FAST, PARSED].map(|how| format!("{:?}", read(&Reader::new(), AWS, &gzip(other.as_bytes()), how)));
        assert_eq!(fast, parsed, "{}", &other[..200.min(other.len())]);
    }
}

#[test]
fn needles_are_found_behind_escapes_in_other_cases_and_at_borders() {
    let role = super::ROLE_NAME;
    let named = |name: &str| {
        let record =
            with(aws("AttachRolePolicy", "iam.amazonaws.com"), json!({"requestParameters": {"roleName": "@"}}));
        record.to_string().replace("\"@\"", &format!("\"{name}\""))
    };
    let escaped = |at: usize| format!("{}\\u{:04x}{}", &role[..at], role.as_bytes()[at], &role[at + 1..]);
    for at in 0..role.len() {
        for padding in 0..3 {
            let text = object(&[format!("{}{}", " ".repeat(padding), named(&escaped(at)))]);
            let outcome = read(&Reader::new(), AWS, &gzip(text.as_bytes()), FAST);
            assert_eq!(outcome.report().kept, 1, "{at}");
            let outcome = read(&Reader::new(), AWS, &gzip(text.as_bytes()), UNCOUNTED);
            assert_eq!(outcome.report().kept, 1, "{at}, uncounted");
        }
    }
    // What providers escape themselves makes no record a candidate.
    let text = object(&[named("a\\u003db\\u0026c")]);
    let outcome = read(&Reader::new(), AWS, &gzip(text.as_bytes()), UNCOUNTED);
    assert_eq!(outcome.report().records, 0);
}

#[test]
fn several_members_a_wrong_size_and_bombs_are_read_piece_by_piece() {
    let text = object(&[super::assumption().to_string()]);
    let (front, back) = text.split_at(text.len() / 2);
    let two = [gzip(front.as_bytes()), gzip(back.as_bytes())].concat();
    assert_eq!(read(&Reader::new(), AWS, &two, FAST).report().kept, 1);
    let twice = [gzip(text.as_bytes()), gzip(text.as_bytes())].concat();
    let outcome = read(&Reader::new(), AWS, &twice, FAST);
    assert_eq!((outcome.report().kept, outcome.report().duplicate), (1, 1));
    let mut lying = gzip(text.as_bytes());
    let size = lying.len() - 4;
    lying[size..].copy_from_slice(&1_u32.to_le_bytes());
    assert!(read(&Reader::new(), AWS, &lying, FAST).refusal().contains("damaged"));
    let bomb = gzip(&vec![b' '; 8 << 20]);
    assert!(read(&Reader::new(), AWS, &bomb, FAST).refusal().contains("gzip bomb"));
    for cut in [0, 1, 9, 17, 400] {
        let whole = gzip(text.as_bytes());
        assert!(read(&Reader::new(), AWS, &whole[..cut], FAST).report.is_err(), "{cut}");
    }
}

#[test]
fn a_broken_record_that_may_concern_a_role_is_named_and_one_that_cannot_is_named_when_asked() {
    let broken = super::assumption().to_string().replacen('{', "{\"eventName\":\"x\",", 1);
    let outcome = read(&Reader::new(), AWS, &gzip(object(&[broken]).as_bytes()), FAST);
    assert_eq!(outcome.report().rejected, 1);
    let unconcerned = irrelevant().to_string().replacen('{', "{\"eventName\":\"x\",", 1);
    let text = object(&[unconcerned]);
    let [fast, parsed] = [FAST, PARSED].map(|how| read(&Reader::new(), AWS, &gzip(text.as_bytes()), how));
    assert_eq!((fast.report().rejected, parsed.report().rejected), (0, 1));
    assert_eq!(fast.report().records, parsed.report().records);
    let invalid = [text.as_bytes(), b" \xff"].concat();
    let outcomes = [FAST, PARSED].map(|how| format!("{:?}", read(&Reader::new(), AWS, &gzip(&invalid), how)));
    assert_eq!(outcomes[0], outcomes[1]);
}

fn any_style() -> impl Strategy<Value = Style> {
    let plainer = prop_oneof![2 => Just(usize::MAX), 1 => 7..40usize, 1 => 1..6usize];
    (style(), plainer).prop_map(|(style, escape_every)| Style { escape_every, ..style })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn skimming_finds_what_parsing_finds(
        chosen in prop::collection::vec((0..5usize, any_style()), 0..12),
        alibaba in any::<bool>(),
        keep_case in any::<bool>(),
    ) {
        let samples = samples();
        let records: Vec<_> = chosen.iter().map(|(sample, style)| write(&samples[*sample], style)).collect();
        let mut text = object(&records);
        let name = if alibaba { ALIBABA } else { AWS };
        if alibaba {
            let filler = super::alibaba("DescribeInstances", "Ecs").to_string();
            text = text.replace(&irrelevant().to_string(), &filler);
        }
        if !keep_case {
            text = text.replace("AliyunServiceRoleForKMSKeyStore", "ALIYUNservicerolefORKmsKEYstore");
        }
        let parsed = read(&Reader::new(), name, &gzip(text.as_bytes()), PARSED);
        let fast = read(&Reader::new(), name, &gzip(text.as_bytes()), FAST);
        let uncounted = read(&Reader::new(), name, &gzip(text.as_bytes()), UNCOUNTED);
        prop_assert_eq!(&fast.kept.events, &parsed.kept.events);
        prop_assert_eq!(&uncounted.kept.events, &parsed.kept.events);
        let counts = |outcome: &Outcome| {
            let report = outcome.report();
            (report.records, report.kept, report.irrelevant, report.rejected, report.bytes_in, report.bytes_out)
        };
        prop_assert_eq!(counts(&fast), counts(&parsed));
    }

    #[test]
    fn no_damage_hides_a_record_from_skimming_that_parsing_finds(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        chosen in prop::collection::vec(0..3usize, 1..6),
    ) {
        let samples = samples();
        let records: Vec<_> = chosen.iter().map(|sample| samples[*sample].to_string()).collect();
        let mut text = object(&records).into_bytes();
        for (at, byte) in &damage {
            let at = at.index(text.len());
            text[at] = *byte;
        }
        let [fast, parsed] = [FAST, PARSED].map(|how| read(&Reader::new(), AWS, &gzip(&text), how));
        prop_assert_eq!(&fast.kept.events, &parsed.kept.events);
        // Two quotes that are gone may make one record of many, as far as counting goes.
        let [fast, parsed] = [fast, parsed].map(|outcome| outcome.report.map_err(|error| error.to_string()));
        match (fast, parsed) {
            (Ok(_), Ok(parsed)) if 0 < parsed.rejected => {}
            (fast, parsed) => prop_assert_eq!(fast.map(|report| report.records), parsed.map(|report| report.records)),
        }
    }

    #[test]
    fn whatever_the_bytes_reading_whole_and_piece_by_piece_agree(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let reader = Reader::new();
        let reading = Reading {
            profiles: &reader.profiles, limits: reader.limits, keep_all: false, count: true, parse_all: false,
        };
        let mut kept = Kept::default();
        let report = read_object(&bytes[..], AWS, &layout(AWS), &reading, &mut kept);
        let pieces = format!("{:?}", Outcome { report, kept });
        prop_assert_eq!(format!("{:?}", read(&reader, AWS, &bytes, FAST)), pieces);
    }
}
