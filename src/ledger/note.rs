//! Signed notes (C2SP `signed-note`): keys as text, signature lines, and how both are checked.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    cosignature::{self, cosigned_message},
    hash::sha256,
};

/// The signature type of plain Ed25519.
pub const ED25519_TYPE: u8 = 0x01;

/// The signature type of an Ed25519 cosignature with its time (C2SP `tlog-cosignature`).
pub const COSIGNATURE_TYPE: u8 = 0x04;

/// The most bytes of a note that is read.
pub const NOTE_MAX: usize = 1_000_000;

/// The most signature lines of a note that is read.
const SIGNATURES_MAX: usize = 100;

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

fn wrong(text: impl Into<String>) -> WrongNote {
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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

    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.public);
        if self.kind == ED25519_TYPE {
            return key.verify(text.as_bytes(), signature).is_ok();
        }
        let Some((time, signature)) = cosignature::split(signature) else { return false };
        key.verify(cosigned_message(time, text).as_bytes(), signature).is_ok()
    }
}

/// A signature line, read.
struct Signature<'a> {
    name: &'a str,
    id: [u8; 4],
    bytes: Vec<u8>,
    line: &'a str,
}

/// A note, read: its text, and its signatures. Nothing is verified yet.
pub struct Note<'a> {
    /// The text, with its last newline.
    pub text: &'a str,
    signatures: Vec<Signature<'a>>,
}

impl<'a> Note<'a> {
    /// Reads a note.
    ///
    /// # Errors
    /// Where it is not a text, a blank line, and signature lines.
    pub fn parse(note: &'a str) -> Result<Self, WrongNote> {
        if note.len() > NOTE_MAX {
            return Err(wrong("the note is too large"));
        }
        if note.chars().any(|c| c.is_ascii_control() && c != '\n') {
            return Err(wrong("a note has no control characters"));
        }
        let at = note.rfind("\n\n").ok_or_else(|| wrong("the note has no signatures"))?;
        let (text, lines) = (&note[..=at], &note[at + 2..]);
        Ok(Self { text, signatures: parse_signatures(lines)? })
    }

    /// The text, once a key has signed it.
    ///
    /// # Errors
    /// Where no signature is of this key, or one that is does not verify.
    pub fn verified_by(&self, key: &Verifier) -> Result<&'a str, WrongNote> {
        self.line_of(key).map(|_| self.text)
    }

    /// The signature line of a key, without its newline, once it verifies.
    ///
    /// # Errors
    /// As [`Self::verified_by`].
    pub fn line_of(&self, key: &Verifier) -> Result<&'a str, WrongNote> {
        self.signature_of(key).map(|it| it.line)
    }

    /// The time of the cosignature of a witness, in seconds since 1970, once it verifies.
    ///
    /// # Errors
    /// As [`Self::verified_by`], and where the key is not that of a witness.
    pub fn cosigned_at(&self, key: &Verifier) -> Result<u64, WrongNote> {
        if !key.is_cosigner() {
            return Err(wrong("the key is not that of a witness"));
        }
        let signature = self.signature_of(key)?;
        let (time, _) = cosignature::split(&signature.bytes)
            .ok_or_else(|| wrong("the cosignature has no time"))?;
        Ok(time)
    }

    fn signature_of(&self, key: &Verifier) -> Result<&Signature<'a>, WrongNote> {
        let mut found = None;
        for signature in &self.signatures {
            if signature.name == key.name() && signature.id == key.id() {
                if !key.verifies(self.text, &signature.bytes) {
                    return Err(wrong(format!("the signature of {} does not verify", key.name())));
                }
                found = Some(signature);
            }
        }
        found.ok_or_else(|| wrong(format!("the note is not signed by {key}")))
    }
}

fn parse_signatures(lines: &str) -> Result<Vec<Signature<'_>>, WrongNote> {
    let broken = || wrong("a signature line is broken");
    let body = lines.strip_suffix('\n').ok_or_else(broken)?;
    let mut signatures = Vec::new();
    for line in body.split('\n') {
        let (name, encoded) =
            line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or_else(broken)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| broken())?;
        let (id, bytes) = bytes.split_first_chunk::<4>().ok_or_else(broken)?;
        if !is_key_name(name) || bytes.is_empty() || signatures.len() == SIGNATURES_MAX {
            return Err(broken());
        }
        signatures.push(Signature { name, id: *id, bytes: bytes.to_vec(), line });
    }
    Ok(signatures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_format_verifies() {
        let key: Verifier = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
            .parse()
            .unwrap();
        let note = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YE\
                    q6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        let read = Note::parse(note).unwrap();
        assert_eq!(read.verified_by(&key), Ok("This is an example message.\n"));
        let other = note.replace("example message", "Example message");
        assert!(Note::parse(&other).unwrap().verified_by(&key).is_err());
    }

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let signer = Signer::new("example.com/log", [7; 32]).unwrap();
        let again = Signer::parse(&signer.to_secret_text()).unwrap();
        assert_eq!(again.verifier(), signer.verifier());
        assert_eq!(signer.verifier().to_string().parse(), Ok(signer.verifier()));
        let note = format!("text\n\n{}", signer.sign("text\n"));
        assert_eq!(Note::parse(&note).unwrap().verified_by(&again.verifier()), Ok("text\n"));
    }

    #[test]
    fn broken_keys_and_notes_are_refused() {
        let signer = Signer::new("example.com/log", [7; 32]).unwrap();
        let text = signer.to_secret_text();
        for broken in [
            text.replace("PRIVATE", "PUBLIC"),
            text.replace("log", "lag"),
            text[..text.len() - 4].to_owned(),
            String::new(),
        ] {
            assert!(Signer::parse(&broken).is_err(), "{broken}");
        }
        assert!(Signer::new("two words", [7; 32]).is_err());
        for broken in
            ["text\n", "text\n\n", "text\n\n— a\n", "text\n\n— a AAAA\n", "\u{7}\n\n— a AAAAAAA=\n"]
        {
            assert!(Note::parse(broken).is_err(), "{broken:?}");
        }
    }
}
