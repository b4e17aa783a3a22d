//! The processes under load: the service, and the static body.

use std::{
    cell::RefCell,
    env,
    fs::{self, File},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    data::users::{ADMINISTRATOR, PASSWORD, email},
    error::Result,
    measure::client::Client,
};

/// How long a process may take to get ready.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long an access token is used: less than its lifetime.
const TOKEN_AGE_MAX: Duration = Duration::from_secs(300);

/// A process that listens; dropping the value ends it.
pub struct Service {
    process: Child,
    /// `http://127.0.0.1:…`
    pub address: String,
    /// The time from the start of the process until it was ready.
    pub ready_after: Duration,
    token: RefCell<Option<(Instant, String)>>,
}

/// Signs the ledgers of the benchmark, and nothing else.
const LEDGER_KEY: &str =
    "PRIVATE+KEY+daybook.invalid/tests+d1249ff1+AbxHB3cwcTuy0mMubtmV6xFDzdJ/Z2imqty6UAK1IdpB";

impl Service {
    /// Starts the service on a database, with its defaults. Its log goes into the folder.
    pub fn start(url: &str, folder: &Path) -> Result<Self> {
        Self::start_with(url, folder, &[])
    }

    /// Starts the service with other settings, as environment variables.
    pub fn start_with(url: &str, folder: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let mut command = Command::new(sibling("daybook")?);
        command
            .arg("serve")
            .env("DATABASE_URL", url)
            // Only warnings: the log line of each request is not part of the measurement.
            .env("RUST_LOG", "warn")
            .env("DAYBOOK_RATE_LIMIT", "off")
            .env("DAYBOOK_JWT_SECRET", "a-secret-of-the-benchmark-and-of-nothing-else")
            .env("DAYBOOK_LEDGER_KEY", LEDGER_KEY)
            .envs(settings.iter().copied());
        Self::run(command, "/health/ready", folder)
    }

    /// Starts the limit of the reads: a body from memory.
    pub fn start_static(body: &Path, folder: &Path) -> Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("static").arg(body);
        Self::run(command, "/", folder)
    }

    fn run(mut command: Command, ready: &str, folder: &Path) -> Result<Self> {
        // A free port. Where another process takes it first, the start fails.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let log = File::create(folder.join("service.log"))?;
        command.env("DAYBOOK_LISTEN", &address).stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        let begun = Instant::now();
        let process = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        let address = format!("http://{address}");
        let token = RefCell::new(None);
        let mut service = Self { process, address, ready_after: Duration::ZERO, token };
        while !is_ready(&service.address, ready) {
            if begun.elapsed() > START_TIMEOUT || service.process.try_wait()?.is_some() {
                let log = fs::read_to_string(folder.join("service.log"))?;
                return Err(format!("{command:?} is not ready: {log}").into());
            }
            thread::sleep(Duration::from_micros(500));
        }
        service.ready_after = begun.elapsed();
        Ok(service)
    }

    /// The administrator's access token.
    pub fn token(&self) -> Result<String> {
        if let Some((since, token)) = &*self.token.borrow()
            && since.elapsed() < TOKEN_AGE_MAX
        {
            return Ok(token.clone());
        }
        let token = self.client()?.token;
        *self.token.borrow_mut() = Some((Instant::now(), token.clone()));
        Ok(token)
    }

    /// The administrator, on a new connection.
    pub fn client(&self) -> Result<Client> {
        Client::log_in(&self.address, &email(ADMINISTRATOR), PASSWORD)
    }

    /// A value of `/proc/PID/status`, in bytes: `VmRSS:` is the resident memory, `VmHWM:`
    /// its peak.
    pub fn memory(&self, field: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kib: f64 = line.ok_or("no such field")?.trim().trim_end_matches(" kB").parse()?;
        Ok(kib * 1024.0)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether the response for a path is 200.
fn is_ready(address: &str, path: &str) -> bool {
    let request = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address.trim_start_matches("http://"))?;
        let head = format!("GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(&status[9..] == b"200")
    };
    request().unwrap_or(false)
}

/// The path of a program in the folder of this one.
fn sibling(program: &str) -> Result<PathBuf> {
    let path = env::current_exe()?.with_file_name(program);
    if path.exists() { Ok(path) } else { Err(format!("{} does not exist", path.display()).into()) }
}
