//! The columns of an entry, each named once. The row, its insert, the SELECT list of the raw read and
//! the indices in it are made from this table.

/// Calls a macro with the columns of the table `entries`, in their order there. Those after `hidden`
/// are stored and never shown.
macro_rules! with_columns {
    ($($make:tt)+) => {
        $($make)+! {
            shown {
                user_id: UserId,
                occurred_at: Timestamp,
                id: EntryId,
                recorded_at: Timestamp,
                action: Action,
                source: Source,
                created_by_id: Option<UserId>,
                created_by_name: Option<String>,
                created_by_kind: Option<UserKind>,
                entered_by_id: Option<UserId>,
                entered_by_name: Option<String>,
                entered_by_kind: Option<UserKind>,
                relates_to: Option<EntryId>,
                description: Option<String>,
                target_type: Option<TargetType>,
                target_id: Option<AnyId>,
                target_name: Option<String>,
                changes: Option<String>,
                external_id: Option<String>,
                notes: Option<String>,
                revision: Option<i64>,
                edited_at: Option<Timestamp>,
                edited_by_id: Option<UserId>,
                edited_by_name: Option<String>,
                edited_by_kind: Option<UserKind>,
            }
            hidden {
                search_key: String,
            }
        }
    };
}
pub(crate) use with_columns;

/// The names of the shown columns, as the literal list of a SELECT.
macro_rules! select_list {
    () => {
        $crate::journal::entry::columns::with_columns!(
            $crate::journal::entry::columns::select_list
        )
    };
    (
        shown { $first:ident: $_first:ty, $($name:ident: $_type:ty,)* }
        hidden { $($_hidden:tt)* }
    ) => {
        concat!(stringify!($first) $(, ", ", stringify!($name))*)
    };
}
pub(crate) use select_list;

macro_rules! column_enum {
    (
        shown { $($name:ident: $_type:ty,)* }
        hidden { $($hidden:ident: $_hidden_type:ty,)* }
    ) => {
        /// A column of an entry. As a number it is the column's index in `select_list` and in the
        /// table.
        #[derive(Clone, Copy, Debug)]
        #[allow(non_camel_case_types, missing_docs, reason = "named as in the table")]
        pub enum Column { $($name,)* $($hidden,)* }

        impl Column {
            /// How many columns are shown.
            pub const SHOWN: usize = [$(Self::$name),*].len();

            /// All columns of the table, in their order there.
            pub const ALL: &'static [Self] = &[$(Self::$name,)* $(Self::$hidden,)*];
        }
    };
}
with_columns!(column_enum);

#[cfg(test)]
mod tests {
    use diesel::{QueryDsl, debug_query, pg::Pg};

    use super::Column;
    use crate::db::schema::entries;

    #[test]
    fn the_columns_are_those_of_the_table_in_its_order() {
        let query = entries::table.select(entries::all_columns);
        let sql = debug_query::<Pg, _>(&query).to_string();
        let names: Vec<String> =
            Column::ALL.iter().map(|column| format!("\"entries\".\"{column:?}\"")).collect();
        assert!(sql.starts_with(&format!("SELECT {} FROM", names.join(", "))), "{sql}");
    }

    #[test]
    fn a_column_is_at_its_index_in_the_select_list() {
        let names: Vec<&str> = select_list!().split(", ").collect();
        assert_eq!(names.len(), Column::SHOWN);
        for (index, name) in names.into_iter().enumerate() {
            assert_eq!(name, format!("{:?}", Column::ALL[index]));
            assert_eq!(Column::ALL[index] as usize, index);
        }
    }
}
