//! Instants in time.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Datelike, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{PartialSchema, ToSchema, openapi};

/// An instant, in whole milliseconds, UTC, between the years 1 and 9999.
///
/// It is cut to milliseconds at once, so that the same instant is stored, sorted, compared and
/// shown. Text form: RFC 3339 with three digits of a second and `Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

/// 0001-01-01T00:00:00.000Z, in milliseconds since 1970.
const MIN_MILLIS: i64 = -62_135_596_800_000;
/// 9999-12-31T23:59:59.999Z, in milliseconds since 1970.
const MAX_MILLIS: i64 = 253_402_300_799_999;
/// The longest text that is accepted: more digits of a second than any clock has.
const TEXT_MAX: usize = 64;

impl Timestamp {
    /// The instant `millis` milliseconds after 1970-01-01T00:00:00Z; `None` outside the bounds.
    pub fn from_millis(millis: i64) -> Option<Self> {
        (MIN_MILLIS..=MAX_MILLIS)
            .contains(&millis)
            .then(|| DateTime::from_timestamp_millis(millis).map(Self))
            .flatten()
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn millis(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// The time of the system's clock.
    pub fn system_now() -> Self {
        Self::from(Utc::now())
    }

    /// The instant `seconds` later (earlier, if negative), kept within the bounds.
    pub fn plus_seconds(self, seconds: i64) -> Self {
        let millis = self.millis().saturating_add(seconds.saturating_mul(1000));
        Self::from_millis(millis.clamp(MIN_MILLIS, MAX_MILLIS)).unwrap_or(self)
    }

    /// Its text form, as ASCII.
    ///
    /// The text of chrono's `to_rfc3339_opts`, without its `String`: a page of entries has a
    /// hundred.
    pub fn text(self) -> [u8; 24] {
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let (date, time) = (self.0.date_naive(), self.0.time());
        // Within the bounds, it is at least 1.
        let year = date.year().unsigned_abs();
        // A leap second has more than 999. It is shown as the last millisecond before.
        let millis = (time.nanosecond() / 1_000_000).min(999);
        digits(&mut text[0..4], year);
        digits(&mut text[5..7], date.month());
        digits(&mut text[8..10], date.day());
        digits(&mut text[11..13], time.hour());
        digits(&mut text[14..16], time.minute());
        digits(&mut text[17..19], time.second());
        digits(&mut text[20..23], millis);
        text
    }

    /// As chrono's type.
    pub fn to_utc(self) -> DateTime<Utc> {
        self.0
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        let millis = time.timestamp_millis().clamp(MIN_MILLIS, MAX_MILLIS);
        Self(DateTime::from_timestamp_millis(millis).unwrap_or_default())
    }
}

/// Writes a number with as many digits as the slice has.
fn digits(room: &mut [u8], mut number: u32) {
    for digit in room.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not an RFC 3339 time between the years 1 and 9999.
#[derive(Debug)]
pub struct NotATime;

impl fmt::Display for NotATime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected an RFC 3339 time with an offset, such as 2026-06-30T23:59:59Z \
             (in a query, write the + of an offset as %2B)",
        )
    }
}

impl FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        // chrono also accepts a space for the T, which RFC 3339 allows only by agreement.
        if text.len() > TEXT_MAX || !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
            return Err(NotATime);
        }
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| NotATime)?;
        Self::from_millis(time.timestamp_millis()).ok_or(NotATime)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> openapi::RefOr<openapi::Schema> {
        openapi::ObjectBuilder::new()
            .schema_type(openapi::Type::String)
            .format(Some(openapi::SchemaFormat::KnownFormat(openapi::KnownFormat::DateTime)))
            .max_length(Some(TEXT_MAX))
            .description(Some(
                "RFC 3339. Responses are in UTC with milliseconds and `Z`. Requests may use any \
                 offset.",
            ))
            .examples(["2026-06-30T09:15:00.000Z"])
            .into()
    }
}

impl ToSchema for Timestamp {
    fn name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_text_is_that_of_chrono_and_is_read_again(millis in MIN_MILLIS..=MAX_MILLIS) {
            let time = Timestamp::from_millis(millis).unwrap();
            let text = time.to_string();
            let chrono = time.to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            prop_assert_eq!(&text, &chrono);
            prop_assert_eq!(text.parse::<Timestamp>().unwrap(), time);
            prop_assert_eq!(time.millis(), millis);
        }

        #[test]
        fn texts_sort_as_times_do(one in MIN_MILLIS..=MAX_MILLIS, other in MIN_MILLIS..=MAX_MILLIS) {
            let [one, other] = [one, other].map(|it| Timestamp::from_millis(it).unwrap());
            prop_assert_eq!(one.text().cmp(&other.text()), one.cmp(&other));
        }

        #[test]
        fn later_stays_within_the_bounds(millis in MIN_MILLIS..=MAX_MILLIS, seconds: i64) {
            let later = Timestamp::from_millis(millis).unwrap().plus_seconds(seconds);
            let expected = i128::from(millis) + i128::from(seconds) * 1000;
            let bounds = (i128::from(MIN_MILLIS), i128::from(MAX_MILLIS));
            prop_assert_eq!(i128::from(later.millis()), expected.clamp(bounds.0, bounds.1));
        }
    }

    #[test]
    fn any_offset_is_read_and_shown_in_utc() {
        let shown = |text: &str| text.parse::<Timestamp>().map(|time| time.to_string()).ok();
        let utc = Some("2026-06-30T09:15:00.000Z".to_owned());
        assert_eq!(shown("2026-06-30T11:15:00+02:00"), utc);
        assert_eq!(shown("2026-06-30t09:15:00.000999z"), utc);
        assert_eq!(shown("2026-06-30 09:15:00Z"), None);
        assert_eq!(shown("2026-06-30T09:15:00"), None);
        assert_eq!(shown("0000-12-31T23:59:59Z"), None);
        assert_eq!(shown(&format!("2026-06-30T09:15:00.{}Z", "0".repeat(60))), None);
    }
}
