//! A page of the log across users that is merged from ranges of indexes.
//!
//! One range has no order by time where there are three actions, or the logs of five users. Then the
//! newest entries of each range are read and merged.

use std::cmp::Reverse;

use diesel::{dsl::sql, prelude::*};

use super::{
    filter::{EntryFilter, EntryQuery, filtered, older, user_entries},
    ranges::{is_rare, ranges},
};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        schema::{entries, users},
        types::SqlId,
    },
    domain::{
        ids::{self, UserId},
        timestamp::Timestamp,
    },
    error::Result,
    journal::entry::row::EntryRow,
    store::{
        page::{PageRequest, TimePosition},
        unindexed::{coalesce, unindexed},
        visible_users::{VisibleUsers, related_to},
    },
};

/// How many of the newest entries are searched for those of many users, before the users' logs are.
const RECENT: i64 = 5_000;

/// How many of the newest entries are searched for a text, before all of them are.
const RECENT_WITH_TEXT: i64 = 20_000;

/// A position in the log across users: the time and id of an entry.
pub(super) type Position = TimePosition<ids::Entry>;

/// The newest entries of visible users, and one more than the page has.
pub(super) fn load_merged(
    conn: &mut AnyConnection,
    visible: &VisibleUsers,
    filter: &EntryFilter,
    request: &PageRequest<Position>,
) -> Result<Vec<EntryRow>> {
    let mut page = MergedPage { request, rows: Vec::new() };
    match visible {
        VisibleUsers::Everyone if has_only_text(filter) => page.add_text_matches(conn, filter)?,
        VisibleUsers::Everyone => {
            for range in ranges(conn, filter)? {
                page.add(conn, range)?;
            }
        }
        VisibleUsers::These(ids) => {
            let users = users::table.into_boxed().filter(users::id.eq_any(ids.clone()));
            page.add_logs(conn, users, filter)?;
        }
        VisibleUsers::RelatedTo(id) => {
            page.add_recent(conn, *id, filter)?;
            if !page.is_full() {
                page.rows.clear();
                page.add_all(conn, *id, filter)?;
            }
        }
    }
    Ok(page.rows)
}

/// A query of users that is still being built.
type UserQuery = users::BoxedQuery<'static, MultiBackend>;

struct MergedPage<'a> {
    request: &'a PageRequest<Position>,
    /// The newest entries of the ranges so far, and one more than the page has.
    rows: Vec<EntryRow>,
}

impl MergedPage<'_> {
    fn is_full(&self) -> bool {
        self.rows.len() > self.request.limit
    }

    /// Nothing older than this comes into the page any more.
    fn oldest(&self) -> Option<Timestamp> {
        self.rows.last().filter(|_| self.is_full()).map(|row| row.occurred_at)
    }

    /// Adds the newest entries of a range. It keeps no more than a page, however many ranges there
    /// are, and reads no further back than the page goes.
    fn add(&mut self, conn: &mut AnyConnection, range: EntryQuery) -> Result<()> {
        let mut range = after_position(range, self.request);
        if let Some(time) = self.oldest() {
            range = range.filter(entries::occurred_at.ge(time));
        }
        let newest = range
            .order((entries::occurred_at.desc(), entries::id.desc()))
            .limit(self.request.fetch_limit());
        self.rows.extend(newest.load::<EntryRow>(conn)?);
        self.rows.sort_by_key(|row| Reverse((row.occurred_at, row.id)));
        self.rows.truncate(self.request.limit.saturating_add(1));
        Ok(())
    }

    /// Adds the logs of users. It asks for the newest entry of each first: once the page is full of
    /// newer entries, the other logs have nothing for it, and are not read.
    fn add_logs(
        &mut self,
        conn: &mut AnyConnection,
        users: UserQuery,
        filter: &EntryFilter,
    ) -> Result<()> {
        // A boxed query can refer to the query around it only by name.
        let newest = entries::table
            .filter(entries::user_id.eq(sql::<SqlId>("users.id")))
            .into_boxed::<MultiBackend>();
        let newest = after_position(filtered(newest, filter), self.request)
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
            self.add(conn, user_entries(user, filter))?;
        }
        Ok(())
    }

    /// Adds those of the newest entries of all that belong to users who are related to one.
    fn add_recent(
        &mut self,
        conn: &mut AnyConnection,
        id: UserId,
        filter: &EntryFilter,
    ) -> Result<()> {
        let recent = self.recent(conn, RECENT)?;
        // Read by time and checked one by one, not collected user by user and sorted.
        let related = related_to!(unindexed!(entries::user_id), id);
        self.add(conn, filtered(recent.filter(related), filter))
    }

    /// Adds all entries of users who are related to one. Rare entries are searched for these users;
    /// otherwise the users' logs are searched for the entries.
    fn add_all(
        &mut self,
        conn: &mut AnyConnection,
        id: UserId,
        filter: &EntryFilter,
    ) -> Result<()> {
        if !is_rare(conn, filter)? {
            let related = users::table.into_boxed().filter(related_to!(users::id, id));
            return self.add_logs(conn, related, filter);
        }
        for range in ranges(conn, filter)? {
            self.add(conn, range.filter(related_to!(unindexed!(entries::user_id), id)))?;
        }
        Ok(())
    }

    /// Adds the entries that contain a text. It searches the newest entries first, one by one, and
    /// then all in the order in which they are stored: to fetch all by time takes much longer.
    fn add_text_matches(&mut self, conn: &mut AnyConnection, filter: &EntryFilter) -> Result<()> {
        let recent = self.recent(conn, RECENT_WITH_TEXT)?;
        self.add(conn, filtered(recent, filter))?;
        if self.is_full() {
            return Ok(());
        }
        let all = filtered(after_position(entries::table.into_boxed(), self.request), filter);
        self.rows = all
            .order((unindexed!(entries::occurred_at).desc(), entries::id.desc()))
            .limit(self.request.fetch_limit())
            .load(conn)?;
        Ok(())
    }

    /// The newest `count` entries of all after the position of the page.
    fn recent(&self, conn: &mut AnyConnection, count: i64) -> Result<EntryQuery> {
        let all = || after_position(entries::table.into_boxed(), self.request);
        let since: Option<Timestamp> = all()
            .order((entries::occurred_at.desc(), entries::id.desc()))
            .offset(count)
            .limit(1)
            .select(entries::occurred_at)
            .first(conn)
            .optional()?;
        Ok(match since {
            Some(since) => all().filter(entries::occurred_at.ge(since)),
            None => all(),
        })
    }
}

/// Whether a filter has nothing but a text, which no index finds.
fn has_only_text(filter: &EntryFilter) -> bool {
    filter.q.is_some() && EntryFilter { q: None, ..filter.at_any_time() }.is_empty()
}

/// Those of some entries that come after the position where a page begins.
fn after_position(query: EntryQuery, request: &PageRequest<Position>) -> EntryQuery {
    match &request.after {
        Some(at) => older!(query, at.time, at.id),
        None => query,
    }
}
