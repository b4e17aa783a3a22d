//! The list of users, by name or by creation.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    contains,
    page::{ListQuery, PageRequest, TextPosition, TimePosition, after},
    related::with_related,
    supervisors::supervisors_of,
    unindexed::{coalesce, unindexed},
    users::UserRow,
    visible_users::{VisibleUsers, related_to},
};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::{group_members, supervisors, users},
    },
    domain::{
        ids::{self, GroupId, UserId},
        user::{UserKind, UserStatus},
    },
    error::{Code, Error, Result},
};

/// The users whom the caller may see, each with their supervisors.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// Which of them.
    pub filter: UserFilter,
    /// In which order.
    pub sort: UserSort,
}

/// What a list of users is narrowed by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserFilter {
    /// Characters of name or e-mail.
    pub q: Option<String>,
    /// Active or not.
    pub status: Option<UserStatus>,
    /// People, or API accounts.
    pub kind: Option<UserKind>,
    /// Only the users whom this user supervises.
    pub supervisor_id: Option<UserId>,
    /// Only members of this group.
    pub group_id: Option<GroupId>,
}

impl UserFilter {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a list of users is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserSort {
    /// By name.
    #[default]
    Name,
    /// By name, backwards.
    NameDescending,
    /// The oldest first.
    Created,
    /// The newest first.
    CreatedDescending,
}

/// A position in a list of users, by name or by time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum UserPosition {
    /// In a list by name.
    Name(TextPosition<ids::User>),
    /// In a list by creation.
    Created(TimePosition<ids::User>),
}

impl ListQuery for UserQuery {
    type Scope = VisibleUsers;
    type Row = (UserRow, Vec<UserId>);
    type Position = UserPosition;

    fn rows(
        &self,
        conn: &mut AnyConnection,
        visible: &VisibleUsers,
        request: &PageRequest<Self::Position>,
    ) -> Result<Vec<Self::Row>> {
        let rows = users(conn, visible, &self.filter, self.sort, request)?;
        let supervisors = supervisors_of(conn, &rows)?;
        Ok(with_related(rows, |row| row.id, supervisors))
    }

    fn count(&self, conn: &mut AnyConnection, visible: &VisibleUsers) -> Result<i64> {
        Ok(filtered(visible, &self.filter).count().get_result(conn)?)
    }

    fn position(&self, (row, _): &Self::Row) -> Self::Position {
        match self.sort {
            UserSort::Name | UserSort::NameDescending => {
                UserPosition::Name(TextPosition { key: row.name_key.clone(), id: row.id })
            }
            UserSort::Created | UserSort::CreatedDescending => {
                UserPosition::Created(TimePosition { time: row.created_at, id: row.id })
            }
        }
    }
}

/// The first users after the position of a request.
fn users(
    conn: &mut AnyConnection,
    visible: &VisibleUsers,
    filter: &UserFilter,
    sort: UserSort,
    request: &PageRequest<UserPosition>,
) -> Result<Vec<UserRow>> {
    let by_name = matches!(sort, UserSort::Name | UserSort::NameDescending);
    let by_kind = filter.kind.is_some() || filter.status.is_some();
    let alone = filter.group_id.is_none() && filter.supervisor_id.is_none();
    if !(by_name && by_kind && alone && *visible == VisibleUsers::Everyone) {
        return Ok(first(filtered(visible, filter), sort, request)?.load(conn)?);
    }
    let mut rows: Vec<UserRow> = Vec::new();
    for range in ranges(filter) {
        rows.extend(first(range, sort, request)?.load::<UserRow>(conn)?);
    }
    rows.sort_by(|a, b| (&a.name_key, a.id).cmp(&(&b.name_key, b.id)));
    if sort == UserSort::NameDescending {
        rows.reverse();
    }
    // So that no more supervisors are looked for than the page needs.
    rows.truncate(usize::try_from(request.fetch_limit()).unwrap_or(usize::MAX));
    Ok(rows)
}

fn filtered(
    visible: &VisibleUsers,
    filter: &UserFilter,
) -> users::BoxedQuery<'static, MultiBackend> {
    let mut query = related(visible, filter);
    // The index by kind and status would have to be sorted for any other order than its own.
    if let Some(status) = filter.status {
        query = query.filter(unindexed!(users::status).eq(status));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(unindexed!(users::kind).eq(kind));
    }
    query
}

/// Users of a kind or status, as ranges of the index by both and name.
fn ranges(filter: &UserFilter) -> Vec<users::BoxedQuery<'static, MultiBackend>> {
    let statuses = filter.status.map_or(UserStatus::ALL.to_vec(), |status| vec![status]);
    let kinds = filter.kind.map_or(UserKind::ALL.to_vec(), |kind| vec![kind]);
    let of_kind = |kind: UserKind| {
        let of_kind_and_status = move |status: &UserStatus| {
            let of_both = users::kind.eq(kind).and(users::status.eq(*status));
            related(&VisibleUsers::Everyone, filter).filter(of_both)
        };
        statuses.iter().map(of_kind_and_status).collect::<Vec<_>>()
    };
    kinds.into_iter().flat_map(of_kind).collect()
}

fn related(
    visible: &VisibleUsers,
    filter: &UserFilter,
) -> users::BoxedQuery<'static, MultiBackend> {
    let mut query = users::table.into_boxed::<MultiBackend>();
    query = match visible {
        VisibleUsers::Everyone => query,
        VisibleUsers::These(ids) => query.filter(users::id.eq_any(ids.clone())),
        // So many that the first by name are likely among them: read in order and let through.
        VisibleUsers::RelatedTo(id) if filter.is_empty() => {
            query.filter(related_to!(unindexed!(users::id), *id))
        }
        VisibleUsers::RelatedTo(id) => query.filter(related_to!(users::id, *id)),
    };
    if let Some(q) = &filter.q {
        query = query.filter(users::search_key.like(contains(q)).escape('\\'));
    }
    if let Some(id) = filter.supervisor_id {
        let supervised = supervisors::table
            .filter(supervisors::supervisor_id.eq(id))
            .select(supervisors::user_id);
        query = query.filter(users::id.eq_any(supervised));
    }
    if let Some(id) = filter.group_id {
        let members = group_members::table
            .filter(group_members::group_id.eq(id))
            .select(group_members::user_id);
        query = query.filter(users::id.eq_any(members));
    }
    query
}

/// The first of some users after the position where a page begins.
fn first(
    mut query: users::BoxedQuery<'static, MultiBackend>,
    sort: UserSort,
    request: &PageRequest<UserPosition>,
) -> Result<users::BoxedQuery<'static, MultiBackend>> {
    query = match (&request.after, sort) {
        (None, _) => query,
        (Some(UserPosition::Name(at)), UserSort::Name) => {
            after!(query, users::name_key, users::id, gt, at.key, at.id)
        }
        (Some(UserPosition::Name(at)), UserSort::NameDescending) => {
            after!(query, users::name_key, users::id, lt, at.key, at.id)
        }
        (Some(UserPosition::Created(at)), UserSort::Created) => {
            after!(query, users::created_at, users::id, gt, at.time, at.id)
        }
        (Some(UserPosition::Created(at)), UserSort::CreatedDescending) => {
            after!(query, users::created_at, users::id, lt, at.time, at.id)
        }
        _ => return Err(Error::new(Code::InvalidCursor, "The cursor is of another order.")),
    };
    query = match sort {
        UserSort::Name => query.order((users::name_key.asc(), users::id.asc())),
        UserSort::NameDescending => query.order((users::name_key.desc(), users::id.desc())),
        UserSort::Created => query.order((users::created_at.asc(), users::id.asc())),
        UserSort::CreatedDescending => query.order((users::created_at.desc(), users::id.desc())),
    };
    Ok(query.limit(request.fetch_limit()))
}
