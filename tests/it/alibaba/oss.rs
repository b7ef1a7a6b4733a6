//! OSS: listings and objects of buckets.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::protocol::{Answer, Protocol, Refusal, escape};
use super::request::Request;
use super::signature::encoded;
use super::world::{Bucket, World};

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
    let size = request.number("max-keys").unwrap_or(PAGE).min(world.page_size);
    let after = world.tokens.position(request)?;
    let after = after.as_deref().or(request.text("start-after")).unwrap_or_default();
    let shown = |text: &str| if request.text("encoding-type").is_some() { encoded(text) } else { text.to_owned() };
    let (mut contents, mut prefixes, mut last) = (Vec::new(), Vec::<String>::new(), String::new());
    let mut more = false;
    for (key, object) in bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix) && after < key.as_str()) {
        let folder = request.text("delimiter").and_then(|_| key[prefix.len()..].split_once('/'));
        let folder = folder.map(|(name, _)| format!("{prefix}{name}/"));
        // A folder is told once, on the page on which it begins.
        if folder.as_ref().is_some_and(|folder| prefixes.last() == Some(folder) || after.starts_with(folder.as_str()))
        {
            last.clone_from(key);
            continue;
        }
        if size <= contents.len() + prefixes.len() {
            more = true;
            break;
        }
        last.clone_from(key);
        match folder {
            Some(folder) => prefixes.push(folder),
            None => contents.push(json!({
                "Key": shown(key), "LastModified": WRITTEN, "ETag": "\"5B3C1A2E053D763E1B002CC607C5A0FE\"",
                "Type": "Normal", "Size": object.len(), "StorageClass": "Standard",
            })),
        }
    }
    let mut listing = json!({
        "Name": request.object.0, "Prefix": shown(prefix), "MaxKeys": size,
        "EncodingType": request.text("encoding-type"),
        "KeyCount": contents.len() + prefixes.len(), "IsTruncated": more, "Contents": contents,
        "CommonPrefixes": prefixes.iter().map(|folder| json!({"Prefix": shown(folder)})).collect::<Vec<_>>(),
    });
    if more {
        listing["NextContinuationToken"] = json!(world.tokens.issue(request, &last));
    }
    Ok(listing)
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
    answer.headers.push(("etag".to_owned(), "\"5B3C1A2E053D763E1B002CC607C5A0FE\"".to_owned()));
    answer.headers.push(("last-modified".to_owned(), "Thu, 15 Jan 2026 09:30:00 GMT".to_owned()));
    Ok(answer)
}
