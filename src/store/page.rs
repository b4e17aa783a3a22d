//! Keyset paging: a page begins after the place where the one before it ended.

use serde::{Deserialize, Serialize};

use crate::domain::{ids::Id, timestamp::Timestamp};

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Slice<T> {
    /// The rows, in the order of the list.
    pub rows: Vec<T>,
    /// There are rows after these.
    pub has_more: bool,
}

impl<T> Slice<T> {
    /// A page of at most `limit` rows, cut from one row more than that, if there were so many.
    pub fn cut(mut rows: Vec<T>, limit: usize) -> Self {
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        Self { rows, has_more }
    }

    /// Where the next page begins, if there is one.
    pub fn next<P>(&self, place: impl FnOnce(&T) -> P) -> Option<P> {
        self.rows.last().filter(|_| self.has_more).map(place)
    }
}

/// Which part of a list is asked for.
#[derive(Clone, Debug)]
pub struct Window<P> {
    /// The place after which the page begins; none for the first page.
    pub after: Option<P>,
    /// How many rows, at most.
    pub limit: usize,
}

impl<P> Window<P> {
    /// How many rows to ask for, to see whether there are more.
    pub fn fetch(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX - 1) + 1
    }
}

/// A place in a list that is ordered by a text, then by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ByText<K> {
    /// The text of the last row.
    pub key: String,
    /// The id of the last row.
    pub id: Id<K>,
}

/// A place in a list that is ordered by a time, then by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ByTime<K> {
    /// The time of the last row.
    pub time: Timestamp,
    /// The id of the last row.
    pub id: Id<K>,
}

/// Narrows a boxed query to what comes after a place: `gt` in ascending order, `lt` in descending.
macro_rules! after {
    ($query:expr, $key:expr, $id:expr, $compare:ident, $place_key:expr, $place_id:expr) => {
        $query.filter(
            $key.$compare($place_key.clone())
                .or($key.eq($place_key.clone()).and($id.$compare($place_id))),
        )
    };
}
pub(crate) use after;
