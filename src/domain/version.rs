//! Versions of resources, and the conditions that requests put on them (RFC 9110, section 13).

use crate::error::{Code, Error, Result};

/// What `If-Match` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// There is none.
    Missing,
    /// `*`: whatever the version is.
    Any,
    /// One of these versions. Tags that can't be ours are left out.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Lets a change of the version `current` through.
    ///
    /// # Errors
    /// `precondition_required` without a condition, `precondition_failed` where it does not hold.
    pub fn check(&self, current: i64) -> Result<()> {
        match self {
            Self::Missing => Err(Error::new(
                Code::PreconditionRequired,
                "Send the ETag of the resource that you read as If-Match.",
            )),
            Self::Any => Ok(()),
            Self::Versions(versions) if versions.contains(&current) => Ok(()),
            Self::Versions(_) => Err(Error::new(
                Code::PreconditionFailed,
                "The resource has changed since you read it. Read it again.",
            )),
        }
    }
}
