//! Exports a million entries, watches the memory of the service, and compares each file with the list.

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
    data::users::{PASSWORD, email},
    error::Result,
    measure::client::Client,
    output::print,
    platform::people::{ADMINISTRATOR, LONG_LOG, log_path},
};

/// How much a process may grow by, in MiB.
const GROWTH_MAX: f64 = 64.0;

/// Exports from the service at an address, whose process is `process`, and prints a table row for each
/// file.
pub fn run(name: &str, address: &str, process: u32) -> Result<()> {
    let mut client = Client::log_in(address, &email(ADMINISTRATOR), PASSWORD)?;
    let folder = Path::new("target/bench");
    fs::create_dir_all(folder)?;
    let long_log = log_path(LONG_LOG)?;
    // Before the exports, because the first requests start threads and connections.
    client.get("/activity?limit=100")?;
    client.get(&format!("{long_log}?limit=100"))?;
    let before = memory(process, "VmRSS:")?;
    for (list, format) in
        [("/activity", "ndjson"), ("/activity", "csv"), (long_log.as_str(), "ndjson")]
    {
        let file = folder.join(format!("export-{name}.{format}"));
        let begun = Instant::now();
        let (peak, anonymous) = watch_memory(process, || {
            let mut out = BufWriter::new(File::create(&file)?);
            client.get_into(&format!("{list}/export?format={format}"), &mut out)?;
            Ok(out.flush()?)
        })?;
        let elapsed = begun.elapsed();
        let bytes = fs::metadata(&file)?.len();
        let entries = match format {
            "ndjson" => compare(&mut client, &file, list)?,
            _ => records(&file)?,
        };
        let kind = if list == "/activity" { "all" } else { "one user" };
        let grown = (peak as f64 - before as f64) / 1024.0;
        let anonymous = anonymous as f64 / 1024.0;
        let mark = if grown < GROWTH_MAX { "" } else { "**" };
        print(&format!(
            "| {name} | {kind} | {format} | {entries} | {} MB | {:.1} s | {:.1} MiB | \
             {mark}{grown:.1} MiB{mark} | {anonymous:.1} MiB |\n",
            bytes / 1_000_000,
            elapsed.as_secs_f64(),
            before as f64 / 1024.0,
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

/// The peaks of the resident and of the anonymous memory of a process during some work, in KiB.
fn watch_memory(process: u32, work: impl FnOnce() -> Result<()>) -> Result<(u64, u64)> {
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
    let worked = work();
    over.store(true, Ordering::Relaxed);
    watcher.join().map_err(|_| "the watcher panicked")?;
    worked?;
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
    page: PageInfo,
}

#[derive(serde::Deserialize)]
struct PageInfo {
    next_cursor: Option<String>,
}

/// Compares each line of a file with the item of the list, byte for byte, and returns their number.
fn compare(client: &mut Client, file: &Path, list: &str) -> Result<u64> {
    let mut lines = BufReader::new(File::open(file)?).lines();
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let body = client.get(&format!("{list}?limit=100{cursor}"))?;
        let page: Page<'_> = serde_json::from_slice(&body)?;
        for item in page.data {
            let line = lines.next().ok_or("the file ends before the list")??;
            if line != item.get() {
                return Err(format!("the file has\n{line}\nand the list\n{item}").into());
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
