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
//! Not covered: a process that may change users by a capability without being root; a child that
//! becomes another program (by `exec`) after it has changed its user; and a program started by a
//! child. Where no descriptor is left, the parent-death signal has to do.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::sys::stat::Mode;
use nix::unistd::{getpid, getresgid, getresuid, pipe2};

use super::descriptor::Descriptor;

/// In the kernel's interface since 2.2, but not in the `libc` crate.
const F_SETSIG: i32 = 10;

/// Both ends, just before the fork.
pub(crate) struct Lifeline {
    /// All children of a process hang on the same one.
    held_by_parent: Arc<Descriptor>,
    /// Opened for one child alone, since the kernel notes with the open file whom to signal.
    held_by_child: Descriptor,
}

impl Lifeline {
    /// `None`: the child needs none, or it can't be had.
    pub(crate) fn new() -> Option<Self> {
        static SHARED: Mutex<Weak<Descriptor>> = Mutex::new(Weak::new());
        if !can_change_user() {
            return None;
        }
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let existing = shared
            .upgrade()
            .filter(|end| !end.is_inherited() && end.file().is_ok());
        let (held_by_parent, reading) = match existing {
            Some(writing) => {
                let reading = reopened(&writing).ok()?;
                (writing, reading)
            }
            None => {
                let (reading, writing) = pipe2(OFlag::O_CLOEXEC).ok()?;
                (Arc::new(Descriptor::new(writing).ok()?), reading)
            }
        };
        *shared = Arc::downgrade(&held_by_parent);
        Some(Self {
            held_by_parent,
            held_by_child: Descriptor::new(reading).ok()?,
        })
    }

    /// In the child, which keeps this descriptor for as long as it runs.
    pub(crate) fn tie(&self) -> &Descriptor {
        let end = &self.held_by_child;
        // Where one fails, which no kernel is known to do, the parent-death signal is left.
        let _ = control(end, F_SETSIG, libc::SIGKILL)
            .and_then(|()| control(end, libc::F_SETOWN, getpid().as_raw()))
            .and_then(|()| control(end, libc::F_SETFL, libc::O_ASYNC));
        end
    }

    /// In the parent, which must keep this until the child has ended.
    pub(crate) fn hold(self) -> Arc<Descriptor> {
        self.held_by_parent
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
fn reopened(end: &Descriptor) -> nix::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", end.number());
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    open(path.as_str(), flags, Mode::empty())
}

fn control(end: &Descriptor, command: i32, argument: i32) -> io::Result<()> {
    // The parent's generation opened it, and the child's has not taken it over yet.
    let fd = end.number();
    // SAFETY: the descriptor is open, and these commands take a number.
    Errno::result(unsafe { libc::fcntl(fd, command, argument) })?;
    Ok(())
}
