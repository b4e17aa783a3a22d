//! `/activity`: the log across users, and its vocabulary.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::{filter::ActivityParams, json::write_entry, schema::ActivityEntry};
use crate::{
    api::http::{
        endpoint::{Endpoint, endpoint},
        extract::{Ctx, Query},
        gates::AcrossUsers,
        items::Items,
        paging::{Page, PageInfo, PageParams, Paging, StreamedQuery},
    },
    db::{reader::Reader, reads::ReadSize},
    domain::{
        entry::{Action, EntryType},
        ids,
    },
    error::Result,
    journal::entry::view::EntryView,
    store::{
        self,
        log::filter::EntryFilter,
        page::{PageRequest, TimePosition},
        visible_users::VisibleUsers,
    },
};

/// The operations of this file.
pub fn endpoints() -> Vec<Endpoint> {
    vec![endpoint!(list_activity), endpoint!(list_actions)]
}

/// A word of the log's vocabulary.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "action": "enrollment.forced_complete", "family": "enrollment", "type": "system",
    "description": "Somebody set a course to completed."
}))]
pub struct ActionMeaning {
    /// The word.
    #[schema(examples("enrollment.forced_complete"))]
    action: Action,
    /// The part before the point. As a filter, `enrollment.*` matches the whole family.
    #[schema(format = "code", examples("enrollment"))]
    family: &'static str,
    /// The type of the entries that record it.
    #[serde(rename = "type")]
    entry_type: EntryType,
    /// What happened, in a sentence.
    #[schema(format = "line", examples("Somebody set a course to completed."))]
    description: &'static str,
}

impl From<Action> for ActionMeaning {
    fn from(action: Action) -> Self {
        Self {
            action,
            family: action.family(),
            entry_type: action.entry_type(),
            description: action.meaning(),
        }
    }
}

/// The logs of the users whom the caller may see, as one.
struct AllLogsQuery {
    filter: EntryFilter,
}

impl StreamedQuery for AllLogsQuery {
    type Scope = VisibleUsers;
    type Position = TimePosition<ids::Entry>;

    fn size(&self) -> ReadSize {
        if self.filter.is_empty() { ReadSize::List } else { ReadSize::Big }
    }

    fn write(
        &self,
        reader: &mut Reader<'_>,
        visible: &VisibleUsers,
        request: &PageRequest<Self::Position>,
        items: &mut Items,
    ) -> Result<Option<Self::Position>> {
        let mut show = |entry: &EntryView<'_>| write_entry(items.next_item(), entry);
        store::log::all_logs::page(reader, visible, &self.filter, request, &mut show)
    }

    fn count(&self, reader: &mut Reader<'_>, visible: &VisibleUsers) -> Result<i64> {
        store::log::all_logs::count(reader, visible, &self.filter)
    }
}

/// List the activity of all users
///
/// The logs of all users whom the caller may see, as one, newest first: by `occurred_at`, then by
/// `id`, both descending. What did an API account do on Tuesday? `entered_by` and two dates say it.
///
/// An entry that is added while somebody pages does no harm; a note whose date is edited meanwhile
/// may come twice, or not at all. The list of a single user is exact even then.
///
/// A page comes about as fast as that of a single user's log, but for these, which take longer the
/// more entries there are:
///
/// - `q` that few entries have, because all are looked through for it;
/// - two filters that are common alone and rare together (an account that entered most of the log,
///   and an action that others do), because no index has both: the entries of one are looked
///   through for the other. `action` with `source` or with `target_type` is not one of them;
/// - any page of somebody who may see hundreds of users and not all: no index has the entries of
///   just these users by time, so it is asked of each of the newest whether it is one of theirs,
///   and where few are, the users' logs are looked through;
/// - `include=total_count`.
#[utoipa::path(get, path = "/activity", tag = "Activity", params(ActivityParams, PageParams),
    responses((status = 200, description = "One page of the log.", body = Page<ActivityEntry>)))]
pub async fn list_activity(
    ctx: Ctx,
    paging: Paging,
    Query(params): Query<ActivityParams>,
) -> Result<HttpResponse> {
    let query = AllLogsQuery { filter: params.filter()? };
    paging.respond_streamed(&ctx, AcrossUsers, query).await
}

/// List the actions that there are
///
/// The closed vocabulary of the log, in one page: every change that the service makes is one of
/// these. Page views are none.
#[utoipa::path(get, path = "/activity/actions", tag = "Activity",
    responses((status = 200, description = "All of them.", body = Page<ActionMeaning>)))]
pub async fn list_actions(ctx: Ctx) -> Result<HttpResponse> {
    ctx.read(|_, _| Ok(())).await?;
    let data: Vec<ActionMeaning> = Action::ALL.iter().copied().map(Into::into).collect();
    let page = PageInfo { next_cursor: None, has_more: false, total_count: None };
    Ok(HttpResponse::Ok().json(Page { data, page }))
}
