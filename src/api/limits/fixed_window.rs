//! Counters for many keys, each over a window of fixed length, in bounded memory.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hash},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::domain::timestamp::Timestamp;

/// The number of locks: many, so that threads seldom wait for each other.
const SHARDS: usize = 16;

/// The most keys of a shard: 64 Ki in all, some 4 MB of addresses.
const KEYS_PER_SHARD: usize = 4096;

/// The longest time until a window ends, in milliseconds. A window that ends later began before the
/// clock was set back.
const LENGTH_MAX: i64 = 120_000;

/// How much of a quota is used, and when the window ends, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedWindow {
    /// How much is used.
    pub used: u32,
    ends_at: i64,
}

impl FixedWindow {
    /// A window that was counted elsewhere.
    pub fn new(used: u32, ends_at: Timestamp) -> Self {
        Self { used, ends_at: ends_at.millis() }
    }

    /// Whole seconds until the window ends, at least one.
    pub fn seconds_left(self, now: Timestamp) -> i64 {
        (self.ends_at - now.millis() + 999).div_euclid(1000).max(1)
    }

    fn is_over(self, now: i64) -> bool {
        self.ends_at <= now || self.ends_at > now + LENGTH_MAX
    }
}

/// The current window of each key.
///
/// A full shard drops the windows that are over, and all of them if that leaves more than half. So
/// memory and time stay bounded. A sender with enough addresses to cause this gains little: each of
/// those addresses has a quota anyway. Keys that anybody can have many of need windows of their own,
/// so that they push out no others.
pub struct FixedWindows<K> {
    shards: [Mutex<HashMap<K, FixedWindow>>; SHARDS],
    hasher: RandomState,
}

impl<K> Default for FixedWindows<K> {
    /// Without any window.
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl<K: Hash + Eq> FixedWindows<K> {
    /// Adds `amount` to the window of a key, and returns the window. A new one of `seconds` begins
    /// where there is none or it is over. The count stops at `u32::MAX`.
    pub fn add(&self, key: K, amount: u32, seconds: i64, now: Timestamp) -> FixedWindow {
        let now = now.millis();
        let fresh = FixedWindow { used: 0, ends_at: now + seconds * 1000 };
        let mut shard = self.lock_shard(&key);
        make_room(&mut shard, &key, now);
        let window = shard.entry(key).or_insert(fresh);
        if window.is_over(now) {
            *window = fresh;
        }
        window.used = window.used.saturating_add(amount);
        *window
    }

    /// Stores a window that was counted elsewhere.
    pub fn insert(&self, key: K, window: FixedWindow, now: Timestamp) {
        let mut shard = self.lock_shard(&key);
        make_room(&mut shard, &key, now.millis());
        shard.insert(key, window);
    }

    /// The window of a key, unless it is over.
    pub fn get(&self, key: &K, now: Timestamp) -> Option<FixedWindow> {
        self.lock_shard(key).get(key).copied().filter(|it| !it.is_over(now.millis()))
    }

    fn lock_shard(&self, key: &K) -> MutexGuard<'_, HashMap<K, FixedWindow>> {
        let at = self.hasher.hash_one(key) as usize % SHARDS;
        // A poisoned lock only means that another thread panicked: the counters are still valid.
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room<K: Hash + Eq>(shard: &mut HashMap<K, FixedWindow>, key: &K, now: i64) {
    if shard.len() >= KEYS_PER_SHARD && !shard.contains_key(key) {
        shard.retain(|_, window| !window.is_over(now));
        if shard.len() > KEYS_PER_SHARD / 2 {
            shard.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    #[test]
    fn a_window_begins_with_its_first_use_and_ends_on_time() {
        let windows = FixedWindows::default();
        assert_eq!(windows.add("a", 1, 60, at(5_000)).used, 1);
        assert_eq!(windows.add("a", 2, 60, at(64_999)).used, 3);
        assert_eq!(windows.get(&"a", at(64_999)).map(|it| it.used), Some(3));
        assert_eq!(windows.get(&"a", at(65_000)), None);
        assert_eq!(windows.add("a", 1, 60, at(65_000)).used, 1);
    }

    #[test]
    fn keys_are_counted_apart() {
        let windows = FixedWindows::default();
        windows.add("a", 5, 60, at(0));
        assert_eq!(windows.add("b", 1, 60, at(0)).used, 1);
    }

    #[test]
    fn a_window_from_before_the_clock_was_set_back_is_over() {
        let windows = FixedWindows::default();
        windows.add("a", 5, 60, at(10_000_000));
        assert_eq!(windows.add("a", 1, 60, at(0)).used, 1);
    }

    #[test]
    fn seconds_left_are_rounded_up_and_at_least_one() {
        let window = FixedWindow::new(0, at(60_000));
        assert_eq!(window.seconds_left(at(0)), 60);
        assert_eq!(window.seconds_left(at(58_001)), 2);
        assert_eq!(window.seconds_left(at(59_999)), 1);
        assert_eq!(window.seconds_left(at(70_000)), 1);
    }

    #[test]
    fn a_count_stops_at_its_largest_value() {
        let windows = FixedWindows::default();
        windows.add("a", u32::MAX, 60, at(0));
        assert_eq!(windows.add("a", 1, 60, at(0)).used, u32::MAX);
    }

    #[test]
    fn memory_is_bounded() {
        let windows = FixedWindows::default();
        for key in 0..200_000 {
            windows.add(key, 1, 60, at(0));
        }
        let kept: usize = windows.shards.iter().map(|it| it.lock().unwrap().len()).sum();
        assert!(kept <= SHARDS * KEYS_PER_SHARD, "{kept} keys");
    }

    proptest! {
        #[test]
        fn within_a_window_the_uses_add_up(
            uses in prop::collection::vec((0u32..1000, 0i64..60_000), 1..50),
        ) {
            let windows = FixedWindows::default();
            windows.add((), 0, 60, at(0));
            let last = uses.iter().map(|(amount, now)| windows.add((), *amount, 60, at(*now)).used);
            let last = last.last();
            prop_assert_eq!(last, Some(uses.iter().map(|(amount, _)| amount).sum()));
        }
    }
}
