//! Random data that is the same on each run.

use daybook::domain::{ids::Id, timestamp::Timestamp};

/// When the first entry was written: 2024-06-10, in milliseconds since 1970.
pub const FIRST_MILLIS: u64 = 1_718_000_000_000;

/// The timestamp of a number of milliseconds since 1970.
pub fn timestamp(millis: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(0)).unwrap_or_else(Timestamp::system_now)
}

/// The generator SplitMix64, from its seed.
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `bound - 1`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// One of the items.
    pub fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    /// A UUIDv7 of a time in milliseconds since 1970.
    pub fn id<K>(&mut self, millis: u64) -> Id<K> {
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        let builder = uuid::Builder::from_unix_timestamp_millis(millis, &bytes);
        Id::from_uuid(builder.into_uuid())
    }
}
