//! Keys of signed notes (C2SP `signed-note`) as text, and the signatures that they make and check.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    cosignature::{self, cosigned_message},
    hash::sha256,
};
use crate::domain::text::hex;

/// The signature type of plain Ed25519.
pub const ED25519_TYPE: u8 = 0x01;

/// The signature type of an Ed25519 cosignature with its time (C2SP `tlog-cosignature`).
pub const COSIGNATURE_TYPE: u8 = 0x04;

const SEED_BYTES: usize = 32;
const PUBLIC_BYTES: usize = 32;

/// Why a key or a note is refused: one line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongNote(pub String);

impl fmt::Display for WrongNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The refusal with a text.
pub(super) fn wrong(text: impl Into<String>) -> WrongNote {
    WrongNote(text.into())
}

/// Whether a text may be the name of a key, and so the origin of a ledger: not empty, without
/// Unicode spaces, control characters and plus signs.
pub fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

fn key_id(name: &str, kind: u8, public: &[u8]) -> [u8; 4] {
    let hash = sha256(&[name.as_bytes(), b"\n", &[kind], public]);
    let mut id = [0; 4];
    id.copy_from_slice(&hash.0[..4]);
    id
}

/// A key that signs notes. Its text form is that of Go's `note` package:
/// `PRIVATE+KEY+<name>+<id>+<base64>`.
pub struct Signer {
    name: String,
    seed: [u8; SEED_BYTES],
    pair: Ed25519KeyPair,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.name)
    }
}

impl Signer {
    /// A key of a name, from 32 random bytes.
    ///
    /// # Errors
    /// Where the name cannot be that of a key.
    pub fn new(name: &str, seed: [u8; SEED_BYTES]) -> Result<Self, WrongNote> {
        if !is_key_name(name) {
            return Err(wrong("the name of a key has no spaces and no plus signs"));
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed)
            .map_err(|_| wrong("the key is not an Ed25519 key"))?;
        Ok(Self { name: name.to_owned(), seed, pair })
    }

    /// Reads a key from its text form.
    ///
    /// # Errors
    /// Where the text is not a key, or its parts do not fit together.
    pub fn parse(text: &str) -> Result<Self, WrongNote> {
        let broken = || wrong("expected PRIVATE+KEY+<name>+<id>+<base64>");
        let rest = text.trim().strip_prefix("PRIVATE+KEY+").ok_or_else(broken)?;
        let mut parts = rest.splitn(3, '+');
        let (name, id, key) = match (parts.next(), parts.next(), parts.next()) {
            (Some(name), Some(id), Some(key)) => (name, id, key),
            _ => return Err(broken()),
        };
        let key = STANDARD.decode(key).map_err(|_| broken())?;
        let (kind, seed) = key.split_first().ok_or_else(broken)?;
        if *kind != ED25519_TYPE {
            return Err(wrong("the key is not an Ed25519 key"));
        }
        let signer = Self::new(name, seed.try_into().map_err(|_| broken())?)?;
        if hex(&signer.verifier().id()) != id {
            return Err(wrong("the id of the key is not that of its name and bytes"));
        }
        Ok(signer)
    }

    /// The secret text form.
    pub fn to_secret_text(&self) -> String {
        let key = [&[ED25519_TYPE], self.seed.as_slice()].concat();
        let id = hex(&self.verifier().id());
        format!("PRIVATE+KEY+{}+{id}+{}", self.name, STANDARD.encode(key))
    }

    /// The name of the key: the origin of the ledger.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that checks what this one signs.
    pub fn verifier(&self) -> Verifier {
        let mut public = [0; PUBLIC_BYTES];
        public.copy_from_slice(self.pair.public_key().as_ref());
        Verifier { name: self.name.clone(), kind: ED25519_TYPE, public }
    }

    /// The signature line of a text, with its newline.
    pub fn sign(&self, text: &str) -> String {
        let signature = self.pair.sign(text.as_bytes());
        signature_line(&self.name, &self.verifier().id(), signature.as_ref())
    }
}

/// A signature line, with its newline.
pub fn signature_line(name: &str, id: &[u8; 4], signature: &[u8]) -> String {
    format!("— {name} {}\n", STANDARD.encode([id.as_slice(), signature].concat()))
}

/// A key that checks signatures. Its text form is the vkey: `<name>+<id>+<base64>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    kind: u8,
    public: [u8; PUBLIC_BYTES],
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.kind], self.public.as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex(&self.id()), STANDARD.encode(key))
    }
}

impl std::str::FromStr for Verifier {
    type Err = WrongNote;

    fn from_str(text: &str) -> Result<Self, WrongNote> {
        let broken = || wrong("expected a verifier key: <name>+<id>+<base64>");
        let mut parts = text.trim().splitn(3, '+');
        let (name, id, key) = match (parts.next(), parts.next(), parts.next()) {
            (Some(name), Some(id), Some(key)) => (name, id, key),
            _ => return Err(broken()),
        };
        let key = STANDARD.decode(key).map_err(|_| broken())?;
        let (kind, public) = key.split_first().ok_or_else(broken)?;
        if ![ED25519_TYPE, COSIGNATURE_TYPE].contains(kind) {
            return Err(wrong("the verifier key is not an Ed25519 key"));
        }
        let public = public.try_into().map_err(|_| broken())?;
        let verifier = Self { name: name.to_owned(), kind: *kind, public };
        if !is_key_name(name) || hex(&verifier.id()) != id {
            return Err(wrong("the id of the verifier key is not that of its name and bytes"));
        }
        Ok(verifier)
    }
}

impl Verifier {
    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it checks cosignatures: it is the key of a witness.
    pub fn is_cosigner(&self) -> bool {
        self.kind == COSIGNATURE_TYPE
    }

    /// The first four bytes of the hash of name, type and key.
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name, self.kind, &self.public)
    }

    /// Whether this key made the signature of a text.
    pub(super) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.public);
        if self.kind == ED25519_TYPE {
            return key.verify(text.as_bytes(), signature).is_ok();
        }
        let Some((time, signature)) = cosignature::split(signature) else { return false };
        key.verify(cosigned_message(time, text).as_bytes(), signature).is_ok()
    }
}
