//! The future of extractors that have to wait.

use std::{future::Future, pin::Pin};

use crate::error::Result;

/// A boxed future with the result of an extractor; actix runs it on one thread.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = Result<T>>>>;
