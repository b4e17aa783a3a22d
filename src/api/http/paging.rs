//! Pages of lists, and the cursors between them.

use std::{borrow::Cow, collections::HashMap, hash::Hash};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header::ContentType};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::{Ready, ready};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use utoipa::{
    __dev::ComposeSchema,
    IntoParams, PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, Ref, RefOr, Schema, schema::RefBuilder},
};

use super::{
    extract::{Ctx, Query, query_pairs},
    validate::find_nul,
};
use crate::{
    db::{reader::Reader, replica::Listing},
    domain::{ids::UserId, limits::PAGE_MAX, policy::Caller, text::words},
    error::{Code, Error, Result},
    store::page::Window,
};

const LIMIT_DEFAULT: usize = 25;

/// About as much as an item takes, so that the body is not moved each time that it has grown.
const ITEM_BYTES: usize = 768;

words! {
    /// What else a list may say.
    pub enum Include {
        /// How many there are in all that the filters let through.
        TotalCount = "total_count",
    }
}

/// Which part of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// How many items, at most.
    #[param(minimum = 1, maximum = 100, default = 25, value_type = Option<i32>, nullable = false)]
    limit: Option<Limit>,
    /// Where the page begins: the `next_cursor` of the page before it, with the same filters.
    #[param(format = "cursor", nullable = false)]
    cursor: Option<String>,
    /// `total_count` counts the whole list, which takes longer the longer it is.
    #[param(nullable = false, inline)]
    include: Option<Include>,
}

struct Limit(usize);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        match text.parse() {
            Ok(limit) if (1..=PAGE_MAX).contains(&limit) => Ok(Self(limit)),
            _ => Err(serde::de::Error::custom(format!("expected 1 to {PAGE_MAX}"))),
        }
    }
}

/// What part of a list a request asks for, with what binds its cursors to its filters.
pub struct Paging {
    cursor: Option<String>,
    limit: usize,
    /// Whether the page before this one was ahead of the read replica.
    ahead: bool,
    /// Whether a window is a few rows by an index.
    pub small: bool,
    /// Whether the list should be counted.
    pub count: bool,
    filters: String,
}

impl FromRequest for Paging {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let Query(params) = match Query::<PageParams>::from_request(request, payload).into_inner() {
            Ok(params) => params,
            Err(error) => return ready(Err(error)),
        };
        ready(Ok(Self {
            cursor: params.cursor,
            limit: params.limit.map_or(LIMIT_DEFAULT, |limit| limit.0),
            ahead: false,
            small: false,
            count: params.include.is_some(),
            filters: filters(request),
        }))
    }
}

/// A short mark of the list and its filters, whatever their order.
fn filters(request: &HttpRequest) -> String {
    let mut pairs = query_pairs(request.query_string());
    pairs.retain(|(name, _)| !matches!(name.as_str(), "limit" | "cursor" | "include"));
    pairs.sort();
    let mut hash = Sha256::new_with_prefix(request.path());
    for (name, value) in &pairs {
        hash.update(format!("\n{}:{name}={value}", name.len()));
    }
    URL_SAFE_NO_PAD.encode(&hash.finalize()[..9])
}

#[derive(Serialize, Deserialize)]
struct Cursor<P> {
    /// The mark of list and filters.
    f: String,
    /// The place.
    p: P,
    /// Whether the page before it was ahead of the read replica: a list does not go back in time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    a: bool,
}

impl Paging {
    /// The window that is asked for.
    ///
    /// # Errors
    /// `invalid_cursor` where the cursor is not one of this list with these filters.
    pub fn window<P: DeserializeOwned>(&mut self) -> Result<Window<P>> {
        let cursor = self.cursor.as_deref().map(|cursor| self.read(cursor)).transpose()?;
        self.ahead = cursor.as_ref().is_some_and(|cursor| cursor.a);
        Ok(Window { after: cursor.map(|cursor| cursor.p), limit: self.limit })
    }

    fn read<P: DeserializeOwned>(&self, cursor: &str) -> Result<Cursor<P>> {
        let wrong = || {
            let text = "The cursor is not one of this list with these filters.";
            Error {
                code: Code::InvalidCursor,
                ..Error::invalid_parameter("cursor", "invalid", text)
            }
        };
        let json = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
        let json: Value = serde_json::from_slice(&json).map_err(|_| wrong())?;
        // Whoever makes up a cursor could put into it what PostgreSQL can't take.
        if find_nul(&json).is_some() {
            return Err(wrong());
        }
        let cursor: Cursor<P> = serde_json::from_value(json).map_err(|_| wrong())?;
        if cursor.f == self.filters { Ok(cursor) } else { Err(wrong()) }
    }

    /// Reads the window as the caller: `gate` lets him in, or says what of the list he may see, and
    /// `work` reads. `work` may be done by a read replica, `gate` is not.
    ///
    /// # Errors
    /// `invalid_token` where the session has ended; whatever the two answer.
    pub async fn list<G, T>(
        &mut self,
        ctx: &Ctx,
        gate: impl FnOnce(&mut Reader<'_>, &Caller) -> Result<G> + Send + 'static,
        work: impl Fn(&mut Reader<'_>, &G) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T>
    where
        G: Send + Sync + 'static,
        T: Send + 'static,
    {
        let listed = ctx.list(self.listing(), gate, work).await?;
        self.ahead = listed.ahead;
        Ok(listed.output)
    }

    /// The same, of a list of things of a user: whoever may see him is let in.
    ///
    /// # Errors
    /// As [`Ctx::list_of_user`].
    pub async fn list_of_user<T>(
        &mut self,
        ctx: &Ctx,
        user: UserId,
        work: impl Fn(&mut Reader<'_>) -> Result<T> + Send + Sync + 'static,
    ) -> Result<T>
    where
        T: Send + 'static,
    {
        let listed = ctx.list_of_user(self.listing(), user, work).await?;
        self.ahead = listed.ahead;
        Ok(listed.output)
    }

    fn listing(&self) -> Listing {
        Listing { small: self.small, ahead: self.ahead }
    }

    /// The page of a list: its items, and the cursor to the next one.
    ///
    /// # Errors
    /// `internal_error` where a place has no JSON form.
    pub fn page<T: Serialize, P: Serialize>(
        self,
        data: Vec<T>,
        next: Option<P>,
        total_count: Option<i64>,
    ) -> Result<HttpResponse> {
        let mut items = Items::new(data.len());
        for item in &data {
            serde_json::to_writer(items.another(), item).map_err(Error::internal)?;
        }
        self.answer(items, next, total_count)
    }

    /// The page of a list whose items are written already.
    ///
    /// # Errors
    /// `internal_error` where a place has no JSON form.
    pub fn answer<P: Serialize>(
        self,
        items: Items,
        next: Option<P>,
        total_count: Option<i64>,
    ) -> Result<HttpResponse> {
        let has_more = next.is_some();
        let next_cursor = next
            .map(|p| serde_json::to_vec(&Cursor { f: self.filters, p, a: self.ahead }))
            .transpose()
            .map_err(Error::internal)?
            .map(|json| URL_SAFE_NO_PAD.encode(json));
        let page = PageInfo { next_cursor, has_more, total_count };
        let mut body = items.body;
        body.extend_from_slice(b"],\"page\":");
        serde_json::to_writer(&mut body, &page).map_err(Error::internal)?;
        body.push(b'}');
        Ok(HttpResponse::Ok().content_type(ContentType::json()).body(body))
    }
}

/// The items of a page as JSON, being written: a [`Page`] up to the end of its `data`.
pub struct Items {
    body: Vec<u8>,
    any: bool,
}

impl Items {
    /// None yet, with room for about so many.
    pub fn new(room: usize) -> Self {
        let mut body = Vec::with_capacity((room + 1) * ITEM_BYTES);
        body.extend_from_slice(b"{\"data\":[");
        Self { body, any: false }
    }

    /// Where one more item is to be written.
    pub fn another(&mut self) -> &mut Vec<u8> {
        if self.any {
            self.body.push(b',');
        }
        self.any = true;
        &mut self.body
    }
}

/// What belongs to each item of a page, out of pairs of an item and one of its things.
pub fn grouped<K: Eq + Hash, V>(pairs: Vec<(K, V)>) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}

/// One page of a list.
#[derive(Serialize)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub data: Vec<T>,
    /// Where in the list this page is.
    pub page: PageInfo,
}

impl<T: ToSchema> ComposeSchema for Page<T> {
    fn compose(_: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        let item = match T::schema() {
            RefOr::T(Schema::Object(it)) => it.example,
            RefOr::T(Schema::OneOf(it)) => it.example,
            _ => None,
        };
        let page = json!({"next_cursor": null, "has_more": false, "total_count": null});
        let items = ArrayBuilder::new()
            .items(Ref::from_schema_name(T::name()))
            .max_items(Some(PAGE_MAX))
            .description(Some("The items, in the order of the list."));
        let page_info = RefBuilder::new()
            .ref_location_from_schema_name(PageInfo::name())
            .description(Some("Where in the list this page is."));
        ObjectBuilder::new()
            .description(Some("One page of a list."))
            .property("data", items)
            .required("data")
            .property("page", page_info)
            .required("page")
            .examples([json!({"data": [item], "page": page})])
            .into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> Cow<'static, str> {
        "Page".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        schemas.push((PageInfo::name().into_owned(), PageInfo::schema()));
        T::schemas(schemas);
        PageInfo::schemas(schemas);
    }
}

/// Where in the list a page is.
#[derive(Serialize, ToSchema)]
pub struct PageInfo {
    /// What to send as `cursor`, with the same filters, for the next page; null on the last.
    #[schema(required = true, format = "cursor")]
    pub next_cursor: Option<String>,
    /// Whether there are items after these.
    pub has_more: bool,
    /// How many items there are in all; null unless asked for by `include=total_count`.
    #[schema(required = true)]
    pub total_count: Option<i64>,
}
