//! Pages of lists.

use serde_json::Value;

use super::request::Request;
use super::world::World;
use crate::fake::Refusal;

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
