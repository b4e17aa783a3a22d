//! The figures of a run, and the table and the plots that show them.

pub mod axis;
pub mod figures;
pub mod markdown;
pub mod numbers;
pub mod plots;
