//! Users, and who supervises them.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    contains, direct,
    page::{ByText, ByTime, Slice, Window, after},
    unindexed::{coalesce, unindexed},
    visible_users::{VisibleUsers, related_to},
};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::{group_members, supervisors, users},
    },
    domain::{
        entry::Actor,
        identity::{Identity, Proof},
        ids::{self, GroupId, UserId},
        text::fold,
        timestamp::Timestamp,
        user::{Role, UserKind, UserStatus, full_name},
    },
    error::{Code, Error, Result},
    journal::tx::Tx,
};

/// One user, as he is stored.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = users, treat_none_as_null = true)]
#[allow(missing_docs, reason = "the columns")]
pub struct UserRow {
    pub id: UserId,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub given_name: String,
    pub surname: String,
    pub name_key: String,
    pub search_key: String,
    pub kind: UserKind,
    pub employee_id: Option<String>,
    pub status: UserStatus,
    pub role: Role,
    pub time_zone: String,
    pub password_hash: Option<String>,
    pub home_group_id: Option<GroupId>,
    pub log_moves: i64,
}

impl UserRow {
    /// Given name and surname.
    pub fn name(&self) -> String {
        full_name(&self.given_name, &self.surname)
    }

    /// As a caller whom the identity provider let in.
    ///
    /// # Errors
    /// `invalid_token` where he is not active.
    pub fn identity(&self) -> Result<Identity> {
        if self.status != UserStatus::Active {
            return Err(Error::invalid_token());
        }
        let (id, kind, role) = (self.id, self.kind, self.role);
        Ok(Identity { id, name: self.name(), kind, role, proof: Proof::External })
    }

    /// As entries name him.
    pub fn actor(&self) -> Actor {
        Actor { id: self.id, name: self.name(), kind: self.kind }
    }

    fn with_keys(&self) -> Self {
        let name = fold(&self.name());
        let email_key = self.email.as_deref().map(fold);
        let search_key = format!("{name}\n{}", email_key.as_deref().unwrap_or_default());
        Self { name_key: name, email_key, search_key, ..self.clone() }
    }
}

/// The user of an id.
///
/// # Errors
/// `not_found`.
pub fn get(conn: &mut AnyConnection, id: UserId) -> Result<UserRow> {
    Ok(users::table.find(id).first(conn)?)
}

/// The users of ids. Of whom there is none is not among them.
///
/// # Errors
/// Of the database.
pub fn get_all(conn: &mut AnyConnection, ids: &BTreeSet<UserId>) -> Result<Vec<UserRow>> {
    let query = users::table.filter(users::id.eq_any(ids));
    Ok(direct!(conn, query.load(conn))?)
}

/// The user of an e-mail address, without regard to case.
///
/// # Errors
/// Of the database.
pub fn by_email(conn: &mut AnyConnection, email: &str) -> Result<Option<UserRow>> {
    Ok(users::table.filter(users::email_key.eq(fold(email))).first(conn).optional()?)
}

/// The user of an employee id.
///
/// # Errors
/// Of the database.
pub fn by_employee_id(conn: &mut AnyConnection, employee_id: &str) -> Result<Option<UserRow>> {
    Ok(users::table.filter(users::employee_id.eq(employee_id)).first(conn).optional()?)
}

/// What a list of users is narrowed by.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UserFilter {
    /// Characters of name or e-mail.
    pub q: Option<String>,
    /// Active or not.
    pub status: Option<UserStatus>,
    /// People, or API accounts.
    pub kind: Option<UserKind>,
    /// Only whom this user supervises.
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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

/// A place in a list of users, by name or by time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum UserPlace {
    /// In a list by name.
    Name(ByText<ids::User>),
    /// In a list by creation.
    Created(ByTime<ids::User>),
}

impl UserPlace {
    /// Where a row stands.
    pub fn of(row: &UserRow, sort: UserSort) -> Self {
        match sort {
            UserSort::Name | UserSort::NameDescending => {
                Self::Name(ByText { key: row.name_key.clone(), id: row.id })
            }
            UserSort::Created | UserSort::CreatedDescending => {
                Self::Created(ByTime { time: row.created_at, id: row.id })
            }
        }
    }
}

fn filtered(reach: &VisibleUsers, filter: &UserFilter) -> users::BoxedQuery<'static, MultiBackend> {
    let mut query = related(reach, filter);
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
        let of = move |status: &UserStatus| {
            let of_both = users::kind.eq(kind).and(users::status.eq(*status));
            related(&VisibleUsers::Everyone, filter).filter(of_both)
        };
        statuses.iter().map(of).collect::<Vec<_>>()
    };
    kinds.into_iter().flat_map(of_kind).collect()
}

fn related(reach: &VisibleUsers, filter: &UserFilter) -> users::BoxedQuery<'static, MultiBackend> {
    let mut query = users::table.into_boxed::<MultiBackend>();
    query = match reach {
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

/// One page of the users within reach.
///
/// # Errors
/// `invalid_cursor` where the place is of another order.
pub fn list(
    conn: &mut AnyConnection,
    reach: &VisibleUsers,
    filter: &UserFilter,
    sort: UserSort,
    window: &Window<UserPlace>,
) -> Result<Slice<UserRow>> {
    let by_name = matches!(sort, UserSort::Name | UserSort::NameDescending);
    let by_kind = filter.kind.is_some() || filter.status.is_some();
    let alone = filter.group_id.is_none() && filter.supervisor_id.is_none();
    if !(by_name && by_kind && alone && *reach == VisibleUsers::Everyone) {
        let rows = first(filtered(reach, filter), sort, window)?.load(conn)?;
        return Ok(Slice::cut(rows, window.limit));
    }
    let mut rows: Vec<UserRow> = Vec::new();
    for range in ranges(filter) {
        rows.extend(first(range, sort, window)?.load::<UserRow>(conn)?);
    }
    rows.sort_by(|a, b| (&a.name_key, a.id).cmp(&(&b.name_key, b.id)));
    if sort == UserSort::NameDescending {
        rows.reverse();
    }
    Ok(Slice::cut(rows, window.limit))
}

/// The first of some users after the place where a page begins.
fn first(
    mut query: users::BoxedQuery<'static, MultiBackend>,
    sort: UserSort,
    window: &Window<UserPlace>,
) -> Result<users::BoxedQuery<'static, MultiBackend>> {
    query = match (&window.after, sort) {
        (None, _) => query,
        (Some(UserPlace::Name(at)), UserSort::Name) => {
            after!(query, users::name_key, users::id, gt, at.key, at.id)
        }
        (Some(UserPlace::Name(at)), UserSort::NameDescending) => {
            after!(query, users::name_key, users::id, lt, at.key, at.id)
        }
        (Some(UserPlace::Created(at)), UserSort::Created) => {
            after!(query, users::created_at, users::id, gt, at.time, at.id)
        }
        (Some(UserPlace::Created(at)), UserSort::CreatedDescending) => {
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
    Ok(query.limit(window.fetch()))
}

/// How many users there are within reach that the filter lets through.
///
/// # Errors
/// Of the database.
pub fn count(conn: &mut AnyConnection, reach: &VisibleUsers, filter: &UserFilter) -> Result<i64> {
    Ok(filtered(reach, filter).count().get_result(conn)?)
}

/// Whether there is any user at all.
///
/// # Errors
/// Of the database.
pub fn any(conn: &mut AnyConnection) -> Result<bool> {
    Ok(users::table.select(users::id).first::<UserId>(conn).optional()?.is_some())
}

/// The active administrators, held until the transaction ends.
///
/// # Errors
/// Of the database.
pub fn lock_administrators(tx: &mut Tx<'_>) -> Result<Vec<UserId>> {
    let query = users::table
        .filter(users::role.eq(Role::Administrator))
        .filter(users::status.eq(UserStatus::Active))
        .order(users::id)
        .select(users::id);
    Ok(match tx.read() {
        AnyConnection::Sqlite(conn) => query.load(conn),
        AnyConnection::Postgres(conn) => query.for_no_key_update().load(conn),
    }?)
}

/// Adds a user.
///
/// # Errors
/// `already_exists` where e-mail or employee id are taken.
pub fn insert(tx: &mut Tx<'_>, row: &UserRow) -> Result<()> {
    diesel::insert_into(users::table).values(row.with_keys()).execute(tx.write())?;
    Ok(())
}

/// Writes the user's fields, and makes the version a new one.
///
/// # Errors
/// `already_exists` where e-mail or employee id are taken.
pub fn update(tx: &mut Tx<'_>, row: &mut UserRow) -> Result<()> {
    row.version += 1;
    row.updated_at = tx.now();
    *row = row.with_keys();
    diesel::update(users::table.find(row.id)).set(row.clone()).execute(tx.write())?;
    Ok(())
}

/// Counts one more move of a note in the user's log, and says how many there were.
///
/// # Errors
/// Of the database.
pub fn count_log_move(tx: &mut Tx<'_>, user: &UserRow) -> Result<i64> {
    let moves = user.log_moves + 1;
    diesel::update(users::table.find(user.id))
        .set(users::log_moves.eq(moves))
        .execute(tx.write())?;
    Ok(moves)
}
