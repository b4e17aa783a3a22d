//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a `POST` that a client sends again
//! has no second effect, and gets the first reply.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, dev::Payload, web};
use futures_util::future::{Ready, ready};
use sha2::{Digest, Sha256};

use super::reply::Reply;
use crate::{
    auth::{seal::Sealer, tokens::token_hash},
    changes::{
        self, Change,
        idempotency::{self as once_only, apply_once},
    },
    db::database::Db,
    domain::policy::Credentials,
    error::{Code, Error, Result},
    store::idempotency::{Once, in_flight},
};

/// The name of the header, in lower case.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The most characters of a key.
pub const KEY_MAX: usize = 255;

/// The keys of the requests that are running in this process. The database knows those of others.
#[derive(Clone, Default)]
pub struct RunningKeys(Arc<Mutex<HashSet<String>>>);

impl RunningKeys {
    fn begin(&self, key: &str) -> Result<RunningKey> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !keys.insert(key.to_owned()) {
            return Err(in_flight());
        }
        Ok(RunningKey { running: self.clone(), key: key.to_owned() })
    }
}

/// A key of a running request; dropping it ends that.
struct RunningKey {
    running: RunningKeys,
    key: String,
}

impl Drop for RunningKey {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// The hash of a request's body, as an extension of the request.
struct BodyHash([u8; 32]);

/// Remembers the hash of a body, for the fingerprint of its request.
pub fn remember_body(request: &HttpRequest, body: &[u8]) {
    if request.headers().contains_key(IDEMPOTENCY_KEY) {
        request.extensions_mut().insert(BodyHash(Sha256::digest(body).into()));
    }
}

/// A `POST` that may have a key.
pub struct IdempotentPost(HttpRequest);

impl FromRequest for IdempotentPost {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.clone())))
    }
}

impl IdempotentPost {
    /// For a request.
    pub fn new(request: &HttpRequest) -> Self {
        Self(request.clone())
    }

    /// Makes a change and replies; with a key, at most once.
    ///
    /// # Errors
    /// Those of the change; `idempotency_key_reused` and `idempotency_in_flight`.
    pub async fn apply<C: Change>(
        &self,
        db: &Db,
        credentials: Credentials,
        change: C,
        reply: impl Fn(C::Output) -> Result<Reply> + Send + 'static,
    ) -> Result<HttpResponse> {
        let Some(once) = self.once(credentials, C::ENDS_SESSION)? else {
            return Ok(reply(changes::apply(db, credentials, change).await?)?.into());
        };
        let _running = self.running()?.begin(&once.key)?;
        let (sealer, context) = (self.sealer()?.clone(), once.key.clone());
        let seal = move |reply: &Reply| {
            // Only success is stored: a refused request may be tried again.
            reply.is_success().then(|| seal_reply(&sealer, reply, &context)).transpose()
        };
        match apply_once(db, credentials, once.clone(), change, reply, seal).await? {
            once_only::Reply::New(reply) => Ok(reply?.into()),
            once_only::Reply::Kept(kept) => self.reopen(&kept, &once.key),
        }
    }

    /// Does work of several transactions, and replies; with a key, once at a time, and never again
    /// after its reply.
    ///
    /// # Errors
    /// Those of `work`; `idempotency_key_reused` and `idempotency_in_flight`.
    pub async fn perform(
        &self,
        db: &Db,
        credentials: Credentials,
        work: impl Future<Output = Result<Reply>>,
    ) -> Result<HttpResponse> {
        let Some(once) = self.once(credentials, false)? else { return Ok(work.await?.into()) };
        let _running = self.running()?.begin(&once.key)?;
        if let Some(kept) = changes::idempotency::begin(db, credentials, once.clone()).await? {
            return self.reopen(&kept, &once.key);
        }
        match work.await {
            Ok(reply) => {
                let sealer = self.sealer()?;
                let kept = reply.is_final().then(|| seal_reply(sealer, &reply, &once.key));
                changes::idempotency::end(db, once, kept.transpose()?).await?;
                Ok(reply.into())
            }
            Err(error) => {
                changes::idempotency::end(db, once, None).await?;
                Err(error)
            }
        }
    }

    /// What identifies this request when it is sent again; nothing, if it has no key.
    fn once(&self, credentials: Credentials, ends_session: bool) -> Result<Option<Once>> {
        let Some(key) = self.key()? else { return Ok(None) };
        let body = self.0.extensions().get::<BodyHash>().map(|it| it.0).unwrap_or_default();
        let parts: [&[u8]; 3] = [
            self.0.method().as_str().as_bytes(),
            self.0.uri().path_and_query().map_or("", |it| it.as_str()).as_bytes(),
            &body,
        ];
        let sealer = self.sealer()?;
        let fingerprint = sealer.fingerprint(&parts);
        let caller = match credentials {
            // Each of a user's sessions can end once.
            Credentials::Session(_, session) if ends_session => format!("session {session}"),
            Credentials::Session(user, _) | Credentials::External(user) => format!("user {user}"),
            Credentials::Client(_, client, ..) => format!("client {client}"),
            // Without a caller, the same credentials and the same request are the same caller.
            Credentials::None | Credentials::Service => {
                let proof = self.0.headers().get(actix_web::http::header::AUTHORIZATION);
                let proof = proof.map(|it| it.as_bytes()).unwrap_or_default();
                sealer.fingerprint(&[proof, fingerprint.as_bytes()])
            }
        };
        // Neither part contains a line break.
        let key = token_hash(&format!("{caller}\n{key}"));
        let earlier_fingerprint = sealer.previous_fingerprint(&parts);
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

    fn running(&self) -> Result<&RunningKeys> {
        let running = self.0.app_data::<web::Data<RunningKeys>>();
        running.map(|it| it.get_ref()).ok_or_else(|| Error::internal("no keys in the app"))
    }

    fn sealer(&self) -> Result<&Sealer> {
        let sealer = self.0.app_data::<web::Data<Sealer>>();
        sealer.map(|it| it.get_ref()).ok_or_else(|| Error::internal("no sealer in the app"))
    }

    fn reopen(&self, kept: &[u8], context: &str) -> Result<HttpResponse> {
        let json = self.sealer()?.open(kept, context).ok_or_else(|| {
            let text = "The request succeeded before, but its reply can't be read any more: the \
                        secret of the service has changed.";
            Error::conflict(text)
        })?;
        let reply: Reply = serde_json::from_slice(&json).map_err(Error::internal)?;
        Ok(reply.into())
    }
}

fn seal_reply(sealer: &Sealer, reply: &Reply, context: &str) -> Result<Vec<u8>> {
    sealer.seal(serde_json::to_vec(reply).map_err(Error::internal)?, context)
}
