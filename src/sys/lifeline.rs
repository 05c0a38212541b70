//! What ends a child with its parent after the child has changed its user or group.
//!
//! The kernel clears a parent-death signal ([`die_with`](super::fork::die_with)) whenever a
//! process changes its user, its group or its capabilities. So a process that could do that, which
//! is mostly one that runs as root, ties its children to a pipe as well. The parent alone has the
//! writing end; each child has a reading end that asks for SIGKILL when something happens to the
//! pipe. Nothing is ever written to it, so that is when the parent is gone. The kernel lets this
//! signal through if it could be sent by whoever asked for it, and the child asks before it runs
//! any code that could change its user.
//!
//! Neither end is a [`Descriptor`](super::descriptor::Descriptor): a child that has nothing else to
//! close starts sooner without the list of those.
//!
//! Not covered: a process that may change users by a capability without being root; a child that
//! becomes another program (by `exec`) after it has changed its user; and a program started by a
//! child. Where no descriptor is left, the parent-death signal has to do.

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
    /// All children of a process hang on the same one.
    held_by_parent: Arc<WritingEnd>,
    /// Opened for one child alone, since the kernel notes with the open file whom to signal.
    held_by_child: OwnedFd,
}

/// While it is open, the children of this process live.
#[derive(Debug)]
pub(crate) struct WritingEnd {
    file: ManuallyDrop<CheckedFile>,
    generation: Generation,
}

/// The one that this process has, if it has one.
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
    /// `None`: the child needs none beside its parent-death signal, or none could be made.
    pub(crate) fn if_needed() -> Option<Self> {
        can_change_user().then(Self::new)?.ok()
    }

    /// # Errors
    /// If none can be made.
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

    /// In the child, which keeps this for as long as it runs.
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
    /// The number of the descriptor, if this process has closed it, which has killed the children.
    pub(crate) fn lost(&self) -> Option<RawFd> {
        let identity = self.file.identity();
        (!identity.is_intact()).then(|| identity.number())
    }
}

impl Drop for WritingEnd {
    fn drop(&mut self) {
        // A copy of the process has closed it already.
        if self.generation.is_current() {
            // SAFETY: this is the end of it.
            unsafe { ManuallyDrop::drop(&mut self.file) };
        }
    }
}

/// Every child, and every other copy that `fork` or `daemon` makes of this process, closes its copy
/// of the writing end: children would outlive their parent as long as one is open.
fn close_in_copies() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: the handler is sound at any time, and a program's code stays in place.
        unsafe { libc::pthread_atfork(None, None, Some(in_copy)) };
    });
}

extern "C" fn in_copy() {
    // A thread that was not copied may have had the lock.
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

/// In a child that was sent its reading end, which it keeps for as long as it runs. A parent that
/// is gone already tells it nothing more, so then it leaves at once.
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
    // Where one fails, which no kernel is known to do, the parent-death signal is left.
    control(end, F_SETSIG, libc::SIGKILL);
    control(end, libc::F_SETOWN, getpid().as_raw());
    control(end, libc::F_SETFL, libc::O_ASYNC);
}

#[inline]
fn control(end: RawFd, command: i32, argument: i32) {
    // SAFETY: the descriptor is open, and these commands take a number.
    unsafe { libc::fcntl(end, command, argument) };
}
