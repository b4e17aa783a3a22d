//! Cursors: where the next page of a list begins, bound to the list and its filters.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{extract::query_pairs, validate::find_nul};
use crate::error::{Code, Error, Result};

/// The query parameters that say which page, not which list.
const OF_PAGE: &[&str] = &["limit", "cursor", "include"];

/// Bytes of the mark: enough that two lists never share one by accident.
const MARK_BYTES: usize = 9;

/// A short mark of a list and its filters, in whatever order the query has them.
pub fn list_mark(path: &str, query: &str) -> String {
    let mut pairs = query_pairs(query);
    pairs.retain(|(name, _)| !OF_PAGE.contains(&name.as_str()));
    pairs.sort();
    let mut hash = Sha256::new_with_prefix(path);
    for (name, value) in &pairs {
        hash.update(format!("\n{}:{name}={value}", name.len()));
    }
    URL_SAFE_NO_PAD.encode(&hash.finalize()[..MARK_BYTES])
}

/// What a cursor says. The names are short because every page sends one.
#[derive(Serialize, Deserialize)]
pub struct Cursor<P> {
    /// The mark of list and filters.
    #[serde(rename = "f")]
    pub mark: String,
    /// The position after which the page begins.
    #[serde(rename = "p")]
    pub position: P,
    /// Whether the page before came from the primary though there is a read replica: a list does not go back in time.
    #[serde(default, rename = "a", skip_serializing_if = "std::ops::Not::not")]
    pub from_primary: bool,
}

impl<P: Serialize> Cursor<P> {
    /// The text of the cursor.
    ///
    /// # Errors
    /// `internal_error` if the position has no JSON form.
    pub fn encode(&self) -> Result<String> {
        Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).map_err(Error::internal)?))
    }
}

impl<P: DeserializeOwned> Cursor<P> {
    /// Reads the text of a cursor.
    ///
    /// # Errors
    /// `invalid_cursor` if it is none, or its list and filters are not those of `mark`.
    pub fn decode(text: &str, mark: &str) -> Result<Self> {
        Self::parse(text).filter(|cursor| cursor.mark == mark).ok_or_else(|| {
            let text = "The cursor is not one of this list with these filters.";
            let error = Error::invalid_parameter("cursor", "invalid", text);
            Error { code: Code::InvalidCursor, ..error }
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(text).ok()?;
        let json: Value = serde_json::from_slice(&json).ok()?;
        // PostgreSQL can't take a NUL, which a forged cursor could have.
        if find_nul(&json).is_some() {
            return None;
        }
        serde_json::from_value(json).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        domain::{
            ids::{self, UserId},
            timestamp::Timestamp,
        },
        store::page::{TextPosition, TimePosition},
    };

    type ByText = TextPosition<ids::User>;
    type ByTime = TimePosition<ids::User>;

    /// 2999-12-31T23:59:59.999Z.
    const MILLIS_MAX: i64 = 32_503_679_999_999;

    fn user_id(bits: u128) -> UserId {
        UserId::from_uuid(
            uuid::Builder::from_unix_timestamp_millis(
                u64::try_from(bits >> 80).unwrap(),
                &bits.to_be_bytes()[6..].try_into().unwrap(),
            )
            .into_uuid(),
        )
    }

    fn is_refused<P: DeserializeOwned>(text: &str, mark: &str) -> bool {
        Cursor::<P>::decode(text, mark).is_err_and(|error| error.code == Code::InvalidCursor)
    }

    proptest! {
        #[test]
        fn a_cursor_by_text_comes_back(
            key in "[^\0]*", id: u128, from_primary: bool, mark in "[a-z]{12}",
        ) {
            let position = ByText { key, id: user_id(id) };
            let sent = Cursor { mark: mark.clone(), position: position.clone(), from_primary };
            let read = Cursor::<ByText>::decode(&sent.encode()?, &mark)?;
            prop_assert_eq!((read.position, read.from_primary), (position, from_primary));
        }

        #[test]
        fn a_cursor_by_time_comes_back(millis in 0..MILLIS_MAX, id: u128) {
            let time = Timestamp::from_millis(millis).unwrap();
            let position = ByTime { time, id: user_id(id) };
            let sent = Cursor { mark: String::new(), position: position.clone(), from_primary: false };
            prop_assert_eq!(Cursor::<ByTime>::decode(&sent.encode()?, "")?.position, position);
        }

        #[test]
        fn a_cursor_with_a_nul_is_refused(before in ".*", after in ".*") {
            let sent = Cursor { mark: String::new(), position: before + "\0" + &after, from_primary: false };
            prop_assert!(is_refused::<String>(&sent.encode()?, ""));
        }

        #[test]
        fn a_cursor_of_other_filters_is_refused(
            name in "[a-z]{1,8}", one in ".{0,20}", other in ".{0,20}",
        ) {
            prop_assume!(one != other && !OF_PAGE.contains(&name.as_str()));
            let mark = |value: &str| {
                let query = form_urlencoded::Serializer::new(String::new())
                    .append_pair(&name, value)
                    .finish();
                list_mark("/users", &query)
            };
            let sent = Cursor { mark: mark(&one), position: 1_i64, from_primary: false }.encode()?;
            prop_assert!(Cursor::<i64>::decode(&sent, &mark(&one)).is_ok());
            prop_assert!(is_refused::<i64>(&sent, &mark(&other)));
        }

        #[test]
        fn any_text_is_refused(text in ".*") {
            prop_assert!(is_refused::<ByTime>(&text, ""));
        }
    }

    #[test]
    fn the_mark_is_of_the_filters_in_any_order() {
        let mark = list_mark("/users", "kind=api&q=a");
        assert_eq!(mark, list_mark("/users", "q=a&limit=3&kind=api&cursor=x&include=total_count"));
        assert_ne!(mark, list_mark("/users", "kind=api"));
        assert_ne!(mark, list_mark("/groups", "kind=api&q=a"));
    }
}
