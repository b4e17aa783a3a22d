//! The witness of the ledger: it gets the present checkpoint while the ledger grows, and checkpoints
//! and proofs carry what it cosigns. Nothing else waits for it.

use std::{thread, time::Duration};

use log::Level;
use tokio::sync::oneshot;

use crate::{
    config::witness::WitnessUrl,
    db::database::Db,
    error::{Error, Result},
    http_client::{HttpClient, Received},
    ledger::{
        checkpoint::Checkpoint,
        key::Verifier,
        witness::{WitnessReply, read_response, request},
    },
    store::ledger::heads::{Cosigned, LedgerHeads, consistency},
};

/// The time between two checkpoints, while the ledger grows.
const INTERVAL: Duration = Duration::from_secs(5);

/// The longest pause after failures.
const PAUSE_MAX: Duration = Duration::from_secs(5 * 60);

/// The longest that a response may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes of a response: some signature lines.
const RESPONSE_MAX: u64 = 16 * 1024;

/// How often a checkpoint is sent anew at once, when the witness has seen another size than thought:
/// other replicas send checkpoints too.
const TRIES: usize = 3;

/// A witness (C2SP `tlog-witness`).
#[derive(Clone, Debug)]
pub struct Witness {
    address: String,
    key: Verifier,
    client: HttpClient,
}

impl Witness {
    /// The witness at a URL, whose cosignatures this key checks.
    pub fn new(url: &WitnessUrl, key: Verifier) -> Self {
        let client = HttpClient::new(TIMEOUT, RESPONSE_MAX);
        Self { address: url.add_checkpoint(), key, client }
    }

    /// The name of its key.
    pub fn name(&self) -> &str {
        self.key.name()
    }

    async fn post(&self, body: String) -> Result<Received, String> {
        let (client, address) = (self.client.clone(), self.address.clone());
        let (send, received) = oneshot::channel();
        // Not a thread of the runtime: the service would wait for that one when it stops.
        let spawned = thread::Builder::new().name("witness".to_owned()).spawn(move || {
            // Where the service stops meanwhile, nobody receives it.
            let _ = send.send(client.post(&address, &body));
        });
        spawned.map_err(|error| error.to_string())?;
        received.await.map_err(|error| error.to_string())?
    }
}

/// Why the witness has not cosigned.
#[derive(Debug, PartialEq, Eq)]
struct Trouble {
    level: Level,
    text: String,
}

fn warning(text: String) -> Trouble {
    Trouble { level: Level::Warn, text }
}

/// Something that must not happen, and that a witness is there to notice.
fn alarm(text: String) -> Trouble {
    Trouble { level: Level::Error, text }
}

/// Sends the present checkpoint to the witness at start, and then while the ledger grows.
pub async fn send_checkpoints(db: Db, heads: LedgerHeads, witness: Witness) {
    let name = witness.name();
    let (mut seen, mut failures) = (0, 0);
    // A state is written to the log when it begins, not each time.
    let (mut cosigns, mut trouble) = (false, None);
    loop {
        match cosign(&db, &heads, &witness, &mut seen).await {
            Ok(cosigned) => {
                failures = 0;
                trouble = None;
                if let Some(size) = cosigned
                    && !cosigns
                {
                    log::info!("the witness {name} cosigns the ledger, at size {size} now");
                    cosigns = true;
                }
            }
            Err(new) => {
                failures += 1;
                cosigns = false;
                if trouble.as_ref() != Some(&new) {
                    log::log!(new.level, "the witness {name} does not cosign: {}", new.text);
                    trouble = Some(new);
                }
            }
        }
        actix_web::rt::time::sleep(pause(failures)).await;
    }
}

/// The time until the next checkpoint, after so many failures in a row.
fn pause(failures: u32) -> Duration {
    let factor = 2u32.saturating_pow(failures.saturating_sub(1));
    INTERVAL.saturating_mul(factor).min(PAUSE_MAX)
}

/// Has the present head cosigned, unless it is, and returns its size then. `seen` is the size that
/// the witness is thought to have seen.
async fn cosign(
    db: &Db,
    heads: &LedgerHeads,
    witness: &Witness,
    seen: &mut u64,
) -> Result<Option<u64>, Trouble> {
    for _ in 0..TRIES {
        let Some((head, body)) = next_request(db, heads, *seen).await? else { return Ok(None) };
        let received = witness.post(body).await;
        let received = received.map_err(|error| warning(format!("no response: {error}")))?;
        let Received { status, media_type, body } = received;
        let reply = read_response(&head, &witness.key, status, media_type.as_deref(), &body);
        match reply.map_err(|why| warning(format!("its response is not valid: {why}")))? {
            WitnessReply::Cosigned(lines) => {
                *seen = head.size;
                heads.set_cosigned(Cosigned { checkpoint: head, lines });
                return Ok(Some(*seen));
            }
            WitnessReply::Seen(size) => *seen = size,
            WitnessReply::Refused(422) => {
                let text = "the ledger is not a continuation of what it has seen";
                return Err(alarm(text.to_owned()));
            }
            WitnessReply::Refused(404) => {
                return Err(warning(format!("it does not know the origin {}", head.origin)));
            }
            WitnessReply::Refused(403) => {
                let text = "it does not know the key of the ledger";
                return Err(warning(text.to_owned()));
            }
            WitnessReply::Refused(status) => {
                return Err(warning(format!("its response has the status {status}")));
            }
        }
    }
    Err(warning("it has seen another size each time".to_owned()))
}

/// The present head, and the request to cosign it; none where that is done, or the ledger is empty.
async fn next_request(
    db: &Db,
    heads: &LedgerHeads,
    seen: u64,
) -> Result<Option<(Checkpoint, String)>, Trouble> {
    let heads = heads.clone();
    let read = db.read_much(move |conn| {
        let head = heads.present(conn)?;
        if head.size < seen {
            return Ok(Next::Shorter);
        }
        let is_cosigned = heads.cosigned().is_some_and(|it| it.checkpoint == head);
        if head.size == 0 || is_cosigned {
            return Ok(Next::Nothing);
        }
        // Every ledger is a continuation of the empty one.
        let proof = if seen == 0 { Vec::new() } else { consistency(conn, seen, head.size)? };
        let body = request(seen, &proof, &heads.sign(&head));
        Ok(Next::Request(head, body))
    });
    match read.await.map_err(unreadable)? {
        Next::Nothing => Ok(None),
        Next::Shorter => Err(alarm(format!(
            "the ledger is shorter than it was: the witness has seen {seen} records. Was the \
             database replaced by an older copy?"
        ))),
        Next::Request(head, body) => Ok(Some((head, body))),
    }
}

/// What there is to do next.
enum Next {
    Nothing,
    Shorter,
    Request(Checkpoint, String),
}

fn unreadable(error: Error) -> Trouble {
    warning(format!("the ledger could not be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_with_the_failures_to_five_minutes() {
        let pauses: Vec<u64> = (0..9).map(|failures| pause(failures).as_secs()).collect();
        assert_eq!(pauses, [5, 5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(pause(u32::MAX), PAUSE_MAX);
    }
}
