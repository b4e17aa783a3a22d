//! Sealing what is kept in the database and is nobody's to read there: AES-256-GCM, by a key that
//! the database does not have.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hkdf::{HKDF_SHA256, Salt},
};

use super::pseudonyms::Pseudonyms;
use crate::error::{Error, Result};

/// Seals and opens.
#[derive(Clone)]
pub struct Sealer {
    key: Keys,
    previous: Option<Keys>,
}

/// What is made of one secret.
#[derive(Clone)]
struct Keys {
    seal: [u8; 32],
    marks: Pseudonyms,
}

impl Keys {
    fn of(secret: &[u8]) -> Result<Self> {
        Ok(Self { seal: derive(secret)?, marks: Pseudonyms::new(secret) })
    }
}

impl Sealer {
    /// With keys derived from the secret that signs tokens, and from the one before it (HKDF, RFC
    /// 5869).
    ///
    /// # Errors
    /// `internal_error` where a key can't be derived.
    pub fn new(secret: &[u8], previous: Option<&[u8]>) -> Result<Self> {
        Ok(Self { key: Keys::of(secret)?, previous: previous.map(Keys::of).transpose()? })
    }

    /// A mark of what these parts say together, which there may be a password in.
    pub fn mark(&self, parts: &[&[u8]]) -> String {
        self.key.marks.name(parts)
    }

    /// The mark that the same parts had before the secret was changed, if it was.
    pub fn earlier_mark(&self, parts: &[&[u8]]) -> Option<String> {
        self.previous.as_ref().map(|keys| keys.marks.name(parts))
    }

    /// Seals a text. `of` is what it belongs to, and is needed to open it.
    ///
    /// # Errors
    /// `internal_error` where sealing fails.
    pub fn seal(&self, text: Vec<u8>, of: &str) -> Result<Vec<u8>> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, &self.key.seal).map_err(Error::internal)?;
        let mut sealed = text;
        let nonce = key.seal_in_place_append_tag(Aad::from(of), &mut sealed);
        let nonce = nonce.map_err(Error::internal)?;
        sealed.extend_from_slice(nonce.as_ref());
        Ok(sealed)
    }

    /// What was sealed, if it was by one of the keys, and belongs to `of`.
    pub fn open(&self, sealed: &[u8], of: &str) -> Option<Vec<u8>> {
        let (text, nonce) = sealed.split_at_checked(sealed.len().checked_sub(NONCE_LEN)?)?;
        [Some(&self.key), self.previous.as_ref()].into_iter().flatten().find_map(|keys| {
            let key = RandomizedNonceKey::new(&AES_256_GCM, &keys.seal).ok()?;
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut text = text.to_vec();
            let length = key.open_in_place(nonce, Aad::from(of), &mut text).ok()?.len();
            text.truncate(length);
            Some(text)
        })
    }
}

fn derive(secret: &[u8]) -> Result<[u8; 32]> {
    let mut key = [0; 32];
    Salt::new(HKDF_SHA256, b"daybook")
        .extract(secret)
        .expand(&[b"answers kept by Idempotency-Key"], HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key))
        .map_err(Error::internal)?;
    Ok(key)
}
