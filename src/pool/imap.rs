//! Results as they arrive, for items that are drawn as needed.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::call::{Job, ReorderBuffer, TaskFunction};
use super::engine::{Outcome, WaitFor};
use super::handle::Pool;
use crate::error::Error;
use crate::wire::Portable;

/// The most items that are drawn ahead, in addition to one for each worker.
const AHEAD: usize = 32;

/// Fewer are drawn if they and their results would take up more bytes than this, but always one
/// more than there are workers.
const BYTES: usize = 64 << 20;

impl<S> Pool<S> {
    /// Runs `f` on each item, and returns an iterator over the results, in the order of the items.
    ///
    /// The items are drawn from `items` as they are needed. At most 32 items, and one for each
    /// worker, are drawn ahead of the results asked for, and fewer if they and their results would
    /// take up more than 64 MiB. So `items` may be endless, and each item large.
    ///
    /// # Errors
    /// Those of [any call](Self::map). The iterator's errors are those of the items.
    ///
    /// # Panics
    /// The returned iterator panics when `items` does, after the results of the items drawn before.
    /// It can then go on with the next item.
    ///
    /// ```
    /// let mut pool = multiprocessing::Pool::new(2)?;
    /// let squares: Result<Vec<u64>, _> = pool.imap(|x: u64| x * x, 1..)?.take(4).collect();
    /// assert_eq!(squares?, [1, 4, 9, 16]);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn imap<T: Portable, R: Portable, I: IntoIterator<Item = T>>(
        &mut self,
        f: fn(T) -> R,
        items: I,
    ) -> Result<Imap<'_, I::IntoIter, R>, Error> {
        self.new_imap(f, items, true)
    }

    /// As [`imap`](Self::imap), but each result is returned as soon as it arrives.
    ///
    /// # Errors
    /// As [`imap`](Self::imap).
    ///
    /// ```
    /// let mut pool = multiprocessing::Pool::new(2)?;
    /// let sum: u64 = pool.imap_unordered(|x: u64| x * x, 1..=3)?.sum::<Result<_, _>>()?;
    /// assert_eq!(sum, 14);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn imap_unordered<T: Portable, R: Portable, I: IntoIterator<Item = T>>(
        &mut self,
        f: fn(T) -> R,
        items: I,
    ) -> Result<Imap<'_, I::IntoIter, R>, Error> {
        self.new_imap(f, items, false)
    }

    fn new_imap<T: Portable, R: Portable, I: IntoIterator<Item = T>>(
        &mut self,
        f: fn(T) -> R,
        items: I,
        is_ordered: bool,
    ) -> Result<Imap<'_, I::IntoIter, R>, Error> {
        self.check_owner()?;
        let items = items.into_iter();
        let job = Job::new(&self.engine, TaskFunction::new(f))?;
        Ok(Imap::new(job, items, is_ordered, self.workers))
    }
}

/// The iterator that [`Pool::imap`] and [`Pool::imap_unordered`] return.
///
/// When it is dropped, items that no worker has begun are not run, and the memory of results that
/// have arrived is freed. Items that are running go on, and the next call frees their memory.
pub struct Imap<'pool, I: Iterator, R: Portable> {
    job: Job<R>,
    /// `None` once it is exhausted.
    items: Option<I>,
    is_ordered: bool,
    workers: usize,
    /// The size in bytes of the largest recent items, and of the largest recent results once there
    /// are some.
    item_bytes: usize,
    result_bytes: Option<usize>,
    /// The iterator's panic, which follows the results of the items drawn before.
    panic: Option<Box<dyn Any + Send>>,
    drawn: usize,
    returned: usize,
    order: ReorderBuffer,
    /// Errors of items that could not be sent.
    unsent: BTreeMap<usize, Error>,
    pool: std::marker::PhantomData<&'pool mut ()>,
}

impl<I: Iterator<Item: Portable>, R: Portable> Imap<'_, I, R> {
    fn new(job: Job<R>, items: I, is_ordered: bool, workers: usize) -> Self {
        Self {
            job,
            items: Some(items),
            is_ordered,
            workers,
            item_bytes: 0,
            result_bytes: None,
            panic: None,
            drawn: 0,
            returned: 0,
            order: ReorderBuffer::default(),
            unsent: BTreeMap::new(),
            pool: std::marker::PhantomData,
        }
    }

    /// The most items that may be drawn and not yet returned.
    fn window(&self) -> usize {
        let Some(result_bytes) = self.result_bytes else {
            // It is not yet known how large the results are.
            return 2 * self.workers;
        };
        let fit = BYTES / (self.item_bytes + result_bytes).max(1);
        fit.clamp(self.workers + 1, self.workers + AHEAD)
    }

    /// Draws items until the window is full.
    fn draw(&mut self) {
        let before = self.drawn;
        while self.drawn - self.returned < self.window() && self.panic.is_none() {
            match catch_unwind(AssertUnwindSafe(|| self.draw_one())) {
                Ok(true) => {}
                Ok(false) => break,
                Err(panic) => self.panic = Some(panic),
            }
        }
        if self.drawn > before {
            self.job.wake_workers();
        }
    }

    /// Returns false if there are no more.
    fn draw_one(&mut self) -> bool {
        let Some(item) = self.items.as_mut().and_then(Iterator::next) else {
            self.items = None;
            return false;
        };
        match self.job.submit(self.drawn, &item) {
            Ok(bytes) => self.item_bytes = lately(self.item_bytes, bytes),
            Err(error) => drop(self.unsent.insert(self.drawn, error.of_item(self.drawn))),
        }
        self.drawn += 1;
        true
    }

    /// The error of an item that could not be sent, once it is that item's turn.
    fn next_unsent(&mut self) -> Option<Error> {
        if self.is_ordered {
            let error = self.unsent.remove(&self.returned)?;
            self.order.skip();
            Some(error)
        } else {
            Some(self.unsent.pop_first()?.1)
        }
    }

    fn next_outcome(&mut self) -> Option<Outcome> {
        if !self.is_ordered {
            return self.job.next_outcome();
        }
        loop {
            let outcome = self.order.pop().or_else(|| self.job.next_outcome())?;
            if let Some(outcome) = self.order.place(outcome) {
                return Some(outcome);
            }
        }
    }

    /// No more results can arrive: ends the items and the results here.
    fn give_up(&mut self, error: Error) -> Result<R, Error> {
        self.items = None;
        self.panic = None;
        self.returned = self.drawn;
        Err(error)
    }
}

impl<I: Iterator<Item: Portable>, R: Portable> Iterator for Imap<'_, I, R> {
    type Item = Result<R, Error>;

    fn next(&mut self) -> Option<Result<R, Error>> {
        if let Err(error) = self.job.check_owner() {
            let is_over = self.items.is_none() && self.returned == self.drawn;
            return (!is_over).then(|| self.give_up(error));
        }
        loop {
            // Half of the window is drawn at a time, so that workers are seldom woken.
            if self.drawn - self.returned <= self.workers.max(self.window() / 2) {
                self.draw();
            }
            if self.returned == self.drawn {
                if let Some(panic) = self.panic.take() {
                    resume_unwind(panic);
                }
                return None;
            }
            if let Some(error) = self.next_unsent() {
                self.returned += 1;
                return Some(Err(error));
            }
            if let Some(outcome) = self.next_outcome() {
                // This comes first, since decoding may panic.
                self.returned += 1;
                let bytes = lately(self.result_bytes.unwrap_or(0), outcome.bytes());
                self.result_bytes = Some(bytes);
                let result = self.job.read_one(outcome)?;
                return Some(result.map_err(|error| Error::Task(*error)));
            }
            if let Err(error) = self.job.wait(WaitFor::Next, None) {
                return Some(self.give_up(error));
            }
        }
    }
}

impl<I: Iterator, R: Portable> Drop for Imap<'_, I, R> {
    fn drop(&mut self) {
        // Releases the room of their results.
        self.order.clear();
        self.job.cancel();
    }
}

/// The largest of several numbers. The last counts in full, earlier ones less and less.
fn lately(largest: usize, last: usize) -> usize {
    last.max(largest - largest / 8)
}

impl<I: Iterator, R: Portable> fmt::Debug for Imap<'_, I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imap").finish_non_exhaustive()
    }
}
