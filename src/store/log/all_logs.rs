//! The log across users: the entries of all whom a caller may see, page by page, newest first.
//!
//! A page is a range of an index, whatever it is narrowed by. Where the order by time would not be
//! that of one range (three actions, the logs of five users), the newest of each range are read and
//! merged.

use std::cmp::Reverse;

use diesel::{dsl::sql, prelude::*};

use super::{
    filter::{EntryFilter, EntryQuery, filtered, narrowed, older},
    ranges::{is_rare, ranges},
    user_log::Show,
};
use crate::{
    db::{
        connection::{AnyConnection, MultiBackend},
        reader::Reader,
        schema::{entries, users},
        types::SqlId,
    },
    domain::{
        ids::{self, UserId},
        timestamp::Timestamp,
    },
    error::{Error, Result},
    journal::entry::{
        raw_read::{Each, columns, each_of_postgres, each_of_sqlite},
        row::EntryRow,
        view::EntryView,
    },
    store::{
        page::{ByTime, Window},
        unindexed::{coalesce, unindexed},
        visible_users::{VisibleUsers, related_to},
    },
};

/// How many of the newest entries of all are looked through for those of many users, before the
/// users themselves are.
const RECENT: i64 = 5_000;

/// How many of the newest entries of all are looked through for a text, before all of them are.
const RECENT_WITH_TEXT: i64 = 20_000;

type Place = ByTime<ids::Entry>;

/// One page of the entries of users within reach: they are shown, newest first; gives where the
/// next page begins, if there is one.
///
/// # Errors
/// Of the database.
pub fn page(
    reader: &mut Reader<'_>,
    reach: &VisibleUsers,
    filter: &EntryFilter,
    window: &Window<Place>,
    show: &mut Show<'_>,
) -> Result<Option<Place>> {
    let (mut shown, mut last, mut more) = (0, None, false);
    let mut each = |entry: &EntryView<'_>, _| {
        more = shown == window.limit;
        if !more {
            show(entry);
            shown += 1;
            last = Some(Place { time: entry.occurred_at, id: entry.id });
        }
        Ok(!more)
    };
    if *reach == VisibleUsers::Everyone && filter.is_empty() {
        each_of_all(reader, window, &mut each)?;
    } else {
        for row in merged(reader, reach, filter, window)? {
            if !each(&row.view(), None)? {
                break;
            }
        }
    }
    Ok(last.filter(|_| more))
}

/// The newest of all entries, for SQLite.
macro_rules! newest_of_sqlite {
    ($place:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", NULL FROM entries",
            $place,
            " ORDER BY occurred_at DESC, id DESC LIMIT ?1"
        )
    };
}
const FIRST: &str = newest_of_sqlite!("");
const AFTER: &str = newest_of_sqlite!(
    " WHERE occurred_at <= ?2 AND (occurred_at < ?2 OR (occurred_at = ?2 AND id < ?3))"
);

/// Entries after a place, where they lie: no filter, no copy.
fn each_of_all(reader: &mut Reader<'_>, window: &Window<Place>, each: &mut Each<'_>) -> Result<()> {
    let fetch = window.fetch();
    if let Some(conn) = reader.raw() {
        return match &window.after {
            None => each_of_sqlite(conn, FIRST, [fetch], each),
            Some(at) => {
                let id = at.id.as_bytes().as_slice();
                each_of_sqlite(conn, AFTER, (fetch, at.time.millis() * 1000, id), each)
            }
        };
    }
    let newest =
        entries::table.order((entries::occurred_at.desc(), entries::id.desc())).limit(fetch);
    match (&mut **reader, &window.after) {
        (AnyConnection::Postgres(conn), None) => each_of_postgres(conn, newest, each),
        (AnyConnection::Postgres(conn), Some(at)) => {
            each_of_postgres(conn, older!(newest, at), each)
        }
        (AnyConnection::Sqlite(_), _) => Err(Error::internal("SQLite without its thin connection")),
    }
}

/// The newest entries of users within reach, and one more than the page has.
fn merged(
    conn: &mut AnyConnection,
    reach: &VisibleUsers,
    filter: &EntryFilter,
    window: &Window<Place>,
) -> Result<Vec<EntryRow>> {
    let mut page = Merged { window, rows: Vec::new() };
    match reach {
        VisibleUsers::Everyone if is_by_text(filter) => page.add_found(conn, filter)?,
        VisibleUsers::Everyone => {
            for range in ranges(conn, filter)? {
                page.add(conn, range)?;
            }
        }
        VisibleUsers::These(users) => page.add_logs(conn, reach_of(users), filter)?,
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

/// How many entries of users within reach the filter lets through.
///
/// # Errors
/// Of the database.
pub fn count(conn: &mut AnyConnection, reach: &VisibleUsers, filter: &EntryFilter) -> Result<i64> {
    let all = entries::table.into_boxed::<MultiBackend>();
    let within = match reach {
        VisibleUsers::Everyone => {
            let counts = ranges(conn, filter)?
                .into_iter()
                .map(|range| Ok(range.count().get_result::<i64>(conn)?));
            return counts.sum();
        }
        VisibleUsers::These(users) => all.filter(entries::user_id.eq_any(users.clone())),
        VisibleUsers::RelatedTo(id) => all.filter(related_to!(entries::user_id, *id)),
    };
    Ok(narrowed(within, filter).count().get_result(conn)?)
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
        let recent = self.recent(conn, RECENT)?;
        // Read by time and let through, not collected user by user and sorted.
        let related = related_to!(unindexed!(entries::user_id), id);
        self.add(conn, narrowed(recent.filter(related), filter))
    }

    /// Adds those of all that are of users who are related to one: what is rare is looked through
    /// for these users, else their logs are looked through for it.
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

    /// Adds what a text is found in: of the newest entries first, one by one. Then of all, in the
    /// order in which they are stored, because to fetch all of them by time takes much longer.
    fn add_found(&mut self, conn: &mut AnyConnection, filter: &EntryFilter) -> Result<()> {
        let recent = self.recent(conn, RECENT_WITH_TEXT)?;
        self.add(conn, narrowed(recent, filter))?;
        if self.is_full() {
            return Ok(());
        }
        let all = narrowed(from(entries::table.into_boxed(), self.window), filter);
        self.rows = all
            .order((unindexed!(entries::occurred_at).desc(), entries::id.desc()))
            .limit(self.window.fetch())
            .load(conn)?;
        Ok(())
    }

    /// The newest entries of all, so many of them.
    fn recent(&self, conn: &mut AnyConnection, many: i64) -> Result<EntryQuery> {
        let all = || from(entries::table.into_boxed(), self.window);
        let since: Option<Timestamp> = all()
            .order((entries::occurred_at.desc(), entries::id.desc()))
            .offset(many)
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

/// Whether there is nothing but a text, which no index finds.
fn is_by_text(filter: &EntryFilter) -> bool {
    filter.q.is_some() && EntryFilter { q: None, ..filter.at_any_time() }.is_empty()
}

/// Those of some entries that come after the place where a page begins.
fn from(query: EntryQuery, window: &Window<Place>) -> EntryQuery {
    match &window.after {
        Some(at) => older!(query, at),
        None => query,
    }
}
