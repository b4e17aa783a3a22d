//! The error of the benchmarks: any error, because each one ends the run with its message.

use std::error;

/// The result of whatever can fail.
pub type Result<T> = std::result::Result<T, Box<dyn error::Error>>;
