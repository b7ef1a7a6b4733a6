//! What is read from a certificate beside TLS itself: how long it is valid, and its alternative names.
//!
//! rustls checks certificates and shows neither. This walks the few fields of X.509 on the way to both (RFC 5280,
//! section 4.1, in the encoding of ITU-T X.690); whatever is not as it should be is no answer, never a panic.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const BOOLEAN: u8 = 0x01;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERAL_TIME: u8 = 0x18;
/// `[0]` of the body: the version.
const VERSION: u8 = 0xa0;
/// `[3]` of the body: the extensions.
const EXTENSIONS: u8 = 0xa3;
/// 2.5.29.17, the alternative names of the subject.
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];

/// How long a certificate is valid, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    /// Alternative names: hosts, mail addresses, IP addresses, URIs.
    pub(super) names: Vec<String>,
}

/// Reads a certificate; `None` for what is none.
pub(super) fn read(der: &[u8]) -> Option<Certificate> {
    let mut body = Fields(Fields(Fields(der).of(SEQUENCE)?).of(SEQUENCE)?);
    body.optional(VERSION);
    let (_serial, _algorithm, _issuer) = (body.next()?, body.of(SEQUENCE)?, body.of(SEQUENCE)?);
    let mut validity = Fields(body.of(SEQUENCE)?);
    let (from, until) = (time(validity.next()?)?, time(validity.next()?)?);
    let names = std::iter::from_fn(|| body.next()).find(|(tag, _)| *tag == EXTENSIONS);
    let names = names.map_or(Some(Vec::new()), |(_, extensions)| alternative_names(extensions))?;
    Some(Certificate { from, until, names })
}

/// Fields that are left to read.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The next field, tag and content.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // A certificate of more than 16 MiB is none.
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next field, if it has this tag.
    fn of(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }

    /// Skips the next field if it has this tag.
    fn optional(&mut self, tag: u8) {
        if self.0.first() == Some(&tag) {
            self.next();
        }
    }
}

fn alternative_names(extensions: &[u8]) -> Option<Vec<String>> {
    let mut extensions = Fields(Fields(extensions).of(SEQUENCE)?);
    while !extensions.0.is_empty() {
        let mut extension = Fields(extensions.of(SEQUENCE)?);
        let (_, id) = extension.next()?;
        extension.optional(BOOLEAN);
        if id == ALTERNATIVE_NAMES {
            return names(Fields(extension.of(OCTETS)?).of(SEQUENCE)?);
        }
    }
    Some(Vec::new())
}

/// The kinds of names that the toolkit compares, each as Go writes it.
fn names(list: &[u8]) -> Option<Vec<String>> {
    let (mut list, mut names) = (Fields(list), Vec::new());
    while !list.0.is_empty() {
        match list.next()? {
            // Mail address, host, URI.
            (0x81 | 0x82 | 0x86, text) => names.push(String::from_utf8(text.to_vec()).ok()?),
            (0x87, bytes) => names.push(address(bytes)?.to_string()),
            _ => {}
        }
    }
    Some(names)
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok().map(|address| address.to_canonical())
}

fn time((tag, text): (u8, &[u8])) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        // Two digits of a year mean 1950 to 2049 (RFC 5280, section 4.1.2.5.1).
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year = digits(year)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERAL_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (digits(year)?, rest)
        }
        _ => return None,
    };
    if rest.len() != 10 || !rest.is_ascii() {
        return None;
    }
    let part = |at: usize| digits(&rest[at..at + 2]).and_then(|part| i8::try_from(part).ok());
    let time = DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

fn digits(text: &str) -> Option<i16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
