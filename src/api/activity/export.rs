//! `/users/{user_id}/activity/export`, `/activity/export`: the log as a file, however long it is.
//!
//! It is read and sent chunk by chunk, so that a million entries need the memory of one chunk. Each
//! chunk asks anew who the caller is and what he may see: a session that ends, ends its download.

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
    access::users::visible,
    api::http::{
        endpoint::{Endpoint, endpoint},
        extract::{Ctx, Path, Query},
    },
    db::{
        reader::Reader,
        replica::{Listed, Listing},
    },
    domain::{
        ids::{self, UserId},
        text::words,
    },
    error::{Error, Result},
    journal::entry::view::EntryView,
    store::{
        self,
        log::{filter::EntryFilter, user_log::LogPlace},
        page::{ByTime, Window},
        visible_users::Visible,
    },
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(export_user_activity), endpoint!(export_activity)]
}

/// How many entries are in memory at once.
const CHUNK: usize = 500;

words! {
    /// The form of a file.
    pub enum ExportFormat {
        /// A table for spreadsheets (RFC 4180).
        Csv = "csv",
        /// One JSON object a line, as the list has them.
        Ndjson = "ndjson",
    }
}

/// In what form a log is exported.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportParams {
    /// The form of the file; `csv` if it is not said.
    #[param(nullable = false, inline)]
    format: Option<ExportFormat>,
    /// The time zone of the times in a CSV file, by its IANA name; `UTC` if it is not said. The
    /// lines of NDJSON are the list's items: always UTC.
    #[param(nullable = false, format = "time-zone", example = "Europe/Berlin")]
    time_zone: Option<String>,
}

impl ExportParams {
    fn form(&self) -> Result<Form> {
        let name = self.time_zone.as_deref().unwrap_or("UTC");
        let zone = name.parse::<Tz>().ok().filter(|zone| zone.name() == name).ok_or_else(|| {
            let text = "time_zone is no name of the IANA time zone database.";
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
/// The entries of the list, in its order and with its filters, as a file; exact while notes are
/// added and edited.
///
/// **NDJSON**: each line is an item of the list. The last line is
/// `{"summary":{"count":N}}`, with the number of entries.
///
/// **CSV** (RFC 4180): a header row, and columns named like the fields: `id`, `user_id`, `type`,
/// `action`, `occurred_at`, `recorded_at`, `source`, `relates_to`, `created_by_id`,
/// `created_by_name`, `created_by_kind` (`entered_by_…` and `edited_by_…` likewise), `description`,
/// `target_type`, `target_id`, `target_name`, `changes` (as JSON), `external_id`, `notes`,
/// `revision`, `edited_at`. What is null is empty. Times have the offset of `time_zone`. A cell
/// that a spreadsheet would run (it begins with `=`, `+`, `-`, `@`, a tab or a carriage return) has
/// a `'` before it. The last record is `#count`, the number of entries, and empty cells.
///
/// A file without its last line was broken off.
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
    let export = Export { ctx, form: params.form()?, filter: filter.filter()? };
    let name = format!("activity-{user}");
    export.answer(&request, &name, Position::Log(user, None)).await
}

/// Export the activity of all users
///
/// The entries of `GET /activity`, in its order and with its filters, as a file of the form that a
/// user's export has. A note whose date is edited meanwhile may be in it twice, or not at all.
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
    let export = Export { ctx, form: params.form()?, filter: filter.filter()? };
    export.answer(&request, "activity", Position::Feed(None)).await
}

/// A file, being made.
struct Export {
    ctx: Ctx,
    form: Form,
    filter: EntryFilter,
}

/// Whose log is read, and after which place.
#[derive(Clone)]
enum Position {
    Log(UserId, Option<LogPlace>),
    Feed(Option<ByTime<ids::Entry>>),
}

/// Some entries, and where the next ones begin.
struct Chunk {
    bytes: Vec<u8>,
    count: usize,
    next: Option<Position>,
    /// Whether it is ahead of the read replica, so that the next ones have to be too.
    ahead: bool,
}

/// What is to be sent next.
enum Step {
    Send(Chunk),
    Read(Position, bool),
}

impl Export {
    /// The answer: what can be refused is refused before its body begins.
    async fn answer(
        self,
        request: &HttpRequest,
        name: &str,
        start: Position,
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

    /// The entries and the summary. An error breaks the connection off, so that nobody takes a part
    /// for the whole.
    fn body(self, first: Chunk) -> impl Stream<Item = Result<Bytes>> {
        stream::try_unfold((self, Some(Step::Send(first)), 0), |(export, step, count)| async move {
            let chunk = match step {
                None => return Ok(None),
                Some(Step::Send(chunk)) => chunk,
                Some(Step::Read(position, ahead)) => {
                    export.read(position, ahead).await.inspect_err(|error| {
                        log::warn!("an export was broken off after {count} entries: {error}");
                    })?
                }
            };
            let count = count + chunk.count;
            let mut bytes = chunk.bytes;
            if chunk.next.is_none() {
                bytes.extend(export.form.summary(count)?);
            }
            let next = chunk.next.map(|position| Step::Read(position, chunk.ahead));
            Ok::<_, Error>(Some((Bytes::from(bytes), (export, next, count))))
        })
    }

    async fn read(&self, position: Position, ahead: bool) -> Result<Chunk> {
        let (form, filter) = (self.form, self.filter.clone());
        let user = match position {
            Position::Log(user, _) => Some(user),
            Position::Feed(_) => None,
        };
        let work = move |reader: &mut Reader<'_>, reach: &Visible| {
            let mut lines = Lines::of(form);
            let mut show = |entry: &EntryView<'_>| lines.add(entry);
            let next = match position.clone() {
                Position::Log(user, after) => {
                    let window = Window { after, limit: CHUNK };
                    store::log::user_log::page(reader, user, &filter, &window, &mut show)?
                        .map(|place| Position::Log(user, Some(place)))
                }
                Position::Feed(after) => {
                    let window = Window { after, limit: CHUNK };
                    store::log::all_logs::page(reader, reach, &filter, &window, &mut show)?
                        .map(|place| Position::Feed(Some(place)))
                }
            };
            let (bytes, count) = lines.end()?;
            Ok((bytes, count, next))
        };
        let how = Listing { small: false, ahead };
        let listed = match user {
            Some(user) => {
                let work = move |reader: &mut Reader<'_>| work(reader, &Visible::Everyone);
                self.ctx.list_of_user(how, user, work).await?
            }
            None => self.ctx.list(how, visible, work).await?,
        };
        let Listed { output: (bytes, count, next), ahead } = listed;
        Ok(Chunk { bytes, count, next, ahead })
    }
}
