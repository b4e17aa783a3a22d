//! The file of an import: CSV (RFC 4180), read line by line.

use std::str::FromStr;

use csv::{ReaderBuilder, StringRecord};
use validator::Validate;

use crate::{
    api::http::validate::{email_address, field_errors, iana_time_zone, line, visible_name},
    changes::import::line::ImportUser,
    domain::{
        import::Column,
        limits::{EMAIL_MAX, IMPORT_LINES_MAX, NAME_MAX},
        text::UnknownWord,
    },
    error::{Error, InputError, Result},
};

/// The most lines after the header.
const LINES_MAX: usize = IMPORT_LINES_MAX as usize;

/// A line of the file.
pub struct Line {
    /// Where it begins; the header is line 1.
    pub number: u64,
    /// Its content, or what is wrong with it.
    pub content: Result<ImportUser>,
}

/// Reads a file. An invalid line does not stop the others.
///
/// # Errors
/// `validation_failed` if the header is wrong, or there are too many lines.
pub fn read(text: &str) -> Result<Vec<Line>> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut next = |record: &mut StringRecord| {
        // The text is UTF-8 and in memory: nothing is left that could go wrong.
        reader.read_record(record).map_err(Error::internal)
    };
    if !next(&mut record)? {
        return Err(Error::invalid_field("", "required", "There is no header row."));
    }
    let columns = columns(&record)?;
    let mut lines = Vec::new();
    let mut counter = LineCounter { text: text.as_bytes(), at: 0, line: 1 };
    while next(&mut record)? {
        if lines.len() == LINES_MAX {
            let text = format!("An import has at most {LINES_MAX} lines after the header.");
            return Err(Error::invalid_field("", "too_many", text));
        }
        let number = counter.line_of(&record);
        lines.push(Line { number, content: user(&columns, &record) });
    }
    Ok(lines)
}

/// The line where a record begins. The reader's own position is before blank lines.
struct LineCounter<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl LineCounter<'_> {
    fn line_of(&mut self, record: &StringRecord) -> u64 {
        let start = record.position().map_or(0, |it| usize::try_from(it.byte()).unwrap_or(0));
        while let Some(byte) = self.text.get(self.at) {
            let ends_line = match byte {
                b'\n' => true,
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            if self.at >= start && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(ends_line);
            self.at += 1;
        }
        self.line
    }
}

fn columns(header: &StringRecord) -> Result<Vec<Column>> {
    let mut columns = Vec::new();
    let mut errors = Vec::new();
    for name in header.iter().map(str::trim) {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        match Column::from_str(name) {
            Ok(column) if columns.contains(&column) => {
                let text = format!("The column {name} is there more than once.");
                errors.push(InputError::body(pointer, "repeated", text));
            }
            Ok(column) => columns.push(column),
            Err(_) => {
                let known = Column::WORDS.join(", ");
                let text = format!("There is no column “{name}”; there are {known}.");
                errors.push(InputError::body(pointer, "unknown_column", text));
            }
        }
    }
    if errors.is_empty()
        && ![Column::Email, Column::EmployeeId].iter().any(|it| columns.contains(it))
    {
        let text = "There has to be a column email or employee_id.";
        errors.push(InputError::body("/email", "required", text));
    }
    if errors.is_empty() { Ok(columns) } else { Err(Error::invalid(errors)) }
}

/// The cells whose shape is checked first, as in the body of a user.
#[derive(Default, Validate)]
struct Cells {
    #[validate(custom(function = email_address), length(max = EMAIL_MAX))]
    email: Option<String>,
    #[validate(length(min = 1, max = NAME_MAX), custom(function = line))]
    employee_id: Option<String>,
    #[validate(length(min = 1, max = NAME_MAX), custom(function = visible_name))]
    given_name: Option<String>,
    #[validate(length(min = 1, max = NAME_MAX), custom(function = visible_name))]
    surname: Option<String>,
    #[validate(custom(function = iana_time_zone))]
    time_zone: Option<String>,
}

fn user(columns: &[Column], record: &StringRecord) -> Result<ImportUser> {
    if record.len() != columns.len() {
        let (has, needs) = (record.len(), columns.len());
        let text = format!("It has {has} cells, the header has {needs}.");
        return Err(Error::invalid_field("", "wrong_length", text));
    }
    let mut user = ImportUser::default();
    let mut cells = Cells::default();
    let mut errors = Vec::new();
    for (column, cell) in columns.iter().zip(record.iter().map(str::trim)) {
        if cell.is_empty() {
            continue;
        }
        if cell.contains('\0') {
            let text = "Text can't have a NUL character in it.";
            errors.push(InputError::body(format!("/{column}"), "invalid_character", text));
            continue;
        }
        let text = Some(cell.to_owned());
        match column {
            Column::Email => cells.email = text,
            Column::EmployeeId => cells.employee_id = text,
            Column::GivenName => cells.given_name = text,
            Column::Surname => cells.surname = text,
            Column::TimeZone => cells.time_zone = text,
            Column::Kind => user.kind = word(*column, cell, &mut errors),
            Column::Status => user.status = word(*column, cell, &mut errors),
            Column::Role => user.role = word(*column, cell, &mut errors),
            Column::HomeGroup => user.home_group = text,
            Column::Groups => user.groups = several(cell),
            Column::LearningPlans => user.learning_plans = several(cell),
            Column::Supervisors => user.supervisors = several(cell),
        }
    }
    if let Err(found) = cells.validate() {
        errors.extend(field_errors(&found));
    }
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    let Cells { email, employee_id, given_name, surname, time_zone } = cells;
    Ok(ImportUser { email, employee_id, given_name, surname, time_zone, ..user })
}

/// The word of a closed vocabulary.
fn word<T: FromStr<Err = UnknownWord>>(
    column: Column,
    cell: &str,
    errors: &mut Vec<InputError>,
) -> Option<T> {
    let found = cell.parse().map_err(|error: UnknownWord| error.to_string());
    found
        .map_err(|text| errors.push(InputError::body(format!("/{column}"), "invalid_choice", text)))
        .ok()
}

fn several(cell: &str) -> Vec<String> {
    let names = cell.split(';').map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}
