//! Names for what must not be stored in clear: an address, an account name, a request that may
//! contain a password.

use aws_lc_rs::hmac;
use sha2::{Digest, Sha256};

use crate::domain::text::hex;

/// Makes names with a secret key (HMAC, RFC 2104). With a plain hash, a reader of the database could
/// find every IPv4 address, and many passwords, by trying them.
#[derive(Clone)]
pub struct Pseudonyms(hmac::Key);

impl Pseudonyms {
    /// With a key derived from the secret that signs tokens, which all replicas share.
    pub fn new(secret: &[u8]) -> Self {
        let key = Sha256::new_with_prefix("daybook pseudonyms ").chain_update(secret).finalize();
        Self(hmac::Key::new(hmac::HMAC_SHA256, &key))
    }

    /// The name of a list of parts.
    pub fn name<P: AsRef<[u8]>>(&self, parts: &[P]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts.iter().map(AsRef::as_ref) {
            // Each part has its length before it, so that different lists differ as bytes.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        hex(context.sign().as_ref())
    }
}
