//! The PostgreSQL server of a run: durable, with the settings that an operator would choose for such
//! a machine.

use std::{
    env, fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::{error::Result, output::print};

/// Settings for 2 cores and 23 GB, shared with the service and the load generator. All others are
/// the defaults of PostgreSQL.
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

/// A server that listens on a socket in its folder; dropping the value stops it.
pub struct Postgres {
    bin: PathBuf,
    folder: PathBuf,
    /// The user and the group it runs as: PostgreSQL refuses to run as root.
    run_as: Option<(u32, u32)>,
    keep: bool,
}

impl Postgres {
    /// Starts the server in a folder. With `keep`, it uses the data there and leaves them at the end.
    pub fn start(folder: &Path, keep: bool) -> Result<Self> {
        let bin = binaries()?;
        let run_as = if id(&["-u"])? == 0 {
            Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?))
        } else {
            None
        };
        let server = Self { bin, folder: folder.to_owned(), run_as, keep };
        // An interrupted run may have left its server running.
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
            run_command(server.command("initdb").args(["-D", &server.data()]).args(auth))?;
        }
        let mut options = format!("-c unix_socket_directories={}", folder.display());
        for setting in SETTINGS {
            options += &format!(" -c {setting}");
        }
        let log = server.log().display().to_string();
        let data = server.data();
        // Not `output()`: the server keeps the pipes open as long as it runs.
        let started = server
            .command("pg_ctl")
            .args(["-D", &data, "-w", "-t", "120", "-l", &log, "-o", &options, "-s", "start"])
            .status()?;
        if !started.success() {
            return Err(format!("PostgreSQL did not start: see {log}").into());
        }
        Ok(server)
    }

    /// The log file of the server.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://daybook@/{database}?host={}", self.folder.display())
    }

    /// Runs statements by psql, and returns their rows without a header.
    pub fn psql(&self, database: &str, statements: &[&str]) -> Result<String> {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database)]);
        psql.env("PGOPTIONS", "-c client_min_messages=warning");
        for statement in statements {
            psql.args(["-c", statement]);
        }
        Ok(String::from_utf8(run_command(&mut psql)?.stdout)?.trim_end().to_owned())
    }

    /// The command pgbench, for a database.
    pub fn pgbench(&self, database: &str) -> Command {
        let mut pgbench = Command::new(self.bin.join("pgbench"));
        // The readers of the service have this setting too; see `src/db/connection.rs`.
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
        let stopped =
            run_command(self.command("pg_ctl").args(["-D", &self.data(), "-m", "fast", "stop"]));
        if let Err(error) = stopped {
            let _ = print(&format!("PostgreSQL did not stop: {error}\n"));
        }
        if !self.keep {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Runs a command, and returns its output.
///
/// # Errors
/// Where the command fails; the message has the first 1,000 characters of its standard error.
pub fn run_command(command: &mut Command) -> Result<Output> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    // Each of 64 clients may report the same error.
    let message: String = String::from_utf8_lossy(&output.stderr).chars().take(1_000).collect();
    Err(format!("{:?}: {}\n{message}", command.get_program(), output.status).into())
}

fn id(args: &[&str]) -> Result<u32> {
    let output = run_command(Command::new("id").args(args))?.stdout;
    Ok(String::from_utf8(output)?.trim().parse()?)
}

/// The folder of PostgreSQL's programs: one in the path, or Debian's.
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
