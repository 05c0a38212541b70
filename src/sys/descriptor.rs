//! The library's descriptors, which a child closes unless they are its own.

use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::fcntl::{self, OFlag};
use nix::libc::{self, STDIN_FILENO};
use nix::sys::stat::Mode;
use nix::unistd::{SysconfVar, dup2_stdin, sysconf};

use super::checked_file::{CheckedFile, Identity};
use super::generation::Generation;

/// All open descriptors of the library in this process.
static OPEN: Mutex<Open> = Mutex::new(Open {
    ones: Vec::new(),
    checked_by: Generation::NONE,
});

struct Open {
    /// By their numbers.
    ones: Vec<Identity>,
    /// The generation that has a [`Checked`], if any.
    checked_by: Generation,
}

/// A descriptor that does not survive a fork: a child closes all those it was not told to keep.
///
/// The copy of this handle that a child inherits must not close the number again, since by then it
/// may be another file's. So the handle remembers the generation that opened it.
#[derive(Debug)]
pub(crate) struct Descriptor {
    file: ManuallyDrop<CheckedFile>,
    generation: AtomicU32,
}

const INHERITED: &str = "a descriptor is used by a child that inherited it";

impl Descriptor {
    pub(crate) fn new(fd: OwnedFd) -> io::Result<Self> {
        let file = CheckedFile::new(fd)?;
        let mut open = open();
        let ones = &mut open.ones;
        let place = ones.partition_point(|one| one.number() <= file.identity().number());
        ones.insert(place, file.identity());
        drop(open);
        Ok(Self {
            file: ManuallyDrop::new(file),
            generation: AtomicU32::new(Generation::current().number()),
        })
    }

    pub(crate) fn is_inherited(&self) -> bool {
        self.generation.load(Relaxed) != Generation::current().number()
    }

    /// The file under this number, which is another one if the program has closed the descriptor.
    /// Use it only for what does no harm to another file.
    pub(super) fn unchecked_file(&self) -> &File {
        assert!(!self.is_inherited(), "{INHERITED}");
        self.file.unchecked()
    }

    /// # Errors
    /// If the program has closed it.
    ///
    /// # Panics
    /// In a child that inherited this handle. The callers check that first.
    pub(crate) fn file(&self) -> io::Result<&File> {
        assert!(!self.is_inherited(), "{INHERITED}");
        self.file.file()
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the handle is gone after this, and nothing else takes the file.
        let file = unsafe { ManuallyDrop::take(&mut self.file) };
        if self.is_inherited() {
            return file.forget();
        }
        let ones = &mut open().ones;
        let end = ones.partition_point(|one| one.number() <= file.identity().number());
        // Of several entries with this number, all but the newest were closed.
        if let Some(place) = ones[..end].iter().rposition(|&one| one == file.identity()) {
            ones.remove(place);
        }
    }
}

/// While this lives, the numbers of all descriptors are known to be the library's, so a child may
/// close them without checking: descriptors that the program had closed were forgotten, and none of
/// its code, nor any other thread, runs meanwhile.
///
/// The check takes a system call for each descriptor. So code that starts many children in a row
/// makes this before the first, and each start finds it already made.
pub(crate) struct Checked {
    is_outermost: bool,
}

impl Checked {
    pub(crate) fn new() -> Self {
        let mut open = open();
        let is_outermost = !open.checked_by.is_current();
        if is_outermost {
            open.ones.retain(|one| one.is_intact());
            open.checked_by = Generation::current();
        }
        Self { is_outermost }
    }

    /// Whether there is something to close in a child.
    pub(crate) fn has_any(&self) -> bool {
        !open().ones.is_empty()
    }
}

impl Drop for Checked {
    fn drop(&mut self) {
        if self.is_outermost {
            open().checked_by = Generation::NONE;
        }
    }
}

/// In a child: closes the library's descriptors except those in `keep`, which become its own.
///
/// # Safety
/// This process must have moved to a new generation since the last of them was opened: a descriptor
/// opened in its own generation would be closed although it is in use. A [`Checked`] must have been
/// alive at the fork.
pub(crate) unsafe fn close_all_but<'a>(keep: impl Iterator<Item = &'a Descriptor> + Clone) {
    for kept in keep.clone() {
        kept.generation
            .store(Generation::current().number(), Relaxed);
    }
    let mut kept: Vec<Identity> = keep.map(|descriptor| descriptor.file.identity()).collect();
    // Several things that a child keeps may lie in one file.
    kept.sort_unstable_by_key(|kept| kept.number());
    kept.dedup();
    let left = Open {
        ones: kept.clone(),
        checked_by: Generation::NONE,
    };
    let inherited = std::mem::replace(&mut *open(), left).ones;
    let gone = inherited.iter().filter(|one| !kept.contains(one));
    let mut gone = gone.map(|one| one.number()).peekable();
    // They are usually adjacent.
    while let Some(first) = gone.next() {
        let mut last = first;
        while let Some(next) = gone.next_if(|next| *next <= last + 1) {
            last = next;
        }
        // SAFETY: the descriptors are the library's, as was checked before the fork, and every
        // handle to them is of an earlier generation, as the caller promises, and neither uses nor
        // closes them again.
        unsafe { close_range(first, last) };
    }
    // Every page that a child writes to costs it a copy, and so does what it frees.
    std::mem::forget(inherited);
}

/// Closes descriptors with consecutive numbers.
///
/// # Safety
/// Nothing in this process may use or close them any more.
pub(super) unsafe fn close_range(first: RawFd, last: RawFd) {
    // SAFETY: the caller promises that nobody needs them.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if closed != 0 {
        // Linux before 5.9 can't close several at once.
        let highest = sysconf(SysconfVar::OPEN_MAX).ok().flatten();
        let highest = highest.map_or(last, |count| last.min(count as RawFd));
        for fd in first..=highest {
            // SAFETY: as above.
            unsafe { libc::close(fd) };
        }
    }
}

/// In a child: makes stdin empty. The parent's input is not its own, and what it read there, the
/// parent would miss.
pub(crate) fn empty_stdin() {
    // If no descriptor is left, or there is no such file, stdin stays the parent's.
    let Ok(null) = fcntl::open("/dev/null", OFlag::O_RDONLY, Mode::empty()) else {
        return;
    };
    if null.as_raw_fd() == STDIN_FILENO {
        std::mem::forget(null);
    } else {
        let _ = dup2_stdin(null);
    }
}

fn open() -> MutexGuard<'static, Open> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}
