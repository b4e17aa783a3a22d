//! Data that looks random, and is the same each time.

use daybook::domain::{
    ids::{EnrollmentId, Id, UserId},
    timestamp::Timestamp,
};
use uuid::Uuid;

use crate::Result;

/// 2024-06-10, in milliseconds since 1970: when the first entry was written.
pub const BEGIN: u64 = 1_718_000_000_000;

/// Users have ids that differ in their last twelve digits, all decimal: pgbench, which knows no
/// text, can make them of a number.
const USER_PREFIX: &str = "019001e9-5c00-7000-8000-";
/// Enrollments have such ids too.
const ENROLLMENT_PREFIX: &str = "019001e9-5c00-7000-8001-";
/// The number that the last digits of the id of the first user and enrollment are.
pub const USER_FIRST: u64 = 100_000_000_000;

/// The id of a user.
pub fn user_id(number: u64) -> Result<UserId> {
    Ok(Id::from_uuid(Uuid::parse_str(&format!("{USER_PREFIX}{}", USER_FIRST + number))?))
}

/// The id of an enrollment that is to be completed.
pub fn enrollment_id(number: u64) -> Result<EnrollmentId> {
    let text = format!("{ENROLLMENT_PREFIX}{}", USER_FIRST + number);
    Ok(Id::from_uuid(Uuid::parse_str(&text)?))
}

/// An instant, from milliseconds since 1970.
pub fn time(millis: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(0)).unwrap_or_else(Timestamp::system_now)
}

/// SplitMix64: the same data each time.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    pub fn id<K>(&mut self, millis: u64) -> Id<K> {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        let builder = uuid::Builder::from_unix_timestamp_millis(millis, &bytes);
        Id::from_uuid(builder.into_uuid())
    }
}
