//! Errors of the database, mapped to the errors of the service in one function.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind as Kind, Error as DieselError};

use super::failure::{self, Failure};
use crate::error::{Code, Error, InputError};

/// The unique constraints that clients can violate: the name in PostgreSQL, the name in SQLite, the
/// pointer into the body, and the detail of the problem.
const UNIQUE: &[(&str, &str, Option<&str>, &str)] = &[
    ("users_email_key", "users.email_key", Some("/email"), "Another user has this e-mail address."),
    (
        "users_employee_id",
        "users.employee_id",
        Some("/employee_id"),
        "Another user has this employee_id.",
    ),
    (
        "enrollments_current",
        "enrollments.user_id, enrollments.course_id",
        Some("/course_id"),
        "The user is enrolled in this course already.",
    ),
];

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::NotFound => Self::not_found(),
            DieselError::DatabaseError(Kind::UniqueViolation, info) => unique(info.as_ref()),
            DieselError::DatabaseError(kind, info) => match failure::find(kind, info.message()) {
                Some(Failure::Transient) => Self { transient: true, ..Self::unavailable(error) },
                Some(Failure::TimedOut) => Self::unavailable(error),
                None => Self::internal(error),
            },
            _ => Self::internal(error),
        }
    }
}

fn unique(info: &dyn DatabaseErrorInformation) -> Error {
    let message = info.message();
    let constraint = UNIQUE.iter().find(|(postgres, sqlite, ..)| {
        info.constraint_name() == Some(postgres)
            || message.strip_prefix("UNIQUE constraint failed: ") == Some(sqlite)
    });
    let Some((_, _, pointer, detail)) = constraint else {
        return Error::internal(message);
    };
    let errors = pointer.iter().map(|at| InputError::body(*at, "already_exists", *detail));
    Error { errors: errors.collect(), ..Error::new(Code::AlreadyExists, *detail) }
}
