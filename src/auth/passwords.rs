//! Passwords: argon2id (RFC 9106), off the worker threads, a few at a time.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash,
};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::error::{Error, Result};

/// How hard a password is to guess: memory in KiB and passes. The default is OWASP's first choice.
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

/// Hashes and checks passwords. Clones share the limit of how many run at once.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    permits: Arc<Semaphore>,
    /// The hash of a password that nobody has, checked for an unknown account, so that it takes
    /// as long as a known one.
    nobody: Arc<str>,
}

impl Passwords {
    /// At a cost, with at most `at_once` running at the same time.
    ///
    /// # Errors
    /// `internal_error` where the cost is out of argon2's bounds.
    pub fn new(cost: Cost, at_once: usize) -> Result<Self> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(Error::internal)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash_now(&argon2, "")?.into();
        Ok(Self { argon2, permits: Arc::new(Semaphore::new(at_once.max(1))), nobody })
    }

    /// The hash of a password, in PHC form.
    ///
    /// # Errors
    /// `internal_error` where the system gives no randomness.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.run(move |argon2| hash_now(argon2, &password)).await
    }

    /// Whether a password is the one of a hash; never, but as slowly, without a hash.
    ///
    /// # Errors
    /// `internal_error` where the hash is broken.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        let matches = self
            .run(move |argon2| {
                let hash = PasswordHash::new(&hash).map_err(Error::internal)?;
                Ok(argon2.verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(known && matches)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(Error::internal)?;
        let argon2 = self.argon2.clone();
        spawn_blocking(move || {
            // Held by the work, not by the request: a client that goes does not make room.
            let _permit = permit;
            work(&argon2)
        })
        .await
        .map_err(Error::internal)?
    }
}

fn hash_now(argon2: &Argon2<'static>, password: &str) -> Result<String> {
    let hash = argon2.hash_password(password.as_bytes()).map_err(Error::internal)?;
    Ok(hash.to_string())
}
