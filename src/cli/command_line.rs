//! The arguments of the command line.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use super::{
    admin::{CreateAdmin, create_admin},
    ledger_key::{self, LedgerKey},
    output::print,
    serve::serve,
    verify::{self, Verify},
};
use crate::{
    api::openapi,
    config::Config,
    db::migrate,
    error::{Error, Result},
};

/// The user activity log of a learning platform, as a JSON REST API
#[derive(Parser)]
#[command(name = "daybook", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    config: Config,
}

#[derive(Subcommand)]
enum Command {
    /// Bring the schema up to date, then serve
    Serve {
        /// Load the demo data into an empty database; refuse one with other data
        #[arg(long)]
        demo: bool,
        /// Serve the demo data on an address that others can reach, too: its passwords are public
        #[arg(long, requires = "demo")]
        demo_in_public: bool,
    },
    /// Bring the schema up to date and exit
    Migrate,
    /// Print the OpenAPI document
    Openapi,
    /// Create an administrator; the password comes from DAYBOOK_ADMIN_PASSWORD or a prompt
    CreateAdmin(CreateAdmin),
    /// Check proofs of entries, or the whole database against its ledger
    #[command(subcommand)]
    Verify(Verify),
    /// Make, show or change the key that signs the ledger's checkpoints
    #[command(subcommand)]
    LedgerKey(LedgerKey),
}

/// Refuses a demo on an address that others can reach, unless the operator says that it is meant.
fn refuse_public_demo(config: &Config, is_private_demo: bool) -> Result<()> {
    let address = config.listen.ip().to_canonical();
    if !is_private_demo || address.is_loopback() {
        return Ok(());
    }
    let text = format!(
        "--demo on {address} is refused: everybody knows the passwords of the demo data. Listen on \
         127.0.0.1, or add --demo-in-public if it is meant"
    );
    Err(Error::internal(text))
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info")).init();
    let outcome = match cli.command {
        Command::Serve { demo, demo_in_public } => {
            refuse_public_demo(&cli.config, demo && !demo_in_public)
                .and_then(|()| serve(&cli.config, demo))
        }
        Command::Migrate => migrate::up(&cli.config.database_url),
        Command::Openapi => print(openapi::document()),
        Command::CreateAdmin(admin) => create_admin(&cli.config, admin),
        Command::Verify(verify) => verify::run(&cli.config, verify),
        Command::LedgerKey(command) => ledger_key::run(&cli.config, command),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error.cause.as_deref().unwrap_or(&error.detail);
            // One line, whatever the cause contains.
            let line = cause.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(io::stderr(), "daybook: {line}");
            ExitCode::FAILURE
        }
    }
}
