//! What a check of the database finds.

use std::fmt;

use crate::{domain::ids::EntryId, ledger::hash::Hash};

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not say what its record says, or its record not what the tree says.
    Altered,
    /// The record is there, and what it tells of is not; or a record is not there.
    Missing,
    /// It is there, and no record tells of it.
    Added,
    /// Its record stands where another one stood.
    Reordered,
    /// Records are gone from the end.
    Cut,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Altered => "altered",
            Self::Missing => "missing",
            Self::Added => "added",
            Self::Reordered => "reordered",
            Self::Cut => "cut",
        })
    }
}

/// One row that is not right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub fault: Fault,
    /// The position of the record, where there is one.
    pub position: Option<i64>,
    /// The entry, where it is about one.
    pub entry: Option<EntryId>,
    /// In a few words.
    pub detail: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let position = self.position.map_or_else(|| "-".to_owned(), |it| it.to_string());
        let entry = self.entry.map_or_else(|| "-".to_owned(), |it| it.to_string());
        write!(f, "{} {position} {entry} {}", self.fault, self.detail)
    }
}

/// What a check came to.
#[derive(Clone, Debug)]
pub struct Verified {
    /// How many records have a position.
    pub size: u64,
    /// The root of the tree of all of them.
    pub root: Hash,
    /// How many rows are not right.
    pub faults: u64,
}
