//! Ends a child with its parent even after the child has changed its user or group.
//!
//! The kernel clears a parent-death signal ([`die_with`](super::fork::die_with)) whenever a process
//! changes its user, its group or its capabilities. So a process that could do that, usually one
//! that runs as root, also ties its children to a pipe. Only the parent has the writing end; each
//! child has a reading end that asks for SIGKILL when something happens to the pipe. Nothing is
//! ever written to it, so the signal comes when the parent is gone. The kernel delivers the signal
//! if the process that asked for it could send it, and the child asks before it runs any code that
//! could change its user.
//!
//! Neither end is a [`Descriptor`](super::descriptor::Descriptor): a child that has nothing else to
//! close starts sooner without that list.
//!
//! This does not cover a process that may change users through a capability without being root, a
//! child that executes another program after it has changed its user, or a program started by a
//! child. If no descriptor is left, the parent-death signal has to do.

use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};

use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::{getpid, getresgid, getresuid, pipe2};

use super::call::Named;
use super::checked_file::{CheckedFile, Identity, above_standard};
use super::fork::exit_now;
use super::generation::Generation;

/// In the kernel's interface since 2.2, but not in the `libc` crate.
const F_SETSIG: i32 = 10;

/// Both ends, just before the fork.
pub(crate) struct Lifeline {
    /// All children of a process share the same one.
    held_by_parent: Arc<WritingEnd>,
    /// Opened for one child only, since the open file records whom the kernel must signal.
    held_by_child: OwnedFd,
}

/// While it is open, the children of this process live.
#[derive(Debug)]
pub(crate) struct WritingEnd {
    file: ManuallyDrop<CheckedFile>,
    generation: Generation,
}

/// This process's own writing end, if it has one.
struct Own {
    end: Weak<WritingEnd>,
    /// What its copies close.
    identity: Option<Identity>,
}

static OWN: Mutex<Own> = Mutex::new(Own {
    end: Weak::new(),
    identity: None,
});

impl Lifeline {
    /// Returns `None` if the child needs only its parent-death signal, or no lifeline could be
    /// made.
    pub(crate) fn if_needed() -> Option<Self> {
        can_change_user().then(Self::new)?.ok()
    }

    /// # Errors
    /// If no lifeline can be made.
    pub(crate) fn new() -> io::Result<Self> {
        let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
        let existing = own
            .end
            .upgrade()
            .filter(|end| end.generation.is_current() && end.file.file().is_ok());
        if let Some(writing) = existing {
            let held_by_child = reopened(&writing)?;
            return Ok(Self {
                held_by_parent: writing,
                held_by_child,
            });
        }
        close_in_copies();
        let (reading, writing) = pipe2(OFlag::O_CLOEXEC).by("pipe2")?;
        let writing = WritingEnd {
            file: ManuallyDrop::new(CheckedFile::new(writing)?),
            generation: Generation::current(),
        };
        let writing = Arc::new(writing);
        own.identity = Some(writing.file.identity());
        own.end = Arc::downgrade(&writing);
        Ok(Self {
            held_by_parent: writing,
            held_by_child: above_standard(reading)?,
        })
    }

    /// In the child, which keeps this as long as it runs.
    #[inline]
    pub(crate) fn tie(&self) {
        tie(self.held_by_child.as_raw_fd());
    }

    /// What the child holds, to be sent to it.
    pub(crate) fn reading_end(&self) -> BorrowedFd<'_> {
        self.held_by_child.as_fd()
    }

    /// In the parent, which must keep this until the child has ended.
    pub(crate) fn hold(self) -> Arc<WritingEnd> {
        self.held_by_parent
    }
}

impl WritingEnd {
    /// The descriptor's number, if this process has closed it, which killed the children.
    pub(crate) fn lost(&self) -> Option<RawFd> {
        let identity = self.file.identity();
        (!identity.is_intact()).then(|| identity.number())
    }
}

impl Drop for WritingEnd {
    fn drop(&mut self) {
        // A copy of the process has closed it already.
        if self.generation.is_current() {
            // SAFETY: nothing uses the file after this.
            unsafe { ManuallyDrop::drop(&mut self.file) };
        }
    }
}

/// Every child, and every other copy that `fork` or `daemon` makes of this process, closes its copy
/// of the writing end. As long as a copy is open, children would outlive their parent.
fn close_in_copies() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: the handler is sound at any time, and a program's code stays in place.
        unsafe { libc::pthread_atfork(None, None, Some(in_copy)) };
    });
}

extern "C" fn in_copy() {
    // A thread that was not copied may have held the lock.
    let Ok(mut own) = OWN.try_lock() else { return };
    if let Some(identity) = own.identity.take().filter(|identity| identity.is_intact()) {
        // SAFETY: it is the end that this process's original opened, and no handle closes it here.
        unsafe { libc::close(identity.number()) };
    }
}

fn can_change_user() -> bool {
    let users = getresuid().is_ok_and(|ids| {
        ids.effective.is_root() || ids.real != ids.effective || ids.saved != ids.effective
    });
    let groups =
        || getresgid().is_ok_and(|ids| ids.real != ids.effective || ids.saved != ids.effective);
    users || groups()
}

/// A reading end of the pipe that `end` writes to.
fn reopened(end: &WritingEnd) -> io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", end.file.identity().number());
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let reading = open(path.as_str(), flags, Mode::empty()).by("open")?;
    above_standard(reading)
}

/// In a child that was sent its reading end, which it keeps as long as it runs. If the parent is
/// already gone, no signal will come, so the child leaves at once.
pub(crate) fn tie_to(reading: OwnedFd) {
    tie(reading.as_raw_fd());
    let mut watched = [PollFd::new(reading.as_fd(), PollFlags::POLLIN)];
    if poll(&mut watched, PollTimeout::ZERO) == Ok(1) {
        exit_now(1);
    }
    std::mem::forget(reading);
}

#[inline]
fn tie(end: RawFd) {
    // If one fails, which no kernel is known to do, there is still the parent-death signal.
    control(end, F_SETSIG, libc::SIGKILL);
    control(end, libc::F_SETOWN, getpid().as_raw());
    control(end, libc::F_SETFL, libc::O_ASYNC);
}

#[inline]
fn control(end: RawFd, command: i32, argument: i32) {
    // SAFETY: the descriptor is open, and these commands take a number.
    unsafe { libc::fcntl(end, command, argument) };
}
