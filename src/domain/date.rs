//! Days of the calendar.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{PartialSchema, ToSchema, openapi};

use super::timestamp::Timestamp;

/// A day of the calendar, between the years 1 and 9999, wherever on earth it was.
///
/// Text form: RFC 3339 `full-date`, which sorts as the days do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(NaiveDate);

/// How far ahead of UTC the earliest place on earth is, in seconds.
const EARLIEST_ZONE_SECONDS: i64 = 14 * 3600;

impl Date {
    /// The latest day that it is anywhere on earth at a time: UTC+14.
    pub fn latest_at(time: Timestamp) -> Self {
        Self(time.plus_seconds(EARLIEST_ZONE_SECONDS).to_utc().date_naive())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not an RFC 3339 date between the years 1 and 9999.
#[derive(Debug)]
pub struct NotADate;

impl fmt::Display for NotADate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a day of the calendar as an RFC 3339 date, such as 2026-06-30")
    }
}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        // chrono also reads `2026-6-3` and signs; a full-date has one form.
        if text.len() != 10 || !text.bytes().all(|it| it.is_ascii_digit() || it == b'-') {
            return Err(NotADate);
        }
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| NotADate)?;
        let date = Self(day);
        let fits = day.year() >= 1 && date.to_string() == text;
        if fits { Ok(date) } else { Err(NotADate) }
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl PartialSchema for Date {
    fn schema() -> openapi::RefOr<openapi::Schema> {
        openapi::ObjectBuilder::new()
            .schema_type(openapi::Type::String)
            .format(Some(openapi::SchemaFormat::KnownFormat(openapi::KnownFormat::Date)))
            .min_length(Some(10))
            .max_length(Some(10))
            .description(Some("A day of the calendar: RFC 3339 `full-date`."))
            .examples(["2026-06-30"])
            .into()
    }
}

impl ToSchema for Date {
    fn name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }
}
