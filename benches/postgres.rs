//! The PostgreSQL server of a run: its own, durable, with the settings that an operator would take
//! on such a machine; its data are kept where the run's are.

use std::{
    env, fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{Result, print};

/// For 2 cores and 23 GB, which the service and the load generator use as well. What is not said
/// here is PostgreSQL's default: `fsync`, `full_page_writes` and `synchronous_commit` are on.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "max_connections=300",
    "shared_buffers=6GB",
    "effective_cache_size=14GB",
    "maintenance_work_mem=1GB",
    "work_mem=16MB",
    "random_page_cost=1.1",
    "max_wal_size=8GB",
    "min_wal_size=1GB",
    "checkpoint_timeout=15min",
    "wal_buffers=16MB",
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
];

/// A server, on a socket in its folder; it ends with the value.
pub struct Postgres {
    bin: PathBuf,
    folder: PathBuf,
    /// Whom it runs as: it refuses root.
    run_as: Option<(u32, u32)>,
    keep: bool,
}

impl Postgres {
    /// Starts the server in a folder, made anew unless it is kept.
    pub fn start(folder: &Path, keep: bool) -> Result<Self> {
        let bin = binaries()?;
        let run_as = if id(&["-u"])? == 0 {
            Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?))
        } else {
            None
        };
        let server = Self { bin, folder: folder.to_owned(), run_as, keep };
        // One that an interrupted run left behind.
        let _ =
            server.command("pg_ctl").args(["-D", &server.data(), "-m", "fast", "stop"]).output();
        if !keep && folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        if !folder.exists() {
            fs::create_dir_all(folder)?;
            if let Some((user, group)) = run_as {
                std::os::unix::fs::chown(folder, Some(user), Some(group))?;
            }
            let auth = ["-U", "daybook", "--auth=trust", "--encoding=UTF8", "--no-locale"];
            run(server.command("initdb").args(["-D", &server.data()]).args(auth))?;
        }
        let mut options = format!("-c unix_socket_directories={}", folder.display());
        for setting in SETTINGS {
            options += &format!(" -c {setting}");
        }
        let log = server.log().display().to_string();
        let data = server.data();
        // Not `output()`: the server would hold the pipes for as long as it runs.
        let started = server
            .command("pg_ctl")
            .args(["-D", &data, "-w", "-t", "120", "-l", &log, "-o", &options, "-s", "start"])
            .status()?;
        if !started.success() {
            return Err(format!("PostgreSQL did not start: see {log}").into());
        }
        Ok(server)
    }

    /// What the server writes into.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// How a database is reached.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://daybook@/{database}?host={}", self.folder.display())
    }

    /// Runs statements by psql; what they answer, without frames.
    pub fn psql(&self, database: &str, statements: &[&str]) -> Result<String> {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database)]);
        psql.env("PGOPTIONS", "-c client_min_messages=warning");
        for statement in statements {
            psql.args(["-c", statement]);
        }
        Ok(String::from_utf8(run(&mut psql)?.stdout)?.trim_end().to_owned())
    }

    /// pgbench, at a database.
    pub fn pgbench(&self, database: &str) -> Command {
        let mut pgbench = Command::new(self.bin.join("pgbench"));
        // As the service's readers have it; see `src/db/connection.rs`.
        pgbench.env("PGOPTIONS", "-c enable_bitmapscan=off").arg(self.url(database));
        pgbench
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.current_dir("/");
        if let Some((user, group)) = self.run_as {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stopped = run(self.command("pg_ctl").args(["-D", &self.data(), "-m", "fast", "stop"]));
        if let Err(error) = stopped {
            let _ = print(&format!("PostgreSQL did not stop: {error}\n"));
        }
        if !self.keep {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Runs a command that has to succeed.
pub fn run(command: &mut Command) -> Result<Output> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    // Sixty-four clients say the same.
    let said: String = String::from_utf8_lossy(&output.stderr).chars().take(1_000).collect();
    Err(format!("{:?}: {}\n{said}", command.get_program(), output.status).into())
}

fn id(args: &[&str]) -> Result<u32> {
    let said = run(Command::new("id").args(args))?.stdout;
    Ok(String::from_utf8(said)?.trim().parse()?)
}

/// Where PostgreSQL's programs are: in the path, or where Debian has those of the server.
fn binaries() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        let mut versions: Vec<_> = versions.flatten().map(|it| it.path().join("bin")).collect();
        versions.sort();
        folders.extend(versions.into_iter().rev());
    }
    let all = ["initdb", "pg_ctl", "psql", "pgbench"];
    let found = folders.into_iter().find(|it| all.iter().all(|program| it.join(program).exists()));
    found.ok_or_else(|| "PostgreSQL is missing: apt-get install postgresql".into())
}
