//! Where results go, in the order of their items.

use crate::error::TaskError;

/// The error is boxed, since moving room for a large one costs more than a small result.
pub(in crate::pool) trait Sink<R> {
    /// Whether the first failure ends the call, whichever item it belongs to.
    const STOPS_AT_FAILURE: bool = false;

    /// Takes the next result. An error says that no more are wanted.
    fn take(&mut self, result: Result<R, Box<TaskError>>) -> Result<(), Box<TaskError>>;

    /// Takes the next results, none of which failed.
    #[inline]
    fn take_all(&mut self, mut values: impl Iterator<Item = R>) -> Result<(), Box<TaskError>> {
        values.try_for_each(|value| self.take(Ok(value)))
    }
}

/// Keeps only the values, up to the first error.
impl<R> Sink<R> for Vec<R> {
    const STOPS_AT_FAILURE: bool = true;

    #[inline]
    fn take(&mut self, result: Result<R, Box<TaskError>>) -> Result<(), Box<TaskError>> {
        result.map(|value| self.push(value))
    }

    #[inline]
    fn take_all(&mut self, values: impl Iterator<Item = R>) -> Result<(), Box<TaskError>> {
        self.extend(values);
        Ok(())
    }
}

impl<R> Sink<R> for Vec<Result<R, TaskError>> {
    fn take(&mut self, result: Result<R, Box<TaskError>>) -> Result<(), Box<TaskError>> {
        self.push(result.map_err(|error| *error));
        Ok(())
    }
}

/// Keeps only the first failure.
pub(in crate::pool) struct FirstFailure;

impl<R> Sink<R> for FirstFailure {
    fn take(&mut self, result: Result<R, Box<TaskError>>) -> Result<(), Box<TaskError>> {
        result.map(drop)
    }
}

/// Keeps the only result.
impl<R> Sink<R> for Option<Result<R, Box<TaskError>>> {
    #[inline]
    fn take(&mut self, result: Result<R, Box<TaskError>>) -> Result<(), Box<TaskError>> {
        *self = Some(result);
        Ok(())
    }
}
