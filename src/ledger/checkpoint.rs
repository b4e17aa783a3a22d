//! Checkpoints (C2SP `tlog-checkpoint`): origin, size and root of a tree, signed.

use super::{
    hash::Hash,
    key::{Signer, Verifier, WrongNote, wrong},
    note::Note,
};
use crate::domain::text::decimal;

/// The head of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose tree it is: the name of the key that signs it.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed: three lines.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }

    /// The signed note.
    pub fn sign(&self, signer: &Signer) -> String {
        let text = self.text();
        let line = signer.sign(&text);
        format!("{text}\n{line}")
    }

    /// Reads a checkpoint that a key has signed, whose name is its origin.
    ///
    /// # Errors
    /// Where it is not signed by the key, or not a checkpoint of its origin.
    pub fn verified(note: &str, key: &Verifier) -> Result<Self, WrongNote> {
        let checkpoint = Self::parse(Note::parse(note)?.verified_by(key)?)?;
        if checkpoint.origin != key.name() {
            let text = format!("the checkpoint is of {}, not of {}", checkpoint.origin, key.name());
            return Err(wrong(text));
        }
        Ok(checkpoint)
    }

    /// Reads the text of a checkpoint. Lines after the third are extensions, and ignored.
    ///
    /// # Errors
    /// Where it does not begin with origin, size and root.
    pub fn parse(text: &str) -> Result<Self, WrongNote> {
        let broken = || wrong("the note is not a checkpoint");
        let mut lines = text.strip_suffix('\n').ok_or_else(broken)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(broken());
        };
        let size = decimal(size).ok_or_else(broken)?;
        let root = Hash::from_base64(root).ok_or_else(broken)?;
        if origin.is_empty() || lines.any(str::is_empty) {
            return Err(broken());
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::hash::empty_root, *};

    #[test]
    fn a_checkpoint_is_read_as_it_was_signed() {
        let signer = Signer::new("example.com/log", [1; 32]).unwrap();
        let checkpoint =
            Checkpoint { origin: "example.com/log".into(), size: 0, root: empty_root() };
        let note = checkpoint.sign(&signer);
        assert_eq!(Checkpoint::verified(&note, &signer.verifier()), Ok(checkpoint.clone()));
        let other = Signer::new("example.com/log", [2; 32]).unwrap();
        assert!(Checkpoint::verified(&note, &other.verifier()).is_err());
        assert!(Checkpoint::verified(&note.replace("\n0\n", "\n1\n"), &signer.verifier()).is_err());
        let foreign = Checkpoint { origin: "example.com/other".into(), ..checkpoint };
        assert!(Checkpoint::verified(&foreign.sign(&signer), &signer.verifier()).is_err());
        for broken in ["", "a\n", "a\n0\n", "a\n00\nAAAA\n", "a\n-1\nAAAA\n"] {
            assert!(Checkpoint::parse(broken).is_err(), "{broken:?}");
        }
    }
}
