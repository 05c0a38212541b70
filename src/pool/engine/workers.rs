//! The pool's workers, as their parent sees them.

use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::settings::Settings;
use super::source::Source;
use super::spawn::spawn;
use crate::error::{Cause, Error};
use crate::pool::shared::functions::Functions;
use crate::pool::shared::table::Table;
use crate::process::{Child, can_start};
use crate::sys::bell;
use crate::sys::code::Code;
use crate::sys::descriptor::{Checked, Descriptor};
use crate::sys::wait::wait_readable;
use crate::sys::window::Window;

/// The longest that the parent sleeps before it checks whether its workers live, in case the
/// descriptors that tell it have become those of other files.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    pub(super) child: Child,
    pub(super) source: Rc<Source>,
    pub(super) started: Instant,
    /// It was killed since something took longer than this.
    pub(super) timed_out: Option<Duration>,
}

impl Worker {
    pub(super) fn new(child: Child, source: Rc<Source>) -> Self {
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
    pub(super) source: Rc<Source>,
    pub(super) cause: Cause,
    /// It never came as far as to work.
    pub(super) before_ready: bool,
}

pub(super) struct Workers {
    /// By number. `None`: missing.
    pub(super) workers: Vec<Option<Worker>>,
    /// The end that becomes readable when a worker rings, and the end that workers ring.
    doorbell: Rc<bell::Ends>,
    pub(super) settings: Settings,
    /// What the first workers have.
    pub(super) code: Code,
}

impl Workers {
    pub(super) fn new(workers: usize, settings: Settings) -> Result<Self, Error> {
        let doorbell = bell::of_this_thread();
        let doorbell = doorbell.map_err(|error| Error::system("make a pool", error))?;
        Ok(Self {
            workers: std::iter::repeat_with(|| None).take(workers).collect(),
            doorbell,
            settings,
            code: Code::loaded(),
        })
    }

    /// The number of workers when none is missing.
    pub(super) fn size(&self) -> usize {
        self.workers.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.workers.iter().all(Option::is_none)
    }

    /// What workers ring to wake their parent.
    pub(super) fn button(&self) -> &Descriptor {
        &self.doorbell.1
    }

    pub(super) fn source(&self, number: usize) -> Option<&Rc<Source>> {
        Some(&self.workers.get(number)?.as_ref()?.source)
    }

    pub(super) fn sources(&self) -> impl Iterator<Item = &Rc<Source>> {
        self.workers.iter().flatten().map(|worker| &worker.source)
    }

    /// Starts the workers that are missing.
    pub(super) fn fill(
        &mut self,
        table: &Table,
        functions: &Functions,
        input: &Window,
    ) -> Result<(), Error> {
        let missing = self.workers.iter().filter(|worker| worker.is_none());
        let _descriptors = (missing.count() > 1 && can_start()).then(Checked::new);
        for number in 0..self.size() {
            if self.workers[number].is_none() {
                let (settings, button) = (&self.settings, self.button());
                let (child, source) = spawn(number, settings, button, table, functions, input)?;
                // Even one that can't be watched may be at work, and must be known.
                let worker = Worker::new(child, Rc::new(source));
                self.workers[number].insert(worker).child.pidfd()?;
            }
        }
        Ok(())
    }

    // ANCHOR: wait
    /// Sleeps until a worker rings or ends, or until `timeout` is over, and
    /// returns the numbers of those that have ended, to be reaped.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> Result<Vec<usize>, Error> {
        let mut watched = vec![&self.doorbell.0];
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
                None => bell::silence(&self.doorbell.0),
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
        let source = Rc::clone(&worker.source);
        self.workers[number] = None;
        let before_ready = !table.is_ready(number);
        // Or it would be counted on, if it died while it spun.
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

    /// Whether there is such a worker, whose initializer has returned.
    pub(super) fn is_at_work(&self, number: usize, table: &Table) -> bool {
        let is_there = self.workers[number].is_some();
        is_there && (table.is_ready(number) || self.settings.initializer.is_none())
    }

    /// The workers whose initializer has not returned, and when its time is over.
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

    /// Gives back what the workers' arenas have beyond `kept` bytes each. All must have nothing to do.
    pub(super) fn trim(&self, kept: u64) {
        for source in self.sources() {
            source.trim(kept);
        }
    }

    /// Waits for all workers to end, but not for longer than `limit`.
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
