//! Lists: a handler names its gate, its query and its view; the rest is the same for all of them.

use std::{borrow::Cow, sync::Arc};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload};
use futures_util::future::{Ready, ready};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::json;
use utoipa::{
    __dev::ComposeSchema,
    IntoParams, PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, Ref, RefOr, Schema, schema::RefBuilder},
};

use super::{
    cursor::{Cursor, list_mark},
    extract::{Ctx, Query},
    gates::Gate,
    items::Items,
};
use crate::{
    db::{
        lists::{ListOptions, ListPart},
        reader::Reader,
        reads::ReadSize,
    },
    domain::{limits::PAGE_MAX, text::words},
    error::{Error, Result},
    store::page::{ListQuery, PageRequest, RowsPage},
};

const LIMIT_DEFAULT: usize = 25;

words! {
    /// What else a list can include.
    pub enum Include {
        /// The number of all items that pass the filters.
        TotalCount = "total_count",
    }
}

/// The part of a list to return.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageParams {
    /// The most items of the page.
    #[param(minimum = 1, maximum = 100, default = 25, value_type = Option<i32>, nullable = false)]
    limit: Option<Limit>,
    /// Where the page begins: the `next_cursor` of the previous page, with the same filters.
    #[param(format = "cursor", nullable = false)]
    cursor: Option<String>,
    /// `total_count` counts the whole list, which takes longer for a longer list.
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

/// Which part of a list a request asks for.
pub struct Paging {
    cursor: Option<String>,
    limit: usize,
    with_total: bool,
    /// It searches for a text, which no index finds.
    with_text: bool,
    /// The mark of the list and its filters, to which the cursors are bound.
    mark: String,
}

impl FromRequest for Paging {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let params = Query::<PageParams>::from_request(request, payload).into_inner();
        ready(params.map(|Query(params)| {
            Self {
                cursor: params.cursor,
                limit: params.limit.map_or(LIMIT_DEFAULT, |limit| limit.0),
                with_total: params.include.is_some(),
                with_text: form_urlencoded::parse(request.query_string().as_bytes())
                    .any(|(name, _)| name == "q"),
                mark: list_mark(request.path(), request.query_string()),
            }
        }))
    }
}

/// A list whose items are written while its rows are read: a page is never held as rows.
pub trait StreamedQuery: Send + Sync + 'static {
    /// What the list may show to the caller.
    type Scope: Send + Sync + 'static;
    /// Where an item is in the order of the list; a cursor holds it.
    type Position: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// How much a page may look at.
    fn size(&self) -> ReadSize;

    /// Writes the items of a page. Returns the position of the last one if there are more.
    fn write(
        &self,
        reader: &mut Reader<'_>,
        scope: &Self::Scope,
        request: &PageRequest<Self::Position>,
        items: &mut Items,
    ) -> Result<Option<Self::Position>>;

    /// The number of items in the whole list.
    fn count(&self, reader: &mut Reader<'_>, scope: &Self::Scope) -> Result<i64>;
}

impl Paging {
    /// Responds with a page of what `query` lists to those whom `gate` admits, each row as `view`
    /// shows it. A read replica may read the page; the gate asks the primary.
    ///
    /// # Errors
    /// `invalid_cursor` if the cursor is not of this list with these filters; as [`Gate::admit`].
    pub async fn respond<Q: ListQuery, V: Serialize>(
        self,
        ctx: &Ctx,
        gate: impl Gate<Q::Scope>,
        query: Q,
        mut view: impl FnMut(Q::Row) -> V,
    ) -> Result<HttpResponse> {
        let query = Arc::new(query);
        let counted = Arc::clone(&query);
        let page = move |reader: &mut Reader<'_>, scope: &Q::Scope, request: &PageRequest<_>| {
            let RowsPage { rows, next } = RowsPage::read(&*query, reader, scope, request)?;
            Ok((rows, next))
        };
        let count = move |reader: &mut Reader<'_>, scope: &Q::Scope| counted.count(reader, scope);
        let size = if self.with_text { ReadSize::Big } else { ReadSize::List };
        let (rows, page) = self.read(ctx, gate, size, page, count).await?;
        let mut items = Items::with_capacity(rows.len());
        for row in rows {
            items.push(&view(row))?;
        }
        items.finish(&page)
    }

    /// As [`Self::respond`], with a page that `query` writes while it reads.
    ///
    /// # Errors
    /// As [`Self::respond`].
    pub async fn respond_streamed<Q: StreamedQuery>(
        self,
        ctx: &Ctx,
        gate: impl Gate<Q::Scope>,
        query: Q,
    ) -> Result<HttpResponse> {
        let size = query.size();
        let query = Arc::new(query);
        let counted = Arc::clone(&query);
        let page = move |reader: &mut Reader<'_>, scope: &Q::Scope, request: &PageRequest<_>| {
            let mut items = Items::with_capacity(request.limit);
            let next = query.write(reader, scope, request, &mut items)?;
            Ok((items, next))
        };
        let count = move |reader: &mut Reader<'_>, scope: &Q::Scope| counted.count(reader, scope);
        let (items, page) = self.read(ctx, gate, size, page, count).await?;
        items.finish(&page)
    }

    /// Reads a page and, if the request asks for it, the count, past a gate.
    async fn read<S, P, T>(
        self,
        ctx: &Ctx,
        gate: impl Gate<S>,
        size: ReadSize,
        page: impl Fn(&mut Reader<'_>, &S, &PageRequest<P>) -> Result<(T, Option<P>)>
        + Send
        + Sync
        + 'static,
        count: impl Fn(&mut Reader<'_>, &S) -> Result<i64> + Send + Sync + 'static,
    ) -> Result<(T, PageInfo)>
    where
        S: Send + Sync + 'static,
        P: Serialize + DeserializeOwned + Send + Sync + 'static,
        T: Send + 'static,
    {
        let Self { cursor, limit, with_total, with_text: _, mark } = self;
        let cursor = cursor.map(|text| Cursor::<P>::decode(&text, &mark)).transpose()?;
        let from_primary = cursor.as_ref().is_some_and(|cursor| cursor.from_primary);
        let request = PageRequest { after: cursor.map(|cursor| cursor.position), limit };
        let work = move |reader: &mut Reader<'_>, scope: &S| {
            let (output, next) = page(reader, scope, &request)?;
            let total = with_total.then(|| count(reader, scope)).transpose()?;
            Ok((output, next, total))
        };
        let size = if with_total { ReadSize::Big } else { size };
        let options = ListOptions { size, from_primary };
        let ListPart { output: (output, next, total_count), from_primary } =
            ctx.list(options, gate, work).await?;
        let next_cursor =
            next.map(|position| Cursor { mark, position, from_primary }.encode()).transpose()?;
        Ok((output, PageInfo { has_more: next_cursor.is_some(), next_cursor, total_count }))
    }
}

/// One page of a list.
#[derive(Serialize)]
pub struct Page<T> {
    /// The items, in the order of the list.
    pub data: Vec<T>,
    /// The position of this page in the list.
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
            .description(Some("The position of this page in the list."));
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

/// The position of a page in its list.
#[derive(Serialize, ToSchema)]
pub struct PageInfo {
    /// The `cursor` of the next page, for a request with the same filters; null on the last page.
    #[schema(required = true, format = "cursor")]
    pub next_cursor: Option<String>,
    /// Whether there are items after these.
    pub has_more: bool,
    /// The number of items of the whole list; null without `include=total_count`.
    #[schema(required = true)]
    pub total_count: Option<i64>,
}
