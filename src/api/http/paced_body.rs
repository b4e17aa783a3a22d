//! Bodies of replies, given to the connection in slices: a client that does not take them is cut off,
//! and what waits for clients has a bound.

use std::{
    pin::Pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    rt::{spawn, time::sleep},
    web::{self, Bytes},
};

use crate::{
    api::limits::{
        client_address::client_address,
        connections::{Connection, Socket},
        memory::{Memory, MemoryShare},
    },
    config::network::TrustedProxies,
    error::Result,
};

/// The largest slice, in bytes. actix asks for the next one while it has less than 32 KiB to write.
const SLICE: usize = 16 * 1024;

/// What a reply may take.
#[derive(Clone, Copy, Debug)]
pub struct ReplyRules {
    /// How long the client may take for a slice.
    pub slice: Duration,
    /// The memory for the replies that wait for their clients, in bytes. Small ones don't count.
    pub memory: usize,
}

impl Default for ReplyRules {
    fn default() -> Self {
        Self { slice: Duration::from_secs(20), memory: 64 * 1024 * 1024 }
    }
}

/// The replies that are being sent.
pub struct Replies {
    rules: ReplyRules,
    proxies: TrustedProxies,
    memory: Arc<Memory>,
}

/// Marks a response whose body many replies share, so that it takes no memory of its own.
#[derive(Clone, Copy, Debug)]
pub struct SharedBody;

impl Replies {
    /// None yet.
    pub fn new(rules: ReplyRules, proxies: TrustedProxies) -> Arc<Self> {
        Arc::new(Self { rules, proxies, memory: Memory::new(rules.memory, "reply") })
    }
}

/// Paces the body of a reply, unless it is so small that the connection takes it at once.
///
/// # Errors
/// `unavailable` where there is no memory for the reply.
pub fn pace(request: &HttpRequest, response: HttpResponse) -> Result<HttpResponse> {
    let size = match response.body().size() {
        BodySize::None => return Ok(response),
        BodySize::Sized(size) => usize::try_from(size).ok(),
        BodySize::Stream => None,
    };
    if size.is_some_and(|size| size <= SLICE) {
        return Ok(response);
    }
    let replies = request.app_data::<web::Data<Replies>>().cloned();
    let Some(replies) = replies.map(web::Data::into_inner) else { return Ok(response) };
    let shared = response.extensions().get::<SharedBody>().is_some();
    let memory = size.filter(|_| !shared).map(|bytes| {
        let address = client_address(request.peer_addr(), request.headers(), &replies.proxies);
        let mut share = MemoryShare::new(Arc::clone(&replies.memory), address);
        share.grow(bytes).map(|()| share)
    });
    let memory = memory.transpose()?;
    let pace = Arc::new(Pace {
        begun: Instant::now(),
        given: AtomicU64::new(NOT_GIVEN),
        socket: request.conn_data::<Connection>().and_then(Connection::socket),
    });
    spawn(watch(Arc::downgrade(&pace), replies.rules.slice));
    Ok(response
        .map_body(|_, body| PacedBody { body, rest: Bytes::new(), pace, _memory: memory }.boxed()))
}

/// No slice is with the connection.
const NOT_GIVEN: u64 = u64::MAX;

/// Since when the connection has a slice.
struct Pace {
    begun: Instant,
    /// Milliseconds from `begun`, or [`NOT_GIVEN`].
    given: AtomicU64,
    /// The connection's.
    socket: Option<Arc<Socket>>,
}

impl Pace {
    fn millis(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(NOT_GIVEN)
    }

    /// For how long the connection has had its slice.
    fn waited(&self) -> Duration {
        match self.given.load(Ordering::Relaxed) {
            NOT_GIVEN => Duration::ZERO,
            given => Duration::from_millis(self.millis().saturating_sub(given)),
        }
    }
}

/// Cuts off a client that does not take a slice in time.
async fn watch(pace: Weak<Pace>, patience: Duration) {
    while let Some(pace) = pace.upgrade() {
        let rest = patience.saturating_sub(pace.waited());
        if rest.is_zero() {
            if let Some(socket) = &pace.socket {
                socket.close();
            }
            return;
        }
        // A body that is done takes its pace with it.
        drop(pace);
        sleep(rest.max(patience / 8)).await;
    }
}

/// A body in slices.
struct PacedBody {
    body: BoxBody,
    /// What is left of the last chunk.
    rest: Bytes,
    pace: Arc<Pace>,
    _memory: Option<MemoryShare>,
}

impl MessageBody for PacedBody {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        // The connection has room: it has given the last slice to the client.
        self.pace.given.store(NOT_GIVEN, Ordering::Relaxed);
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Ok(chunk)) => self.rest = chunk,
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(SLICE);
        let slice = self.rest.split_to(length);
        self.pace.given.store(self.pace.millis(), Ordering::Relaxed);
        Poll::Ready(Some(Ok(slice)))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::poll_fn;

    use super::*;

    fn body(bytes: &'static [u8]) -> PacedBody {
        let pace = Pace { begun: Instant::now(), given: AtomicU64::new(NOT_GIVEN), socket: None };
        let body = BoxBody::new(Bytes::from_static(bytes));
        PacedBody { body, rest: Bytes::new(), pace: Arc::new(pace), _memory: None }
    }

    #[actix_web::test]
    async fn a_body_comes_in_slices_that_make_it_up() {
        static BYTES: [u8; 40_000] = [7; 40_000];
        let mut paced = body(&BYTES);
        assert_eq!(paced.size(), BodySize::Sized(40_000));
        let mut lengths = Vec::new();
        while let Some(slice) = poll_fn(|context| Pin::new(&mut paced).poll_next(context)).await {
            lengths.push(slice.unwrap().len());
        }
        assert_eq!(lengths, [SLICE, SLICE, 40_000 - 2 * SLICE]);
    }
}
