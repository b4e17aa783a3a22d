//! Entries as records of a CSV file (RFC 4180).

use chrono::{FixedOffset, Offset, SecondsFormat, TimeZone};
use chrono_tz::Tz;
use csv::{Terminator, WriterBuilder};
use uuid::Uuid;

use crate::{
    domain::{characters::shows_nothing, entry::EntryType, ids::Id, timestamp::Timestamp},
    error::{Error, Result},
    journal::entry::view::EntryView,
};

/// Writes the cell of one column.
type WriteCell = fn(&mut Table, &EntryView<'_>) -> csv::Result<()>;

/// The columns: the name, as the fields of an entry have it, and its cell.
const COLUMNS: &[(&str, WriteCell)] = &[
    ("id", |table, entry| table.id(Some(entry.id))),
    ("user_id", |table, entry| table.id(Some(entry.user_id))),
    ("type", |table, entry| table.text(Some(entry_type(entry).as_str()))),
    ("action", |table, entry| table.text(Some(entry.action))),
    ("occurred_at", |table, entry| table.time(Some(entry.occurred_at))),
    ("recorded_at", |table, entry| table.time(Some(entry.recorded_at))),
    ("created_by_id", |table, entry| table.id(entry.created_by.map(|it| it.id))),
    ("created_by_name", |table, entry| table.text(entry.created_by.map(|it| it.name))),
    ("created_by_kind", |table, entry| table.text(entry.created_by.map(|it| it.kind))),
    ("entered_by_id", |table, entry| table.id(entry.entered_by.map(|it| it.id))),
    ("entered_by_name", |table, entry| table.text(entry.entered_by.map(|it| it.name))),
    ("entered_by_kind", |table, entry| table.text(entry.entered_by.map(|it| it.kind))),
    ("source", |table, entry| table.text(Some(entry.source))),
    ("relates_to", |table, entry| table.id(entry.relates_to)),
    ("description", |table, entry| table.text(entry.description)),
    ("target_type", |table, entry| table.text(entry.target.map(|it| it.target_type))),
    ("target_id", |table, entry| table.id(entry.target.map(|it| it.id))),
    ("target_name", |table, entry| table.text(entry.target.map(|it| it.name))),
    ("changes", |table, entry| table.text(changes(entry))),
    ("external_id", |table, entry| table.text(entry.external_id)),
    ("notes", |table, entry| table.text(entry.notes)),
    ("revision", |table, entry| table.number(entry.revision)),
    ("edited_at", |table, entry| table.time(entry.edited_at)),
    ("edited_by_id", |table, entry| table.id(entry.edited_by.map(|it| it.id))),
    ("edited_by_name", |table, entry| table.text(entry.edited_by.map(|it| it.name))),
    ("edited_by_kind", |table, entry| table.text(entry.edited_by.map(|it| it.kind))),
];

fn entry_type(entry: &EntryView<'_>) -> EntryType {
    match entry.notes {
        Some(_) => EntryType::Manual,
        None => EntryType::System,
    }
}

/// The changes as JSON: an array, empty where nothing changed; nothing for a note.
fn changes<'a>(entry: &EntryView<'a>) -> Option<&'a str> {
    match entry_type(entry) {
        EntryType::Manual => None,
        EntryType::System => entry.changes.or(Some("[]")),
    }
}

/// Records, being written.
pub struct Table {
    writer: csv::Writer<Vec<u8>>,
    /// The time zone of the times.
    zone: Tz,
    /// The first error, if there was one.
    error: Option<csv::Error>,
}

impl Table {
    /// A table without records, with memory for `capacity` bytes.
    pub fn new(zone: Tz, capacity: usize) -> Self {
        let bytes = Vec::with_capacity(capacity);
        let writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(bytes);
        Self { writer, zone, error: None }
    }

    /// The header row.
    ///
    /// # Errors
    /// `internal_error` where it can't be written.
    pub fn header(zone: Tz) -> Result<Vec<u8>> {
        let mut table = Self::new(zone, 0);
        let names = COLUMNS.iter().map(|(name, _)| name);
        table.writer.write_record(names).map_err(Error::internal)?;
        table.finish()
    }

    /// Adds the record of an entry. [`Self::finish`] returns the error, if there is one.
    pub fn add(&mut self, entry: &EntryView<'_>) {
        if self.error.is_none() {
            self.error = self.add_record(entry).err();
        }
    }

    /// The records.
    ///
    /// # Errors
    /// `internal_error` where a record could not be written.
    pub fn finish(self) -> Result<Vec<u8>> {
        match self.error {
            Some(error) => Err(Error::internal(error)),
            None => self.writer.into_inner().map_err(Error::internal),
        }
    }

    fn add_record(&mut self, entry: &EntryView<'_>) -> csv::Result<()> {
        for (_, write_cell) in COLUMNS {
            write_cell(self, entry)?;
        }
        self.writer.write_record(None::<&[u8]>)
    }

    fn id<K>(&mut self, id: Option<Id<K>>) -> csv::Result<()> {
        let mut buffer = Uuid::encode_buffer();
        self.writer.write_field(match id {
            Some(id) => id.uuid().hyphenated().encode_lower(&mut buffer),
            None => "",
        })
    }

    fn time(&mut self, time: Option<Timestamp>) -> csv::Result<()> {
        match time {
            Some(time) if self.zone == Tz::UTC => self.writer.write_field(time.text()),
            Some(time) => self.writer.write_field(local_time(time, self.zone)),
            None => self.writer.write_field(""),
        }
    }

    fn number(&mut self, number: Option<i64>) -> csv::Result<()> {
        match number {
            Some(number) => self.writer.write_field(number.to_string()),
            None => self.writer.write_field(""),
        }
    }

    /// A text that no spreadsheet runs: what looks like a formula comes after a `'`.
    fn text(&mut self, text: Option<&str>) -> csv::Result<()> {
        let text = text.unwrap_or_default();
        if looks_like_formula(text) {
            return self.writer.write_field(format!("'{text}"));
        }
        self.writer.write_field(text)
    }
}

/// The signs that begin a formula, with their full-width forms.
const FORMULA_SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet may run a cell with this text (OWASP: CSV injection). Spreadsheets skip what
/// nobody sees before the sign, and take a tab or a line end for the begin of the next cell.
fn looks_like_formula(text: &str) -> bool {
    let visible = text.trim_start_matches(shows_nothing);
    visible.starts_with(FORMULA_SIGNS) || text.starts_with(['\t', '\r', '\n'])
}

/// A time as the clocks of a zone showed it, with its offset: RFC 3339.
fn local_time(time: Timestamp, zone: Tz) -> String {
    let utc = time.to_utc();
    // Before zones were standardised, offsets had seconds; RFC 3339 has none. The instant stays true.
    let seconds = zone.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc();
    match FixedOffset::east_opt(seconds - seconds % 60) {
        Some(offset) => utc.with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Millis, false),
        None => time.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The cell that a reader finds where a text was written.
    fn written_and_read(text: &str) -> String {
        let mut table = Table::new(Tz::UTC, 0);
        // With a second cell, because a record of one empty cell is a special case of CSV.
        table.text(Some(text)).unwrap();
        table.number(Some(1)).unwrap();
        table.writer.write_record(None::<&[u8]>).unwrap();
        let bytes = table.finish().unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        let records: Vec<csv::StringRecord> =
            reader.records().collect::<Result<_, _>>().expect("it is CSV");
        assert_eq!(records.len(), 1, "one text is in one record");
        records[0][0].to_owned()
    }

    fn any_time() -> impl Strategy<Value = Timestamp> {
        (-62_135_596_800_000_i64..=253_402_300_799_999)
            .prop_map(|millis| Timestamp::from_millis(millis).unwrap())
    }

    proptest! {
        #[test]
        fn a_text_is_read_as_it_was_written_and_is_no_formula(text in any::<String>()) {
            let cell = written_and_read(&text);
            prop_assert!(!looks_like_formula(&cell));
            prop_assert_eq!(cell.strip_prefix('\'').unwrap_or(&cell), text.strip_prefix('\'').unwrap_or(&text));
        }

        #[test]
        fn a_text_that_looks_like_a_formula_comes_after_an_apostrophe(
            text in "[\\s\u{feff}\u{200b}-\u{200f}\u{2060}\u{61c}\u{34f}\u{115f}\u{3164}\u{ffa0}\u{2800}\u{fe0f}\u{e0001}\0]{0,4}[=+@＝＋－＠-][ -~\n\"]{0,20}"
        ) {
            prop_assert_eq!(written_and_read(&text), format!("'{text}"));
        }

        #[test]
        fn a_text_that_begins_with_a_tab_or_a_line_end_comes_after_an_apostrophe(
            text in "[\t\r\n]\\PC{0,20}"
        ) {
            prop_assert_eq!(written_and_read(&text), format!("'{text}"));
        }

        #[test]
        fn a_text_that_begins_with_a_letter_or_a_digit_stays_as_it_is(text in "[\\pL\\pN]\\PC{0,20}") {
            prop_assert_eq!(written_and_read(&text), text);
        }

        #[test]
        fn a_local_time_is_the_same_instant(
            time in any_time(),
            zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
        ) {
            let text = local_time(time, zone);
            // At the ends of time a zone may be in the year 0 or 10000, which no Timestamp has.
            if let Ok(read) = text.parse::<Timestamp>() {
                prop_assert_eq!(read, time);
            }
        }
    }

    #[test]
    fn a_column_is_named_once() {
        let names: std::collections::BTreeSet<&str> =
            COLUMNS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), COLUMNS.len());
    }
}
