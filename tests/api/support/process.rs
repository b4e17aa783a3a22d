//! The binary in a process of its own, to be stopped, killed, and run again.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{Mutex, mpsc},
    time::Duration,
};

use super::{
    app::{LEDGER_KEY, PASSWORD},
    client::{Client, client_at},
    database::TestDatabase,
};

/// A running `daybook serve`.
pub struct Process {
    child: Child,
    pub client: Client,
    /// A client of the operator's listener, if it has one.
    pub operator: Option<Client>,
    log: Mutex<mpsc::Receiver<String>>,
}

/// `daybook` with these arguments, on a database, without the `DAYBOOK_` variables of this process.
pub fn daybook(database: &TestDatabase, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_daybook"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DAYBOOK_")) {
        command.env_remove(name);
    }
    // A test sends more requests a minute than any user. Tests of the limit set it by a flag.
    command
        .args(words)
        .current_dir(database.folder.path())
        .env("DATABASE_URL", database.url_text())
        .env("DAYBOOK_JWT_SECRET", "a secret that all replicas of a test share")
        .env("DAYBOOK_LEDGER_KEY", LEDGER_KEY)
        .env("DAYBOOK_RATE_LIMIT", "off")
        .env("RUST_LOG", "info");
    command
}

/// What a command says when it refuses to start, on its standard error.
pub fn refusal(mut command: Command) -> String {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let (send, said) = mpsc::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).unwrap();
        let _ = send.send(text);
    });
    // A service that starts after all says nothing, and does not end.
    let said = said.recv_timeout(Duration::from_secs(30));
    let _ = child.kill();
    let status = child.wait().unwrap();
    let said = said.expect("it is not refused");
    assert!(!status.success(), "{said}");
    said
}

impl Process {
    /// Serves on a free port, with an administrator if the database is empty.
    pub fn serve(database: &TestDatabase, words: &[&str]) -> Self {
        Self::serve_at(database, "127.0.0.1:0", words)
    }

    /// The same, at an address.
    pub fn serve_at(database: &TestDatabase, address: &str, words: &[&str]) -> Self {
        Self::serve_with(database, address, words, |_| {})
    }

    /// The same, with other changes of the command.
    pub fn serve_with(
        database: &TestDatabase,
        address: &str,
        words: &[&str],
        adjust: impl FnOnce(&mut Command),
    ) -> Self {
        let all = [&["serve", "--listen", address], words].concat();
        let mut command = daybook(database, &all);
        adjust(&mut command);
        let mut child = command
            .env("DAYBOOK_ADMIN_EMAIL", "admin@example.com")
            .env("DAYBOOK_ADMIN_PASSWORD", PASSWORD)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (send, log) = mpsc::channel();
        let (mut operator, mut address) = (None, None);
        while address.is_none() {
            let line = lines.next().expect("the service ended before it listened").unwrap();
            operator = operator.or_else(|| address_after(&line, "health and metrics on "));
            address = address_after(&line, "listening on ");
            send.send(line).unwrap();
        }
        // Without a reader, the service would wait for room in the pipe.
        std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| drop(send.send(line)));
        });
        let client = client_at(&address.unwrap());
        let operator = operator.map(|address| client_at(&address));
        Self { child, client, operator, log: Mutex::new(log) }
    }

    /// The log up to a line with this text in it. Each line is read once.
    pub fn log_up_to(&self, text: &str) -> Vec<String> {
        let (log, mut lines) = (self.log.lock().unwrap(), Vec::new());
        while !lines.last().is_some_and(|line: &String| line.contains(text)) {
            lines.push(log.recv_timeout(Duration::from_secs(30)).expect(text));
        }
        lines
    }

    /// The first administrator, logged in.
    pub fn admin(&self) -> Client {
        let body = serde_json::json!({
            "email": "admin@example.com", "password": PASSWORD
        });
        let token = self.client.post("/auth/login", body).ok(200)["access_token"].clone();
        Client { token: token.as_str().map(str::to_owned), ..self.client.clone() }
    }

    /// Its id for the system.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit code.
    pub fn terminate(mut self) -> Option<i32> {
        self.signal("TERM");
        self.child.wait().unwrap().code()
    }

    /// Sends a signal, and does not wait for its effect.
    pub fn signal(&self, name: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in a line of the log, after this text.
fn address_after(line: &str, text: &str) -> Option<String> {
    let (_, rest) = line.split_once(text)?;
    rest.split([',', ' ']).next().map(str::to_owned)
}
