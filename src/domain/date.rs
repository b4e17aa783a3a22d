//! Days of the calendar.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{PartialSchema, ToSchema, openapi};

use super::timestamp::Timestamp;

/// A day of the calendar, between the years 1 and 9999, in no particular time zone.
///
/// Text form: RFC 3339 `full-date`, which sorts in the order of days.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(NaiveDate);

/// The largest offset from UTC of any time zone, in seconds: UTC+14.
const EARLIEST_ZONE_SECONDS: i64 = 14 * 3600;

impl Date {
    /// The latest day that any time zone has at a time: that of UTC+14.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_form() {
        for text in ["0001-01-01", "2024-02-29", "2026-06-30", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
        for text in
            ["", "2026-6-30", "2026-06-31", "2025-02-29", "0000-01-01", "+2026-6-30", "20260630"]
        {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_latest_day_is_that_of_utc_plus_14() {
        let latest = |time: &str| Date::latest_at(time.parse().unwrap()).to_string();
        assert_eq!(latest("2026-06-30T09:59:59.999Z"), "2026-06-30");
        assert_eq!(latest("2026-06-30T10:00:00Z"), "2026-07-01");
    }
}
