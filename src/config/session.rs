//! The setting of how long a session lasts.

use std::str::FromStr;

/// The days that a session lasts from its log-in, however often it is refreshed: 1 to 365.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionDays(u16);

impl Default for SessionDays {
    fn default() -> Self {
        Self(30)
    }
}

impl FromStr for SessionDays {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let days = text.parse().ok().filter(|days| (1..=365).contains(days));
        days.map(Self).ok_or("expected 1 to 365")
    }
}

impl SessionDays {
    /// The same in seconds.
    pub fn seconds(self) -> i64 {
        i64::from(self.0) * 24 * 3600
    }
}

#[cfg(test)]
mod tests {
    use super::SessionDays;

    #[test]
    fn a_session_has_a_day_to_a_year() {
        for text in ["0", "366", "-1", "", "1.5", "thirty"] {
            assert!(text.parse::<SessionDays>().is_err(), "{text}");
        }
        assert_eq!("30".parse(), Ok(SessionDays::default()));
    }
}
