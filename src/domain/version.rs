//! Versions of resources, and conditional requests (RFC 9110, section 13).

use crate::error::{Code, Error, Result};

/// The condition of an `If-Match` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// No header.
    Missing,
    /// `*`: any version.
    Any,
    /// One of these versions. Tags that are no version are left out.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Refuses a change of the version `current` that the condition excludes.
    ///
    /// # Errors
    /// `precondition_required` without a condition, `precondition_failed` where it is false.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_required_and_has_to_be_true() {
        let code = |condition: IfMatch| condition.check(3).err().map(|error| error.code);
        assert_eq!(code(IfMatch::Any), None);
        assert_eq!(code(IfMatch::Versions(vec![1, 3])), None);
        assert_eq!(code(IfMatch::Versions(vec![2])), Some(Code::PreconditionFailed));
        assert_eq!(code(IfMatch::Versions(Vec::new())), Some(Code::PreconditionFailed));
        assert_eq!(code(IfMatch::Missing), Some(Code::PreconditionRequired));
    }
}
