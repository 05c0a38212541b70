//! Results as they come, of inputs that are drawn as they are needed.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::engine::Finding;
use super::job::Job;
use super::waiting::Wish;
use crate::error::Error;
use crate::wire::Portable;

/// How many inputs are drawn ahead at most, beside one for each worker.
const AHEAD: usize = 32;

/// Fewer are, if these and their results would take up more bytes; but always one more than there
/// are workers.
const BYTES: usize = 64 << 20;

/// The iterator that [`Pool::imap`](super::Pool::imap) and
/// [`Pool::imap_unordered`](super::Pool::imap_unordered) return.
///
/// When it is dropped, the inputs that no worker has begun are not run.
pub struct Imap<'pool, I: Iterator, R: Portable> {
    job: Job<R>,
    /// `None` when it is exhausted.
    inputs: Option<I>,
    is_ordered: bool,
    workers: usize,
    /// The bytes of an input, and of a result once there was one: of the largest lately.
    input_bytes: usize,
    result_bytes: Option<usize>,
    /// The iterator's panic, which comes after the results of what was drawn before.
    panic: Option<Box<dyn Any + Send>>,
    drawn: usize,
    returned: usize,
    /// Findings that are not to be returned yet.
    early: BTreeMap<usize, Finding>,
    /// Errors of inputs that could not be sent.
    unsent: BTreeMap<usize, Error>,
    pool: std::marker::PhantomData<&'pool mut ()>,
}

impl<I: Iterator<Item: Portable>, R: Portable> Imap<'_, I, R> {
    pub(super) fn new(job: Job<R>, inputs: I, is_ordered: bool, workers: usize) -> Self {
        Self {
            job,
            inputs: Some(inputs),
            is_ordered,
            workers,
            input_bytes: 0,
            result_bytes: None,
            panic: None,
            drawn: 0,
            returned: 0,
            early: BTreeMap::new(),
            unsent: BTreeMap::new(),
            pool: std::marker::PhantomData,
        }
    }

    /// The most items that may be drawn and not yet returned.
    fn window(&self) -> usize {
        let Some(result_bytes) = self.result_bytes else {
            // Let us see first how large the results are.
            return 2 * self.workers;
        };
        let fit = BYTES / (self.input_bytes + result_bytes).max(1);
        fit.clamp(self.workers + 1, self.workers + AHEAD)
    }

    /// Draws inputs until the window is full.
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
            self.job.tell();
        }
    }

    /// False: there are no more.
    fn draw_one(&mut self) -> bool {
        let Some(input) = self.inputs.as_mut().and_then(Iterator::next) else {
            self.inputs = None;
            return false;
        };
        match self.job.order(self.drawn, &input) {
            Ok(bytes) => self.input_bytes = lately(self.input_bytes, bytes),
            Err(error) => drop(self.unsent.insert(self.drawn, error.of_item(self.drawn))),
        }
        self.drawn += 1;
        true
    }

    /// The error of an input that could not be sent, when its turn has come.
    fn next_unsent(&mut self) -> Option<Error> {
        if self.is_ordered {
            self.unsent.remove(&self.returned)
        } else {
            Some(self.unsent.pop_first()?.1)
        }
    }

    fn next_finding(&mut self) -> Option<Finding> {
        if !self.is_ordered {
            return self.job.next_finding();
        }
        while !self.early.contains_key(&self.returned) {
            let finding = self.job.next_finding()?;
            self.early.insert(finding.first(), finding);
        }
        self.early.remove(&self.returned)
    }

    /// Nothing more can come: the inputs end here, and so do the results.
    fn give_up(&mut self, error: Error) -> Result<R, Error> {
        self.inputs = None;
        self.panic = None;
        self.returned = self.drawn;
        Err(error)
    }
}

impl<I: Iterator<Item: Portable>, R: Portable> Iterator for Imap<'_, I, R> {
    type Item = Result<R, Error>;

    fn next(&mut self) -> Option<Result<R, Error>> {
        if let Err(error) = self.job.check_owner() {
            let is_over = self.inputs.is_none() && self.returned == self.drawn;
            return (!is_over).then(|| self.give_up(error));
        }
        loop {
            // Half of the window is drawn at a time, so that workers are called seldom.
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
            if let Some(finding) = self.next_finding() {
                // First, since decoding may panic.
                self.returned += 1;
                let bytes = lately(self.result_bytes.unwrap_or(0), finding.bytes());
                self.result_bytes = Some(bytes);
                let result = self.job.read_one(finding)?;
                return Some(result.map_err(|error| Error::Task(*error)));
            }
            if let Err(error) = self.job.wait(Wish::Any, None) {
                return Some(self.give_up(error));
            }
        }
    }
}

impl<I: Iterator, R: Portable> Drop for Imap<'_, I, R> {
    fn drop(&mut self) {
        // Their room can then be given back.
        self.early.clear();
        self.job.cancel();
    }
}

/// The largest of some numbers, of which the last counts whole, and earlier ones less and less.
fn lately(largest: usize, last: usize) -> usize {
    last.max(largest - largest / 8)
}

impl<I: Iterator, R: Portable> fmt::Debug for Imap<'_, I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imap").finish_non_exhaustive()
    }
}
