//! The forms of an exported log: its lines, and the last one, which says how many there were.

use chrono::{FixedOffset, Offset, SecondsFormat, TimeZone};
use chrono_tz::Tz;
use csv::{Terminator, WriterBuilder};
use uuid::Uuid;

use super::json::write_entry;
use crate::{
    domain::{entry::EntryType, ids::Id, timestamp::Timestamp},
    error::{Error, Result},
    journal::entry::view::{ActorView, EntryView},
};

/// The form of a file.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// A table, with its times in a zone.
    Csv(Tz),
    /// One JSON object a line.
    Ndjson,
}

/// The columns of the table, named like the fields.
const COLUMNS: [&str; 26] = [
    "id",
    "user_id",
    "type",
    "action",
    "occurred_at",
    "recorded_at",
    "created_by_id",
    "created_by_name",
    "created_by_kind",
    "entered_by_id",
    "entered_by_name",
    "entered_by_kind",
    "source",
    "relates_to",
    "description",
    "target_type",
    "target_id",
    "target_name",
    "changes",
    "external_id",
    "notes",
    "revision",
    "edited_at",
    "edited_by_id",
    "edited_by_name",
    "edited_by_kind",
];

impl Form {
    /// The media type, with its parameters.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Csv(_) => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// How a file of this form is named at the end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    /// What stands before the entries.
    ///
    /// # Errors
    /// None that is to be expected.
    pub fn head(self) -> Result<Vec<u8>> {
        match self {
            Self::Csv(_) => record(COLUMNS),
            Self::Ndjson => Ok(Vec::new()),
        }
    }

    /// The last line: a file without it was broken off.
    ///
    /// # Errors
    /// None that is to be expected.
    pub fn summary(self, count: usize) -> Result<Vec<u8>> {
        match self {
            Self::Csv(_) => {
                let count = count.to_string();
                let mut cells = [""; COLUMNS.len()];
                cells[..2].copy_from_slice(&["#count", &count]);
                record(cells)
            }
            Self::Ndjson => Ok(format!("{{\"summary\":{{\"count\":{count}}}}}\n").into_bytes()),
        }
    }
}

/// The lines of some entries, being written.
pub enum Lines {
    /// Records of a table; the error that came in between, if there was one.
    Csv(Box<csv::Writer<Vec<u8>>>, Tz, usize, Option<csv::Error>),
    /// JSON.
    Ndjson(Vec<u8>, usize),
}

/// Room for the entries of a chunk: of one size each time, so that the memory of one is good for the
/// next.
const CHUNK_BYTES: usize = 512 * 1024;

impl Lines {
    /// None yet.
    pub fn of(form: Form) -> Self {
        match form {
            Form::Csv(zone) => Self::Csv(Box::new(table(CHUNK_BYTES)), zone, 0, None),
            Form::Ndjson => Self::Ndjson(Vec::with_capacity(CHUNK_BYTES), 0),
        }
    }

    /// Adds the line of an entry.
    pub fn add(&mut self, entry: &EntryView<'_>) {
        match self {
            Self::Csv(table, zone, count, error) => {
                *count += 1;
                *error = error.take().or(add_record(table, entry, *zone).err());
            }
            Self::Ndjson(lines, count) => {
                *count += 1;
                write_entry(lines, entry);
                lines.push(b'\n');
            }
        }
    }

    /// The lines, and how many there are.
    ///
    /// # Errors
    /// None that is to be expected.
    pub fn end(self) -> Result<(Vec<u8>, usize)> {
        match self {
            Self::Csv(.., Some(error)) => Err(Error::internal(error)),
            Self::Csv(table, _, count, None) => {
                Ok((table.into_inner().map_err(Error::internal)?, count))
            }
            Self::Ndjson(lines, count) => Ok((lines, count)),
        }
    }
}

fn table(room: usize) -> csv::Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::with_capacity(room))
}

fn record<'a>(cells: impl IntoIterator<Item = &'a str>) -> Result<Vec<u8>> {
    let mut table = table(0);
    table.write_record(cells).map_err(Error::internal)?;
    table.into_inner().map_err(Error::internal)
}

/// The cells of an entry, in the order of the columns.
fn add_record(
    table: &mut csv::Writer<Vec<u8>>,
    entry: &EntryView<'_>,
    zone: Tz,
) -> csv::Result<()> {
    let entry_type = match entry.notes {
        Some(_) => EntryType::Manual,
        None => EntryType::System,
    };
    add_id(table, Some(entry.id))?;
    add_id(table, Some(entry.user_id))?;
    add_text(table, entry_type.as_str())?;
    add_text(table, entry.action)?;
    add_time(table, Some(entry.occurred_at), zone)?;
    add_time(table, Some(entry.recorded_at), zone)?;
    add_actor(table, entry.created_by)?;
    add_actor(table, entry.entered_by)?;
    add_text(table, entry.source)?;
    add_id(table, entry.relates_to)?;
    add_text(table, entry.description.unwrap_or_default())?;
    add_text(table, entry.target.map_or("", |target| target.target_type))?;
    add_id(table, entry.target.map(|target| target.id))?;
    add_text(table, entry.target.map_or("", |target| target.name))?;
    add_text(
        table,
        match entry_type {
            EntryType::Manual => "",
            EntryType::System => entry.changes.unwrap_or("[]"),
        },
    )?;
    add_text(table, entry.external_id.unwrap_or_default())?;
    add_text(table, entry.notes.unwrap_or_default())?;
    match entry.revision {
        Some(number) => table.write_field(number.to_string())?,
        None => table.write_field("")?,
    }
    add_time(table, entry.edited_at, zone)?;
    add_actor(table, entry.edited_by)?;
    table.write_record(None::<&[u8]>)
}

fn add_actor(table: &mut csv::Writer<Vec<u8>>, actor: Option<ActorView<'_>>) -> csv::Result<()> {
    add_id(table, actor.map(|actor| actor.id))?;
    add_text(table, actor.map_or("", |actor| actor.name))?;
    add_text(table, actor.map_or("", |actor| actor.kind))
}

fn add_id<K>(table: &mut csv::Writer<Vec<u8>>, id: Option<Id<K>>) -> csv::Result<()> {
    let mut room = Uuid::encode_buffer();
    table.write_field(match id {
        Some(id) => id.uuid().hyphenated().encode_lower(&mut room),
        None => "",
    })
}

fn add_time(
    table: &mut csv::Writer<Vec<u8>>,
    time: Option<Timestamp>,
    zone: Tz,
) -> csv::Result<()> {
    match time {
        Some(time) if zone == Tz::UTC => table.write_field(time.text()),
        Some(time) => table.write_field(local(time, zone)),
        None => table.write_field(""),
    }
}

/// A cell that a spreadsheet does not run: what looks like a formula is text after a `'`.
fn add_text(table: &mut csv::Writer<Vec<u8>>, text: &str) -> csv::Result<()> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return table.write_field(format!("'{text}"));
    }
    table.write_field(text)
}

/// A time as the clocks of a zone showed it, with its offset: RFC 3339.
fn local(time: Timestamp, zone: Tz) -> String {
    let utc = time.to_utc();
    // Offsets had seconds before zones were agreed on; RFC 3339 has none. The instant stays true.
    let seconds = zone.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc();
    match FixedOffset::east_opt(seconds - seconds % 60) {
        Some(offset) => utc.with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Millis, false),
        None => time.to_string(),
    }
}
