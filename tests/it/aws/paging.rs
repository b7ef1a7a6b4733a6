//! Page tokens: they belong to one listing with its parameters, and they end.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::protocol::Refusal;
use super::request::Request;
use super::world::World;

/// How long a token is good for unless the test says otherwise.
pub const TOKEN_LIFE: Duration = Duration::from_hours(1);

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
    pub fn issue(&self, request: &Request, position: &str) -> String {
        let listing = fingerprint(request);
        let at = self.started.elapsed().as_millis();
        let content = format!("{position}|{listing:x}|{at:x}");
        let seal = hash(&("seal", &content));
        hex(&format!("{content}|{seal:x}"))
    }

    /// Where the page that a request asks for begins; `None` for the first one.
    pub fn position(&self, request: &Request) -> Result<Option<String>, Refusal> {
        let Some(paging) = request.operation.paging else { return Ok(None) };
        let Some(token) = request.text(paging.asked) else { return Ok(None) };
        let invalid = |why: &str| {
            let code = match request.operation.name {
                "ListPublicKeys" => "InvalidTokenException",
                _ => request.operation.service.token_error(),
            };
            Refusal::malformed(400, code, format!("The page token {why}."))
        };
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

/// One page of a list, at most `size` long, with the token for the next.
pub fn page<'a>(world: &World, request: &Request, list: &'a [Value], size: usize) -> Result<Page<'a>, Refusal> {
    let begin = world.tokens.position(request)?.and_then(|position| position.parse().ok()).unwrap_or(0_usize);
    let begin = begin.min(list.len());
    let end = list.len().min(begin + size.min(world.page_size));
    let next = (end < list.len()).then(|| world.tokens.issue(request, &end.to_string()));
    Ok(Page { entries: &list[begin..end], next })
}

/// One page.
pub struct Page<'a> {
    pub entries: &'a [Value],
    pub next: Option<String>,
}

/// Everything that must stay the same from page to page.
fn fingerprint(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&request.account, &request.region, request.operation.name).hash(&mut hasher);
    let asked = request.operation.paging.map(|paging| paging.asked);
    // Only the event history minds a change of the page's size.
    let sizes: &[&str] =
        if request.operation.name == "LookupEvents" { &[] } else { &["Limit", "MaxItems", "MaxResults"] };
    let mut members: Vec<_> = request
        .parameters
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
