//! Small answers over HTTP, from next door.

use std::time::Duration;

use reqwest::RequestBuilder;
use zeroize::Zeroizing;

use super::unusable;
use crate::sources::live::Failure;

/// Credentials take about two kilobytes, with a long token.
const LONGEST_BODY: usize = 64 * 1024;

/// The body of an answer with status 200. Neither the body nor the address stands in a failure: both may hold secrets.
pub(super) async fn body(request: RequestBuilder, limit: Duration) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut answer = request.timeout(limit).send().await.map_err(trouble)?;
    let status = answer.status().as_u16();
    if status != 200 {
        return Err(unusable(format!("HTTP {status}")));
    }
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = answer.chunk().await.map_err(trouble)? {
        if LONGEST_BODY < body.len() + chunk.len() {
            return Err(unusable(format!("the answer is longer than {LONGEST_BODY} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[allow(clippy::needless_pass_by_value, reason = "the form that `map_err` asks for")]
fn trouble(error: reqwest::Error) -> Failure {
    if error.is_timeout() {
        return Failure::timed_out("no answer in time");
    }
    unusable(if error.is_connect() { "no connection" } else { "the answer broke off" })
}
