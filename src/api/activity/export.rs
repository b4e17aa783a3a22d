//! `/users/{user_id}/activity/export`, `/activity/export`: the log as a file, however long it is.
//!
//! It is read and sent chunk by chunk, so that a million entries need the memory of one chunk. Each
//! chunk checks anew who the caller is and what they may see: a session that ends, ends its download.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web::Bytes,
};
use chrono_tz::Tz;
use futures_util::{
    StreamExt,
    stream::{self, Stream},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    export_format::{Form, Lines},
    filter::ActivityParams,
};
use crate::{
    api::http::{
        endpoint::{Endpoint, endpoint},
        extract::{Ctx, Path, Query},
        gates::{AcrossUsers, OneUser},
    },
    db::{
        lists::{ListOptions, ListPart},
        reader::Reader,
        reads::ReadSize,
        turns::Turn,
    },
    domain::{
        ids::{self, UserId},
        text::words,
    },
    error::{Error, Result},
    journal::entry::view::EntryView,
    store::{
        self,
        log::{filter::EntryFilter, user_log::LogPosition},
        page::{PageRequest, TimePosition},
        visible_users::VisibleUsers,
    },
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(export_user_activity), endpoint!(export_activity)]
}

/// How many entries are in memory at once.
const CHUNK: usize = 500;

words! {
    /// The format of a file.
    pub enum ExportFormat {
        /// A table for spreadsheets (RFC 4180).
        Csv = "csv",
        /// One JSON object on each line: the items of the list.
        Ndjson = "ndjson",
    }
}

/// The format in which a log is exported.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// The format of the file; `csv` by default.
    #[param(nullable = false, inline)]
    format: Option<ExportFormat>,
    /// The time zone of the times in a CSV file, by its IANA name; `UTC` by default. The lines of
    /// NDJSON are the list's items: always UTC.
    #[param(nullable = false, format = "time-zone", example = "Europe/Berlin")]
    time_zone: Option<String>,
}

impl ExportParams {
    fn form(&self) -> Result<Form> {
        let name = self.time_zone.as_deref().unwrap_or("UTC");
        let zone = name.parse::<Tz>().ok().filter(|zone| zone.name() == name).ok_or_else(|| {
            let text = "time_zone is not a name in the IANA time zone database.";
            Error::invalid_parameter("time_zone", "unknown", text)
        })?;
        Ok(match self.format.unwrap_or(ExportFormat::Csv) {
            ExportFormat::Csv => Form::Csv(zone),
            ExportFormat::Ndjson => Form::Ndjson,
        })
    }
}

/// Export a user's activity
///
/// The entries of the list as a file, in its order and with its filters. It is exact even while notes
/// are added and edited.
///
/// **NDJSON**: each line is an item of the list.
///
/// **CSV** (RFC 4180): a header row, and columns named like the fields: `id`, `user_id`, `type`,
/// `action`, `occurred_at`, `recorded_at`, `source`, `relates_to`, `created_by_id`,
/// `created_by_name`, `created_by_kind` (`entered_by_…` and `edited_by_…` likewise), `description`,
/// `target_type`, `target_id`, `target_name`, `changes` (as JSON), `external_id`, `notes`,
/// `revision`, `edited_at`. A null is an empty cell. Times have the offset of `time_zone`. A cell
/// that a spreadsheet would run has a `'` before it: its first character after white space, a byte
/// order mark or zero-width characters is `=`, `+`, `-`, `@` or the full-width form of one, or the
/// cell begins with a tab, a carriage return or a line feed.
///
/// The file ends with its last entry. An export that fails on its way ends without the last chunk of
/// the chunked transfer coding (RFC 9112, section 8): a client sees an incomplete body, and must not
/// take it for the whole file.
#[utoipa::path(get, path = "/users/{user_id}/activity/export", tag = "Activity",
    params(("user_id" = UserId, Path), ExportParams, ActivityParams),
    responses((status = 200, description = "The file.",
        content((String = "text/csv"), (String = "application/x-ndjson")))))]
pub async fn export_user_activity(
    request: HttpRequest,
    ctx: Ctx,
    Path(user): Path<UserId>,
    Query(params): Query<ExportParams>,
    Query(filter): Query<ActivityParams>,
) -> Result<HttpResponse> {
    let export = Export::begin(ctx, &params, filter).await?;
    let name = format!("activity-{user}");
    export.respond(&request, &name, Cursor::OneUser(user, None)).await
}

/// Export the activity of all users
///
/// The entries of `GET /activity` as a file, in its order and with its filters, in the formats of a
/// user's export. A note whose date is edited meanwhile may be in it twice, or not at all.
#[utoipa::path(get, path = "/activity/export", tag = "Activity",
    params(ExportParams, ActivityParams),
    responses((status = 200, description = "The file.",
        content((String = "text/csv"), (String = "application/x-ndjson")))))]
pub async fn export_activity(
    request: HttpRequest,
    ctx: Ctx,
    Query(params): Query<ExportParams>,
    Query(filter): Query<ActivityParams>,
) -> Result<HttpResponse> {
    let export = Export::begin(ctx, &params, filter).await?;
    export.respond(&request, "activity", Cursor::AllUsers(None)).await
}

/// A file, being made.
struct Export {
    ctx: Ctx,
    /// A caller exports one file at a time.
    _turn: Turn,
    form: Form,
    filter: EntryFilter,
}

/// The log that is read, and the position after which the next chunk begins.
#[derive(Clone)]
enum Cursor {
    OneUser(UserId, Option<LogPosition>),
    AllUsers(Option<TimePosition<ids::Entry>>),
}

/// Some entries, and where the next ones begin.
struct Chunk {
    bytes: Vec<u8>,
    count: usize,
    next: Option<Cursor>,
    /// See [`ListPart::from_primary`].
    from_primary: bool,
}

/// What is to be sent next.
enum Step {
    Send(Chunk),
    Read(Cursor, bool),
}

impl Export {
    async fn begin(ctx: Ctx, params: &ExportParams, filter: ActivityParams) -> Result<Self> {
        let (form, filter) = (params.form()?, filter.filter()?);
        let turn = ctx.begin_export().await?;
        Ok(Self { ctx, _turn: turn, form, filter })
    }

    /// The response. It reads the first chunk before the body begins, so that a refusal is a response
    /// of its own.
    async fn respond(
        self,
        request: &HttpRequest,
        name: &str,
        start: Cursor,
    ) -> Result<HttpResponse> {
        let first = self.read(start, false).await?;
        let mut response = HttpResponse::Ok();
        response.content_type(self.form.content_type());
        let disposition = format!("attachment; filename=\"{name}.{}\"", self.form.extension());
        response.insert_header((header::CONTENT_DISPOSITION, disposition));
        if request.method() == Method::HEAD {
            return Ok(response.streaming(stream::empty::<Result<Bytes>>()));
        }
        let head = self.form.head()?;
        let body = stream::iter([Ok(Bytes::from(head))]).chain(self.body(first));
        Ok(response.streaming(body))
    }

    /// The chunks. An error closes the connection without the last chunk of the transfer coding, so
    /// that clients see that the body is incomplete (RFC 9112, section 8).
    fn body(self, first: Chunk) -> impl Stream<Item = Result<Bytes>> {
        stream::try_unfold((self, Some(Step::Send(first)), 0), |(export, step, count)| async move {
            let chunk = match step {
                None => return Ok(None),
                Some(Step::Send(chunk)) => chunk,
                Some(Step::Read(cursor, from_primary)) => {
                    export.read(cursor, from_primary).await.inspect_err(|error| {
                        log::warn!("an export was broken off after {count} entries: {error}");
                    })?
                }
            };
            let count = count + chunk.count;
            let next = chunk.next.map(|cursor| Step::Read(cursor, chunk.from_primary));
            Ok::<_, Error>(Some((Bytes::from(chunk.bytes), (export, next, count))))
        })
    }

    async fn read(&self, cursor: Cursor, from_primary: bool) -> Result<Chunk> {
        let (form, filter) = (self.form, self.filter.clone());
        let user = match cursor {
            Cursor::OneUser(user, _) => Some(user),
            Cursor::AllUsers(_) => None,
        };
        let work = move |reader: &mut Reader<'_>, visible: &VisibleUsers| {
            let mut lines = Lines::new(form);
            let mut add = |entry: &EntryView<'_>| lines.add(entry);
            let next = match cursor.clone() {
                Cursor::OneUser(user, after) => {
                    let request = PageRequest { after, limit: CHUNK };
                    store::log::user_log::page(reader, user, &filter, &request, &mut add)?
                        .map(|position| Cursor::OneUser(user, Some(position)))
                }
                Cursor::AllUsers(after) => {
                    let request = PageRequest { after, limit: CHUNK };
                    store::log::all_logs::page(reader, visible, &filter, &request, &mut add)?
                        .map(|position| Cursor::AllUsers(Some(position)))
                }
            };
            let (bytes, count) = lines.finish()?;
            Ok((bytes, count, next))
        };
        let options = ListOptions { size: ReadSize::Export, from_primary };
        let part = match user {
            Some(user) => self.ctx.list(options, OneUser(user), work).await?,
            None => self.ctx.list(options, AcrossUsers, work).await?,
        };
        let ListPart { output: (bytes, count, next), from_primary } = part;
        Ok(Chunk { bytes, count, next, from_primary })
    }
}
