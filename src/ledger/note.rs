//! Signed notes (C2SP `signed-note`): a text and its signature lines, and how they are checked.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    cosignature,
    key::{Verifier, WrongNote, is_key_name, wrong},
};

/// The most bytes of a note that is read.
pub const NOTE_MAX: usize = 1_000_000;

/// The most signature lines of a note that is read.
const SIGNATURES_MAX: usize = 100;

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
    use crate::ledger::key::Signer;

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
