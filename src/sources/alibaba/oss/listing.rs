//! Pages of listings, in XML.

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::sources::alibaba::Failure;
use crate::sources::live::bucket::{Listed, Page, entity_tag};
use crate::sources::live::marker_of;

/// The encoding of names that is asked for, as parameter and answer call it.
pub(super) const URL: &str = "url";

/// An answer to `ListObjectsV2`. Its outermost element has to be this one: a page for people is XML as well.
#[derive(Deserialize)]
enum Answer {
    ListBucketResult(ListBucketResult),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListBucketResult {
    is_truncated: bool,
    #[serde(default)]
    encoding_type: Option<String>,
    #[serde(default)]
    next_continuation_token: Option<String>,
    /// How many objects and folders there are on the page.
    #[serde(default)]
    key_count: Option<usize>,
    #[serde(default)]
    contents: Vec<Object>,
    #[serde(default)]
    common_prefixes: Vec<Folder>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Object {
    key: String,
    size: u64,
    #[serde(default, rename = "ETag")]
    tag: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Folder {
    prefix: String,
}

/// Reads a page. Whatever is no whole page is a failure, never an empty one.
pub(super) fn page(body: &[u8]) -> Result<Page, Failure> {
    let broken = |why: String| Failure::protocol(format!("oss:ListObjects answered no whole listing: {why}"));
    let text = std::str::from_utf8(body).map_err(|error| broken(error.to_string()))?;
    let Answer::ListBucketResult(listing) =
        quick_xml::de::from_str(text).map_err(|error| broken(error.to_string()))?;
    let found = listing.contents.len() + listing.common_prefixes.len();
    if listing.key_count.is_some_and(|promised| promised != found) {
        return Err(broken(format!("it has {found} entries and not {}", listing.key_count.unwrap_or_default())));
    }
    let encoded = listing.encoding_type.as_deref() == Some(URL);
    let name = |text: String| {
        if !encoded {
            return Ok(text);
        }
        let name = percent_decode_str(&text).decode_utf8();
        name.map(std::borrow::Cow::into_owned).map_err(|error| broken(format!("the name {text:?}: {error}")))
    };
    let object = |object: Object| {
        Ok(Listed { key: name(object.key)?, size: object.size, version: entity_tag(object.tag.as_deref()) })
    };
    let token = listing.next_continuation_token.map(name).transpose()?;
    Ok(Page {
        next: marker_of(listing.is_truncated, token)?,
        objects: listing.contents.into_iter().map(object).collect::<Result<_, Failure>>()?,
        folders: listing.common_prefixes.into_iter().map(|folder| name(folder.prefix)).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult><Name>audit</Name>\
        <Prefix>a%2F</Prefix><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>\
        <Contents><Key>a%2Fb%20%2B%01%25.gz</Key><ETag>&quot;5B3C&quot;</ETag><Type>Normal</Type><Size>7</Size></Contents>\
        <CommonPrefixes><Prefix>a%2Fc%2F</Prefix></CommonPrefixes>\
        <Contents><Key>a%2Fd</Key><ETag>\"5B3D\"</ETag><Size>0</Size></Contents>\
        <IsTruncated>true</IsTruncated><NextContinuationToken>CgJi%3D</NextContinuationToken>\
        <KeyCount>3</KeyCount></ListBucketResult>";

    #[test]
    fn a_page_is_read_with_names_as_they_are() {
        let listed =
            |key: &str, size: u64, version: &str| Listed { key: key.to_owned(), size, version: version.to_owned() };
        let expected = Page {
            objects: vec![listed("a/b +\u{1}%.gz", 7, "5B3C"), listed("a/d", 0, "5B3D")],
            folders: vec!["a/c/".to_owned()],
            next: Some("CgJi=".to_owned()),
        };
        assert_eq!(page(WHOLE.as_bytes()), Ok(expected));
    }

    #[test]
    fn names_that_are_not_encoded_are_left_alone() {
        let plain = "<ListBucketResult><IsTruncated>false</IsTruncated>\
                     <Contents><Key>100%25 &amp; +</Key><Size>1</Size></Contents></ListBucketResult>";
        let read = page(plain.as_bytes()).expect("a page");
        assert_eq!((read.objects[0].key.as_str(), read.next), ("100%25 & +", None));
    }

    #[test]
    fn an_empty_page_says_that_it_is_the_last() {
        let empty = "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>";
        assert_eq!(page(empty.as_bytes()), Ok(Page::default()));
    }

    #[test]
    fn half_a_page_is_none() {
        for length in 0..WHOLE.len() {
            assert!(page(&WHOLE.as_bytes()[..length]).is_err(), "{}", &WHOLE[..length]);
        }
    }

    #[test]
    fn what_is_no_whole_listing_is_a_failure() {
        for (body, why) in [
            ("", "no whole listing"),
            ("<html><body>busy</body></html>", "html"),
            ("<html><IsTruncated>false</IsTruncated></html>", "html"),
            ("{\"IsTruncated\": false}", "no whole listing"),
            ("<ListBucketResult></ListBucketResult>", "IsTruncated"),
            ("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "marker of the next page"),
            (
                "<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>1</KeyCount></ListBucketResult>",
                "0 entries",
            ),
            (
                "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Size>1</Size></Contents></ListBucketResult>",
                "Key",
            ),
        ] {
            let failure = page(body.as_bytes()).expect_err(body);
            assert!(failure.detail.contains(why), "{body}: {failure}");
        }
    }
}
