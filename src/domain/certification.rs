//! The certifications of a user.

use super::{text::words, timestamp::Timestamp};

words! {
    /// The status of a user's certification.
    pub enum CertificationStatus {
        /// Not every required course is completed without a fail.
        NotMet = "not_met",
        /// Every required course is.
        Met = "met",
        /// It was met, and its validity has run out.
        Expired = "expired",
    }
}

/// When a certification met at `met_at` expires: after `validity_days` times 24 hours. `None` if it
/// never does.
pub fn expires_at(met_at: Timestamp, validity_days: Option<i64>) -> Option<Timestamp> {
    validity_days.map(|days| met_at.plus_seconds(days.saturating_mul(24 * 3600)))
}
