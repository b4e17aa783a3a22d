//! The ids of the records, made from their numbers.

use daybook::domain::ids::{EnrollmentId, Id, UserId};
use uuid::Uuid;

use crate::{
    data::random::{FIRST_MILLIS, Random},
    error::Result,
};

/// The ids of users differ in their last twelve digits, all decimal. So pgbench, which has no text
/// variables, can make them from a number.
const USER_PREFIX: &str = "019001e9-5c00-7000-8000-";
/// The ids of enrollments to complete have the same form.
const ENROLLMENT_PREFIX: &str = "019001e9-5c00-7000-8001-";
/// The last twelve digits of the first user and of the first enrollment.
pub const FIRST_SUFFIX: u64 = 100_000_000_000;

/// The id of a user.
pub fn user_id(number: u64) -> Result<UserId> {
    Ok(Id::from_uuid(Uuid::parse_str(&format!("{USER_PREFIX}{}", FIRST_SUFFIX + number))?))
}

/// The id of an enrollment that a run can complete.
pub fn enrollment_id(number: u64) -> Result<EnrollmentId> {
    let text = format!("{ENROLLMENT_PREFIX}{}", FIRST_SUFFIX + number);
    Ok(Id::from_uuid(Uuid::parse_str(&text)?))
}

/// The id of any other record: a course, a certification, a plan, a group.
pub fn numbered_id<K>(number: u64) -> Id<K> {
    Random(number).id(FIRST_MILLIS + number)
}
