//! Credentials and session tokens are taken out before a record leaves this layer.

use std::borrow::Cow;

use super::json::{self, Node};

/// What stands in place of a secret.
const REMOVED: &str = "[removed]";

/// Keys whose values are secrets, in lower case, without separators.
const SECRET_KEYS: [&str; 17] = [
    "credentials",
    "sessiontoken",
    "secretaccesskey",
    "accesskeysecret",
    "securitytoken",
    "ststoken",
    "samlassertion",
    "webidentitytoken",
    "oidctoken",
    "tokencode",
    "password",
    "passwd",
    "secretkey",
    "clientsecret",
    "privatekey",
    "secretstring",
    "plaintext",
];

/// Ends of keys whose values are secrets: `masterUserPassword`, `x-amz-security-token`.
const SECRET_ENDS: [&str; 5] = ["password", "sessiontoken", "securitytoken", "secretaccesskey", "accesskeysecret"];

/// Strings may hold JSON that holds strings with JSON: looked into so deep.
const LEVELS_OF_TEXT: u8 = 4;

/// Takes the secrets out of a record.
pub(super) fn redact(record: &mut Node<'_>) {
    take_out(record, LEVELS_OF_TEXT);
}

/// Answers whether anything was taken out.
fn take_out(node: &mut Node<'_>, levels: u8) -> bool {
    let mut any = false;
    match node {
        Node::Map(members) => {
            for (key, value) in members {
                if is_secret(key) && !matches!(value, Node::Null | Node::Bool(_)) {
                    *value = Node::Text(Cow::Borrowed(REMOVED));
                    any = true;
                } else {
                    any |= take_out(value, levels);
                }
            }
        }
        Node::List(items) => items.iter_mut().for_each(|item| any |= take_out(item, levels)),
        Node::Text(text) => {
            if let Some(clean) = inside_text(text, levels) {
                *text = Cow::Owned(clean);
                any = true;
            }
        }
        _ => {}
    }
    any
}

/// The text without its secrets, if it is JSON and has any.
fn inside_text(text: &str, levels: u8) -> Option<String> {
    if !text.trim_start().starts_with(['{', '[']) || !may_hold_secret(text.as_bytes()) {
        return None;
    }
    let parsed = if levels == 0 { None } else { json::node(text).ok() };
    // JSON that was cut off, or lies too deep, cannot be looked into: all of it goes.
    let Some(mut inner) = parsed else { return Some(REMOVED.to_owned()) };
    take_out(&mut inner, levels - 1).then(|| json::compact(&inner))
}

/// Letters of the longest secret key, and one more.
const MOST_LETTERS: usize = 17;

/// Every key of every record that is kept is looked at: its last letters are put in order once, on the stack.
fn is_secret(key: &str) -> bool {
    let mut letters = [0; MOST_LETTERS];
    let from_the_end = key.bytes().rev().filter(u8::is_ascii_alphanumeric);
    let mut begin = MOST_LETTERS;
    for letter in from_the_end.take(MOST_LETTERS) {
        begin -= 1;
        letters[begin] = letter.to_ascii_lowercase();
    }
    let letters = &letters[begin..];
    SECRET_KEYS.iter().any(|word| letters == word.as_bytes())
        || SECRET_ENDS.iter().any(|end| letters.ends_with(end.as_bytes()))
}

/// Whether any secret's key may stand in the text. A backslash may hide one.
fn may_hold_secret(text: &[u8]) -> bool {
    let plain: Vec<u8> =
        text.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    memchr::memmem::find(text, b"\\u").is_some()
        || SECRET_KEYS.iter().any(|key| memchr::memmem::find(&plain, key.as_bytes()).is_some())
}

/// Blanks the secrets in the bytes of a piece that is no good JSON, as far as they can be told.
///
/// Every string in quotes (escaped quotes count, so that JSON in strings is covered) that is a secret's key loses
/// the string that follows it after a colon.
pub(super) fn redact_bytes(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(start) = rest.iter().position(|&byte| byte == b'"') {
        out.extend_from_slice(&rest[..=start]);
        rest = &rest[start + 1..];
        let (key, key_length) = key_of(rest);
        let secret = is_secret(&key);
        let Some(value) = secret.then(|| value_span(&rest[key_length..])).flatten() else { continue };
        out.extend_from_slice(&rest[..key_length + value.start]);
        out.extend_from_slice(REMOVED.as_bytes());
        rest = &rest[key_length + value.end..];
    }
    out.extend_from_slice(rest);
    out
}

/// The text up to the quote or backslash that ends a key, with what `\u` escapes spell in it (however often the
/// backslash itself was escaped), and its length as written.
fn key_of(bytes: &[u8]) -> (String, usize) {
    let mut key = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at).filter(|byte| **byte != b'"') {
        if byte != b'\\' {
            key.push(byte);
            at += 1;
            continue;
        }
        let backslashes = bytes[at..].iter().take_while(|byte| **byte == b'\\').count();
        let Some(unit) = unicode_escape(&bytes[at + backslashes..]) else { break };
        key.extend(unit.to_string().bytes());
        at += backslashes + UNICODE_ESCAPE;
    }
    (String::from_utf8_lossy(&key).into_owned(), at)
}

/// Bytes of `uXXXX`.
const UNICODE_ESCAPE: usize = 5;

/// The character that `uXXXX` at the beginning stands for.
fn unicode_escape(bytes: &[u8]) -> Option<char> {
    let digits = std::str::from_utf8(bytes.strip_prefix(b"u")?.get(..UNICODE_ESCAPE - 1)?).ok()?;
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

/// Where the string lies that follows a key's end; to the end of the bytes where it is cut off.
fn value_span(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let after_quotes = bytes.iter().position(|byte| !matches!(byte, b'"' | b'\\'))?;
    let gap = bytes[after_quotes..].iter().position(|byte| !matches!(byte, b':' | b' ' | b'\t' | b'\r' | b'\n'))?;
    let from = after_quotes + gap;
    if gap == 0 {
        return None;
    }
    let quotes = bytes[from..].iter().position(|byte| !matches!(byte, b'"' | b'\\')).unwrap_or(0);
    if quotes == 0 {
        return None;
    }
    let start = from + quotes;
    let closing = &bytes[from..start];
    let length = memchr::memmem::find(&bytes[start..], closing).unwrap_or(bytes.len() - start);
    Some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        let mut node = json::node(text).expect("the test's own JSON is good");
        redact(&mut node);
        json::compact(&node)
    }

    #[test]
    fn secrets_go_and_identifiers_stay() {
        assert_eq!(
            redacted(
                r#"{"userIdentity":{"accessKeyId":"AKIA1"},"responseElements":{"credentials":{"accessKeyId":"ASIA2","sessionToken":"s"},"Credentials":{"AccessKeySecret":"x"}}}"#
            ),
            r#"{"userIdentity":{"accessKeyId":"AKIA1"},"responseElements":{"credentials":"[removed]","Credentials":"[removed]"}}"#,
        );
        for key in [
            "sessionToken",
            "SecretAccessKey",
            "AccessKeySecret",
            "x-acs-security-token",
            "SAMLAssertion",
            "webIdentityToken",
            "tokenCode",
            "keyStorePassword",
            "PASSWORD",
        ] {
            let text = format!(r#"{{"a":[{{"{key}":"hidden"}}]}}"#);
            assert_eq!(redacted(&text), format!(r#"{{"a":[{{"{key}":"[removed]"}}]}}"#));
        }
        for kept in [
            r#"{"sessionCredentialFromConsole":"true"}"#,
            r#"{"nextToken":"x"}"#,
            r#"{"password":null}"#,
            r#"{"getPasswordData":true}"#,
            r#"{"anyWebIdentityToken":"x"}"#,
        ] {
            assert_eq!(redacted(kept), kept);
        }
    }

    #[test]
    fn a_longer_key_is_told_from_each_secret_one() {
        assert!(SECRET_KEYS.iter().all(|key| key.len() < MOST_LETTERS));
    }

    #[test]
    fn secrets_in_strings_of_json_go_too() {
        let once = r#"{"p":"{\"Credentials\":{\"a\":1},\"RoleName\":\"r\"}"}"#;
        assert_eq!(redacted(once), r#"{"p":"{\"Credentials\":\"[removed]\",\"RoleName\":\"r\"}"}"#);
        let untouched = r#"{"p":"{ \"RoleName\" : \"r\" }"}"#;
        assert_eq!(redacted(untouched), untouched);
        let cut_off = r#"{"p":"{\"sessionToken\":\"hid"}"#;
        assert_eq!(redacted(cut_off), r#"{"p":"[removed]"}"#);
        let escaped = r#"{"p":"{\"\\u0073essionToken\":\"hidden\"}"}"#;
        assert!(!redacted(escaped).contains("hidden"));
        let deep = (0..6).fold(r#"{"sessionToken":"hidden"}"#.to_owned(), |text, _| {
            json::compact(&Node::Map(vec![("p".into(), Node::Text(text.into()))]))
        });
        assert!(!redacted(&deep).contains("hidden"));
    }

    #[test]
    fn broken_pieces_lose_their_secrets_as_well() {
        for text in [
            r#"{"a":1,"sessionToken" : "hidden","b":"kept""#,
            r#"{"x":"{\"sessionToken\":\"hidden\",\"b\":\"kept\"}"#,
            r#"{"b":"kept","Password":"hidden"#,
            r#"{"b":"kept","\u0073ession\u0054oken":"hidden","b":"again""#,
            r#"{"x":"{\"\\u0073essionToken\":\"hidden\",\"b\":\"kept\"}"#,
        ] {
            let clean = String::from_utf8(redact_bytes(text.as_bytes())).expect("stays text");
            assert!(!clean.contains("hidden") && clean.contains("kept") && clean.contains(REMOVED), "{clean}");
        }
        let harmless = br#"{"a":"b","roleName":"x"#;
        assert_eq!(redact_bytes(harmless), harmless);
    }
}
