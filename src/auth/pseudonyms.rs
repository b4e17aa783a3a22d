//! Names for what must not be stored as it is: an address, an account that somebody tried.

use sha2::{Digest, Sha256};

use super::tokens::hex;

/// Makes names that only the holder of the secret can make: with a bare hash, whoever reads the
/// database would find every IPv4 address by trying them all.
#[derive(Clone)]
pub struct Pseudonyms {
    keyed: Sha256,
}

impl Pseudonyms {
    /// By the secret that signs the tokens: replicas share it.
    pub fn new(secret: &[u8]) -> Self {
        let key = Sha256::new_with_prefix("daybook pseudonyms ").chain_update(secret).finalize();
        Self { keyed: Sha256::new_with_prefix(key) }
    }

    /// The name of what these parts say together.
    pub fn name(&self, parts: &[&str]) -> String {
        // Each with its length, so that no two lists of parts read the same.
        let hash = parts.iter().fold(self.keyed.clone(), |hash, part| {
            hash.chain_update((part.len() as u64).to_be_bytes()).chain_update(part)
        });
        hex(&hash.finalize())
    }
}
