//! Keys that sign checkpoints: Ed25519, as every TLS tool makes them (PEM), and the one-line form of public keys that
//! tools for transparency logs exchange.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use zeroize::Zeroizing;

/// The number of Ed25519 among the algorithms of signed notes.
const ALGORITHM: u8 = 1;

/// What stands before the 32 bytes of a public key of Ed25519 in DER (RFC 8410).
const DER_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Rights that anybody but the owner may have to a key: none.
const OF_OTHERS: u32 = 0o077;

/// How a key is made.
const MAKE: &str = "make one with `openssl genpkey -algorithm ed25519 -out FILE`";

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("the key {path} cannot be read: {source}; {MAKE}, or give this user the right to read it", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others can read it.
    #[error("the key {path} can be read by others (mode {mode:04o}); take their rights away: chmod 600 {path}", path = path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It holds something else.
    #[error("{path} holds no private key of Ed25519 in PEM; {MAKE}", path = path.display())]
    Private {
        /// The file.
        path: PathBuf,
    },
    /// It is no public key.
    #[error(
        "it is no public key of Ed25519; give the PEM that `openssl pkey -in KEY -pubout` prints, or the line that `roletrail doctor` shows"
    )]
    Public,
}

/// Signs checkpoints.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Reads a key that nobody else may read.
    ///
    /// # Errors
    /// [`KeyError`] that names the file and the remedy.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Read { path: path.to_owned(), source };
        require_private(path)?;
        let pem = Zeroizing::new(std::fs::read(path).map_err(failed)?);
        Self::from_pem(&pem).ok_or_else(|| KeyError::Private { path: path.to_owned() })
    }

    /// The key in a text; `None` where there is none.
    #[must_use]
    pub fn from_pem(pem: &[u8]) -> Option<Self> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).ok()?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der()).ok()?;
        let public = PublicKey(pair.public_key().as_ref().try_into().ok()?);
        Some(Self { pair, public })
    }

    /// What others check its signatures with.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn sign(&self, text: &[u8]) -> Vec<u8> {
        self.pair.sign(text).as_ref().to_vec()
    }
}

#[cfg(unix)]
fn require_private(path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;
    let data = std::fs::metadata(path).map_err(|source| KeyError::Read { path: path.to_owned(), source })?;
    let mode = data.permissions().mode() & 0o7777;
    if mode & OF_OTHERS == 0 { Ok(()) } else { Err(KeyError::Open { path: path.to_owned(), mode }) }
}

#[cfg(not(unix))]
fn require_private(_path: &Path) -> Result<(), KeyError> {
    Ok(())
}

/// Checks signatures of checkpoints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl PublicKey {
    /// The key in the one-line form of signed notes: `NAME+ID+KEY`.
    #[must_use]
    pub fn line(&self, name: &str) -> String {
        let mut bytes = vec![ALGORITHM];
        bytes.extend(self.0);
        format!("{name}+{}+{}", hex::encode(self.id(name)), STANDARD.encode(bytes))
    }

    /// Four bytes by which signatures name the key.
    pub(super) fn id(&self, name: &str) -> [u8; 4] {
        let digest =
            Sha256::new().chain_update(name).chain_update([b'\n', ALGORITHM]).chain_update(self.0).finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    pub(super) fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(text, signature).is_ok()
    }

    fn from_line(line: &str) -> Option<Self> {
        // The key itself may hold a plus sign.
        let mut parts = line.splitn(3, '+');
        let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
        let bytes = STANDARD.decode(key).ok()?;
        let key = Self(bytes.strip_prefix(&[ALGORITHM])?.try_into().ok()?);
        (hex::encode(key.id(name)) == id).then_some(key)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if let Ok(der) = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()) {
            let key = der.strip_prefix(&DER_PREFIX).and_then(|key| key.try_into().ok());
            return key.map(Self).ok_or(KeyError::Public);
        }
        Self::from_line(text.trim()).ok_or(KeyError::Public)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Keys for tests, known to everybody.
    pub const KEY: &[u8] = b"-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIHMKW3iHmDzkcyPHIcF5EjZE03imDswIqUbL9I5D6tzu
-----END PRIVATE KEY-----\n";
    pub const OTHER_KEY: &[u8] = b"-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIG283ZifoKoBGIwdpuxD7nOfa/aW4JC/wsbHhZ1m6o4E
-----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEABgcf2W40zD2Wh/dPZhyMRArixGGYKKIkEHYmM2qH0AQ=
-----END PUBLIC KEY-----\n";

    #[test]
    fn a_public_key_is_read_in_both_of_its_forms() {
        let key = SigningKey::from_pem(KEY).expect("a key");
        let line = key.public().line("example.org/log");
        for text in [PUBLIC, &line, &format!("{line}\n")] {
            assert_eq!(&text.parse::<PublicKey>().expect(text), key.public());
        }
        let other = line.replacen("example.org", "example.com", 1);
        for wrong in ["", "a+b+c", &other, &line[..line.len() - 4], "-----BEGIN PUBLIC KEY-----"] {
            assert!(wrong.parse::<PublicKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_secret_is_not_in_what_is_written_for_debugging() {
        let text = format!("{:?}", SigningKey::from_pem(KEY).expect("a key"));
        assert!(!text.contains("730a5b78") && text.contains("06071fd9"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("evidence.key");
        let read = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("changed");
            SigningKey::read(&path)
        };
        assert!(SigningKey::read(&path).expect_err("missing").to_string().contains("openssl genpkey"));
        std::fs::write(&path, KEY).expect("written");
        for mode in [0o400, 0o600] {
            assert!(read(mode).is_ok(), "{mode:o}");
        }
        for mode in [0o640, 0o604, 0o660] {
            let error = read(mode).expect_err("others can read it").to_string();
            assert!(error.contains("chmod 600") && error.contains(&format!("{mode:04o}")), "{error}");
        }
        std::fs::write(&path, PUBLIC).expect("written");
        assert!(read(0o600).expect_err("public").to_string().contains("no private key"));
    }
}
