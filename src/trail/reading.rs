//! Reading one object: bytes, pieces, records, events.

use std::cell::OnceCell;
use std::io::Read;

use jiff::Timestamp;

use super::cut::Cutter;
use super::json::{self, Bad, Node};
use super::judge::{Interest, Judged};
use super::outline::Outline;
use super::record::{self, Header};
use super::redact::{redact, redact_bytes, redact_text};
use super::shape::{Shape, plausible, shape};
use super::skim::Skimmed;
use super::unpack::{Trouble, Unpacked};
use super::{
    Layout, ObjectError, ObjectKind, ObjectReport, Place, Reading, Sink, actiontrail, cloudtrail, cut::KEPT_BYTES,
};
use crate::model::{Provider, Reject, TrailEvent};

/// Envelopes around one record: an SLS item in an event of a bus, and so on. More are no honest export.
const MOST_ENVELOPES: usize = 4;

/// Reads one object to its end.
///
/// # Errors
/// [`ObjectError`] when the object as a whole cannot be read, or the sink refuses.
pub fn read_object<S: Sink>(
    bytes: impl Read,
    name: &str,
    layout: &Layout,
    reading: &Reading<'_>,
    sink: &mut S,
) -> Result<ObjectReport, ObjectError<S::Error>> {
    let mut report = ObjectReport { provider: layout.provider, ..ObjectReport::default() };
    if matches!(layout.kind, ObjectKind::Digest | ObjectKind::Insight) {
        report.skipped = true;
        return Ok(report);
    }
    let object = Object { name, layout, reading, interest: OnceCell::new() };
    let unpacked = Unpacked::new(bytes, reading.limits).map_err(of_trouble)?;
    let mut cutter = Cutter::new(unpacked, reading.limits.max_record_bytes, plausible);
    let mut no_log = 0;
    while let Some(piece) = cutter.next_piece().map_err(of_trouble)? {
        report.records += 1;
        let found = match piece.broken {
            Some(why) => Err(Bad { at: 0, reason: why.reason }),
            None => object.read(piece.bytes, &mut report),
        };
        match found {
            Ok(Found::Event(event)) => {
                let new = sink.event(*event).map_err(ObjectError::Sink)?;
                *(if new { &mut report.kept } else { &mut report.duplicate }) += 1;
            }
            Ok(Found::Irrelevant) => report.irrelevant += 1,
            Ok(Found::NoLog) => {
                report.irrelevant += 1;
                no_log += 1;
            }
            Err(bad) => {
                report.rejected += 1;
                let kept = &piece.bytes[..piece.bytes.len().min(KEPT_BYTES)];
                let reject = Reject {
                    object: name.to_owned(),
                    record: Some(report.records),
                    offset: Some(piece.offset + bad.at as u64),
                    reason: bad.reason,
                    raw: redact_bytes(kept),
                };
                sink.reject(reject).map_err(ObjectError::Sink)?;
            }
        }
    }
    report.bytes_in = cutter.input().bytes_in();
    report.bytes_out = cutter.input().bytes_out();
    if 0 < no_log && no_log == report.records {
        let ObjectReport { bytes_in, bytes_out, provider, .. } = report;
        return Ok(ObjectReport { skipped: true, bytes_in, bytes_out, provider, ..ObjectReport::default() });
    }
    Ok(report)
}

/// Reads the records that skimming has found. `None`, before anything was handed over, where the object has to be parsed
/// whole after all.
pub(super) fn read_skimmed<S: Sink>(
    text: &str,
    found: &Skimmed,
    name: &str,
    layout: &Layout,
    reading: &Reading<'_>,
    sink: &mut S,
) -> Result<Option<ObjectReport>, S::Error> {
    let mut report = ObjectReport { provider: layout.provider, ..ObjectReport::default() };
    let object = Object { name, layout, reading, interest: OnceCell::new() };
    let ends = [Some(&found.first), found.last.as_ref()];
    if !ends.into_iter().flatten().all(|end| object.is_at_its_place(&text[end.clone()], &mut report)) {
        return Ok(None);
    }
    let mut events = Vec::new();
    for candidate in &found.candidates {
        match object.read_text(&text[candidate.clone()], MOST_ENVELOPES, &mut report) {
            Ok(Found::Event(event)) => events.push(event),
            Ok(Found::Irrelevant) => {}
            Ok(Found::NoLog) | Err(_) => return Ok(None),
        }
    }
    report.records = found.records.unwrap_or(found.candidates.len() as u64);
    report.irrelevant = report.records - events.len() as u64;
    for event in events {
        let new = sink.event(*event)?;
        *(if new { &mut report.kept } else { &mut report.duplicate }) += 1;
    }
    Ok(Some(report))
}

fn of_trouble<E>(trouble: Trouble) -> ObjectError<E> {
    match trouble {
        Trouble::Io(error) => ObjectError::Io(error),
        Trouble::Content { reason, offset } => ObjectError::Content { reason, offset },
    }
}

/// Members that are looked at only to tell whom a record concerns. They are most of a record.
const OF_CONCERNS: [&str; 7] = [
    "requestParameters",
    "requestParameterJson",
    "responseElements",
    "additionalEventData",
    "serviceEventDetails",
    "resources",
    "tlsDetails",
];

/// What a record turned out to be.
enum Found {
    Event(Box<TrailEvent>),
    Irrelevant,
    NoLog,
}

/// The object being read.
struct Object<'a> {
    name: &'a str,
    layout: &'a Layout,
    reading: &'a Reading<'a>,
    /// Made when the first record asks: most objects that are skimmed have none to ask for.
    interest: OnceCell<Interest<'a>>,
}

impl Object<'_> {
    fn read(&self, bytes: &[u8], report: &mut ObjectReport) -> Result<Found, Bad> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Bad { at: error.valid_up_to(), reason: "the record is no valid UTF-8".to_owned() })?;
        self.read_text(text, MOST_ENVELOPES, report)
    }

    fn read_text(&self, text: &str, envelopes: usize, report: &mut ObjectReport) -> Result<Found, Bad> {
        let whole = |reason: String| Bad { at: 0, reason };
        let fields = json::fields(text)?;
        let outline = Outline::of(&fields);
        match shape(&fields, &outline).map_err(whole)? {
            Shape::NoLog => return Ok(Found::NoLog),
            Shape::Around(_) if envelopes == 0 => return Err(whole("the record is wrapped too often".to_owned())),
            // A place inside an envelope's string is no place in the object.
            Shape::Around(inner) => {
                return self
                    .read_text(&inner, envelopes - 1, report)
                    .map_err(|bad| whole(format!("{} (at {} of the record inside)", bad.reason, bad.at)));
            }
            Shape::Record => {}
        }
        let header = record::header(&outline, self.layout).map_err(whole)?;
        note_place(report, &header);
        let keep_all = self.reading.keep_all && header.management;
        let may_concern = self.may_concern(&header);
        if !keep_all && !may_concern {
            return Ok(Found::Irrelevant);
        }
        // Without an id the whole record is the identity.
        let in_part = !may_concern && header.id.is_some();
        let record =
            if in_part { json::part(&fields, |key| !OF_CONCERNS.contains(&key))? } else { json::node(text)? };
        let judged = match header.provider {
            Provider::Aws => cloudtrail::judge(&header, &record, self.reading.profiles),
            Provider::Alibaba => actiontrail::judge(&header, &record, self.reading.profiles),
        };
        if !keep_all && judged.concerns.is_empty() {
            return Ok(Found::Irrelevant);
        }
        Ok(Found::Event(Box::new(self.event(text, &header, &record, judged))))
    }

    fn may_concern(&self, header: &Header<'_>) -> bool {
        self.interest.get_or_init(|| Interest::new(self.reading.profiles)).in_record(header)
    }

    /// Whether a record is of the account and Region that the object's place tells; what the object covers is widened to
    /// it then.
    fn is_at_its_place(&self, text: &str, report: &mut ObjectReport) -> bool {
        let Ok(fields) = json::fields(text) else { return false };
        let outline = Outline::of(&fields);
        if !matches!(shape(&fields, &outline), Ok(Shape::Record)) {
            return false;
        }
        let Ok(header) = record::header(&outline, self.layout) else { return false };
        let Layout { provider, account, region, .. } = self.layout;
        let is_it = *provider == Some(header.provider)
            && region.as_deref() == header.region.as_deref()
            && account.as_ref().is_none_or(|account| *account == header.account);
        if is_it {
            note_place(report, &header);
        }
        is_it
    }

    fn event(&self, text: &str, header: &Header<'_>, record: &Node<'_>, judged: Judged) -> TrailEvent {
        let id = header.id.as_deref().map_or_else(|| record::id_of_content(record), str::to_owned);
        let updated = record.path("addendum.reason").text() == Some("UPDATED_DATA");
        let replaces = record.path("addendum.originalEventID").owned_text().filter(|_| updated);
        let told = |key: &str| record.get_any_case(key).text().map(redact_text);
        TrailEvent {
            provider: header.provider,
            account: header.account.clone().into_owned(),
            region: header.region.as_deref().map(str::to_owned),
            id,
            time: header.time,
            delivered_at: self.layout.delivered_at,
            name: header.name.clone().into_owned(),
            source: header.source.clone().into_owned(),
            actor: judged.actor,
            role: judged.role,
            role_id: judged.role_id,
            store: judged.store,
            store_type: judged.store_type,
            deletion_task: judged.deletion_task,
            outcome: judged.outcome,
            error_code: told("errorCode"),
            error_message: told("errorMessage"),
            source_ip: told("sourceIPAddress"),
            user_agent: told("userAgent"),
            shared_id: told("sharedEventID"),
            replaces,
            object: self.name.to_owned(),
            sha256: record::sha256(text.as_bytes()),
            raw: redact(text),
            concerns: judged.concerns,
        }
    }
}

/// Notes account, Region and time of a record, whether or not it is kept: what a log covers is all of it.
fn note_place(report: &mut ObjectReport, header: &Header<'_>) {
    let time = header.time;
    report.provider.get_or_insert(header.provider);
    report.span = Some(report.span.map_or((time, time), |span| widened(span, time)));
    let key = (header.provider, header.account.as_ref(), header.region.as_deref());
    let order = |place: &Place| (place.provider, place.account.as_str(), place.region.as_deref()).cmp(&key);
    match report.places.binary_search_by(order) {
        Ok(at) => {
            let place = &mut report.places[at];
            (place.from, place.to) = widened((place.from, place.to), time);
        }
        Err(at) => {
            let (account, region) =
                (header.account.clone().into_owned(), header.region.as_deref().map(str::to_owned));
            report.places.insert(at, Place { provider: header.provider, account, region, from: time, to: time });
        }
    }
}

fn widened((from, to): (Timestamp, Timestamp), time: Timestamp) -> (Timestamp, Timestamp) {
    (from.min(time), to.max(time))
}
