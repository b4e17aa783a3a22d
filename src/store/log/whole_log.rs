//! The newest entries of a whole log, unfiltered and read in place: what most readers ask for.

use diesel::prelude::*;

use super::filter::older;
use crate::{
    db::{reader::Reader, schema::entries},
    domain::{
        ids::{EntryId, UserId},
        timestamp::Timestamp,
    },
    error::Result,
    journal::entry::{
        columns::select_list,
        raw_read::{RowVisitor, read_raw},
    },
};

/// SQLite's statement. Its parameters are the limit, and then those that `condition` names.
macro_rules! newest {
    ($number:literal, $condition:literal) => {
        concat!(
            "SELECT ",
            select_list!(),
            ", ",
            $number,
            " FROM entries ",
            $condition,
            " ORDER BY occurred_at DESC, id DESC LIMIT ?1"
        )
    };
}

const OF_ALL: &str = newest!("NULL", "");
const OF_ALL_AFTER: &str = newest!(
    "NULL",
    "WHERE occurred_at <= ?2 AND (occurred_at < ?2 OR (occurred_at = ?2 AND id < ?3))"
);
const OF_USER: &str = newest!("(SELECT log_moves FROM users WHERE id = ?2)", "WHERE user_id = ?2");
const OF_USER_AFTER: &str = newest!(
    "(SELECT log_moves FROM users WHERE id = ?2)",
    "WHERE user_id = ?2 \
     AND occurred_at <= ?3 AND (occurred_at < ?3 OR (occurred_at = ?3 AND id < ?4))"
);

/// How many moves a user's log has seen. It stands in the statement that reads entries, so that both
/// are of one moment.
macro_rules! moves {
    ($user:expr) => {
        $crate::db::schema::users::table
            .find($user)
            .select($crate::db::schema::users::log_moves)
            .single_value()
    };
}
pub(super) use moves;

/// Reads up to `limit` of the newest entries: of one user with the moves of that log, or of all
/// users. It begins after an entry that `after` names by its time and id.
pub(super) fn read_newest(
    reader: &mut Reader<'_>,
    user: Option<UserId>,
    after: Option<(Timestamp, EntryId)>,
    limit: i64,
    visit: &mut RowVisitor<'_>,
) -> Result<()> {
    let newest =
        entries::table.order((entries::occurred_at.desc(), entries::id.desc())).limit(limit);
    match (user, after) {
        (None, None) => read_raw(reader, OF_ALL, [limit], newest, visit),
        (None, Some((time, id))) => {
            let params = (limit, time.millis() * 1000, id.as_bytes().as_slice());
            read_raw(reader, OF_ALL_AFTER, params, older!(newest, time, id), visit)
        }
        (Some(user), None) => {
            let params = (limit, user.as_bytes().as_slice());
            let newest = newest.filter(entries::user_id.eq(user));
            let query = newest.select((entries::all_columns, moves!(user)));
            read_raw(reader, OF_USER, params, query, visit)
        }
        (Some(user), Some((time, id))) => {
            let user_bytes = user.as_bytes().as_slice();
            let params = (limit, user_bytes, time.millis() * 1000, id.as_bytes().as_slice());
            let newest = older!(newest.filter(entries::user_id.eq(user)), time, id);
            let query = newest.select((entries::all_columns, moves!(user)));
            read_raw(reader, OF_USER_AFTER, params, query, visit)
        }
    }
}
