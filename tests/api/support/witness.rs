//! A small witness (C2SP `tlog-witness`), which checks what it cosigns.

use std::{
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, mpsc},
    thread,
    time::Duration,
};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::STANDARD};
use daybook::{
    domain::timestamp::Timestamp,
    ledger::{
        checkpoint::Checkpoint,
        hash::{Hash, empty_root, sha256},
        key::{Verifier, signature_line},
        tree::check_consistency,
    },
};

use super::ledger::verifier;

/// The longest that a test waits for a request of the service.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a witness is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As the format says.
    Honest,
    /// It signs with another key than the one that it names.
    Forging,
    /// It cosigns as another witness.
    Foreign,
    /// It fails, with 500.
    Broken,
    /// It says nothing until it has another manner.
    Silent,
}

/// A request that the witness has replied to.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    /// The size that the request says the witness has seen.
    pub old: u64,
    /// The size of the checkpoint.
    pub size: u64,
    /// The status of the reply.
    pub status: u16,
}

/// A witness on this machine. It ends with the process of the tests.
pub struct TestWitness {
    pub url: String,
    /// The key of its cosignatures.
    pub key: Verifier,
    shared: Arc<Shared>,
    asked: mpsc::Receiver<Asked>,
    arrived: mpsc::Receiver<TcpStream>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    manner: Manner,
    size: u64,
    root: Hash,
}

/// A key of a cosigner, by its name.
struct Cosigner {
    name: String,
    pair: Ed25519KeyPair,
}

impl Cosigner {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), pair: Ed25519KeyPair::generate().unwrap() }
    }

    /// The type of the key, and the key.
    fn public(&self) -> Vec<u8> {
        [&[4], self.pair.public_key().as_ref()].concat()
    }

    fn id(&self) -> [u8; 4] {
        let hash = sha256(&[self.name.as_bytes(), b"\n", &self.public()]);
        hash.0[..4].try_into().unwrap()
    }

    fn verifier(&self) -> Verifier {
        let id: String = self.id().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}+{id}+{}", self.name, STANDARD.encode(self.public())).parse().unwrap()
    }

    fn cosign(&self, text: &str, id: [u8; 4]) -> String {
        let time = Timestamp::system_now().millis() / 1000;
        let signature = self.pair.sign(format!("cosignature/v1\ntime {time}\n{text}").as_bytes());
        let cosignature = [time.to_be_bytes().as_slice(), signature.as_ref()].concat();
        signature_line(&self.name, &id, &cosignature)
    }
}

impl TestWitness {
    /// A witness that has seen nothing.
    pub fn start(manner: Manner) -> Self {
        Self::start_with(manner, 0, empty_root())
    }

    /// A witness that has seen a tree.
    pub fn start_with(manner: Manner, size: u64, root: Hash) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let cosigner = Arc::new(Cosigner::new("witness.example/w1"));
        let key = cosigner.verifier();
        let shared = Arc::new(Shared {
            state: Mutex::new(State { manner, size, root }),
            changed: Condvar::new(),
        });
        let (send_asked, asked) = mpsc::channel();
        let (send_arrived, arrived) = mpsc::channel();
        let state = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (cosigner, state) = (Arc::clone(&cosigner), Arc::clone(&state));
                let (asked, arrived) = (send_asked.clone(), send_arrived.clone());
                thread::spawn(move || {
                    serve(stream.unwrap(), &cosigner, &state, &arrived, &asked);
                });
            }
        });
        Self { url, key, shared, asked, arrived }
    }

    /// Gives the witness another manner.
    pub fn become_like(&self, manner: Manner) {
        self.shared.state.lock().unwrap().manner = manner;
        self.shared.changed.notify_all();
    }

    /// The next request that the witness has replied to.
    #[track_caller]
    pub fn asked(&self) -> Asked {
        self.asked.recv_timeout(PATIENCE).expect("the witness was not asked")
    }

    /// The next request that the witness cosigns; those before it are dropped.
    #[track_caller]
    pub fn cosigned(&self) -> Asked {
        loop {
            let asked = self.asked();
            if asked.status == 200 {
                return asked;
            }
        }
    }

    /// Whether a request comes within a time.
    pub fn is_asked_within(&self, time: Duration) -> bool {
        self.asked.recv_timeout(time).is_ok()
    }

    /// Waits for a request that a silent witness does not reply to.
    #[track_caller]
    pub fn waiting(&self) -> Waiting {
        Waiting(self.arrived.recv_timeout(PATIENCE).expect("the witness was not asked"))
    }
}

/// A request that waits for a silent witness.
pub struct Waiting(TcpStream);

impl Waiting {
    /// Whether the service still waits for the reply.
    pub fn is_open(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        let peeked = self.0.peek(&mut [0]);
        self.0.set_nonblocking(false).unwrap();
        peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

fn serve(
    mut stream: TcpStream,
    cosigner: &Cosigner,
    shared: &Shared,
    arrived: &mpsc::Sender<TcpStream>,
    asked: &mpsc::Sender<Asked>,
) {
    let Some((request, body)) = receive(&stream) else { return };
    let mut state = shared.state.lock().unwrap();
    if state.manner == Manner::Silent {
        let _ = arrived.send(stream.try_clone().unwrap());
    }
    while state.manner == Manner::Silent {
        state = shared.changed.wait(state).unwrap();
    }
    let (old, size) = sizes(&body).unwrap_or_default();
    let (status, media_type, reply) = match request.as_str() {
        "POST /add-checkpoint HTTP/1.1" => judge(&mut state, cosigner, &body),
        _ => (404, "text/plain", String::new()),
    };
    drop(state);
    let length = reply.len();
    let head = format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-type: {media_type}");
    let _ = write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{reply}");
    let _ = asked.send(Asked { old, size, status });
}

/// The first line of a request, and its body.
fn receive(stream: &TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let (mut request, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        request.get_or_insert(line.to_owned());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((request?, String::from_utf8(body).ok()?))
}

fn sizes(body: &str) -> Option<(u64, u64)> {
    let (head, note) = body.split_once("\n\n")?;
    let old = head.lines().next()?.strip_prefix("old ")?.parse().ok()?;
    Some((old, note.lines().nth(1)?.parse().ok()?))
}

/// The reply to a checkpoint, by the rules of the format and in their order.
fn judge(state: &mut State, cosigner: &Cosigner, body: &str) -> (u16, &'static str, String) {
    let refuse = |status: u16| (status, "text/plain", "refused".to_owned());
    if state.manner == Manner::Broken {
        return refuse(500);
    }
    let Some(((old, _), (head, note))) = sizes(body).zip(body.split_once("\n\n")) else {
        return refuse(400);
    };
    let proof: Option<Vec<Hash>> = head.lines().skip(1).map(Hash::from_base64).collect();
    let Some(proof) = proof else { return refuse(400) };
    let Ok(checkpoint) = Checkpoint::verified(note, &verifier()) else { return refuse(403) };
    if old > checkpoint.size || proof.len() > 63 {
        return refuse(400);
    }
    if old != state.size {
        return (409, "text/x.tlog.size", format!("{}\n", state.size));
    }
    let grew = match old {
        0 => proof.is_empty(),
        _ => check_consistency(old, checkpoint.size, &proof, state.root, checkpoint.root).is_ok(),
    };
    if !grew {
        return refuse(422);
    }
    (state.size, state.root) = (checkpoint.size, checkpoint.root);
    let text = checkpoint.text();
    let lines = match state.manner {
        Manner::Forging => Cosigner::new(&cosigner.name).cosign(&text, cosigner.id()),
        Manner::Foreign => {
            let other = Cosigner::new("witness.example/w2");
            other.cosign(&text, other.id())
        }
        _ => {
            // A witness may have other keys, which the service does not know.
            let other = Cosigner::new(&cosigner.name);
            other.cosign(&text, other.id()) + &cosigner.cosign(&text, cosigner.id())
        }
    };
    (200, "text/plain; charset=utf-8", lines)
}
