//! The log across users: the entries of all whom a caller may see, page by page, newest first.
//!
//! A page is a range of an index, whatever it is narrowed by. Where the order by time would not be
//! that of one range (the logs of five users, three actions), the newest of each range are read and
//! merged, so that nobody sorts a million entries for the sake of twenty-five.

use std::cmp::Reverse;

use diesel::{dsl::sql, prelude::*};

use super::{
    entries::{EntryFilter, EntryQuery, filtered, narrowed},
    page::{ByTime, Slice, Window, after},
    reach::{Visible, related_to},
};
use crate::{
    db::{
        AnyConnection, EntryRow, MultiBackend,
        schema::{entries, users},
        types::SqlId,
    },
    domain::{
        entry::Action,
        ids::{self, UserId},
        timestamp::Timestamp,
    },
    error::Result,
};

diesel::define_sql_function! {
    /// The first that is not null. Of twice the same column, it is that column, which no planner
    /// looks for an index of.
    fn coalesce(first: SqlId, second: SqlId) -> SqlId;
}

/// The most ranges that are read one by one and merged.
const RANGES: usize = 40;

/// How many of the newest entries of all are looked through for those of many users, before the
/// users themselves are.
const RECENT: i64 = 2_000;

type Place = ByTime<ids::Entry>;

/// One page of the entries of users within reach.
///
/// # Errors
/// Of the database.
pub fn page(
    conn: &mut AnyConnection,
    reach: &Visible,
    filter: &EntryFilter,
    window: &Window<Place>,
) -> Result<Slice<EntryRow>> {
    let mut page = Merged { window, rows: Vec::new() };
    match reach {
        Visible::Everyone => {
            for filter in ranges(filter) {
                page.add(conn, narrowed(entries::table.into_boxed(), &filter))?;
            }
        }
        Visible::These(users) => page.add_logs(conn, reach_of(users), filter)?,
        Visible::RelatedTo(id) => {
            page.add_recent(conn, *id, filter)?;
            if !page.is_full() {
                page.rows.clear();
                page.add_logs(
                    conn,
                    users::table.into_boxed().filter(related_to!(users::id, *id)),
                    filter,
                )?;
            }
        }
    }
    Ok(Slice::cut(page.rows, window.limit))
}

/// How many entries of users within reach the filter lets through.
///
/// # Errors
/// Of the database.
pub fn count(conn: &mut AnyConnection, reach: &Visible, filter: &EntryFilter) -> Result<i64> {
    let all = entries::table.into_boxed::<MultiBackend>();
    let within = match reach {
        Visible::Everyone => all,
        Visible::These(users) => all.filter(entries::user_id.eq_any(users.clone())),
        Visible::RelatedTo(id) => all.filter(related_to!(entries::user_id, *id)),
    };
    Ok(narrowed(within, filter).count().get_result(conn)?)
}

/// A filter as filters that have no entry in common and are each a range of an index: where there
/// is no better one than that by action, one for each action.
fn ranges(filter: &EntryFilter) -> Vec<EntryFilter> {
    match filter.actions.as_deref() {
        Some(actions) if is_by_action(filter) && actions.len() <= RANGES => {
            let of =
                |action: &Action| EntryFilter { actions: Some(vec![*action]), ..filter.clone() };
            actions.iter().map(of).collect()
        }
        _ => vec![filter.clone()],
    }
}

/// Whether there is no better index than the one by action: who or what it is about is rarer.
fn is_by_action(filter: &EntryFilter) -> bool {
    filter.created_by.is_none()
        && filter.entered_by.is_none()
        && filter.target_id.is_none()
        && filter.relates_to.is_none()
}

fn reach_of(users: &[UserId]) -> UserQuery {
    users::table.into_boxed().filter(users::id.eq_any(users.to_vec()))
}

/// Users, being chosen.
type UserQuery = users::BoxedQuery<'static, MultiBackend>;

/// A page that is put together out of ranges of indexes.
struct Merged<'a> {
    window: &'a Window<Place>,
    /// The newest entries of the ranges so far, and one more than the page has.
    rows: Vec<EntryRow>,
}

impl Merged<'_> {
    fn is_full(&self) -> bool {
        self.rows.len() > self.window.limit
    }

    /// Older than this, nothing comes into the page any more.
    fn oldest(&self) -> Option<Timestamp> {
        self.rows.last().filter(|_| self.is_full()).map(|row| row.occurred_at)
    }

    /// Adds the newest entries of a range. No more is held than a page, however many ranges there
    /// are, and no further back is read than the page goes.
    fn add(&mut self, conn: &mut AnyConnection, range: EntryQuery) -> Result<()> {
        let mut range = from(range, self.window);
        if let Some(time) = self.oldest() {
            range = range.filter(entries::occurred_at.ge(time));
        }
        let newest = range
            .order((entries::occurred_at.desc(), entries::id.desc()))
            .limit(self.window.fetch());
        self.rows.extend(newest.load::<EntryRow>(conn)?);
        self.rows.sort_by_key(|row| Reverse((row.occurred_at, row.id)));
        self.rows.truncate(self.window.limit.saturating_add(1));
        Ok(())
    }

    /// Adds the logs of users. The newest entry of each is asked for first: once the page is full of
    /// entries that are newer, the other logs have nothing for it, and are not read.
    fn add_logs(
        &mut self,
        conn: &mut AnyConnection,
        users: UserQuery,
        filter: &EntryFilter,
    ) -> Result<()> {
        // A boxed query can't refer to the query around it but by name.
        let newest = entries::table
            .filter(entries::user_id.eq(sql::<SqlId>("users.id")))
            .into_boxed::<MultiBackend>();
        let newest = from(narrowed(newest, filter), self.window)
            .order((entries::occurred_at.desc(), entries::id.desc()))
            .limit(1)
            .select(entries::occurred_at)
            .single_value();
        let mut logs: Vec<(UserId, Option<Timestamp>)> =
            users.select((users::id, newest)).load(conn)?;
        logs.sort_unstable_by_key(|(_, newest)| Reverse(*newest));
        for (user, newest) in logs {
            if newest.is_none() || self.oldest() > newest {
                break;
            }
            self.add(conn, filtered(user, filter))?;
        }
        Ok(())
    }

    /// Adds those of the newest entries of all that are of users who are related to one.
    fn add_recent(
        &mut self,
        conn: &mut AnyConnection,
        id: UserId,
        filter: &EntryFilter,
    ) -> Result<()> {
        let all = || from(entries::table.into_boxed(), self.window);
        let since: Option<Timestamp> = all()
            .order((entries::occurred_at.desc(), entries::id.desc()))
            .offset(RECENT)
            .limit(1)
            .select(entries::occurred_at)
            .first(conn)
            .optional()?;
        let mut recent = all();
        if let Some(since) = since {
            recent = recent.filter(entries::occurred_at.ge(since));
        }
        // Read by time and let through, not collected user by user and sorted.
        let related = related_to!(coalesce(entries::user_id, entries::user_id), id);
        self.add(conn, narrowed(recent.filter(related), filter))
    }
}

/// Those of some entries that come after the place where a page begins.
fn from(query: EntryQuery, window: &Window<Place>) -> EntryQuery {
    let Some(at) = &window.after else { return query };
    // Said twice, so that it is a range of an index and not a filter over all of it.
    let query = query.filter(entries::occurred_at.le(at.time));
    after!(query, entries::occurred_at, entries::id, lt, at.time, at.id)
}
