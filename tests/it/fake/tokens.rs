//! Page tokens: they belong to one listing with its parameters, and they end.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::answer::Refusal;
use super::catalogue::Paging;

/// How long a token is good for unless the test says otherwise.
pub const TOKEN_LIFE: Duration = Duration::from_hours(1);

/// A request that may have a token.
pub trait Asked {
    /// Account, Region and operation.
    fn place(&self) -> (&str, &str, &str);

    fn parameters(&self) -> &Value;

    fn paging(&self) -> Option<Paging>;

    /// The code for a token that is none.
    fn token_error(&self) -> &'static str;
}

/// Gives out and reads tokens; nothing is kept, everything is in the token.
#[derive(Debug, Clone)]
pub struct Tokens {
    started: Instant,
    pub life: Duration,
}

impl Tokens {
    pub fn new() -> Self {
        Self { started: Instant::now(), life: TOKEN_LIFE }
    }

    /// A token for the page of this listing that begins at `position`.
    pub fn issue(&self, request: &impl Asked, position: &str) -> String {
        let listing = fingerprint(request);
        let at = self.started.elapsed().as_millis();
        let content = format!("{position}|{listing:x}|{at:x}");
        let seal = hash(&("seal", &content));
        hex(&format!("{content}|{seal:x}"))
    }

    /// Where the page that a request asks for begins; `None` for the first one.
    pub fn position(&self, request: &impl Asked) -> Result<Option<String>, Refusal> {
        let Some(paging) = request.paging() else { return Ok(None) };
        let Some(token) = request.parameters()[paging.asked].as_str() else { return Ok(None) };
        let invalid = |why: &str| Refusal::malformed(400, request.token_error(), format!("The page token {why}."));
        let content = unhex(token).ok_or_else(|| invalid("is unknown"))?;
        let parts: Vec<_> = content.split('|').collect();
        let [position, listing, at, seal] = parts[..] else { return Err(invalid("is unknown")) };
        let expected = hash(&("seal", &format!("{position}|{listing}|{at}")));
        if seal != format!("{expected:x}") {
            return Err(invalid("is unknown"));
        }
        if listing != format!("{:x}", fingerprint(request)) {
            return Err(invalid("was given for other parameters"));
        }
        let at = u128::from_str_radix(at, 16).map_err(|_| invalid("is unknown"))?;
        if self.life.as_millis() < self.started.elapsed().as_millis() - at {
            // Waiting too long is nothing that is wrong with the request.
            return Err(Refusal { malformed: false, ..invalid("has expired") });
        }
        Ok(Some(position.to_owned()))
    }
}

/// Everything that must stay the same from page to page.
fn fingerprint(request: &impl Asked) -> u64 {
    let mut hasher = DefaultHasher::new();
    let place = request.place();
    place.hash(&mut hasher);
    let asked = request.paging().map(|paging| paging.asked);
    // Only the event history minds a change of the page's size.
    let sizes: &[&str] = if place.2 == "LookupEvents" { &[] } else { &["Limit", "MaxItems", "MaxResults"] };
    let mut members: Vec<_> = request
        .parameters()
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| Some(name.as_str()) != asked && !sizes.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    members.sort();
    members.hash(&mut hasher);
    hasher.finish()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<String> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}
