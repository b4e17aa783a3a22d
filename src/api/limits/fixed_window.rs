//! Counters that begin anew after a while, for many keys, in bounded memory.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hash},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::domain::timestamp::Timestamp;

/// Locks, so that worker threads seldom wait for each other.
const SHARDS: usize = 16;

/// The most keys of a shard: 64 Ki in all, some 4 MB of addresses.
const KEYS: usize = 4096;

/// Milliseconds: what ends later than this was begun before the clock was set back.
const LONGEST: i64 = 120_000;

/// What was used of a quota, and the milliseconds since 1970 when that begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How much was used.
    pub used: u32,
    ends_at: i64,
}

impl Window {
    /// A window that was counted elsewhere.
    pub fn new(used: u32, ends_at: Timestamp) -> Self {
        Self { used, ends_at: ends_at.millis() }
    }

    /// Whole seconds until it begins anew, at least one.
    pub fn seconds_left(self, now: Timestamp) -> i64 {
        (self.ends_at - now.millis() + 999).div_euclid(1000).max(1)
    }

    fn is_over(self, now: i64) -> bool {
        self.ends_at <= now || self.ends_at > now + LONGEST
    }
}

/// A window for each key that was seen lately.
///
/// When a shard is full, it forgets what is over; if that is less than half, all of it. So memory
/// and time stay bounded whatever comes, and the price is small: whoever commands so many addresses
/// that their counters are forgotten could use each of them in full anyway.
pub struct Windows<K> {
    shards: [Mutex<HashMap<K, Window>>; SHARDS],
    hasher: RandomState,
}

impl<K> Default for Windows<K> {
    /// With nothing in it.
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()), hasher: RandomState::new() }
    }
}

impl<K: Hash + Eq> Windows<K> {
    /// Uses `amount` of the window of a key; a new one, of `seconds`, where there is none or it is
    /// over. It can't be used beyond `u32::MAX`.
    pub fn take(&self, key: K, amount: u32, seconds: i64, now: Timestamp) -> Window {
        let now = now.millis();
        let fresh = Window { used: 0, ends_at: now + seconds * 1000 };
        let mut shard = self.shard(&key);
        make_room(&mut shard, &key, now);
        let window = shard.entry(key).or_insert(fresh);
        if window.is_over(now) {
            *window = fresh;
        }
        window.used = window.used.saturating_add(amount);
        *window
    }

    /// Keeps a window that was counted elsewhere.
    pub fn put(&self, key: K, window: Window, now: Timestamp) {
        let mut shard = self.shard(&key);
        make_room(&mut shard, &key, now.millis());
        shard.insert(key, window);
    }

    /// The window of a key, if it is not over.
    pub fn get(&self, key: &K, now: Timestamp) -> Option<Window> {
        self.shard(key).get(key).copied().filter(|it| !it.is_over(now.millis()))
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, HashMap<K, Window>> {
        let at = self.hasher.hash_one(key) as usize % SHARDS;
        // A poisoned lock only means that another thread panicked: the counters are still good.
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room<K: Hash + Eq>(shard: &mut HashMap<K, Window>, key: &K, now: i64) {
    if shard.len() >= KEYS && !shard.contains_key(key) {
        shard.retain(|_, window| !window.is_over(now));
        if shard.len() > KEYS / 2 {
            shard.clear();
        }
    }
}
