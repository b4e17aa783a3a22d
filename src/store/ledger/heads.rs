//! The head of the ledger's tree, signed: what the key and the witness of this service make of it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    db::connection::AnyConnection,
    error::Result,
    journal::records::{sequencer::size, tiles::StoredNodes},
    ledger::{checkpoint::Checkpoint, hash::Hash, key::Signer, tree},
};

/// Signs the heads of the ledger. Clones share the last cosignature.
#[derive(Clone)]
pub struct LedgerHeads(Arc<Inner>);

struct Inner {
    signer: Signer,
    cosigned: Mutex<Option<Cosigned>>,
}

/// A checkpoint that a witness has cosigned.
#[derive(Clone, Debug)]
pub struct Cosigned {
    /// The head that it saw.
    pub checkpoint: Checkpoint,
    /// Its signature lines, each with its newline.
    pub lines: String,
}

impl LedgerHeads {
    /// Signs with a key, whose name is the origin of the ledger.
    pub fn new(signer: Signer) -> Self {
        Self(Arc::new(Inner { signer, cosigned: Mutex::new(None) }))
    }

    /// The key that checks the signatures.
    pub fn verifier_key(&self) -> String {
        self.0.signer.verifier().to_string()
    }

    /// Keeps what a witness has cosigned last.
    pub fn set_cosigned(&self, cosigned: Cosigned) {
        *self.0.cosigned.lock().unwrap_or_else(PoisonError::into_inner) = Some(cosigned);
    }

    /// What a witness has cosigned last.
    pub fn cosigned(&self) -> Option<Cosigned> {
        self.0.cosigned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The head of the present tree.
    ///
    /// # Errors
    /// `unavailable` where the database is away.
    pub fn present(&self, conn: &mut AnyConnection) -> Result<Checkpoint> {
        let size = size(conn)?.cast_unsigned();
        let root = root(conn, size)?;
        Ok(Checkpoint { origin: self.0.signer.name().to_owned(), size, root })
    }

    /// The newest head that has the record at a position: the one that the witness has cosigned, if
    /// that does, else the present one.
    ///
    /// # Errors
    /// As [`Self::present`].
    pub fn with_position(&self, conn: &mut AnyConnection, position: u64) -> Result<Checkpoint> {
        match self.cosigned() {
            Some(it) if it.checkpoint.size > position => Ok(it.checkpoint),
            _ => self.present(conn),
        }
    }

    /// The signed note of a head, with the cosignature where the witness saw the same head.
    pub fn sign(&self, head: &Checkpoint) -> String {
        let mut note = head.sign(&self.0.signer);
        if let Some(cosigned) = self.cosigned().filter(|it| it.checkpoint == *head) {
            note.push_str(&cosigned.lines);
        }
        note
    }
}

/// The root of the tree of the first `size` records.
///
/// # Errors
/// `internal_error` where the ledger does not have so many.
pub fn root(conn: &mut AnyConnection, size: u64) -> Result<Hash> {
    tree::root(&mut StoredNodes::new(conn, size), size)
}

/// The proof that the tree of the first `from` records is the beginning of that of the first `to`.
/// `from` is at least 1 and at most `to`.
///
/// # Errors
/// As [`root`].
pub fn consistency(conn: &mut AnyConnection, from: u64, to: u64) -> Result<Vec<Hash>> {
    tree::consistency(&mut StoredNodes::new(conn, to), from, to)
}
