//! The pool's workers, as their parent sees them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::settings::Settings;
use super::source::Source;
use super::spawn::Common;
use crate::child::Child;
use crate::error::{Cause, Error, Obstacle};
use crate::pool::shared::functions::{Function, Functions};
use crate::pool::shared::table::Table;
use crate::start_method::{StartMethod, refused};
use crate::sys::bell::{Bell, silence};
use crate::sys::code::Code;
use crate::sys::descriptor::{Checked, Descriptor};
use crate::sys::wait::wait_readable;
use crate::sys::window::Window;

/// The longest time the parent sleeps before it checks whether its workers are alive, in case their
/// pidfds have become other files' descriptors.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    pub(super) child: Child,
    pub(super) source: Arc<Source>,
    pub(super) started: Instant,
    /// It was killed because something took longer than this.
    pub(super) timed_out: Option<Duration>,
}

impl Worker {
    pub(super) fn new(child: Child, source: Arc<Source>) -> Self {
        Self {
            child,
            source,
            started: Instant::now(),
            timed_out: None,
        }
    }
}

/// A worker that has ended.
pub(super) struct DeadWorker {
    pub(super) number: usize,
    pub(super) source: Arc<Source>,
    pub(super) cause: Cause,
    /// It ended before it was ready to work.
    pub(super) before_ready: bool,
}

pub(super) struct Workers {
    /// By number. `None` if the worker is missing.
    pub(super) workers: Vec<Option<Worker>>,
    /// Workers ring it to wake their parent.
    pub(super) doorbell: Arc<Bell>,
    pub(super) settings: Settings,
    /// What all workers have.
    code: Code,
}

impl Workers {
    pub(super) fn new(workers: usize, settings: Settings) -> Result<Self, Error> {
        let doorbell = Bell::new().map_err(|error| Error::system("make a pool", error))?;
        let code = match settings.start_method {
            StartMethod::Fork => Code::loaded(),
            _ => Code::of_program(),
        };
        Ok(Self {
            workers: std::iter::repeat_with(|| None).take(workers).collect(),
            doorbell: Arc::new(doorbell),
            settings,
            code,
        })
    }

    /// The number of workers when none is missing.
    pub(super) fn size(&self) -> usize {
        self.workers.len()
    }

    /// Returns an error if workers may lack this code, or have other code in its place.
    pub(super) fn check(&self, function: Function) -> Result<(), Error> {
        if self.code.has(function.runner) && self.code.has(function.task) {
            return Ok(());
        }
        match self.settings.start_method {
            StartMethod::Fork => Err(Error::LoadedLater),
            _ => Err(refused("the task", Obstacle::ForeignFunction)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.workers.iter().all(Option::is_none)
    }

    /// What workers ring to wake their parent.
    pub(super) fn button(&self) -> &Descriptor {
        &self.doorbell.rung
    }

    pub(super) fn source(&self, number: usize) -> Option<&Arc<Source>> {
        Some(&self.workers.get(number)?.as_ref()?.source)
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.workers.iter().flatten().map(|worker| &worker.source)
    }

    /// Starts the missing workers.
    pub(super) fn fill(
        &mut self,
        table: &Table,
        functions: &Functions,
        input: &Window,
    ) -> Result<(), Error> {
        let missing = self.workers.iter().filter(|worker| worker.is_none());
        let are_forked = self.settings.start_method == StartMethod::Fork;
        let are_many = missing.count() > 1 && are_forked && self.settings.can_start();
        let _descriptors = are_many.then(Checked::new);
        for number in 0..self.size() {
            if self.workers[number].is_none() {
                let common = Common {
                    workers: self.size(),
                    settings: &self.settings,
                    button: self.button(),
                    table,
                    functions,
                    input,
                };
                let (child, source) = common.spawn(number)?;
                // Even a worker that can't be watched may be at work, and must be recorded.
                let worker = Worker::new(child, Arc::new(source));
                self.workers[number].insert(worker).child.pidfd()?;
            }
        }
        Ok(())
    }

    // ANCHOR: wait
    /// Sleeps until a worker rings or ends, or until `timeout` is over, and
    /// returns the numbers of those that have ended, to be reaped.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> Result<Vec<usize>, Error> {
        let mut watched = vec![&self.doorbell.heard];
        let mut gone = Vec::new();
        let mut numbers = Vec::new();
        for (number, worker) in self.workers.iter().enumerate() {
            let Some(worker) = worker else { continue };
            match worker.child.pidfd()? {
                Some(pidfd) => {
                    watched.push(pidfd);
                    numbers.push(number);
                }
                None => gone.push(number),
            }
        }
        let timeout = if gone.is_empty() {
            timeout
        } else {
            Some(Duration::ZERO)
        };
        let timeout = timeout.map_or(LONGEST_SLEEP, |timeout| timeout.min(LONGEST_SLEEP));
        let readable = wait_readable(&watched, Some(timeout));
        if readable.is_empty() {
            // Their pidfds may be closed.
            gone.extend(numbers.iter().filter(|number| self.has_ended(**number)));
        }
        for place in readable {
            match place.checked_sub(1) {
                Some(place) => gone.push(numbers[place]),
                None => silence(&self.doorbell.heard),
            }
        }
        Ok(gone)
    }
    // ANCHOR_END: wait

    fn has_ended(&self, number: usize) -> bool {
        let worker = self.workers[number].as_ref();
        worker.is_some_and(|worker| worker.child.has_ended())
    }

    /// Reaps the worker if it has ended. Whatever it had done must have been gathered before, or be
    /// recovered now.
    pub(super) fn reap(
        &mut self,
        number: usize,
        table: &Table,
    ) -> Result<Option<DeadWorker>, Error> {
        let Some(worker) = &mut self.workers[number] else {
            return Ok(None);
        };
        let Some(status) = worker.child.try_wait()? else {
            return Ok(None);
        };
        let cause = match worker.timed_out {
            Some(limit) => Cause::Timeout(limit),
            None => match worker.child.answer(status) {
                Err(Error::Child(error)) => error.cause,
                _ => Cause::Unknown,
            },
        };
        let source = Arc::clone(&worker.source);
        self.workers[number] = None;
        let before_ready = !table.is_ready(number);
        // If it died while it spun, it would otherwise still count as spinning.
        table.reset_status(number);
        Ok(Some(DeadWorker {
            number,
            source,
            cause,
            before_ready,
        }))
    }

    /// Kills a worker that takes longer than `limit`.
    pub(super) fn kill_timed_out(&mut self, number: usize, limit: Duration) {
        if let Some(Some(worker)) = self.workers.get_mut(number) {
            worker.timed_out = Some(limit);
            let _ = worker.child.signal(Signal::SIGKILL);
        }
    }

    /// Whether this worker exists and its initializer has returned.
    pub(super) fn is_at_work(&self, number: usize, table: &Table) -> bool {
        let is_there = self.workers[number].is_some();
        is_there && (table.is_ready(number) || self.settings.initializer.is_none())
    }

    /// The workers whose initializer has not returned, and when it times out.
    pub(super) fn initializing(&self, table: &Table) -> impl Iterator<Item = (usize, Instant)> {
        let limit = self.settings.initializer_limit();
        let limit = limit.filter(|_| self.settings.initializer.is_some());
        let workers = self.workers.iter().enumerate();
        workers.filter_map(move |(number, worker)| {
            let worker = worker.as_ref().filter(|_| !table.is_ready(number))?;
            let end = worker.started.checked_add(limit?)?;
            worker.timed_out.is_none().then_some((number, end))
        })
    }

    /// Frees what the workers' arenas have beyond `kept` bytes each. All workers must be idle.
    pub(super) fn trim(&self, kept: u64) {
        for source in self.sources() {
            source.trim(kept);
        }
    }

    /// Waits for all workers to end, but not longer than `limit`.
    pub(super) fn wait_for_all(&mut self, limit: Duration) {
        let start = Instant::now();
        for worker in self.workers.iter_mut().flatten() {
            let left = limit.saturating_sub(start.elapsed());
            let _ = worker.child.wait_timeout(left);
        }
    }

    pub(super) fn signal_all(&mut self, signal: Signal) {
        for worker in self.workers.iter_mut().flatten() {
            let _ = worker.child.signal(signal);
        }
    }

    /// Kills and reaps those that are left.
    pub(super) fn kill_all(&mut self) {
        self.signal_all(Signal::SIGKILL);
        self.workers.fill_with(|| None);
    }
}
