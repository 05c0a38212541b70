//! Descriptors of the library's, which a child closes unless they are its own.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use nix::fcntl::{OFlag, open};
use nix::libc::{self, STDIN_FILENO};
use nix::sys::stat::Mode;
use nix::unistd::dup2_stdin;

use super::generation::Generation;

/// All open descriptors of the library's in this process.
static OPEN: Mutex<Vec<RawFd>> = Mutex::new(Vec::new());

/// A descriptor that does not survive a fork: a child closes all that it was not told to keep.
///
/// The copy of this handle that a child inherits must not close its number again, for by then the
/// number may be another file's. So the handle remembers the generation that opened it.
#[derive(Debug)]
pub(crate) struct Descriptor {
    file: ManuallyDrop<File>,
    generation: AtomicU32,
}

impl Descriptor {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        open_ones().push(fd.as_raw_fd());
        Self {
            file: ManuallyDrop::new(fd.into()),
            generation: AtomicU32::new(Generation::current().number()),
        }
    }

    pub(crate) fn is_inherited(&self) -> bool {
        self.generation.load(Relaxed) != Generation::current().number()
    }

    /// Its number, also for a child that is about to take it over.
    pub(super) fn number(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// # Panics
    /// In a child that inherited this handle. The callers check that first.
    pub(crate) fn as_file(&self) -> &File {
        assert!(
            !self.is_inherited(),
            "a descriptor is used by a child that inherited it"
        );
        &self.file
    }
}

impl AsFd for Descriptor {
    /// # Panics
    /// As [`as_file`](Self::as_file).
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.as_file().as_fd()
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        if self.is_inherited() {
            return;
        }
        let number = self.file.as_raw_fd();
        let mut open = open_ones();
        if let Some(position) = open.iter().rposition(|&fd| fd == number) {
            open.swap_remove(position);
        }
        // SAFETY: the handle is gone after this, and nothing else drops the file.
        unsafe { ManuallyDrop::drop(&mut self.file) };
    }
}

/// Whether there is something to close in a child.
pub(crate) fn any_open() -> bool {
    !open_ones().is_empty()
}

/// In a child: closes the library's descriptors except those in `keep`, which become its own.
///
/// # Safety
/// This process must have moved to a new generation since the last of them was opened: what was
/// opened by it would be closed although it is in use.
pub(crate) unsafe fn close_all_but<'a>(keep: impl Iterator<Item = &'a Descriptor> + Clone) {
    for kept in keep.clone() {
        kept.generation
            .store(Generation::current().number(), Relaxed);
    }
    let kept: Vec<RawFd> = keep.map(|descriptor| descriptor.file.as_raw_fd()).collect();
    let mut gone = std::mem::replace(&mut *open_ones(), kept.clone());
    gone.retain(|fd| !kept.contains(fd));
    gone.sort_unstable();
    // Mostly they are neighbours.
    for run in gone.chunk_by(|fd, next| fd + 1 == *next) {
        close_all(run);
    }
}

/// Closes descriptors with numbers that follow each other.
fn close_all(run: &[RawFd]) {
    let (Some(first), Some(last)) = (run.first(), run.last()) else {
        return;
    };
    // SAFETY: the descriptors are the library's, and every handle to them is of an earlier
    // generation, as the caller of `close_all_but` promises, and neither uses nor closes them again.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, *first, *last, 0) };
    if closed != 0 {
        // Linux before 5.9 can't close several at once.
        for &fd in run {
            // SAFETY: as above.
            unsafe { libc::close(fd) };
        }
    }
}

/// In a child: what it reads from stdin is empty. The parent's input is not its own, and what it
/// would read there, the parent would miss.
pub(crate) fn empty_stdin() {
    // Without a descriptor to open it, or where there is no such file, stdin stays the parent's.
    let Ok(null) = open("/dev/null", OFlag::O_RDONLY, Mode::empty()) else {
        return;
    };
    if null.as_raw_fd() == STDIN_FILENO {
        std::mem::forget(null);
    } else {
        let _ = dup2_stdin(null);
    }
}

fn open_ones() -> std::sync::MutexGuard<'static, Vec<RawFd>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}
