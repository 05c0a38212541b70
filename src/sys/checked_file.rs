//! A file that the program may close behind the library's back.
//!
//! Daemons, and tasks that behave like them, close all descriptors that they don't know. The number
//! is then free, and may be given to another file, which the library must neither write to nor
//! close. So the library remembers which file it opened, and before each system call checks that
//! the number still stands for it. (Pidfds can be told apart since Linux 6.9.)
//!
//! Nor does a file of the library ever get the number of stdin, stdout or stderr if the program has
//! closed them: what the program prints would end up in shared memory.

use super::call::Named;
use std::error::Error;
use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::libc::STDERR_FILENO;
use nix::sys::stat::{Mode, fstat};
use serde::{Deserialize, Serialize};

#[derive(Debug)]
pub(crate) struct CheckedFile {
    file: ManuallyDrop<File>,
    identity: Identity,
}

/// A number, and which file it stood for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    number: RawFd,
    device: u64,
    inode: u64,
}

/// The number of a descriptor that no longer belongs to the library.
#[derive(Debug, thiserror::Error)]
#[error(
    "descriptor {0} of `multiprocessing` was closed, or is another file now; close only what is \
     your own"
)]
struct Lost(RawFd);

/// Whether an operation failed because its descriptor no longer belongs to the library.
pub(crate) fn is_lost(error: &io::Error) -> bool {
    let cause = error.get_ref();
    cause.is_some_and(<dyn Error + Send + Sync>::is::<Lost>)
}

impl CheckedFile {
    pub(crate) fn new(fd: OwnedFd) -> io::Result<Self> {
        let fd = above_standard(fd)?;
        Ok(Self {
            identity: Identity::of(fd.as_fd())?,
            file: ManuallyDrop::new(fd.into()),
        })
    }

    pub(super) fn identity(&self) -> Identity {
        self.identity
    }

    pub(crate) fn whereabouts(&self) -> Whereabouts {
        let Identity {
            number,
            device,
            inode,
        } = self.identity;
        Whereabouts {
            number,
            device,
            inode,
        }
    }

    /// # Errors
    /// If the descriptor no longer belongs to the library.
    #[inline]
    pub(crate) fn file(&self) -> io::Result<&File> {
        if self.identity.is_intact() {
            Ok(&self.file)
        } else {
            Err(io::Error::other(Lost(self.identity.number)))
        }
    }

    /// Returns the file without a check: the number may stand for another file now.
    pub(super) fn unchecked(&self) -> &File {
        &self.file
    }

    /// Drops this without closing the descriptor.
    pub(super) fn forget(self) {
        let _ = ManuallyDrop::new(self);
    }
}

impl Drop for CheckedFile {
    fn drop(&mut self) {
        if self.identity.is_intact() {
            // SAFETY: it is the library's, and nothing else drops the file.
            unsafe { ManuallyDrop::drop(&mut self.file) };
        }
    }
}

/// Which file a number stands for in another process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Whereabouts {
    number: RawFd,
    device: u64,
    inode: u64,
}

impl Whereabouts {
    /// Opens the file that the process has, if that is still the same.
    pub(crate) fn open_in(self, pid: i32) -> io::Result<OwnedFd> {
        // Opening it for more than that could do something if it is another one.
        let place = OFlag::O_PATH | OFlag::O_CLOEXEC;
        let file = format!("/proc/{pid}/fd/{}", self.number);
        let file = open(file.as_str(), place, Mode::empty())?;
        let stat = fstat(&file)?;
        if (stat.st_dev, stat.st_ino) != (self.device, self.inode) {
            return Err(Errno::ENOENT.into());
        }
        let writable = OFlag::O_RDWR | OFlag::O_CLOEXEC;
        let file = format!("/proc/self/fd/{}", file.as_raw_fd());
        above_standard(open(file.as_str(), writable, Mode::empty())?)
    }
}

impl Identity {
    fn of(fd: BorrowedFd) -> io::Result<Self> {
        let stat = fstat(fd).by("fstat")?;
        Ok(Self {
            number: fd.as_raw_fd(),
            device: stat.st_dev,
            inode: stat.st_ino,
        })
    }

    pub(super) fn number(self) -> RawFd {
        self.number
    }

    pub(super) fn is_intact(self) -> bool {
        // SAFETY: the number is only looked up. If nothing is open under it, that is an error.
        let fd = unsafe { BorrowedFd::borrow_raw(self.number) };
        Self::of(fd).is_ok_and(|now| now == self)
    }
}

/// The same file under a number that is not that of stdin, stdout or stderr.
pub(super) fn above_standard(fd: OwnedFd) -> io::Result<OwnedFd> {
    if fd.as_raw_fd() > STDERR_FILENO {
        return Ok(fd);
    }
    let number = fcntl(&fd, FcntlArg::F_DUPFD_CLOEXEC(STDERR_FILENO + 1)).by("fcntl")?;
    // SAFETY: the call made it, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
