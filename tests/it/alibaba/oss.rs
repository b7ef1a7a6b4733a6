//! OSS: listings and objects of buckets.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::protocol::{Protocol, escape};
use super::request::Request;
use super::signature::encoded;
use super::world::{Bucket, World};
use crate::fake::{Answer, Errors as _, Refusal};

/// Keys on a page unless the request says otherwise.
const PAGE: usize = 100;
/// When every object was written.
const WRITTEN: &str = "2026-01-15T09:30:00.000Z";

fn bucket_of<'a>(world: &'a World, request: &Request) -> Result<&'a Bucket, Refusal> {
    let name = &request.object.0;
    let Some(bucket) = world.buckets.get(name) else {
        let refusal = Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist.");
        return Err(refusal.with("BucketName", name));
    };
    if bucket.owner != request.account {
        return Err(Protocol::Oss.access_denied(&request.caller, request.operation.name));
    }
    if bucket.region != request.region {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
        let refusal = Refusal::malformed(403, "AccessDenied", message);
        return Err(refusal.with("Endpoint", format!("oss-{}.aliyuncs.com", bucket.region)));
    }
    Ok(bucket)
}

/// A page of a bucket's listing, before it is XML.
pub fn list(world: &World, request: &Request) -> Result<Value, Refusal> {
    let bucket = bucket_of(world, request)?;
    let prefix = request.text("prefix").unwrap_or_default();
    let token = world.tokens.position(request)?;
    let size = request.number("max-keys").unwrap_or(PAGE).min(world.page_size);
    let shown = |text: &str| if request.text("encoding-type").is_some() { encoded(text) } else { text.to_owned() };
    let mut entries = entries(bucket, prefix, request.text("delimiter"));
    // A listing begins after a key, and its later pages after the last entry of the page before.
    let first = request.text("start-after").unwrap_or_default();
    entries.retain(|entry| match &token {
        Some(last) => last.as_str() < entry.name(),
        None => first < entry.last(),
    });
    let more = size < entries.len();
    entries.truncate(size);
    let mut listing = json!({
        "Name": request.object.0, "Prefix": shown(prefix), "StartAfter": request.text("start-after").map(shown),
        "MaxKeys": size, "Delimiter": request.text("delimiter").map(shown),
        "EncodingType": request.text("encoding-type"), "ContinuationToken": request.text("continuation-token"),
        "IsTruncated": more, "Contents": [], "CommonPrefixes": [], "KeyCount": entries.len(),
    });
    if more {
        let last = entries.last().map(Entry::name).unwrap_or_default();
        listing["NextContinuationToken"] = json!(world.tokens.issue(request, last));
    }
    for entry in &entries {
        let (list, told) = match entry {
            Entry::Folder(name, _) => ("CommonPrefixes", json!({"Prefix": shown(name)})),
            Entry::Object(key, content) => (
                "Contents",
                json!({
                    "Key": shown(key), "LastModified": WRITTEN, "ETag": tag(content), "Type": "Normal",
                    "Size": content.len(), "StorageClass": "Standard",
                }),
            ),
        };
        listing[list].as_array_mut().expect("it is a list").push(told);
    }
    Ok(listing)
}

/// What a listing has an entry for.
enum Entry<'b> {
    /// A folder, and the last key in it.
    Folder(&'b str, &'b str),
    Object(&'b str, &'b [u8]),
}

impl Entry<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Folder(name, _) | Self::Object(name, _) => name,
        }
    }

    /// The last key that the entry stands for.
    fn last(&self) -> &str {
        match self {
            Self::Folder(_, key) | Self::Object(key, _) => key,
        }
    }
}

/// Everything below a prefix in the order of the names; with a delimiter, folders are one entry each.
fn entries<'b>(bucket: &'b Bucket, prefix: &str, delimiter: Option<&str>) -> Vec<Entry<'b>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for (key, content) in bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix)) {
        let end = delimiter.and_then(|delimiter| Some(prefix.len() + key[prefix.len()..].find(delimiter)? + 1));
        match (end.map(|end| &key[..end]), entries.last_mut()) {
            (Some(folder), Some(Entry::Folder(name, last))) if *name == folder => *last = key,
            (Some(folder), _) => entries.push(Entry::Folder(folder, key)),
            (None, _) => entries.push(Entry::Object(key, content)),
        }
    }
    entries
}

/// The entity tag of a content: that of the service is its MD5, which nobody may rely on.
fn tag(content: &[u8]) -> String {
    let digest: String = Sha256::digest(content).iter().take(16).map(|byte| format!("{byte:02X}")).collect();
    format!("\"{digest}\"")
}

/// The listing as it goes out.
pub fn listing_xml(listing: &Value) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult>");
    write_members(&mut out, listing);
    out.push_str("</ListBucketResult>");
    out
}

/// Members are elements; a list is an element for each entry.
fn write_members(out: &mut String, value: &Value) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let entries = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for entry in entries.iter().filter(|entry| !entry.is_null()) {
            let _ = write!(out, "<{name}>");
            match entry {
                Value::String(text) => out.push_str(&escape(text)),
                Value::Object(_) => write_members(out, entry),
                other => drop(write!(out, "{other}")),
            }
            let _ = write!(out, "</{name}>");
        }
    }
}

/// One object.
pub fn object(world: &World, request: &Request, request_id: &str) -> Result<Answer, Refusal> {
    let bucket = bucket_of(world, request)?;
    let key = &request.object.1;
    let Some(content) = bucket.objects.get(key) else {
        return Err(Refusal::new(404, "NoSuchKey", "The specified key does not exist.").with("Key", key));
    };
    let mut answer = Protocol::raw("application/octet-stream", content.clone(), request_id);
    answer.headers.push(("x-oss-object-type".to_owned(), "Normal".to_owned()));
    answer.headers.push(("etag".to_owned(), tag(content)));
    // Told of the whole, so that half of it is less than was promised.
    answer.headers.push(("content-length".to_owned(), content.len().to_string()));
    answer.headers.push(("last-modified".to_owned(), "Thu, 15 Jan 2026 09:30:00 GMT".to_owned()));
    Ok(answer)
}
