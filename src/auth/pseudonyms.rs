//! Names for what must not be stored as it is: an address, an account that somebody tried, a request
//! that may have a password in it.

use aws_lc_rs::hmac;
use sha2::{Digest, Sha256};

use super::tokens::hex;

/// Makes names that only the holder of the secret can make (HMAC, RFC 2104): with a bare hash,
/// whoever reads the database would find every IPv4 address, and many a password, by trying them.
#[derive(Clone)]
pub struct Pseudonyms(hmac::Key);

impl Pseudonyms {
    /// By the secret that signs the tokens: replicas share it.
    pub fn new(secret: &[u8]) -> Self {
        let key = Sha256::new_with_prefix("daybook pseudonyms ").chain_update(secret).finalize();
        Self(hmac::Key::new(hmac::HMAC_SHA256, &key))
    }

    /// The name of what these parts say together.
    pub fn name<P: AsRef<[u8]>>(&self, parts: &[P]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts.iter().map(AsRef::as_ref) {
            // Each with its length, so that no two lists of parts read the same.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        hex(context.sign().as_ref())
    }
}
