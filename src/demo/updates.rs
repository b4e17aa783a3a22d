//! Updates to start from, for changes of one field.

use crate::{
    changes::{enrollments::UpdateEnrollment, users::UpdateUser},
    domain::{
        ids::{EnrollmentId, UserId},
        user::UserStatus,
        version::IfMatch,
    },
};

/// An update that leaves an enrollment as it is.
pub(super) fn same_enrollment(id: EnrollmentId) -> UpdateEnrollment {
    UpdateEnrollment { id, if_match: IfMatch::Any, due_at: None, grade: None, result: None }
}

/// An update that makes a user inactive.
pub(super) fn deactivate(id: UserId) -> UpdateUser {
    UpdateUser { status: Some(UserStatus::Inactive), ..same_user(id) }
}

/// An update that leaves a user as they are.
pub(super) fn same_user(id: UserId) -> UpdateUser {
    UpdateUser {
        id,
        if_match: IfMatch::Any,
        email: None,
        given_name: None,
        surname: None,
        employee_id: None,
        status: None,
        role: None,
        time_zone: None,
        home_group_id: None,
        supervisor_ids: None,
        password_hash: None,
    }
}
