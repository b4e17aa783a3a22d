//! The binary in a process of its own, to be stopped, killed, and run again.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
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

impl Process {
    /// Serves on a free port, with an administrator if the database is empty.
    pub fn serve(database: &TestDatabase, words: &[&str]) -> Self {
        let all = [&["serve", "--listen", "127.0.0.1:0"], words].concat();
        let mut child = daybook(database, &all)
            .env("DAYBOOK_ADMIN_EMAIL", "admin@example.com")
            .env("DAYBOOK_ADMIN_PASSWORD", PASSWORD)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = log
            .by_ref()
            .map(|line| line.unwrap())
            .find_map(|line| {
                let (_, rest) = line.split_once("listening on ")?;
                rest.split([',', ' ']).next().map(str::to_owned)
            })
            .expect("the service ended before it listened");
        // Without a reader, the service would wait for room in the pipe.
        std::thread::spawn(move || log.for_each(drop));
        Self { child, client: client_at(&address) }
    }

    /// The first administrator, logged in.
    pub fn admin(&self) -> Client {
        let body = serde_json::json!({
            "email": "admin@example.com", "password": PASSWORD
        });
        let token = self.client.post("/auth/login", body).ok(200)["access_token"].clone();
        Client { token: token.as_str().map(str::to_owned), ..self.client.clone() }
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
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
