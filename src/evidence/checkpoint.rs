//! Checkpoints: how large the log was and what its root was, in the form of C2SP (tlog-checkpoint, signed-note), which
//! other tools read.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::key::{PublicKey, SigningKey};
use super::tree::{Hash, Tree};

/// Begin of a line with a signature: an em dash and a space.
const MARK: &str = "\u{2014} ";

/// Bytes of a checkpoint's text at most; a log of ours signs with one key.
const MOST_BYTES: usize = 64 << 10;

/// How large a log was, and what its root was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// A checkpoint with its signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// The signatures: name of the key, and the bytes.
    pub signatures: Vec<(String, Vec<u8>)>,
}

/// Why a text is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no checkpoint: {0}")]
pub struct CheckpointError(&'static str);

impl Checkpoint {
    /// The checkpoint of a tree.
    #[must_use]
    pub fn of(origin: &str, tree: &Tree) -> Self {
        Self { origin: origin.to_owned(), size: tree.size(), root: tree.root() }
    }

    /// The text that is signed.
    fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    /// Signs it, where there is a key.
    #[must_use]
    pub fn sign(self, key: Option<&SigningKey>) -> SignedCheckpoint {
        let signatures = key.map(|key| {
            let name = self.origin.clone();
            let mut bytes = key.public().id(&name).to_vec();
            bytes.extend(key.sign(self.body().as_bytes()));
            (name, bytes)
        });
        SignedCheckpoint { checkpoint: self, signatures: signatures.into_iter().collect() }
    }
}

impl SignedCheckpoint {
    /// The name under which the key has signed it, if it has.
    #[must_use]
    pub fn signed_by(&self, key: &PublicKey) -> Option<&str> {
        let body = self.checkpoint.body();
        let found = self.signatures.iter().find(|(name, bytes)| {
            bytes
                .split_first_chunk::<4>()
                .is_some_and(|(id, signature)| *id == key.id(name) && key.verifies(body.as_bytes(), signature))
        });
        found.map(|(name, _)| name.as_str())
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.checkpoint.body())?;
        if !self.signatures.is_empty() {
            writeln!(f)?;
        }
        for (name, bytes) in &self.signatures {
            writeln!(f, "{MARK}{name} {}", STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}

impl FromStr for SignedCheckpoint {
    type Err = CheckpointError;

    /// Reads a checkpoint. Lines of other makers between root and signatures are refused: what they mean is not known,
    /// and the signature could not be checked without them.
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        if MOST_BYTES < text.len() {
            return Err(CheckpointError("it is too long"));
        }
        let text = text.trim_end();
        let (body, signatures) = text.split_once("\n\n").unwrap_or((text, ""));
        let lines: Vec<_> = body.lines().collect();
        let [origin, size, root] = lines[..] else {
            return Err(CheckpointError("its first lines are not origin, size and root"));
        };
        if origin.trim().is_empty() {
            return Err(CheckpointError("it has no origin"));
        }
        let number = size.parse::<u64>().ok().filter(|number| number.to_string() == size);
        let root = STANDARD.decode(root).ok().and_then(|bytes| Hash::from_bytes(&bytes));
        let checkpoint = Checkpoint {
            origin: origin.to_owned(),
            size: number.ok_or(CheckpointError("the size on its second line is no number"))?,
            root: root.ok_or(CheckpointError("the root on its third line is no SHA-256 in base64"))?,
        };
        let signatures = signatures.lines().map(signature).collect::<Result<_, _>>()?;
        Ok(Self { checkpoint, signatures })
    }
}

fn signature(line: &str) -> Result<(String, Vec<u8>), CheckpointError> {
    let wrong = CheckpointError("a line below the root is no signature");
    let (name, bytes) = line.strip_prefix(MARK).and_then(|line| line.rsplit_once(' ')).ok_or(wrong)?;
    Ok((name.to_owned(), STANDARD.decode(bytes).map_err(|_| wrong)?))
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::{KEY, OTHER_KEY};
    use super::super::tree::leaf_hash;
    use super::*;

    fn checkpoint() -> Checkpoint {
        let mut tree = Tree::default();
        tree.push(leaf_hash(b"one"));
        Checkpoint::of("example.org/roletrail", &tree)
    }

    #[test]
    fn a_checkpoint_is_read_as_it_was_written() {
        let key = SigningKey::from_pem(KEY).expect("a key");
        for note in [checkpoint().sign(None), checkpoint().sign(Some(&key))] {
            assert_eq!(note.to_string().parse(), Ok(note.clone()));
            assert_eq!(note.to_string().trim().parse(), Ok(note), "however it was copied");
        }
    }

    #[test]
    fn a_signature_is_one_of_this_key_over_this_text() {
        let key = SigningKey::from_pem(KEY).expect("a key");
        let other = SigningKey::from_pem(OTHER_KEY).expect("a key");
        let note = checkpoint().sign(Some(&key));
        assert_eq!(note.signed_by(key.public()), Some("example.org/roletrail"));
        assert_eq!(note.signed_by(other.public()), None);
        assert_eq!(checkpoint().sign(None).signed_by(key.public()), None);
        let mut larger = note.clone();
        larger.checkpoint.size = 2;
        assert_eq!(larger.signed_by(key.public()), None);
        let mut renamed = note;
        renamed.signatures[0].0 = "example.com/roletrail".to_owned();
        assert_eq!(renamed.signed_by(key.public()), None);
    }

    #[test]
    fn what_is_no_checkpoint_is_told() {
        let root = STANDARD.encode([0; 32]);
        for (text, word) in [
            (String::new(), "origin, size"),
            ("a\n1".to_owned(), "origin, size"),
            (format!("a\n1\n{root}\nmore"), "origin, size"),
            (format!(" \n1\n{root}"), "no origin"),
            (format!("a\n01\n{root}"), "size"),
            (format!("a\n-1\n{root}"), "size"),
            ("a\n1\nAAAA".to_owned(), "root"),
            (format!("a\n1\n{root}\n\nsigned"), "signature"),
            ("a".repeat(MOST_BYTES + 1), "long"),
        ] {
            let error = text.parse::<SignedCheckpoint>().expect_err(&text);
            assert!(error.to_string().contains(word), "{text:?}: {error}");
        }
    }
}
