//! The workers of a pool, as their parent sees them.

#[cfg(test)]
mod tests;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::arena::{self, Block, Reader};
use super::functions::Functions;
use super::table::Table;
use super::worker::{self, Workplace};
use crate::error::{Cause, ChildError, Error, TaskError};
use crate::process::{Child, Identity, Legacy, Mailbox, can_start, start};
use crate::sys::bell;
use crate::sys::code::Code;
use crate::sys::descriptor::Checked;
use crate::sys::memory::FileMapping;
use crate::sys::program_group;
use crate::sys::signals::leave_sigint_to_parent;
use crate::sys::wait::wait_readable;
use crate::sys::window::Window;

/// The longest that the parent sleeps before it looks whether its workers live, lest the descriptors
/// that tell have become those of other files.
const LONGEST: Duration = Duration::from_secs(1);

/// Makes what a worker passes to each task, in that worker; the error is a reason.
pub(super) type Initializer = dyn Fn() -> Result<Box<dyn Any>, String>;

/// How workers are made and what they keep to.
pub(super) struct Rules {
    pub(super) initializer: Option<Box<Initializer>>,
    pub(super) initializer_timeout: Option<Duration>,
    pub(super) max_chunks_per_worker: Option<u64>,
    pub(super) task_timeout: Option<Duration>,
    pub(super) keeps_stdin: bool,
    pub(super) ends_programs: bool,
}

/// Where only the items have a limit, the least that initializers get of it: theirs counts from the
/// start of the worker, which may have to wait for a processor.
const LEAST_FOR_INITIALIZERS: Duration = Duration::from_secs(1);

impl Rules {
    /// For how long an initializer may run.
    pub(super) fn initializer_limit(&self) -> Option<Duration> {
        let of_items = || Some(self.task_timeout?.max(LEAST_FOR_INITIALIZERS));
        self.initializer_timeout.or_else(of_items)
    }
}

/// Where a worker's results lie. It outlives the worker, until the last result was read.
pub(super) struct Lane {
    name: String,
    pid: u32,
    window: Window,
    reader: RefCell<Reader>,
    /// The worker has ended, and other threads keep the pool from starting another.
    beside_threads: Cell<bool>,
}

impl Lane {
    /// A mapping that holds the bytes of `block`, if they exist.
    pub(super) fn mapping(&self, block: Block) -> io::Result<Rc<FileMapping>> {
        if self.window.is_inherited() {
            // A child has no part in it.
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut reader = self.reader.borrow_mut();
        let mapping = reader.mapping(&self.window, block.at, block.len);
        mapping.map(Rc::clone)
    }

    /// The worker may use the room of `block` again.
    pub(super) fn release(&self, block: Block) {
        if let Ok(mapping) = self.mapping(block) {
            arena::release(&mapping, block.segment);
        }
    }

    /// Gives back what is more than `kept`, if no result that is there is still to be read. The
    /// worker must have nothing to do.
    fn trim(self: &Rc<Self>, kept: u64) {
        if Rc::strong_count(self) == 1 {
            self.reader.borrow_mut().trim(&self.window, kept);
        }
    }

    #[cold]
    pub(super) fn task_error(&self, index: usize, cause: Cause) -> Box<TaskError> {
        let worker = self.error(cause);
        Box::new(TaskError { index, worker })
    }

    pub(super) fn error(&self, cause: Cause) -> ChildError {
        ChildError {
            name: self.name.clone(),
            pid: self.pid,
            cause,
            beside_threads: self.beside_threads.get(),
        }
    }

    /// The worker has ended, and could not be replaced since other threads run.
    pub(super) fn is_missed_beside_threads(&self) {
        self.beside_threads.set(true);
    }
}

struct Member {
    child: Child,
    lane: Rc<Lane>,
    started: Instant,
    /// It was killed since something took longer than this.
    timed_out: Option<Duration>,
}

/// A worker that has ended.
pub(super) struct Fallen {
    pub(super) number: usize,
    pub(super) lane: Rc<Lane>,
    pub(super) cause: Cause,
    /// It never came so far as to work.
    pub(super) before_ready: bool,
}

pub(super) struct Crew {
    members: Vec<Option<Member>>,
    /// Becomes readable when a worker rings, and what the workers ring.
    bell: Rc<bell::Ends>,
    pub(super) rules: Rules,
    /// What the first workers have.
    pub(super) code: Code,
}

impl Crew {
    pub(super) fn new(workers: usize, rules: Rules) -> Result<Self, Error> {
        let bell = bell::of_this_thread().map_err(|error| Error::system("make a pool", error))?;
        Ok(Self {
            members: std::iter::repeat_with(|| None).take(workers).collect(),
            bell,
            rules,
            code: Code::loaded(),
        })
    }

    /// The number of workers when none is missing.
    pub(super) fn size(&self) -> usize {
        self.members.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.iter().all(Option::is_none)
    }

    pub(super) fn lane(&self, number: usize) -> Option<&Rc<Lane>> {
        Some(&self.members.get(number)?.as_ref()?.lane)
    }

    pub(super) fn lanes(&self) -> impl Iterator<Item = &Rc<Lane>> {
        self.members.iter().flatten().map(|member| &member.lane)
    }

    /// Starts the workers that are missing.
    pub(super) fn fill(
        &mut self,
        table: &Table,
        functions: &Functions,
        input: &Window,
    ) -> Result<(), Error> {
        let missing = self.members.iter().filter(|member| member.is_none());
        let _descriptors = (missing.count() > 1 && can_start()).then(Checked::new);
        for number in 0..self.size() {
            if self.members[number].is_none() {
                let member = self.start(number, table, functions, input)?;
                // Even one that can't be watched may be at work, and must be known.
                let member = self.members[number].insert(member);
                member.child.pidfd()?;
            }
        }
        Ok(())
    }

    fn start(
        &self,
        number: usize,
        table: &Table,
        functions: &Functions,
        input: &Window,
    ) -> Result<Member, Error> {
        let identity = Identity::of_next_child("ForkPoolWorker", None);
        let name = identity.name.to_string();
        let failed = |error| Error::system(format!("start {name}"), error);
        let window = arena::new_window().map_err(failed)?;
        let mailbox = Mailbox::of::<()>().map_err(failed)?;
        // A place for the descriptor by which it is watched, which can't be opened before.
        let (_, bell_pull) = &*self.bell;
        let place = bell_pull.file().map_err(failed)?;
        let place = place.try_clone().map_err(failed)?;
        input.file().map_err(failed)?;
        let legacy = Legacy {
            descriptors: vec![input.descriptor(), window.descriptor(), bell_pull],
            lent: Vec::new(),
            keeps_stdin: self.rules.keeps_stdin,
        };
        table.lend(true);
        functions.lend(true);
        let child = start(identity, mailbox, legacy, |mailbox| {
            let workplace = Workplace {
                table,
                functions,
                number,
                input,
                output: &window,
                bell: bell_pull,
                is_timed: self.rules.task_timeout.is_some(),
                chunks: self.rules.max_chunks_per_worker,
            };
            // The parent decides what Ctrl-C means; if it ends, so do the workers.
            leave_sigint_to_parent();
            let state = self.own_programs().and_then(|()| self.initialize());
            mailbox.leave_if_copied();
            let worked = state.and_then(|mut state| {
                worker::work(&workplace, mailbox, &mut *state).map_err(|e| e.to_string())
            });
            worked.unwrap_or_else(|reason| {
                mailbox.leave_failure(&reason);
                1
            })
        });
        table.lend(false);
        functions.lend(false);
        let child = child?;
        drop(place);
        Ok(Member {
            lane: Rc::new(Lane {
                name,
                pid: child.pid(),
                window,
                reader: RefCell::default(),
                beside_threads: Cell::new(false),
            }),
            child,
            started: Instant::now(),
            timed_out: None,
        })
    }

    /// In the worker, before any code that could start a program.
    fn own_programs(&self) -> Result<(), String> {
        if !self.rules.ends_programs {
            return Ok(());
        }
        program_group::lead()
            .map_err(|error| format!("cannot see to it that programs end with the worker: {error}"))
    }

    fn initialize(&self) -> Result<Box<dyn Any>, String> {
        let Some(initializer) = &self.rules.initializer else {
            return Ok(Box::new(()));
        };
        initializer()
    }

    // ANCHOR: wait
    /// Sleeps until a worker rings or ends, or `timeout` is over, and
    /// returns the numbers of those that have ended, to be buried.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> Result<Vec<usize>, Error> {
        let mut watched = vec![&self.bell.0];
        let mut gone = Vec::new();
        let mut numbers = Vec::new();
        for (number, member) in self.members.iter().enumerate() {
            let Some(member) = member else { continue };
            match member.child.pidfd()? {
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
        let timeout = timeout.map_or(LONGEST, |timeout| timeout.min(LONGEST));
        let readable = wait_readable(&watched, Some(timeout));
        if readable.is_empty() {
            // Their pidfds may be closed.
            gone.extend(numbers.iter().filter(|number| self.has_ended(**number)));
        }
        for place in readable {
            match place.checked_sub(1) {
                Some(place) => gone.push(numbers[place]),
                None => bell::silence(&self.bell.0),
            }
        }
        Ok(gone)
    }
    // ANCHOR_END: wait

    fn has_ended(&self, number: usize) -> bool {
        let member = self.members[number].as_ref();
        member.is_some_and(|member| member.child.has_ended())
    }

    /// Reaps the worker if it has ended. Its lane goes with it, so that what it has done must have
    /// been gathered before, or be settled now.
    pub(super) fn bury(&mut self, number: usize, table: &Table) -> Result<Option<Fallen>, Error> {
        let Some(member) = &mut self.members[number] else {
            return Ok(None);
        };
        let Some(status) = member.child.try_wait()? else {
            return Ok(None);
        };
        let cause = match member.timed_out {
            Some(limit) => Cause::Timeout(limit),
            None => match member.child.answer(status) {
                Err(Error::Child(error)) => error.cause,
                _ => Cause::Unknown,
            },
        };
        let lane = Rc::clone(&member.lane);
        self.members[number] = None;
        let before_ready = !table.is_ready(number);
        // Or it would be counted on, if it died while it looked for work.
        table.clean_desk(number);
        Ok(Some(Fallen {
            number,
            lane,
            cause,
            before_ready,
        }))
    }

    /// Kills a worker that takes longer than `limit`.
    pub(super) fn kill_for_time(&mut self, number: usize, limit: Duration) {
        if let Some(Some(member)) = self.members.get_mut(number) {
            member.timed_out = Some(limit);
            let _ = member.child.signal(Signal::SIGKILL);
        }
    }

    /// Whether there is such a worker, whose initializer has returned.
    pub(super) fn is_at_work(&self, number: usize, table: &Table) -> bool {
        let is_there = self.members[number].is_some();
        is_there && (table.is_ready(number) || self.rules.initializer.is_none())
    }

    /// The workers whose initializer has not returned, and when its time is over.
    pub(super) fn initializing(&self, table: &Table) -> impl Iterator<Item = (usize, Instant)> {
        let limit = self.rules.initializer_limit();
        let limit = limit.filter(|_| self.rules.initializer.is_some());
        let members = self.members.iter().enumerate();
        members.filter_map(move |(number, member)| {
            let member = member.as_ref().filter(|_| !table.is_ready(number))?;
            let end = member.started.checked_add(limit?)?;
            member.timed_out.is_none().then_some((number, end))
        })
    }

    /// Gives back memory of the workers' arenas, if all have nothing to do.
    pub(super) fn trim(&self, kept: u64) {
        for lane in self.lanes() {
            lane.trim(kept);
        }
    }

    /// Waits for all workers to end, but not longer than `limit`.
    pub(super) fn wait_for_all(&mut self, limit: Duration) {
        let start = Instant::now();
        for member in self.members.iter_mut().flatten() {
            let left = limit.saturating_sub(start.elapsed());
            let _ = member.child.wait_timeout(left);
        }
    }

    pub(super) fn signal_all(&mut self, signal: Signal) {
        for member in self.members.iter_mut().flatten() {
            let _ = member.child.signal(signal);
        }
    }

    /// Kills and reaps who is still there.
    pub(super) fn dismiss(&mut self) {
        self.signal_all(Signal::SIGKILL);
        self.members.fill_with(|| None);
    }
}
