//! Results that arrive later.

use std::fmt;
use std::time::{Duration, Instant};

use super::job::Job;
use super::waiting::Wish;
use crate::error::Error;
use crate::wire::Portable;

/// The result of [`Pool::apply_async`](super::Pool::apply_async), which may not be there yet.
///
/// If this is dropped, the task is run all the same.
pub struct AsyncResult<R: Portable> {
    job: Job<R>,
    /// The result was returned, and there is no other to wait for.
    is_taken: bool,
}

impl<R: Portable> AsyncResult<R> {
    pub(super) fn new(job: Job<R>) -> Self {
        Self {
            job,
            is_taken: false,
        }
    }

    pub(super) fn send<T: Portable>(mut self, item: T) -> Result<Self, Error> {
        self.job.order(0, &item)?;
        self.job.tell();
        Ok(self)
    }

    /// Waits for the result.
    ///
    /// # Errors
    /// [`Error::Child`] with the worker and the cause, if the task gave no result;
    /// [`Error::AlreadyTaken`], if [`get_timeout`](Self::get_timeout) has returned the result; and as
    /// [`map`](crate::Pool::map) of all calls, [`Error::Closed`] if the pool was terminated before
    /// there was a result.
    pub fn get(mut self) -> Result<R, Error> {
        loop {
            if let Some(result) = self.take() {
                return result;
            }
            self.job.wait(Wish::Any, None)?;
        }
    }

    /// Waits for the result, but not longer than `timeout`. `None`: it is not there yet.
    ///
    /// # Errors
    /// As [`get`](Self::get); once the result was returned, [`Error::AlreadyTaken`].
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let mut pool = multiprocessing::Pool::new(1)?;
    /// let mut result = pool.apply_async(|x: u32| x + 1, 41)?;
    /// let answer = loop {
    ///     match result.get_timeout(Duration::from_millis(10))? {
    ///         Some(answer) => break answer,
    ///         None => println!("not yet"),
    ///     }
    /// };
    /// assert_eq!(answer, 42);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn get_timeout(&mut self, timeout: Duration) -> Result<Option<R>, Error> {
        let until = Instant::now().checked_add(timeout);
        let mut is_over = false;
        loop {
            if let Some(result) = self.take() {
                return result.map(Some);
            }
            if is_over {
                return Ok(None);
            }
            // Also when no time is left: only those who wait hear of a worker that died.
            is_over = until.is_some_and(|until| Instant::now() >= until);
            self.job.wait(Wish::Any, until)?;
        }
    }

    /// Whether [`get`](Self::get) would return at once, with the result or with an error.
    pub fn is_ready(&self) -> bool {
        self.job.is_ready()
    }

    fn take(&mut self) -> Option<Result<R, Error>> {
        if self.is_taken {
            return Some(Err(Error::AlreadyTaken));
        }
        let finding = self.job.next_finding()?;
        self.is_taken = true;
        let result = self.job.read_one(finding)?;
        Some(result.map_err(|error| error.worker.into()))
    }
}

impl<R: Portable> Drop for AsyncResult<R> {
    fn drop(&mut self) {
        self.job.abandon();
    }
}

impl<R: Portable> fmt::Debug for AsyncResult<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncResult").finish_non_exhaustive()
    }
}
