//! Dead workers and their replacements.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Engine;
use super::recovery::Held;
use super::workers::DeadWorker;
use crate::error::{Cause, Error};

/// After an initializer has failed, no worker is started for this long, unless there is none.
const PAUSE: Duration = Duration::from_secs(1);

impl Engine {
    /// Reaps the workers that have `ended`, and starts others. What they had done must already have
    /// been gathered.
    pub(super) fn replace(&mut self, ended: Vec<usize>) -> Result<(), Error> {
        if ended.is_empty() {
            return Ok(());
        }
        self.is_short = true;
        let mut trouble = Ok(());
        let mut sources = Vec::new();
        for number in ended {
            let Some(dead) = self.workers.reap(number, &self.table)? else {
                continue;
            };
            let held = self.recover(&dead);
            sources.push(Arc::clone(&dead.source));
            trouble = trouble.and(self.judge(dead, held));
        }
        // The dead workers may have been woken for work while the others sleep, or have overwritten
        // the table.
        self.restore_head();
        // No new workers while their initializer fails: it would fail again.
        if self.has_just_failed() {
            match self.failed_initializer.take_if(|_| self.workers.is_empty()) {
                Some((error, _)) => return Err(error),
                None => return trouble,
            }
        }
        // If none is left, the next caller that waits gets an error; results may be available now.
        if trouble.is_ok()
            && let Err(Error::ThreadsRunning { .. }) = self.refill()
        {
            let missed = sources.iter();
            missed.for_each(|source| source.mark_not_replaced());
        }
        trouble
    }

    /// Returns an error if workers keep dying without getting anything done.
    fn judge(&mut self, dead: DeadWorker, held: Held) -> Result<(), Error> {
        if dead.before_ready && self.workers.settings.initializer.is_some() {
            let has_own_limit = self.workers.settings.initializer_timeout.is_some();
            let error = initializer_failed(dead, has_own_limit);
            self.failed_initializer = Some((error, Instant::now()));
        } else if held == Held::Begun {
            self.fruitless_deaths = 0;
        } else if matches!(dead.cause, Cause::Timeout(_)) {
            // It was stopped, and the pool itself killed it.
        } else if held == Held::Claimed || dead.before_ready {
            self.fruitless_deaths += 1;
            if self.fruitless_deaths > 10 + 3 * self.workers.size() {
                self.fruitless_deaths = 0;
                let last = dead.source.error(dead.cause);
                return Err(Error::WorkersKeepDying { last });
            }
        }
        Ok(())
    }

    /// Whether the initializer of a worker started now would probably fail.
    fn has_just_failed(&self) -> bool {
        let failed = self.failed_initializer.as_ref();
        failed.is_some_and(|(_, when)| when.elapsed() < PAUSE)
    }

    /// Starts the missing workers.
    pub(super) fn fill(&mut self) -> Result<(), Error> {
        let input = &self.inputs.window;
        self.workers.fill(&self.table, &self.functions, input)
    }

    /// Starts the missing workers. If that fails, the pool can go on with those it has.
    pub(super) fn refill(&mut self) -> Result<(), Error> {
        self.fill()?;
        self.is_short = false;
        Ok(())
    }

    /// Starts the workers that could not be started when they were needed, if it may work now.
    pub(super) fn refill_if_possible(&mut self) {
        if self.is_short
            && self.workers.settings.can_start()
            && (self.workers.is_empty() || !self.has_just_failed())
        {
            // If there is still none, the next caller that waits gets the error.
            let _ = self.refill();
        }
    }

    /// Lets the workers that have run their number of chunks leave, if they can be replaced.
    /// Otherwise they run as many again.
    pub(super) fn retire(&self) {
        if self.counts_chunks() && self.table.any_due() {
            self.table.answer_due(self.workers.settings.can_start());
        }
    }
}

fn initializer_failed(dead: DeadWorker, has_own_limit: bool) -> Error {
    let worker = dead.source.error(dead.cause);
    Error::Initializer {
        worker: worker.name,
        reason: match worker.cause {
            // Its own error, as the worker left it.
            Cause::Encode(reason) => reason,
            Cause::Timeout(limit) if !has_own_limit => format!(
                "ran longer than {limit:?}, a limit taken from the tasks' timeout; give it a timeout of \
                 its own with `Builder::initializer_timeout`"
            ),
            cause => cause.to_string(),
        },
    }
}
