//! The formats of an exported log.

use chrono_tz::Tz;

use super::{export_csv::Table, json::write_entry};
use crate::{error::Result, journal::entry::view::EntryView};

/// The format of a file.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// A table, with its times in a zone.
    Csv(Tz),
    /// One JSON object a line.
    Ndjson,
}

impl Form {
    /// The media type, with its parameters.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv(_) => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// The extension of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    /// The bytes before the entries.
    ///
    /// # Errors
    /// `internal_error` where the table can't be written.
    pub fn head(self) -> Result<Vec<u8>> {
        match self {
            Self::Csv(zone) => Table::header(zone),
            Self::Ndjson => Ok(Vec::new()),
        }
    }
}

/// The lines of some entries, being written.
pub struct Lines {
    format: Writer,
    count: usize,
}

enum Writer {
    Csv(Box<Table>),
    Ndjson(Vec<u8>),
}

/// The initial capacity for a chunk. It is the same each time, so that the allocator reuses the memory.
const CHUNK_BYTES: usize = 512 * 1024;

impl Lines {
    /// No lines yet.
    pub fn new(form: Form) -> Self {
        let format = match form {
            Form::Csv(zone) => Writer::Csv(Box::new(Table::new(zone, CHUNK_BYTES))),
            Form::Ndjson => Writer::Ndjson(Vec::with_capacity(CHUNK_BYTES)),
        };
        Self { format, count: 0 }
    }

    /// Adds the line of an entry.
    pub fn add(&mut self, entry: &EntryView<'_>) {
        self.count += 1;
        match &mut self.format {
            Writer::Csv(table) => table.add(entry),
            Writer::Ndjson(lines) => {
                write_entry(lines, entry);
                lines.push(b'\n');
            }
        }
    }

    /// The lines, and how many there are.
    ///
    /// # Errors
    /// `internal_error` where a line could not be written.
    pub fn finish(self) -> Result<(Vec<u8>, usize)> {
        let bytes = match self.format {
            Writer::Csv(table) => table.finish()?,
            Writer::Ndjson(lines) => lines,
        };
        Ok((bytes, self.count))
    }
}
