//! Encrypts what a reader of the database must not see: AES-256-GCM, with a key that is not in the
//! database.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hkdf::{HKDF_SHA256, Salt},
};

use super::pseudonyms::Pseudonyms;
use crate::error::{Error, Result};

/// Encrypts and decrypts.
#[derive(Clone)]
pub struct Sealer {
    key: Keys,
    previous: Option<Keys>,
}

/// The keys derived from one secret.
#[derive(Clone)]
struct Keys {
    seal: [u8; 32],
    names: Pseudonyms,
}

impl Keys {
    fn derive(secret: &[u8]) -> Result<Self> {
        Ok(Self { seal: encryption_key(secret)?, names: Pseudonyms::new(secret) })
    }
}

impl Sealer {
    /// With keys derived from the secret that signs tokens, and from the secret before it (HKDF, RFC
    /// 5869).
    ///
    /// # Errors
    /// `internal_error` where a key can't be derived.
    pub fn new(secret: &[u8], previous: Option<&[u8]>) -> Result<Self> {
        Ok(Self { key: Keys::derive(secret)?, previous: previous.map(Keys::derive).transpose()? })
    }

    /// A fingerprint of a list of parts, which may contain a password.
    pub fn fingerprint(&self, parts: &[&[u8]]) -> String {
        self.key.names.name(parts)
    }

    /// The fingerprint of the same parts with the previous secret, if there is one.
    pub fn previous_fingerprint(&self, parts: &[&[u8]]) -> Option<String> {
        self.previous.as_ref().map(|keys| keys.names.name(parts))
    }

    /// Encrypts a text. `context`, which is needed to decrypt it, says what the text belongs to.
    ///
    /// # Errors
    /// `internal_error` where encryption fails.
    pub fn seal(&self, text: Vec<u8>, context: &str) -> Result<Vec<u8>> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, &self.key.seal).map_err(Error::internal)?;
        let mut sealed = text;
        let nonce = key.seal_in_place_append_tag(Aad::from(context), &mut sealed);
        let nonce = nonce.map_err(Error::internal)?;
        sealed.extend_from_slice(nonce.as_ref());
        Ok(sealed)
    }

    /// Decrypts a text, if one of the keys encrypted it with the same context.
    pub fn open(&self, sealed: &[u8], context: &str) -> Option<Vec<u8>> {
        let (text, nonce) = sealed.split_at_checked(sealed.len().checked_sub(NONCE_LEN)?)?;
        [Some(&self.key), self.previous.as_ref()].into_iter().flatten().find_map(|keys| {
            let key = RandomizedNonceKey::new(&AES_256_GCM, &keys.seal).ok()?;
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut text = text.to_vec();
            let length = key.open_in_place(nonce, Aad::from(context), &mut text).ok()?.len();
            text.truncate(length);
            Some(text)
        })
    }
}

fn encryption_key(secret: &[u8]) -> Result<[u8; 32]> {
    let mut key = [0; 32];
    Salt::new(HKDF_SHA256, b"daybook")
        .extract(secret)
        .expand(&[b"answers kept by Idempotency-Key"], HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key))
        .map_err(Error::internal)?;
    Ok(key)
}
