//! `daybook verify`: proofs without a database, and a database without trust in it.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::Subcommand;

use super::output::print;
use crate::{
    config::Config,
    db::connection::{open_scanner, snapshot},
    domain::timestamp::Timestamp,
    error::{Error, Result},
    ledger::{checkpoint::Checkpoint, key::Verifier, note::Note, proof::Proof},
    store::{
        self,
        ledger::finding::{Finding, Verified},
        settings::LEDGER_KEY,
    },
};

/// What to verify.
#[derive(Subcommand)]
pub(super) enum Verify {
    /// A proof of an entry, in either form; it takes no database and no network
    Proof {
        /// The file with the proof; - is the standard input
        file: PathBuf,
        /// The verifier key, which came another way than the proof
        #[arg(long)]
        key: String,
        /// The verifier key of a witness, which has to have cosigned the checkpoint
        #[arg(long)]
        witness: Option<String>,
    },
    /// The whole database: every leaf from its row, and the tree from the leaves
    Database {
        /// A checkpoint that was kept: the tree has to have grown out of it
        #[arg(long)]
        checkpoint: Option<PathBuf>,
        /// The verifier key of the checkpoint; without it, the one that the database names
        #[arg(long)]
        key: Option<String>,
    },
}

/// Verifies.
///
/// # Errors
/// Where anything is not right, or cannot be read.
pub(super) fn run(config: &Config, command: Verify) -> Result<()> {
    match command {
        Verify::Proof { file, key, witness } => proof(&file, &key, witness.as_deref()),
        Verify::Database { checkpoint, key } => database(config, checkpoint.as_deref(), key),
    }
}

fn proof(file: &Path, key: &str, witness: Option<&str>) -> Result<()> {
    let key = parse_key("--key", key)?;
    let witness = witness.map(|it| parse_key("--witness", it)).transpose()?;
    let proof = Proof::parse(&read(file)?).map_err(|error| refused(file, &error.to_string()))?;
    let proven = proof.check(&key).map_err(|error| refused(file, &error.to_string()))?;
    let cosigned = match &witness {
        Some(witness) => cosigned(&proof.checkpoint, witness).map_err(|why| refused(file, &why))?,
        None => String::new(),
    };
    let disclosed: Vec<&str> = proof.disclosures.keys().map(String::as_str).collect();
    print(&format!(
        "The {} at position {} of {} is proven, recorded at {}.\n{cosigned}Facts: {}\n\
         Disclosed: {}\n",
        proven.leaf.kind,
        proof.position,
        proven.origin,
        proven.leaf.recorded_at,
        proven.leaf.facts,
        disclosed.join(", "),
    ))
}

fn parse_key(option: &str, text: &str) -> Result<Verifier> {
    text.parse().map_err(|error| Error::internal(format!("{option}: {error}")))
}

/// A line that says when a witness has cosigned a checkpoint.
fn cosigned(checkpoint: &str, witness: &Verifier) -> Result<String, String> {
    let time = Note::parse(checkpoint).and_then(|note| note.cosigned_at(witness));
    let time = time.map_err(|error| error.to_string())?;
    let millis = i64::try_from(time).ok().and_then(|it| it.checked_mul(1000));
    let time = millis.and_then(Timestamp::from_millis);
    let time = time.ok_or("the time of the cosignature is out of bounds")?;
    Ok(format!("The witness {} has cosigned the checkpoint at {time}.\n", witness.name()))
}

fn read(file: &Path) -> Result<String> {
    let text = if file == Path::new("-") {
        io::read_to_string(io::stdin())
    } else {
        fs::read_to_string(file)
    };
    text.map_err(|error| Error::internal(format!("{}: {error}", file.display())))
}

fn refused(file: &Path, why: &str) -> Error {
    Error::internal(format!("{}: {why}", file.display()))
}

fn database(config: &Config, checkpoint: Option<&Path>, key: Option<String>) -> Result<()> {
    let mut conn = open_scanner(&config.database_url, None)?;
    let key = match key {
        Some(key) => Some(key),
        None => store::settings::get(&mut conn, LEDGER_KEY)?,
    };
    let checkpoint = checkpoint.map(|file| {
        let key = key.as_deref().ok_or_else(|| refused(file, "no key to check it by: --key"))?;
        let key: Verifier = key.parse().map_err(|error| Error::internal(format!("{error}")))?;
        let note = read(file)?;
        Checkpoint::verified(&note, &key).map_err(|error| refused(file, &error.to_string()))
    });
    let checkpoint = checkpoint.transpose()?;
    let mut bar = Bar::new();
    let mut findings = io::stdout().lock();
    let mut unwritten = Ok(());
    let mut found = |finding: &Finding| {
        if unwritten.is_ok() {
            unwritten = writeln!(findings, "{finding}");
        }
    };
    let mut progress = |done, all| bar.show(done, all);
    // Others write meanwhile: all is read as it was at one moment.
    let verified = snapshot(&mut conn, |conn| {
        store::ledger::verify::verify(conn, checkpoint.as_ref(), &mut found, &mut progress)
    })?;
    bar.end();
    unwritten.map_err(Error::internal)?;
    drop(findings);
    let Verified { size, root, faults } = verified;
    if faults > 0 {
        return Err(Error::internal(format!("{faults} rows are not right")));
    }
    let grown = match &checkpoint {
        Some(checkpoint) => {
            format!("It grew out of the checkpoint of {} records. ", checkpoint.size)
        }
        None => String::new(),
    };
    print(&format!(
        "All {size} records are as they were recorded. {grown}The root is {}.\n",
        root.to_base64()
    ))
}

/// A bar of progress, where somebody watches.
struct Bar {
    shown: Option<u64>,
    watched: bool,
}

impl Bar {
    const WIDTH: u64 = 40;

    fn new() -> Self {
        Self { shown: None, watched: io::stderr().is_terminal() }
    }

    fn show(&mut self, done: u64, all: u64) {
        let percent = (done * 100).checked_div(all).unwrap_or(100);
        if !self.watched || self.shown == Some(percent) {
            return;
        }
        self.shown = Some(percent);
        let full = percent * Self::WIDTH / 100;
        let bar: String = (0..Self::WIDTH).map(|at| if at < full { '#' } else { '.' }).collect();
        // Whether it is seen makes no difference to the outcome.
        let _ = write!(io::stderr(), "\r[{bar}] {percent:3} % of {all} records");
    }

    fn end(&self) {
        if self.shown.is_some() {
            let _ = writeln!(io::stderr());
        }
    }
}
