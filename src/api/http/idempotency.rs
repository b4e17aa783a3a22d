//! `Idempotency-Key` (an IETF draft of the HTTPAPI working group): a `POST` that is sent again, by a
//! client that did not get its answer, has no second effect and gets the first answer.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, dev::Payload, web};
use futures_util::future::{Ready, ready};
use sha2::{Digest, Sha256};

use super::reply::Answer;
use crate::{
    auth::{seal::Sealer, tokens::token_hash},
    changes::{
        self, Change,
        idempotency::{Reply, apply_once},
    },
    db::database::Db,
    domain::policy::Credentials,
    error::{Code, Error, Result},
    store::idempotency::{Once, in_flight},
};

/// The header.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The most characters of a key.
pub const KEY_MAX: usize = 255;

/// The keys of the requests that are running in this process. What other processes run, the
/// database tells.
#[derive(Clone, Default)]
pub struct Running(Arc<Mutex<HashSet<String>>>);

impl Running {
    fn begin(&self, key: &str) -> Result<Claim> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !keys.insert(key.to_owned()) {
            return Err(in_flight());
        }
        Ok(Claim { running: self.clone(), key: key.to_owned() })
    }
}

/// A key that is running, until this is dropped.
struct Claim {
    running: Running,
    key: String,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// The hash of a body, left by whoever read it.
struct BodyHash([u8; 32]);

/// Remembers a body that was read, for the fingerprint of its request.
pub fn remember_body(request: &HttpRequest, body: &[u8]) {
    if request.headers().contains_key(IDEMPOTENCY_KEY) {
        request.extensions_mut().insert(BodyHash(Sha256::digest(body).into()));
    }
}

/// A `POST`, which may have a key.
pub struct Posted(HttpRequest);

impl FromRequest for Posted {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.clone())))
    }
}

impl Posted {
    /// Of a request.
    pub fn of(request: &HttpRequest) -> Self {
        Self(request.clone())
    }

    /// Makes a change and answers it; with a key, at most once.
    ///
    /// # Errors
    /// Whatever the change answers; `idempotency_key_reused` and `idempotency_in_flight`.
    pub async fn apply<C: Change>(
        &self,
        db: &Db,
        credentials: Credentials,
        change: C,
        answer: impl Fn(C::Output) -> Result<Answer> + Send + 'static,
    ) -> Result<HttpResponse> {
        let Some(once) = self.once(credentials, C::ENDS_SESSION)? else {
            return Ok(answer(changes::apply(db, credentials, change).await?)?.into());
        };
        let _claim = self.running()?.begin(&once.key)?;
        let (sealer, of) = (self.sealer()?.clone(), once.key.clone());
        let seal = move |answer: &Answer| {
            // A refusal is kept by nobody: what it refused may be tried again.
            answer.is_success().then(|| sealed(&sealer, answer, &of)).transpose()
        };
        match apply_once(db, credentials, once.clone(), change, answer, seal).await? {
            Reply::New(answer) => Ok(answer?.into()),
            Reply::Kept(kept) => self.reopen(&kept, &once.key),
        }
    }

    /// Does what takes several transactions, and answers it; with a key, at most once at a time,
    /// and never again once it was answered.
    ///
    /// # Errors
    /// Whatever `work` answers; `idempotency_key_reused` and `idempotency_in_flight`.
    pub async fn perform(
        &self,
        db: &Db,
        credentials: Credentials,
        work: impl Future<Output = Result<Answer>>,
    ) -> Result<HttpResponse> {
        let Some(once) = self.once(credentials, false)? else { return Ok(work.await?.into()) };
        let _claim = self.running()?.begin(&once.key)?;
        if let Some(kept) = changes::idempotency::begin(db, credentials, once.clone()).await? {
            return self.reopen(&kept, &once.key);
        }
        match work.await {
            Ok(answer) => {
                let kept = answer.is_final().then(|| sealed(self.sealer()?, &answer, &once.key));
                changes::idempotency::end(db, once, kept.transpose()?).await?;
                Ok(answer.into())
            }
            Err(error) => {
                changes::idempotency::end(db, once, None).await?;
                Err(error)
            }
        }
    }

    /// What makes this request the same as another; nothing, if it has no key.
    fn once(&self, credentials: Credentials, ends_session: bool) -> Result<Option<Once>> {
        let Some(key) = self.key()? else { return Ok(None) };
        let body = self.0.extensions().get::<BodyHash>().map(|it| it.0).unwrap_or_default();
        let said: [&[u8]; 3] = [
            self.0.method().as_str().as_bytes(),
            self.0.uri().path_and_query().map_or("", |it| it.as_str()).as_bytes(),
            &body,
        ];
        let sealer = self.sealer()?;
        let fingerprint = sealer.mark(&said);
        let caller = match credentials {
            // Of two sessions, each ends once.
            Credentials::Session(_, session) if ends_session => format!("session {session}"),
            Credentials::Session(user, _) | Credentials::External(user) => format!("user {user}"),
            Credentials::Client(_, client, ..) => format!("client {client}"),
            // Nobody is somebody else each time: who shows the same proof is the same.
            Credentials::None | Credentials::Service => {
                let proof = self.0.headers().get(actix_web::http::header::AUTHORIZATION);
                let proof = proof.map(|it| it.as_bytes()).unwrap_or_default();
                sealer.mark(&[proof, fingerprint.as_bytes()])
            }
        };
        // Neither has a line break in it.
        let key = token_hash(&format!("{caller}\n{key}"));
        let earlier_fingerprint = sealer.earlier_mark(&said);
        Ok(Some(Once { key, fingerprint, earlier_fingerprint }))
    }

    /// The key, bare or as a quoted string (RFC 9651, section 3.3.3).
    fn key(&self) -> Result<Option<String>> {
        let mut values = self.0.headers().get_all(IDEMPOTENCY_KEY);
        let Some(value) = values.next() else { return Ok(None) };
        let text = value.to_str().ok().filter(|_| values.next().is_none()).map(str::trim);
        let bare = text.and_then(|text| match text.strip_prefix('"') {
            Some(rest) => rest.strip_suffix('"').filter(|it| !it.contains(['"', '\\'])),
            None => Some(text),
        });
        let fits = |key: &&str| {
            (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(|it| (0x20..0x7f).contains(&it))
        };
        bare.filter(fits).map(|key| Some(key.to_owned())).ok_or_else(|| {
            let text = format!("Idempotency-Key has 1 to {KEY_MAX} visible ASCII characters.");
            Error::new(Code::MalformedRequest, text)
        })
    }

    fn running(&self) -> Result<&Running> {
        let running = self.0.app_data::<web::Data<Running>>();
        running.map(|it| it.get_ref()).ok_or_else(|| Error::internal("no keys in the app"))
    }

    fn sealer(&self) -> Result<&Sealer> {
        let sealer = self.0.app_data::<web::Data<Sealer>>();
        sealer.map(|it| it.get_ref()).ok_or_else(|| Error::internal("no sealer in the app"))
    }

    fn reopen(&self, kept: &[u8], of: &str) -> Result<HttpResponse> {
        let json = self.sealer()?.open(kept, of).ok_or_else(|| {
            let text = "It was done, but the answer can't be read any more: the secret of the \
                        service was changed.";
            Error::conflict(text)
        })?;
        let answer: Answer = serde_json::from_slice(&json).map_err(Error::internal)?;
        Ok(answer.into())
    }
}

fn sealed(sealer: &Sealer, answer: &Answer, of: &str) -> Result<Vec<u8>> {
    sealer.seal(serde_json::to_vec(answer).map_err(Error::internal)?, of)
}
