//! What follows by rule: certifications from completions, learning plans from certifications.
//!
//! All of it happens in the transaction of its cause, under the lock of the user. The state is read
//! before the rules are applied and written after, for one user as for many. The entries of a user
//! come in the order: certifications, then plans.

mod certifications;
mod plans;
pub(super) mod user_rules;
