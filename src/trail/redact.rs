//! Credentials and session tokens are taken out before a record leaves this layer.

use std::borrow::Cow;
use std::ops::Range;

use super::json;

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

/// The record without its secrets, as JSON without white space and without escapes that need not be. The text has to be good
/// JSON.
pub(super) fn redact(record: &str) -> String {
    let mut clean = Clean::new(record, LEVELS_OF_TEXT);
    clean.read();
    clean.out
}

/// A text that is written anew while it is read. Nearly all of it stays as it is, and is copied in long pieces.
struct Clean<'a> {
    text: &'a str,
    /// How deep strings may hold JSON.
    levels: u8,
    out: String,
    /// Where what was not written yet begins.
    rest: usize,
    /// Whether anything was taken out.
    any: bool,
}

impl<'a> Clean<'a> {
    fn new(text: &'a str, levels: u8) -> Self {
        Self { text, levels, out: String::with_capacity(text.len()), rest: 0, any: false }
    }

    fn read(&mut self) {
        let mut at = 0;
        while let Some(&byte) = self.text.as_bytes().get(at) {
            at = match byte {
                b'"' => self.string(at),
                b' ' | b'\t' | b'\n' | b'\r' => self.put(at..at + 1, ""),
                _ => at + 1,
            };
        }
        self.put(at..at, "");
    }

    /// Puts something in place of a piece of the text; answers where the piece ends.
    fn put(&mut self, piece: Range<usize>, instead: &str) -> usize {
        self.out.push_str(&self.text[self.rest..piece.start]);
        self.out.push_str(instead);
        self.rest = piece.end;
        piece.end
    }

    /// Reads the string at `at`, and a secret behind it; answers where reading goes on.
    fn string(&mut self, at: usize) -> usize {
        let (end, escaped) = json::checked_string(self.text, at);
        let inside = &self.text[at + 1..end - 1];
        let said = if escaped { json::decoded(inside) } else { Cow::Borrowed(inside) };
        let colon = json::end_of_blank(self.text.as_bytes(), end);
        if self.text.as_bytes().get(colon) != Some(&b':') {
            let clean = inside_text(&said, self.levels);
            self.any |= clean.is_some();
            return self.say(at..end, escaped || clean.is_some(), &clean.map_or(said, Cow::Owned));
        }
        self.say(at..end, escaped, &said);
        if is_secret(&said) { self.secret(end, json::end_of_blank(self.text.as_bytes(), colon + 1)) } else { end }
    }

    /// Writes a string that is another one, or may be written otherwise.
    fn say(&mut self, string: Range<usize>, anew: bool, text: &str) -> usize {
        if anew { self.put(string, &json::quoted(text)) } else { string.end }
    }

    /// Takes out the secret at `value`, whose key ends at `key_end`. What is but true, false or null is none.
    fn secret(&mut self, key_end: usize, value: usize) -> usize {
        if matches!(self.text.as_bytes().get(value), Some(b't' | b'f' | b'n')) {
            return key_end;
        }
        self.any = true;
        self.put(key_end..json::end_of_value(self.text, value), &format!(":\"{REMOVED}\""))
    }
}

/// The text without its secrets, if it is JSON and has any.
fn inside_text(text: &str, levels: u8) -> Option<String> {
    if !text.trim_start().starts_with(['{', '[']) || !may_hold_secret(text.as_bytes()) {
        return None;
    }
    // JSON that was cut off, or lies too deep, cannot be looked into: all of it goes.
    if levels == 0 || json::node(text).is_err() {
        return Some(REMOVED.to_owned());
    }
    let mut inside = Clean::new(text, levels - 1);
    inside.read();
    inside.any.then_some(inside.out)
}

/// A text of a record, as it stands in the record once its secrets are gone.
pub(super) fn redact_text(text: &str) -> String {
    inside_text(text, LEVELS_OF_TEXT).unwrap_or_else(|| text.to_owned())
}

/// Letters of the longest secret key, and one more.
const MOST_LETTERS: usize = 17;

/// The last letters of each secret key; each of the ends is the end of one.
const LAST_LETTERS: [u32; SECRET_KEYS.len()] = last_letters();

const fn last_letters() -> [u32; SECRET_KEYS.len()] {
    let mut all = [0; SECRET_KEYS.len()];
    let mut place = 0;
    while place < all.len() {
        if let Some([a, b, c]) = SECRET_KEYS[place].as_bytes().last_chunk() {
            all[place] = u32::from_le_bytes([0, *a, *b, *c]);
        }
        place += 1;
    }
    all
}

/// Every key of every record that is kept is looked at, and nearly all of them end otherwise than secret ones.
fn is_secret(key: &str) -> bool {
    if let Some(&[a, b, c]) = key.as_bytes().last_chunk()
        && [a, b, c].iter().all(u8::is_ascii_alphanumeric)
        && !LAST_LETTERS.contains(&u32::from_le_bytes([0, a, b, c].map(|byte| byte.to_ascii_lowercase())))
    {
        return false;
    }
    has_letters_of_secret(key)
}

/// The key's last letters are put in order on the stack.
fn has_letters_of_secret(key: &str) -> bool {
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
        json::node(text).expect("the test's own JSON is good");
        redact(text)
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
    fn a_key_s_last_letters_hide_no_secret() {
        for end in SECRET_ENDS {
            assert!(SECRET_KEYS.iter().any(|key| key.ends_with(&end[end.len() - 3..])), "{end}");
        }
        for word in SECRET_KEYS.into_iter().chain(SECRET_ENDS) {
            for place in 0..=word.len() {
                for between in ["-", "_", " ", "é", "\""] {
                    let key = format!("{}{between}{}", &word[..place].to_uppercase(), &word[place..]);
                    assert!(is_secret(&key), "{key}");
                }
            }
        }
    }

    #[test]
    fn what_stays_is_written_without_white_space_and_needless_escapes() {
        for (text, written) in [
            (
                "{ \"a\" :\t[ 1 ,\r\n true ] , \"b\\u0041\" : \" \\u003d\\/ \\\" \\n\" }",
                r#"{"a":[1,true],"bA":" =/ \" \n"}"#,
            ),
            (r#"{"Pass\u0077ord" : {"a":["}"]} , "b":1}"#, r#"{"Password":"[removed]","b":1}"#),
            (r#"{"plaintext" : null , "tokenCode":-1.5e3}"#, r#"{"plaintext":null,"tokenCode":"[removed]"}"#),
        ] {
            assert_eq!(redacted(text), written);
            assert_eq!(redacted(written), written);
        }
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
        let deep = (0..6)
            .fold(r#"{"sessionToken":"hidden"}"#.to_owned(), |text, _| format!("{{\"p\":{}}}", json::quoted(&text)));
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
