//! Hashes and checks passwords: argon2id (RFC 9106), off the async threads, a few at a time.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
};

use crate::error::{Error, Result};

/// What a hash costs. The default is the first choice of the OWASP Password Storage Cheat Sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}

/// The most passwords that wait to be hashed: about a second of work for a thread.
pub const WAITING_MAX: usize = 64;

/// The share of the places for those that wait which is kept for accounts at addresses where they
/// logged in recently: a quarter.
const KEPT_SHARE: usize = 4;

/// A place in the queue, until the last clone is dropped: one request may check a password and hash
/// another.
#[derive(Clone)]
pub struct QueuePlace {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// Hashes and checks passwords. Clones share the limit of concurrent hashes, and the queue.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// The places in the queue for everybody, for those that are hashed and those that wait.
    queue: Arc<Semaphore>,
    /// The places that only known accounts take, where the others are taken.
    kept: Arc<Semaphore>,
    permits: Arc<Semaphore>,
    begun: Arc<AtomicU64>,
    /// A hash that is checked for an unknown account, so that it takes as long as a known one:
    /// D-33.
    unknown_account: Arc<str>,
}

impl Passwords {
    /// Hashes at a cost, at most `concurrent` at the same time, while at most [`WAITING_MAX`] wait.
    ///
    /// # Errors
    /// `internal_error` where the cost is out of the bounds of argon2.
    pub fn new(cost: Cost, concurrent: usize) -> Result<Self> {
        Self::with_queue(cost, concurrent, WAITING_MAX)
    }

    /// As [`Self::new`], while at most `waiting` wait.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_queue(cost: Cost, concurrent: usize, waiting: usize) -> Result<Self> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(Error::internal)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let unknown_account = hash_password(&argon2, "")?.into();
        let concurrent = concurrent.max(1);
        let kept = waiting / KEPT_SHARE;
        let queue = Arc::new(Semaphore::new(concurrent + waiting - kept));
        let kept = Arc::new(Semaphore::new(kept));
        let permits = Arc::new(Semaphore::new(concurrent));
        Ok(Self { argon2, queue, kept, permits, begun: Arc::default(), unknown_account })
    }

    /// How many passwords were hashed or checked so far, those that are running included.
    pub fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Takes a place in the queue.
    ///
    /// # Errors
    /// `unavailable` where too many wait.
    pub fn enter(&self) -> Result<QueuePlace> {
        Self::take(&self.queue)
    }

    /// Takes a place that is kept for known accounts, for when [`Self::enter`] has none.
    ///
    /// # Errors
    /// As [`Self::enter`].
    pub fn enter_kept(&self) -> Result<QueuePlace> {
        Self::take(&self.kept)
    }

    fn take(places: &Arc<Semaphore>) -> Result<QueuePlace> {
        let permit = Arc::clone(places).try_acquire_owned();
        let permit = permit.map_err(|_| Error::unavailable("too many passwords wait"))?;
        Ok(QueuePlace { _permit: Arc::new(permit) })
    }

    /// The hash of a password, as a PHC string.
    ///
    /// # Errors
    /// `unavailable` where too many wait; `internal_error` where the system has no randomness.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.hash_in(self.enter()?, password).await
    }

    /// The hash of a password, as a PHC string, by a place in the queue.
    ///
    /// # Errors
    /// `internal_error` where the system has no randomness.
    pub async fn hash_in(&self, place: QueuePlace, password: String) -> Result<String> {
        self.run(place, move |argon2| hash_password(argon2, &password)).await
    }

    /// Whether a password has this hash. Without a hash it is `false`, after the same time.
    ///
    /// # Errors
    /// `internal_error` where the hash is not a PHC string.
    pub async fn verify(
        &self,
        place: QueuePlace,
        password: String,
        hash: Option<String>,
    ) -> Result<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.unknown_account.to_string());
        let matches = self
            .run(place, move |argon2| {
                let hash = PasswordHash::new(&hash).map_err(Error::internal)?;
                Ok(argon2.verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(known && matches)
    }

    async fn run<T: Send + 'static>(
        &self,
        place: QueuePlace,
        work: impl FnOnce(&Argon2<'static>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(Error::internal)?;
        self.begun.fetch_add(1, Ordering::Relaxed);
        let argon2 = self.argon2.clone();
        spawn_blocking(move || {
            // The work keeps both: a client that disconnects does not free them.
            let _kept = (place, permit);
            work(&argon2)
        })
        .await
        .map_err(Error::internal)?
    }
}

fn hash_password(argon2: &Argon2<'static>, password: &str) -> Result<String> {
    let hash = argon2.hash_password(password.as_bytes()).map_err(Error::internal)?;
    Ok(hash.to_string())
}
