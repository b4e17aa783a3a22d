//! The queries, one file for each table. Reading takes a connection; writing takes a
//! [`crate::journal::tx::Tx`], which only the journal makes.

pub mod api_clients;
pub mod attempts;
pub mod certifications;
pub mod courses;
pub mod enrollments;
pub mod external_training;
pub mod groups;
pub mod idempotency;
pub mod ledger;
pub mod log;
pub mod note_authors;
pub mod page;
pub mod plans;
mod related;
pub mod rule_lock;
pub mod rule_state;
pub mod sessions;
pub mod settings;
mod still_wanted;
pub mod supervisors;
mod unindexed;
pub mod user_certifications;
pub mod user_keys;
pub mod user_list;
pub mod user_locks;
pub mod users;
pub mod visible_users;

/// Reads one row and keeps others from changing it until the transaction ends. On SQLite there is
/// only one writer, so that reading is enough.
macro_rules! locked {
    ($tx:expr, $query:expr) => {
        match $tx.read() {
            $crate::db::connection::AnyConnection::Sqlite(conn) => $query.first(conn),
            $crate::db::connection::AnyConnection::Postgres(conn) => {
                $query.for_no_key_update().first(conn)
            }
        }
    };
}
pub(crate) use locked;

/// A pattern for LIKE that finds `text`, whatever it is made of, inside a folded column.
fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in crate::domain::text::fold(text).chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
