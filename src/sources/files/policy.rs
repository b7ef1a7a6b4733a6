//! Which files of a directory are trail logs. In doubt a file is read: it is then rejected aloud, not left out.

use std::path::Path;

use crate::trail::GZIP_MAGIC;

/// How many of a file's first bytes [`looks_like_log`] wants to see.
pub const PEEK_BYTES: usize = 256;

/// What a file in a directory is taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileVerdict {
    /// To be read.
    Read,
    /// No trail log; why.
    Skip(String),
}

/// Extensions of log files, in lower case. `.json.gz` ends in one of them too.
const LOG_EXTENSIONS: [&str; 5] = ["json", "gz", "jsonl", "ndjson", "log"];

/// Whether a file found in a directory is read. `first` gives its first bytes, at most [`PEEK_BYTES`]; it is called
/// only where the name alone does not decide.
///
/// # Errors
/// Whatever `first` fails with.
pub fn looks_like_log<E>(path: &Path, first: impl FnOnce() -> Result<Vec<u8>, E>) -> Result<FileVerdict, E> {
    if has_log_name(path) || begins_like_log(&first()?) {
        return Ok(FileVerdict::Read);
    }
    Ok(FileVerdict::Skip("neither its name nor its content is that of a trail log".to_owned()))
}

/// A hidden file has no extension either (`.DS_Store`), but it is no log by name.
fn has_log_name(path: &Path) -> bool {
    let Some(name) = path.file_name() else { return false };
    if name.as_encoded_bytes().starts_with(b".") {
        return false;
    }
    match path.extension() {
        None => true,
        Some(extension) => LOG_EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)),
    }
}

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Two tokens of JSON are asked for: a page in Markdown may begin with `[` or `{` alone.
fn begins_like_log(first: &[u8]) -> bool {
    if first.starts_with(&GZIP_MAGIC) {
        return true;
    }
    let text = first.strip_prefix(&BYTE_ORDER_MARK).unwrap_or(first);
    let mut tokens = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    match tokens.next() {
        Some(b'{') => matches!(tokens.next(), Some(b'"' | b'}')),
        Some(b'[') => matches!(tokens.next(), Some(b'{' | b']')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn reads(name: &str, content: &[u8]) -> bool {
        let verdict = looks_like_log(Path::new(name), || Ok::<_, Infallible>(content.to_vec()));
        verdict == Ok(FileVerdict::Read)
    }

    #[test]
    fn files_that_are_no_logs_by_name_and_content_are_skipped() {
        for (name, content) in [
            ("SOURCE.txt", &b"origin: ..."[..]),
            ("README.md", b"[![build](x)](y)"),
            ("notes.md", b"{% include %}"),
            ("a.csv", b"a,b\n1,2\n"),
            (".DS_Store", b"\0\0\0\x01Bud1"),
            (".gitkeep", b""),
            ("logo.png", b"\x89PNG\r\n"),
            ("x.txt", b"[1, 2]"),
            ("a.bak", b" \xef"),
        ] {
            assert!(!reads(name, content), "{name}");
        }
    }

    #[test]
    fn a_log_name_or_log_content_is_read() {
        for (name, content) in [
            ("a.json", &b"broken"[..]),
            ("a.JSON.GZ", b""),
            ("a.gz", b"not gzip"),
            ("a.jsonl", b""),
            ("a.ndjson", b""),
            ("a.log", b""),
            ("part-00000", b"?"),
            ("a.txt", b"\x1f\x8b\x08"),
            ("a.txt", b"\xef\xbb\xbf \n{ \"Records\": []}"),
            ("a.dat", b"[\n  {"),
            (".hidden", b"{\"a\":1}"),
        ] {
            assert!(reads(name, content), "{name}");
        }
    }

    #[test]
    fn the_content_is_not_looked_at_where_the_name_decides() {
        let verdict = looks_like_log(Path::new("a.json"), || Err("opened"));
        assert_eq!(verdict, Ok(FileVerdict::Read));
    }
}
