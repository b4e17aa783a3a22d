//! Exports a million entries, watches the memory of the service meanwhile, and compares the file
//! with the list, entry by entry.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, BufWriter, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::value::RawValue;

use crate::{
    Result,
    client::Client,
    people::{ADMINISTRATOR, LONG_LOG, PASSWORD, email, log_of},
    print,
};

/// How much a process may grow by, in MiB.
const AIM: f64 = 64.0;

/// Exports from the service of a process, and prints a line of a table for each file.
pub fn run(name: &str, address: &str, process: u32) -> Result<()> {
    let mut client = Client::log_in(address, &email(ADMINISTRATOR), PASSWORD)?;
    let folder = Path::new("target/bench");
    fs::create_dir_all(folder)?;
    let long_log = log_of(LONG_LOG)?;
    // What any first request takes (threads, connections) is not the export's.
    client.get("/activity?limit=100")?;
    client.get(&format!("{long_log}?limit=100"))?;
    let resting = memory(process, "VmRSS:")?;
    for (list, format) in
        [("/activity", "ndjson"), ("/activity", "csv"), (long_log.as_str(), "ndjson")]
    {
        let file = folder.join(format!("export-{name}.{format}"));
        let begun = Instant::now();
        let (peak, anonymous) = watched(process, || {
            let mut out = BufWriter::new(File::create(&file)?);
            client.get_into(&format!("{list}/export?format={format}"), &mut out)?;
            Ok(out.flush()?)
        })?;
        let took = begun.elapsed();
        let bytes = fs::metadata(&file)?.len();
        let entries = match format {
            "ndjson" => compare(&mut client, &file, list)?,
            _ => records(&file)?,
        };
        let kind = if list == "/activity" { "all" } else { "one user" };
        let grown = (peak as f64 - resting as f64) / 1024.0;
        let anonymous = anonymous as f64 / 1024.0;
        let mark = if grown < AIM { "" } else { "**" };
        print(&format!(
            "| {name} | {kind} | {format} | {entries} | {} MB | {:.1} s | {:.1} MiB | \
             {mark}{grown:.1} MiB{mark} | {anonymous:.1} MiB |\n",
            bytes / 1_000_000,
            took.as_secs_f64(),
            resting as f64 / 1024.0,
        ))?;
        fs::remove_file(&file)?;
    }
    Ok(())
}

/// A value of `/proc/PID/status`, in KiB.
fn memory(process: u32, field: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// The most memory (all that is resident, and what of it is no file's) that a process has while
/// something is done.
fn watched(process: u32, work: impl FnOnce() -> Result<()>) -> Result<(u64, u64)> {
    let over = Arc::new(AtomicBool::new(false));
    let peaks = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
    let (is_over, seen) = (Arc::clone(&over), Arc::clone(&peaks));
    let watcher = thread::spawn(move || {
        while !is_over.load(Ordering::Relaxed) {
            for (peak, field) in seen.iter().zip(["VmRSS:", "RssAnon:"]) {
                peak.fetch_max(memory(process, field).unwrap_or(0), Ordering::Relaxed);
            }
            thread::sleep(Duration::from_millis(5));
        }
    });
    let done = work();
    over.store(true, Ordering::Relaxed);
    watcher.join().map_err(|_| "the watcher panicked")?;
    done?;
    Ok((peaks[0].load(Ordering::Relaxed), peaks[1].load(Ordering::Relaxed)))
}

/// How many entries a CSV file has. The demo data has no line break in a cell, so each is one line.
fn records(file: &Path) -> Result<u64> {
    let lines = BufReader::new(File::open(file)?).split(b'\n').count();
    Ok(u64::try_from(lines.saturating_sub(1))?)
}

#[derive(serde::Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    page: Place,
}

#[derive(serde::Deserialize)]
struct Place {
    next_cursor: Option<String>,
}

/// Holds each line of a file against the item of the list that it should be, byte for byte; how
/// many there are.
fn compare(client: &mut Client, file: &Path, list: &str) -> Result<u64> {
    let mut lines = BufReader::new(File::open(file)?).lines();
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let body = client.get(&format!("{list}?limit=100{cursor}"))?;
        let page: Page<'_> = serde_json::from_slice(&body)?;
        for item in page.data {
            let line = lines.next().ok_or("the file ends before the list")??;
            if line != item.get() {
                return Err(format!("{line}\nis in the file, in the list\n{item}").into());
            }
            count += 1;
        }
        match page.page.next_cursor {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    if lines.next().is_some() {
        return Err("the file has more than the list".into());
    }
    Ok(count)
}
