//! The query parameter `q`.

use std::borrow::Cow;

use serde::Deserialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::domain::limits::QUERY_VALUE_MAX;

/// Text that the items of a list have to contain: at most [`QUERY_VALUE_MAX`] characters, as every
/// query parameter.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct SearchText(String);

impl From<SearchText> for String {
    fn from(text: SearchText) -> Self {
        text.0
    }
}

impl PartialSchema for SearchText {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).max_length(Some(QUERY_VALUE_MAX)).into()
    }
}

impl ToSchema for SearchText {
    fn name() -> Cow<'static, str> {
        "SearchText".into()
    }
}
