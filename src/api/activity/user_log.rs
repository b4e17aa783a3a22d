//! `/users/{user_id}/activity`: the activity log.

use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{
    filter::ActivityParams,
    json::{EntryJson, write_entry},
    schema::{ActivityEntry, ManualEntry, Revision, version},
};
use crate::{
    access::users::see_user,
    api::http::{
        body::{Body, present},
        endpoint::{Endpoint, endpoint},
        etag::{self, Precondition},
        extract::{Ctx, Path, Query},
        gates::OneUser,
        items::Items,
        paging::{Page, PageParams, Paging, StreamedQuery},
        reply::Reply,
        search_text::SearchText,
        validate::not_blank,
    },
    changes::notes::{add::AddNote, edit::EditNote},
    db::{reader::Reader, reads::ReadSize},
    domain::{
        examples,
        ids::{EntryId, UserId},
        limits::NOTES_MAX,
        timestamp::Timestamp,
        user::UserKind,
    },
    error::Result,
    journal::entry::view::EntryView,
    store::{
        self,
        log::{filter::EntryFilter, revisions::RevisionQuery, user_log::LogPosition},
        note_authors::NoteAuthorQuery,
        page::PageRequest,
        users::UserRow,
    },
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        endpoint!(list_user_activity),
        endpoint!(add_note),
        endpoint!(list_note_creators),
        endpoint!(get_entry),
        endpoint!(edit_note),
        endpoint!(list_note_revisions),
    ]
}

/// A note to be added.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"notes": examples::NOTES}))]
pub struct NewNote {
    /// The text of the note.
    #[validate(length(min = 1, max = NOTES_MAX), custom(function = not_blank))]
    #[schema(format = "notes")]
    notes: String,
    /// When it happened, not in the future; now by default.
    occurred_at: Option<Timestamp>,
    /// The author that the log names: a user of the Created By list; the caller by default.
    created_by: Option<UserId>,
    /// The entry of the same log that the note explains.
    relates_to: Option<EntryId>,
}

/// Changes of a note. The earlier wording is kept.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, example = json!({"notes": examples::EDITED_NOTES}))]
pub struct NotePatch {
    /// The text of the note.
    #[serde(default, deserialize_with = "present")]
    #[validate(length(min = 1, max = NOTES_MAX), custom(function = not_blank))]
    #[schema(format = "notes", nullable = false)]
    notes: Option<String>,
    /// When it happened, not in the future.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    occurred_at: Option<Timestamp>,
    /// The author that the log names: a user of the Created By list.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    created_by: Option<UserId>,
    /// The entry of the same log that the note explains; null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<EntryId>)]
    relates_to: Option<Option<EntryId>>,
}

/// A user whom a note may name as its author.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"id": examples::SUPERVISOR, "name": "Anna Lindqvist", "kind": "person"}))]
pub struct Creator {
    id: UserId,
    #[schema(format = "full-name", examples("Anna Lindqvist"))]
    name: String,
    kind: UserKind,
}

impl From<UserRow> for Creator {
    fn from(row: UserRow) -> Self {
        Self { id: row.id, name: row.name(), kind: row.kind }
    }
}

/// What the Created By list is narrowed by.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CreatorParams {
    /// Characters of the name, anywhere in it, without regard to case.
    #[param(nullable = false, inline)]
    q: Option<SearchText>,
}

/// The log of a user.
struct UserLogQuery {
    user: UserId,
    filter: EntryFilter,
}

impl StreamedQuery for UserLogQuery {
    type Scope = ();
    type Position = LogPosition;

    fn size(&self) -> ReadSize {
        match &self.filter {
            filter if filter.is_empty() => ReadSize::Small,
            EntryFilter { q: Some(_), .. } => ReadSize::Big,
            _ => ReadSize::List,
        }
    }

    fn write(
        &self,
        reader: &mut Reader<'_>,
        (): &(),
        request: &PageRequest<LogPosition>,
        items: &mut Items,
    ) -> Result<Option<LogPosition>> {
        let mut show = |entry: &EntryView<'_>| write_entry(items.next_item(), entry);
        store::log::user_log::page(reader, self.user, &self.filter, request, &mut show)
    }

    fn count(&self, reader: &mut Reader<'_>, (): &()) -> Result<i64> {
        store::log::entries::count(reader, self.user, &self.filter)
    }
}

/// List a user's activity
///
/// Everything that happened to the user, newest first: by `occurred_at`, then by `id`, both
/// descending. Everybody who may see the profile may see the log.
///
/// Read on with `cursor` while notes are added and edited: every entry that was there when the
/// first page was read comes exactly once.
///
/// A filter that lets few entries through takes longer the longer the log is: it is looked through
/// until the page is full, because the indexes for filters are those across all logs.
#[utoipa::path(get, path = "/users/{user_id}/activity", tag = "Activity",
    params(("user_id" = UserId, Path), ActivityParams, PageParams),
    responses((status = 200, description = "One page of the log.", body = Page<ActivityEntry>)))]
pub async fn list_user_activity(
    ctx: Ctx,
    Path(user): Path<UserId>,
    paging: Paging,
    Query(params): Query<ActivityParams>,
) -> Result<HttpResponse> {
    let query = UserLogQuery { user, filter: params.filter()? };
    paging.respond_streamed(&ctx, OneUser(user), query).await
}

/// Add a note
///
/// A manual entry that explains the log, with a date and an author of your choice.
#[utoipa::path(post, path = "/users/{user_id}/activity", tag = "Activity",
    params(("user_id" = UserId, Path)), request_body = NewNote,
    responses((status = 201, description = "The note.", body = ManualEntry)))]
pub async fn add_note(
    ctx: Ctx,
    Path(user): Path<UserId>,
    Body(body): Body<NewNote>,
) -> Result<HttpResponse> {
    let NewNote { notes, occurred_at, created_by, relates_to } = body;
    ctx.post(AddNote { user, notes, occurred_at, created_by, relates_to }, move |row| {
        let location = format!("/users/{user}/activity/{}", row.id);
        Reply::created(location, version(&row), &EntryJson::from(&row))
    })
    .await
}

/// List whom a note may name as its author
///
/// The Created By list: the active users who may add a note to this log, by name.
#[utoipa::path(get, path = "/users/{user_id}/activity/creators", tag = "Activity",
    params(("user_id" = UserId, Path), CreatorParams, PageParams),
    responses((status = 200, description = "One page of the list.", body = Page<Creator>)))]
pub async fn list_note_creators(
    ctx: Ctx,
    Path(user): Path<UserId>,
    paging: Paging,
    Query(params): Query<CreatorParams>,
) -> Result<HttpResponse> {
    let query = NoteAuthorQuery { user, q: params.q.map(String::from) };
    paging.respond(&ctx, OneUser(user), query, Creator::from).await
}

/// Get an entry
///
/// A system entry or a note, distinguished by `type`. The `PATCH` of a note needs its ETag.
#[utoipa::path(get, path = "/users/{user_id}/activity/{entry_id}", tag = "Activity",
    params(("user_id" = UserId, Path), ("entry_id" = EntryId, Path)),
    responses((status = 200, description = "The entry.", body = ActivityEntry)))]
pub async fn get_entry(
    request: HttpRequest,
    ctx: Ctx,
    Path((user, id)): Path<(UserId, EntryId)>,
) -> Result<HttpResponse> {
    let read = ctx.read(move |conn, caller| {
        see_user(conn, caller, user)?;
        store::log::entries::get(conn, user, id)
    });
    let row = read.await?;
    Ok(etag::resource(&request, version(&row), &EntryJson::from(&row)))
}

/// Edit a note
///
/// The earlier wording is kept, and listed among the revisions. System entries can't be edited.
#[utoipa::path(patch, path = "/users/{user_id}/activity/{entry_id}", tag = "Activity",
    params(("user_id" = UserId, Path), ("entry_id" = EntryId, Path)), request_body = NotePatch,
    responses(
        (status = 200, description = "The note as it is now.", body = ManualEntry,
            example = json!(ManualEntry::edited_example())),
        (status = 409, description = "`immutable_entry`: it is a system entry.",
            body = crate::api::http::problem::Problem, content_type = "application/problem+json")))]
pub async fn edit_note(
    request: HttpRequest,
    ctx: Ctx,
    Path((user, id)): Path<(UserId, EntryId)>,
    Precondition(if_match): Precondition,
    Body(body): Body<NotePatch>,
) -> Result<HttpResponse> {
    let NotePatch { notes, occurred_at, created_by, relates_to } = body;
    let change = EditNote { user, id, if_match, notes, occurred_at, created_by, relates_to };
    let row = ctx.apply(change).await?;
    Ok(etag::resource(&request, version(&row), &EntryJson::from(&row)))
}

/// List a note's earlier wordings
///
/// The oldest first, without the present one. A system entry has none.
#[utoipa::path(get, path = "/users/{user_id}/activity/{entry_id}/revisions", tag = "Activity",
    params(("user_id" = UserId, Path), ("entry_id" = EntryId, Path), PageParams),
    responses((status = 200, description = "One page of them.", body = Page<Revision>)))]
pub async fn list_note_revisions(
    ctx: Ctx,
    Path((user, entry)): Path<(UserId, EntryId)>,
    paging: Paging,
) -> Result<HttpResponse> {
    let query = RevisionQuery { user, entry };
    paging.respond(&ctx, OneUser(user), query, Revision::from).await
}
