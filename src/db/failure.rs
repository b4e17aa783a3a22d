//! Failures of a transaction that are not errors of the request, by their SQLSTATE.
//!
//! Diesel reads the SQLSTATE, but gives only some of them a kind of their own, and does not tell the
//! others. Their texts tell them apart. PostgreSQL translates texts, so connections ask for
//! untranslated ones: see D-30.

use diesel::{prelude::*, result::DatabaseErrorKind as Kind, sql_types::Text};

use super::connection::AnyConnection;
use crate::error::{Error, Result};

/// Why a transaction failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// 40001, 40P01, 08xxx, 57P01: nothing was kept, and the same work may succeed now.
    Transient,
    /// 55P03, 57014, or SQLite's lock: it waited as long as it may.
    TimedOut,
}

/// The untranslated texts of the SQLSTATEs that diesel has no kind for, and SQLite's texts, which the
/// bundled library never translates.
const TEXTS: &[(&str, Failure)] = &[
    // 40P01
    ("deadlock detected", Failure::Transient),
    // 57P01: the connection may not be known as closed yet.
    ("terminating connection due to administrator command", Failure::Transient),
    // 55P03
    ("canceling statement due to lock timeout", Failure::TimedOut),
    // 57014
    ("canceling statement due to statement timeout", Failure::TimedOut),
    ("canceling statement due to user request", Failure::TimedOut),
    // SQLITE_BUSY and SQLITE_LOCKED
    ("database is locked", Failure::TimedOut),
    ("database table is locked", Failure::TimedOut),
];

/// Why a transaction failed; none for an error of its statement.
pub(super) fn find(kind: &Kind, message: &str) -> Option<Failure> {
    match kind {
        Kind::ClosedConnection | Kind::SerializationFailure => Some(Failure::Transient),
        // A kind of its own is an error of the statement, whatever its text quotes.
        Kind::UniqueViolation | Kind::ForeignKeyViolation | Kind::NotNullViolation => None,
        Kind::CheckViolation | Kind::RestrictViolation | Kind::ExclusionViolation => None,
        _ => TEXTS.iter().find(|(text, _)| *text == message).map(|(_, failure)| *failure),
    }
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// Warns where the server translates its texts and the role can't change that.
pub(super) fn warn_if_translated(conn: &mut AnyConnection) -> Result<()> {
    if let AnyConnection::Postgres(conn) = conn {
        let query = diesel::sql_query("SELECT current_setting('lc_messages') AS value");
        let Setting { value } = query.get_result(conn).map_err(Error::unavailable)?;
        if is_translated(&value) {
            log::warn!(
                "PostgreSQL writes its errors in another language (lc_messages = {value}), so \
                 deadlocks and timeouts can't be told from other failures. As a superuser, run \
                 ALTER ROLE … SET lc_messages = 'C' for the role of the service"
            );
        }
    }
    Ok(())
}

/// Whether a locale may have translations. English is the language of the texts themselves.
fn is_translated(locale: &str) -> bool {
    let language = locale.split(['_', '.', '@']).next().unwrap_or_default();
    !["", "C", "POSIX", "en", "English"].contains(&language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadlock_and_a_lost_connection_are_transient() {
        for (kind, text) in [
            (Kind::SerializationFailure, "whatever"),
            (Kind::ClosedConnection, "whatever"),
            (Kind::Unknown, "deadlock detected"),
            (Kind::Unknown, "terminating connection due to administrator command"),
        ] {
            assert_eq!(find(&kind, text), Some(Failure::Transient), "{text}");
        }
    }

    #[test]
    fn a_text_that_only_quotes_a_failure_is_none() {
        for (kind, text) in [
            (Kind::Unknown, "syntax error at or near \"deadlock detected\""),
            (Kind::Unknown, "the note says: too many clients, shutting down"),
            (Kind::UniqueViolation, "deadlock detected"),
            (Kind::CheckViolation, "database is locked"),
        ] {
            assert_eq!(find(&kind, text), None, "{text}");
        }
    }

    #[test]
    fn locales_with_translations_are_seen() {
        for locale in
            ["C", "POSIX", "C.UTF-8", "en_US.UTF-8", "en_GB", "", "English_United States.1252"]
        {
            assert!(!is_translated(locale), "{locale}");
        }
        for locale in ["de_DE.UTF-8", "fr_FR@euro", "ja", "German_Germany.1252"] {
            assert!(is_translated(locale), "{locale}");
        }
    }
}
