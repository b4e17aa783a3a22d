//! The forms of an exported log: its lines, and the last one, which says how many there were.

use std::borrow::Cow;

use chrono::{FixedOffset, Offset, SecondsFormat, TimeZone};
use chrono_tz::Tz;
use csv::{Terminator, WriterBuilder};

use super::entry::ActivityEntry;
use crate::{
    db::EntryRow,
    domain::{
        entry::{EntryType, TargetType},
        ids::Id,
        timestamp::Timestamp,
        user::UserKind,
    },
    error::{Error, Result},
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
            Self::Csv(_) => records([COLUMNS.map(Cow::Borrowed)]),
            Self::Ndjson => Ok(Vec::new()),
        }
    }

    /// Some entries.
    ///
    /// # Errors
    /// None that is to be expected.
    pub fn lines(self, rows: Vec<EntryRow>) -> Result<Vec<u8>> {
        match self {
            Self::Csv(zone) => records(rows.into_iter().map(|row| cells(row, zone))),
            Self::Ndjson => {
                let mut lines = Vec::new();
                for row in rows {
                    let entry = ActivityEntry::from(row);
                    serde_json::to_writer(&mut lines, &entry).map_err(Error::internal)?;
                    lines.push(b'\n');
                }
                Ok(lines)
            }
        }
    }

    /// The last line: a file without it was broken off.
    ///
    /// # Errors
    /// None that is to be expected.
    pub fn summary(self, count: usize) -> Result<Vec<u8>> {
        match self {
            Self::Csv(_) => {
                let mut cells = [const { Cow::Borrowed("") }; COLUMNS.len()];
                cells[0] = Cow::Borrowed("#count");
                cells[1] = Cow::Owned(count.to_string());
                records([cells])
            }
            Self::Ndjson => Ok(format!("{{\"summary\":{{\"count\":{count}}}}}\n").into_bytes()),
        }
    }
}

type Cells = [Cow<'static, str>; COLUMNS.len()];

fn records(records: impl IntoIterator<Item = Cells>) -> Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for cells in records {
        writer.write_record(cells.iter().map(|cell| cell.as_bytes())).map_err(Error::internal)?;
    }
    writer.into_inner().map_err(Error::internal)
}

/// The cells of an entry, in the order of the columns.
fn cells(row: EntryRow, zone: Tz) -> Cells {
    let entry_type = row.action.entry_type();
    let changes = match (entry_type, row.changes) {
        (EntryType::Manual, _) => word(""),
        (EntryType::System, changes) => changes.map_or(word("[]"), Cow::Owned),
    };
    let cells: Cells = [
        row.id.to_string().into(),
        row.user_id.to_string().into(),
        word(entry_type.as_str()),
        word(row.action.as_str()),
        local(row.occurred_at, zone).into(),
        local(row.recorded_at, zone).into(),
        id(row.created_by_id),
        row.created_by_name.unwrap_or_default().into(),
        word(row.created_by_kind.map_or("", UserKind::as_str)),
        id(row.entered_by_id),
        row.entered_by_name.unwrap_or_default().into(),
        word(row.entered_by_kind.map_or("", UserKind::as_str)),
        word(row.source.as_str()),
        id(row.relates_to),
        row.description.unwrap_or_default().into(),
        word(row.target_type.map_or("", TargetType::as_str)),
        id(row.target_id),
        row.target_name.unwrap_or_default().into(),
        changes,
        row.external_id.unwrap_or_default().into(),
        row.notes.unwrap_or_default().into(),
        row.revision.map(|number| number.to_string()).unwrap_or_default().into(),
        row.edited_at.map(|time| local(time, zone)).unwrap_or_default().into(),
        id(row.edited_by_id),
        row.edited_by_name.unwrap_or_default().into(),
        word(row.edited_by_kind.map_or("", UserKind::as_str)),
    ];
    cells.map(harmless)
}

fn word(text: &'static str) -> Cow<'static, str> {
    Cow::Borrowed(text)
}

fn id<K>(id: Option<Id<K>>) -> Cow<'static, str> {
    id.map(|id| id.to_string()).unwrap_or_default().into()
}

/// A cell that a spreadsheet does not run: what looks like a formula is text after a `'`.
fn harmless(cell: Cow<'static, str>) -> Cow<'static, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        return format!("'{cell}").into();
    }
    cell
}

/// A time as the clocks of a zone showed it, with its offset: RFC 3339.
fn local(time: Timestamp, zone: Tz) -> String {
    if zone == Tz::UTC {
        return time.to_string();
    }
    let utc = time.to_utc();
    // Offsets had seconds before zones were agreed on; RFC 3339 has none. The instant stays true.
    let seconds = zone.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc();
    match FixedOffset::east_opt(seconds - seconds % 60) {
        Some(offset) => utc.with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Millis, false),
        None => time.to_string(),
    }
}
