//! Lists by keyset: a page begins after the position of the last row of the page before it.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    db::connection::AnyConnection,
    domain::{ids::Id, timestamp::Timestamp},
    error::Result,
};

/// A list in a total order, whose pages the API shows.
pub trait ListQuery: Send + Sync + 'static {
    /// What the list may show to the caller: `()`, or the users whom they may see.
    type Scope: Send + Sync + 'static;
    /// An item as the store has it, with all that its JSON needs.
    type Row: Send + 'static;
    /// Where a row is in the order of the list; a cursor holds it.
    type Position: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// The rows after the position of the request, [`PageRequest::fetch_limit`] at most.
    ///
    /// # Errors
    /// `invalid_cursor` if the position is of another order.
    fn rows(
        &self,
        conn: &mut AnyConnection,
        scope: &Self::Scope,
        request: &PageRequest<Self::Position>,
    ) -> Result<Vec<Self::Row>>;

    /// The number of rows in the whole list.
    fn count(&self, conn: &mut AnyConnection, scope: &Self::Scope) -> Result<i64>;

    /// Where a row is in the order of the list.
    fn position(&self, row: &Self::Row) -> Self::Position;
}

/// Which part of a list to read.
#[derive(Clone, Debug)]
pub struct PageRequest<P> {
    /// The position after which the page begins; none for the first page.
    pub after: Option<P>,
    /// The most rows of the page.
    pub limit: usize,
}

impl<P> PageRequest<P> {
    /// How many rows to read: one more than the page has, to see whether there are more.
    pub fn fetch_limit(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX - 1) + 1
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct RowsPage<R, P> {
    /// The rows, in the order of the list.
    pub rows: Vec<R>,
    /// The position of the last row, if there are rows after it.
    pub next: Option<P>,
}

impl<R, P> RowsPage<R, P> {
    /// Reads one page of a list.
    ///
    /// # Errors
    /// As [`ListQuery::rows`].
    pub fn read<Q: ListQuery<Row = R, Position = P>>(
        query: &Q,
        conn: &mut AnyConnection,
        scope: &Q::Scope,
        request: &PageRequest<P>,
    ) -> Result<Self> {
        let rows = query.rows(conn, scope, request)?;
        Ok(Self::cut(rows, request.limit, |row| query.position(row)))
    }

    /// Cuts rows to a page. Those beyond `limit` only say that there are more.
    fn cut(mut rows: Vec<R>, limit: usize, position: impl FnOnce(&R) -> P) -> Self {
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(position);
        Self { rows, next }
    }
}

/// A position in a list by a text, then by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct TextPosition<K> {
    /// The text of the row.
    pub key: String,
    /// The id of the row.
    pub id: Id<K>,
}

/// A position in a list by a time, then by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct TimePosition<K> {
    /// The time of the row.
    pub time: Timestamp,
    /// The id of the row.
    pub id: Id<K>,
}

/// Narrows a boxed query to the rows after a position: `gt` in ascending order, `lt` in descending.
macro_rules! after {
    ($query:expr, $key:expr, $id:expr, $compare:ident, $after_key:expr, $after_id:expr) => {
        $query.filter(
            $key.$compare($after_key.clone())
                .or($key.eq($after_key.clone()).and($id.$compare($after_id))),
        )
    };
}
pub(crate) use after;

/// The rows that a page request asks for, of a boxed query, by a text and then by id.
macro_rules! page_by_text {
    ($query:expr, $key:expr, $id:expr, $request:expr) => {{
        let query = match &$request.after {
            Some(at) => $crate::store::page::after!($query, $key, $id, gt, at.key, at.id),
            None => $query,
        };
        query.order(($key, $id)).limit($request.fetch_limit())
    }};
}
pub(crate) use page_by_text;

/// Implements [`ListQuery`] for a list that everybody may see whole, in the order of the rows'
/// `search_key`. The query has a method `filtered`. With `with`, each row comes with the ids that a
/// function finds for those of the page.
macro_rules! list_by_search_key {
    ($query:ty, $table:ident, $row:ty, $kind:ty) => {
        $crate::store::page::list_by_search_key!(
            @impl $query, $table, $kind, $row, row => row, rows, conn => rows
        );
    };
    ($query:ty, $table:ident, $row:ty, $kind:ty, with $id:ty, $related:path) => {
        $crate::store::page::list_by_search_key!(
            @impl $query, $table, $kind, ($row, Vec<$id>), (row, _) => row, rows, conn => {
                let ids = rows.iter().map(|row: &$row| row.id).collect();
                let related = $related(conn, ids)?;
                $crate::store::related::with_related(rows, |row: &$row| row.id, related)
            }
        );
    };
    (
        @impl $query:ty, $table:ident, $kind:ty, $item:ty,
        $pattern:pat => $row:ident, $rows:ident, $conn:ident => $items:expr
    ) => {
        impl $crate::store::page::ListQuery for $query {
            type Scope = ();
            type Row = $item;
            type Position = $crate::store::page::TextPosition<$kind>;

            fn rows(
                &self,
                $conn: &mut AnyConnection,
                (): &(),
                request: &$crate::store::page::PageRequest<Self::Position>,
            ) -> Result<Vec<Self::Row>> {
                let (key, id) = ($table::search_key, $table::id);
                let query =
                    $crate::store::page::page_by_text!(self.filtered(), key, id, request);
                let $rows = query.load($conn)?;
                Ok($items)
            }

            fn count(&self, conn: &mut AnyConnection, (): &()) -> Result<i64> {
                Ok(self.filtered().count().get_result(conn)?)
            }

            fn position(&self, $pattern: &Self::Row) -> Self::Position {
                let key = $row.search_key.clone();
                $crate::store::page::TextPosition { key, id: $row.id }
            }
        }
    };
}
pub(crate) use list_by_search_key;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A list of numbers in ascending order.
    fn page(all: &[u16], request: &PageRequest<u16>) -> RowsPage<u16, u16> {
        let fetch = usize::try_from(request.fetch_limit()).unwrap();
        let after = all.iter().filter(|row| request.after.is_none_or(|at| **row > at));
        RowsPage::cut(after.take(fetch).copied().collect(), request.limit, |row| *row)
    }

    proptest! {
        #[test]
        fn pages_show_every_row_once_and_in_order(
            all in proptest::collection::btree_set(any::<u16>(), 0..60),
            limit in 1_usize..20,
        ) {
            let all: Vec<u16> = all.into_iter().collect();
            let (mut shown, mut after) = (Vec::new(), None);
            loop {
                let page = page(&all, &PageRequest { after, limit });
                prop_assert!(page.rows.len() <= limit);
                prop_assert!(page.next.is_none() || page.rows.len() == limit);
                shown.extend(page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            prop_assert_eq!(shown, all);
        }

        #[test]
        fn the_last_full_page_has_no_next(
            rows in proptest::collection::vec(any::<u16>(), 1..30),
        ) {
            let page = RowsPage::cut(rows.clone(), rows.len(), |row| *row);
            prop_assert_eq!((page.rows, page.next), (rows, None));
        }
    }
}
