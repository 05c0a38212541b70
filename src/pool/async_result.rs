//! Single tasks, and results that arrive later.

use std::fmt;
use std::time::{Duration, Instant};

use super::call::{Job, TaskFunction};
use super::engine::WaitFor;
use super::handle::Pool;
use crate::error::Error;
use crate::wire::Portable;

impl<S> Pool<S> {
    /// Runs `f` on one item in a worker, and waits for the result.
    ///
    /// # Errors
    /// As [`AsyncResult::get`].
    ///
    /// ```
    /// let mut pool = multiprocessing::Pool::new(1)?;
    /// assert_eq!(pool.apply(|x: u64| x + 1, 41)?, 42);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn apply<T: Portable, R: Portable>(&mut self, f: fn(T) -> R, item: T) -> Result<R, Error> {
        self.apply_async(f, item)?.get()
    }

    /// Runs `f` on one item in a worker, and returns at once. Call [`AsyncResult::get`] to collect
    /// the result, before or after other results.
    ///
    /// The workers can take about 2000 tasks while the caller does other things. Any more wait
    /// until the caller next asks the pool for a result, even if only by [`AsyncResult::is_ready`],
    /// or submits another task.
    ///
    /// # Errors
    /// [`Error::Encode`] if the item can't be sent, and those of [any call](Self::map).
    ///
    /// ```
    /// let mut pool = multiprocessing::Pool::new(4)?;
    /// let mut results = Vec::new();
    /// for x in 0..10_i64 {
    ///     results.push(pool.apply_async(|x| x * x, x)?);
    /// }
    /// let last = results.pop().unwrap();
    /// assert_eq!(last.get()?, 81);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn apply_async<T: Portable, R: Portable>(
        &mut self,
        f: fn(T) -> R,
        item: T,
    ) -> Result<AsyncResult<R>, Error> {
        self.check_owner()?;
        let result = AsyncResult::new(Job::new(&self.engine, TaskFunction::new(f))?);
        result.send(item)
    }
}

/// The result of [`Pool::apply_async`], which may not have arrived yet.
///
/// If this is dropped, the task is still run. If the task has not finished by then, the next call
/// frees the result's memory.
pub struct AsyncResult<R: Portable> {
    job: Job<R>,
    /// The result has been returned; there is nothing left to wait for.
    is_taken: bool,
}

impl<R: Portable> AsyncResult<R> {
    fn new(job: Job<R>) -> Self {
        Self {
            job,
            is_taken: false,
        }
    }

    fn send<T: Portable>(mut self, item: T) -> Result<Self, Error> {
        self.job.submit(0, &item)?;
        self.job.wake_workers();
        Ok(self)
    }

    /// Waits for the result.
    ///
    /// # Errors
    /// [`Error::Child`] with the worker and the cause if the task gave no result,
    /// [`Error::AlreadyTaken`] if [`get_timeout`](Self::get_timeout) has already returned the
    /// result, and those of [any call](Pool::map), such as [`Error::Closed`] if the pool was
    /// terminated before the result arrived.
    pub fn get(mut self) -> Result<R, Error> {
        loop {
            if let Some(result) = self.take() {
                return result;
            }
            self.job.wait(WaitFor::Next, None)?;
        }
    }

    /// Waits for the result, but not longer than `timeout`. Returns `None` if it has not arrived.
    ///
    /// # Errors
    /// As [`get`](Self::get), and [`Error::AlreadyTaken`] if the result has already been returned.
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
            // This waits even if no time is left: only a caller that waits learns that a worker
            // died.
            is_over = until.is_some_and(|until| Instant::now() >= until);
            self.job.wait(WaitFor::Next, until)?;
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
        let outcome = self.job.next_outcome()?;
        self.is_taken = true;
        let result = self.job.read_one(outcome)?;
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
