//! Descriptors of the library's, which a child closes unless they are its own.

use std::os::fd::{AsFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::fork::generation;

/// All open descriptors of the library's in this process.
static OPEN: Mutex<Vec<RawFd>> = Mutex::new(Vec::new());

/// A descriptor that does not survive a fork: a child closes all that it was not told to keep.
///
/// The copy of this handle that a child inherits must not close its number again, for by then the
/// number may be another file's. So the handle remembers the generation that opened it.
#[derive(Debug)]
pub(crate) struct Descriptor {
    fd: RawFd,
    generation: AtomicU32,
}

impl Descriptor {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        let fd = fd.into_raw_fd();
        open_ones().push(fd);
        Self {
            fd,
            generation: AtomicU32::new(generation()),
        }
    }

    fn is_inherited(&self) -> bool {
        self.generation.load(Relaxed) != generation()
    }
}

impl AsFd for Descriptor {
    /// # Panics
    /// In a child that inherited this handle. The callers check that first.
    fn as_fd(&self) -> BorrowedFd<'_> {
        assert!(
            !self.is_inherited(),
            "a descriptor is used by a child that inherited it"
        );
        // SAFETY: `new` took ownership of the descriptor, only `drop` closes it, and a child that
        // closed it in `close_all_but` was stopped above.
        unsafe { BorrowedFd::borrow_raw(self.fd) }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        if self.is_inherited() {
            return;
        }
        let mut open = open_ones();
        if let Some(position) = open.iter().rposition(|&fd| fd == self.fd) {
            open.swap_remove(position);
        }
        // SAFETY: see `as_fd`; after this the handle is gone.
        drop(unsafe { OwnedFd::from_raw_fd(self.fd) });
    }
}

/// Whether there is something to close in a child.
pub(crate) fn any_open() -> bool {
    !open_ones().is_empty()
}

/// In a child: closes the library's descriptors except those in `keep`, which become its own.
pub(crate) fn close_all_but<'a>(keep: impl Iterator<Item = &'a Descriptor> + Clone) {
    for kept in keep.clone() {
        kept.generation.store(generation(), Relaxed);
    }
    open_ones().retain(|&fd| {
        let kept = keep.clone().any(|descriptor| descriptor.fd == fd);
        if !kept {
            // SAFETY: the descriptor is the library's, and every handle to it is of an earlier
            // generation, which neither uses nor closes it again.
            drop(unsafe { OwnedFd::from_raw_fd(fd) });
        }
        kept
    });
}

fn open_ones() -> std::sync::MutexGuard<'static, Vec<RawFd>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}
