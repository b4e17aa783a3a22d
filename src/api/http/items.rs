//! The body of a page, written item by item.

use actix_web::{HttpResponse, http::header::ContentType};
use serde::Serialize;

use crate::error::{Error, Result};

/// The bytes that an item usually takes, so that the body need not grow while it is written.
const ITEM_BYTES: usize = 768;

/// The items of a page as JSON: the body up to the end of its `data`.
pub struct Items {
    body: Vec<u8>,
    is_empty: bool,
}

impl Items {
    /// No items yet, with room for `capacity` usual ones.
    pub fn with_capacity(capacity: usize) -> Self {
        let mut body = Vec::with_capacity((capacity + 1) * ITEM_BYTES);
        body.extend_from_slice(b"{\"data\":[");
        Self { body, is_empty: true }
    }

    /// Where to write the next item.
    pub fn next_item(&mut self) -> &mut Vec<u8> {
        if !self.is_empty {
            self.body.push(b',');
        }
        self.is_empty = false;
        &mut self.body
    }

    /// Writes an item.
    ///
    /// # Errors
    /// `internal_error` if the item has no JSON form.
    pub fn push<T: Serialize>(&mut self, item: &T) -> Result<()> {
        serde_json::to_writer(self.next_item(), item).map_err(Error::internal)
    }

    /// The response: the items, then `page`.
    ///
    /// # Errors
    /// `internal_error` if `page` has no JSON form.
    pub fn finish<T: Serialize>(mut self, page: &T) -> Result<HttpResponse> {
        self.body.extend_from_slice(b"],\"page\":");
        serde_json::to_writer(&mut self.body, page).map_err(Error::internal)?;
        self.body.push(b'}');
        Ok(HttpResponse::Ok().content_type(ContentType::json()).body(self.body))
    }
}
