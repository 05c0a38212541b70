//! `map` and its variants: all items go to the workers, and all results come back in order.
//!
//! This file reads in the order of one call, from top to bottom. What it calls is in `call/`, where
//! items become chunks and outcomes become results, and in `engine/`, which moves them.

use super::call::{Chunking, Feeder, FirstFailure, Job, ReorderBuffer, Sink, TaskFunction};
use super::engine::WaitFor;
use super::handle::Pool;
use crate::error::{Error, TaskError};
use crate::wire::Portable;

impl<S> Pool<S> {
    /// Runs `f` on each item, and returns the results in the order of the items.
    ///
    /// The items go to the workers in chunks, about four for each worker, as in Python; see
    /// [`map_chunked`](Self::map_chunked) to choose. Unlike in Python, items of a worker's chunk
    /// that it has not begun can still go to an idle worker. The last items may be drawn from
    /// `items` while the first are already running.
    ///
    /// `f` is a function, or a closure that captures nothing: the workers have its code already,
    /// but would not have the captures. Use [`Builder::initializer`](super::Builder::initializer)
    /// to give the workers what all tasks need.
    ///
    /// # Errors
    /// The first [`TaskError`] seen; items that no worker has begun are then not run. To get all
    /// results, use [`map_results`](Self::map_results). [`Error::Encode`], before anything is run,
    /// if an item can't be sent.
    ///
    /// Any call can return [`Error::Closed`] after [`close`](Self::close) or
    /// [`terminate`](Self::terminate), [`Error::Inherited`] in a child's copy of the pool, and, if
    /// no worker is left, [`Error::NoWorkers`] or [`Error::WorkersKeepDying`], which say why. In
    /// these cases no item is run again.
    ///
    /// # Examples
    /// ```
    /// let mut pool = multiprocessing::Pool::new(2)?;
    /// assert_eq!(pool.map(|x: u32| x * x, [1, 2, 3])?, [1, 4, 9]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    /// A closure that captures is a compile error:
    /// ```compile_fail,E0308
    /// # let mut pool = multiprocessing::Pool::new(2)?;
    /// let factor = 3;
    /// pool.map(|x: i64| x * factor, [1, 2])?;
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn map<T: Portable, R: Portable>(
        &mut self,
        f: fn(T) -> R,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Vec<R>, Error> {
        self.collect::<T, R, R>(TaskFunction::new(f), items, None)
    }

    /// As [`map`](Self::map), but a worker takes `chunk_size` items at a time, which stay with it
    /// unless it dies.
    ///
    /// Small chunks spread uneven work more evenly; large ones cost less to hand out.
    ///
    /// # Errors
    /// As [`map`](Self::map), and [`Error::Settings`] if `chunk_size` is 0.
    ///
    /// ```
    /// let mut pool = multiprocessing::Pool::new(2)?;
    /// let words = ["to", "and", "fro"].map(String::from);
    /// assert_eq!(pool.map_chunked(|word: String| word.len(), words, 1)?, [2, 3, 3]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn map_chunked<T: Portable, R: Portable>(
        &mut self,
        f: fn(T) -> R,
        items: impl IntoIterator<Item = T>,
        chunk_size: usize,
    ) -> Result<Vec<R>, Error> {
        self.collect::<T, R, R>(TaskFunction::new(f), items, Some(chunk_size))
    }

    /// As [`map`](Self::map), with the worker's own state, which
    /// [`Builder::initializer`](super::Builder::initializer) made.
    ///
    /// # Errors
    /// As [`map`](Self::map).
    ///
    /// ```
    /// let pool = multiprocessing::Pool::builder().workers(2);
    /// let mut pool = pool.initializer(|| Ok::<_, String>(10)).build()?;
    /// assert_eq!(pool.map_with(|factor: &mut i64, x: i64| *factor * x, [1, 2])?, [10, 20]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn map_with<T: Portable, R: Portable>(
        &mut self,
        f: fn(&mut S, T) -> R,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Vec<R>, Error>
    where
        S: 'static,
    {
        self.collect::<T, R, R>(TaskFunction::with_state(f), items, None)
    }

    /// As [`map`](Self::map), but with a result for each item: a task that fails does not affect
    /// the others.
    ///
    /// # Errors
    /// As [`map`](Self::map), except for tasks that fail. An item that can't be sent fails the call.
    ///
    /// ```
    /// let mut pool = multiprocessing::Pool::new(2)?;
    /// let results = pool.map_results(|x: u32| 12 / x, [4, 0, 3])?;
    /// assert_eq!(results[0], Ok(3));
    /// assert!(results[1].as_ref().unwrap_err().to_string().ends_with("divide by zero"));
    /// assert_eq!(results[2], Ok(4));
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn map_results<T: Portable, R: Portable>(
        &mut self,
        f: fn(T) -> R,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Vec<Result<R, TaskError>>, Error> {
        self.collect::<T, R, _>(TaskFunction::new(f), items, None)
    }

    fn collect<T: Portable, R: Portable, O>(
        &mut self,
        task: TaskFunction,
        items: impl IntoIterator<Item = T>,
        chunk_size: Option<usize>,
    ) -> Result<Vec<O>, Error>
    where
        Vec<O>: Sink<R>,
    {
        self.check_owner()?;
        let items = items.into_iter();
        let mut results = Vec::with_capacity(items.size_hint().0);
        let workers = self.workers;
        let chunking = match (chunk_size, items.size_hint()) {
            (Some(0), _) => {
                return Err(Error::Settings(
                    "`chunk_size` is 0, and a chunk has at least one item",
                ));
            }
            (Some(portion), _) => Chunking::Portions { portion, workers },
            (None, (least, Some(most))) if least == most => Chunking::even(least, workers),
            (None, _) => {
                // Dividing them into even chunks needs the number of items.
                let items: Vec<T> = items.collect();
                let chunking = Chunking::even(items.len(), workers);
                self.run(task, items.into_iter(), chunking, &mut results)?;
                return Ok(results);
            }
        };
        self.run(task, items, chunking, &mut results)?;
        Ok(results)
    }

    /// Runs all items, and hands the results to `sink` in order. Stops early if `sink` fails.
    fn run<T: Portable, R: Portable, O: Sink<R>>(
        &mut self,
        task: TaskFunction,
        items: impl Iterator<Item = T>,
        chunking: Chunking,
        sink: &mut O,
    ) -> Result<(), Error> {
        let counts_chunks = self.engine.take().counts_chunks();
        let chunking = if counts_chunks {
            chunking.whole()
        } else {
            chunking
        };
        let job = Job::new(&self.engine, task)?;
        let job = CancelledAtEnd(&job);
        run_all(job.0, Feeder::new(items, chunking), sink)
    }
}

fn run_all<T: Portable, R: Portable, O: Sink<R>>(
    job: &Job<R>,
    mut feeder: Feeder<impl Iterator<Item = T>>,
    sink: &mut O,
) -> Result<(), Error> {
    let mut order = ReorderBuffer::default();
    feeder.feed(job)?;
    while order.next() < feeder.drawn() || !feeder.is_done() {
        let Some(outcome) = order.pop().or_else(|| job.next_outcome()) else {
            // Decoding a result may have used the pool and made room on the table.
            feeder.feed(job)?;
            let more_to_come = !feeder.is_done();
            job.wait(WaitFor::All { more_to_come }, None)?;
            feeder.feed(job)?;
            continue;
        };
        if O::STOPS_AT_FAILURE && outcome.has_failed() {
            job.read_into(&outcome, &mut FirstFailure)?;
        }
        if let Some(outcome) = order.place(outcome) {
            job.read_into(&outcome, sink)?;
        }
    }
    Ok(())
}

/// Cancels the job when its call is over, however that ends.
struct CancelledAtEnd<'a, R: Portable>(&'a Job<R>);

impl<R: Portable> Drop for CancelledAtEnd<'_, R> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}
