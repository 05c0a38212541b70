//! A child as its parent holds it, whatever the type of its answer.

use std::cell::{Cell, OnceCell};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal as KnownSignal, raise};

use super::mailbox::{Mailbox, Outcome};
use crate::error::{Cause, ChildError, Error, Signal};
use crate::sys::descriptor::Descriptor;
use crate::sys::generation::Generation;
use crate::sys::lifeline::WritingEnd;
use crate::sys::owner::{outlast, runs};
use crate::sys::wait::{self, Status};
use crate::trace;
use crate::wire::{self, Portable};

/// The exit code of a child that panicked, the same as for any Rust program.
pub(super) const PANICKED: i32 = 101;

/// A child that was started. Dropping this kills the child unless it has ended, and reaps it.
#[derive(Debug)]
pub(crate) struct Child {
    name: String,
    pid: i32,
    mailbox: Mailbox,
    /// Opened when somebody first waits with a time limit.
    pidfd: OnceCell<Descriptor>,
    /// Always readable, in case the child was reaped before there was a pidfd.
    readable: OnceCell<Descriptor>,
    /// `Some` once it has been reaped.
    status: Cell<Option<Status>>,
    /// The child leads a process group, which is killed once the child has ended.
    leads_group: bool,
    /// Ends the child when this process ends.
    lifeline: Option<Arc<WritingEnd>>,
    generation: Generation,
}

impl Child {
    pub(crate) fn new(
        name: String,
        pid: i32,
        mailbox: Mailbox,
        pidfd: Option<Descriptor>,
        lifeline: Option<Arc<WritingEnd>>,
    ) -> Self {
        Self {
            name,
            pid,
            mailbox,
            pidfd: pidfd.map_or_else(OnceCell::new, OnceCell::from),
            readable: OnceCell::new(),
            status: Cell::new(None),
            leads_group: false,
            lifeline,
            generation: Generation::current(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid as u32
    }

    /// The child leads a process group of its own, which must end with it. A guard in the group
    /// takes care of that; this is in case the guard was killed.
    pub(crate) fn kill_group_at_end(&mut self) {
        self.leads_group = true;
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    fn check_owner(&self) -> Result<(), Error> {
        self.generation.check("process")
    }

    /// A descriptor that is readable once the child has ended, or `None` if it is gone altogether.
    pub(crate) fn pidfd(&self) -> Result<Option<&Descriptor>, Error> {
        if self.pidfd.get().is_none() {
            let Some(pidfd) = self.open_pidfd()? else {
                return Ok(None);
            };
            self.pidfd.set(pidfd).expect("it was empty");
        }
        Ok(self.pidfd.get())
    }

    /// Opens another descriptor like that of [`pidfd`](Self::pidfd). Also `None` once the child was
    /// reaped.
    pub(crate) fn open_pidfd(&self) -> Result<Option<Descriptor>, Error> {
        self.check_owner()?;
        if self.status.get().is_some() {
            return Ok(None);
        }
        wait::pidfd_open(self.pid)
            .map_err(|error| Error::system(format!("watch {}", self.name), error))
    }

    /// A descriptor that is readable once the child has ended, however long ago.
    pub(crate) fn lend(&self) -> Result<BorrowedFd<'_>, Error> {
        self.check_owner()?;
        let descriptor = match self.pidfd()? {
            Some(pidfd) => pidfd,
            None => readable(&self.readable)?,
        };
        lend(descriptor)
    }

    /// Whether the child is still running. Always false in a process that is not its parent.
    pub(crate) fn runs(&self) -> bool {
        match self.try_wait() {
            Ok(status) => status.is_none(),
            Err(Error::Inherited { .. }) => false,
            Err(_) => runs(self.pid),
        }
    }

    /// Whether the child has ended and has not been reaped.
    pub(crate) fn has_ended(&self) -> bool {
        wait::is_ended_child(self.pid)
    }

    /// Reaps the child if it has ended.
    pub(crate) fn try_wait(&self) -> Result<Option<Status>, Error> {
        self.check_owner()?;
        if self.status.get().is_none() {
            if self.leads_group && self.has_ended() {
                wait::kill_group(self.pid);
            }
            let status = wait::try_reap(self.pid).map_err(|error| self.unwaitable(error))?;
            if let Some(status) = status {
                trace::process_ended(self.pid, status);
            }
            self.status.set(status);
        }
        Ok(self.status.get())
    }

    /// Waits until the child has ended.
    pub(crate) fn wait(&self) -> Result<Status, Error> {
        self.check_owner()?;
        if let Some(status) = self.status.get() {
            return Ok(status);
        }
        if self.leads_group && wait::await_end(self.pid).is_ok() {
            wait::kill_group(self.pid);
        }
        let status = wait::reap(self.pid).map_err(|error| self.unwaitable(error))?;
        trace::process_ended(self.pid, status);
        self.status.set(Some(status));
        Ok(status)
    }

    fn unwaitable(&self, error: io::Error) -> Error {
        Error::system(format!("wait for {}", self.name), error)
    }

    /// Waits until the child has ended, but not longer than `limit`.
    pub(crate) fn wait_timeout(&self, limit: Duration) -> Result<Option<Status>, Error> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.try_wait()? {
                return Ok(Some(status));
            }
            let Some(left) = limit.checked_sub(start.elapsed()) else {
                return Ok(None);
            };
            match self.pidfd()? {
                Some(pidfd) => drop(wait::wait_readable(&[pidfd], Some(left))),
                None => return self.wait().map(Some),
            }
        }
    }

    /// Waits until the child has ended, and reads its answer.
    pub(crate) fn join<T: Portable>(&self) -> Result<T, Error> {
        let status = self.wait()?;
        wire::decode(&self.answer(status)?)
    }

    /// As [`join`](Self::join), but not longer than `limit`.
    pub(crate) fn join_timeout<T: Portable>(&self, limit: Duration) -> Result<Option<T>, Error> {
        let Some(status) = self.wait_timeout(limit)? else {
            return Ok(None);
        };
        wire::decode(&self.answer(status)?).map(Some)
    }

    pub(crate) fn terminate(&self) -> Result<(), Error> {
        self.signal(KnownSignal::SIGTERM)
    }

    pub(crate) fn kill(&self) -> Result<(), Error> {
        self.signal(KnownSignal::SIGKILL)
    }

    pub(crate) fn signal(&self, signal: KnownSignal) -> Result<(), Error> {
        match self.try_wait() {
            Ok(Some(_)) => return Ok(()),
            Err(error @ Error::Inherited { .. }) => return Err(error),
            // A sandbox may refuse to say, and still let signals through.
            Ok(None) | Err(_) => {}
        }
        self.send(signal)
            .map_err(|error| Error::system(format!("send {signal} to {}", self.name), error))
    }

    fn send(&self, signal: KnownSignal) -> io::Result<()> {
        // A sandbox may forbid one call and not the other. The pid is still the child's: it was not
        // reaped.
        let through = |pidfd: &Descriptor| wait::send_through(pidfd, signal);
        match self.pidfd.get() {
            Some(pidfd) if pidfd.file().is_ok() => {
                through(pidfd).or_else(|_| wait::send(self.pid, signal))
            }
            _ => wait::send(self.pid, signal).or_else(|error| match self.pidfd() {
                Ok(Some(pidfd)) => through(pidfd),
                _ => Err(error),
            }),
        }
    }

    /// What the child left, once it has ended with `status`.
    pub(crate) fn answer(&self, status: Status) -> Result<Vec<u8>, Error> {
        self.outcome(status)
            .map_err(|cause| self.error(cause).into())
    }

    fn outcome(&self, status: Status) -> Result<Vec<u8>, Cause> {
        match self.mailbox.open() {
            Outcome::Answer(answer) => Ok(answer),
            Outcome::Failed(Cause::Panic(_)) if !ends_panic(status) => Err(self.cause_of(status)),
            Outcome::Failed(cause) => Err(cause),
            Outcome::Nothing => Err(self.cause_of(status)),
        }
    }

    fn cause_of(&self, status: Status) -> Cause {
        let lost = self.lifeline.as_ref().and_then(|lifeline| lifeline.lost());
        match lost {
            Some(number) if status == Status::Signaled(KnownSignal::SIGKILL as i32) => {
                Cause::LostDescriptor(number)
            }
            _ => cause_of(status),
        }
    }

    pub(crate) fn error(&self, cause: Cause) -> ChildError {
        ChildError {
            name: self.name.clone(),
            pid: self.pid(),
            cause,
            beside_threads: false,
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // If it is gone, its pid may be another process's; if it is inherited, it is not ours.
        if self.check_owner().is_err() || matches!(self.try_wait(), Ok(Some(_))) {
            return;
        }
        // Even if the signal is refused: what the child borrows must not be used before it ends.
        let _ = self.send(KnownSignal::SIGKILL);
        if self.wait().is_err() {
            outlast(self.pid);
        }
    }
}

/// A descriptor in `place` that is always readable.
pub(crate) fn readable(place: &OnceCell<Descriptor>) -> Result<&Descriptor, Error> {
    if place.get().is_none() {
        let open = || {
            let (reader, mut writer) = io::pipe()?;
            writer.write_all(&[0])?;
            Descriptor::new(reader.into())
        };
        let open = open().map_err(|error| Error::system("lend a descriptor", error))?;
        place.set(open).expect("it was empty");
    }
    Ok(place.get().expect("it was filled"))
}

pub(crate) fn lend(descriptor: &Descriptor) -> Result<BorrowedFd<'_>, Error> {
    let file = descriptor.file();
    let file = file.map_err(|error| Error::system("lend a descriptor", error))?;
    Ok(file.as_fd())
}

/// For `as_fd`, which has to return one.
pub(crate) fn lent(result: Result<BorrowedFd<'_>, Error>) -> BorrowedFd<'_> {
    result.unwrap_or_else(|error| panic!("a process can't lend a descriptor: {error}"))
}

/// Whether a panic ends this way. Otherwise the child caught it, and ended later for another
/// reason.
fn ends_panic(status: Status) -> bool {
    match status {
        Status::Exited(code) => code == PANICKED,
        Status::Signaled(signal) => signal == KnownSignal::SIGABRT as i32,
        Status::Unknown => true,
    }
}

/// What a status says if the child left nothing.
pub(crate) fn cause_of(status: Status) -> Cause {
    match status {
        Status::Exited(code) => Cause::Exit(code),
        Status::Signaled(signal) => {
            follow_broken_pipe(signal);
            Cause::Signal(Signal(signal))
        }
        Status::Unknown => Cause::Unknown,
    }
}

/// Called when a child ended because nobody reads the program's output. If the program asked to end
/// in that case ([`super::exit_on_broken_pipe`]), it does, as if it had printed the text itself.
fn follow_broken_pipe(signal: i32) {
    if signal == KnownSignal::SIGPIPE as i32 && super::ends_on_broken_pipe() {
        let _ = raise(KnownSignal::SIGPIPE);
    }
}
