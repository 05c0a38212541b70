//! Which copy of the program's memory this process is.
//!
//! A handle remembers the generation that made it. Every copy of the process, whoever forked it,
//! has another generation, and there the handle does nothing: it belongs to the original.
//!
//! # How a copy is told apart
//!
//! The number of the current generation is kept in a page that the kernel wipes in every copy
//! (`MADV_WIPEONFORK`). That holds for every way to copy memory: `fork`, `daemon`, a bare `clone`.
//! A process that finds the page empty is a new generation, one more than [`LAST`], which lies in
//! ordinary memory and is copied. So the numbers only grow along the line from the first process to
//! any of its descendants, and no two processes on that line share one.
//!
//! The process id would not do: a descendant can get the id of an ancestor that has ended. Nor
//! would counting in `fork` alone, which does not see a `clone`.
//!
//! `posix_spawn` and `vfork` copy no memory, and so make no generation: their child only runs the
//! C library's code.
//!
//! # Bare clones
//!
//! In a copy that was made behind the C library's back, the C library still describes the thread
//! that cloned it, and the kernel does not have its list of robust locks. So it can't use such
//! locks; see [`Generation::is_bare_clone`]. The page reveals it: after any other fork, a handler
//! fills the page before any of the program's own code runs.

use std::ptr::NonNull;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use nix::libc;
use nix::sys::mman::{MmapAdvise, madvise};

/// Counted from 1 for the first process; its children are 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation(u32);

/// The highest generation among this process and its ancestors.
static LAST: AtomicU32 = AtomicU32::new(0);

/// The number of this generation. It has a page of the program to itself, so that reading it is one
/// load.
static CURRENT: Page = Page(AtomicU32::new(UNKNOWN));

/// Aligned to the largest page size that the architecture can have.
#[cfg_attr(target_arch = "x86_64", repr(align(4096)))]
#[cfg_attr(not(target_arch = "x86_64"), repr(align(65536)))]
struct Page(AtomicU32);

const UNKNOWN: u32 = 0;
const BARE_CLONE: u32 = 1 << 31;

impl Generation {
    /// The generation before the first, to which no process belongs.
    pub(crate) const NONE: Self = Self(UNKNOWN);

    /// The generation of this process.
    #[inline]
    pub(crate) fn current() -> Self {
        match CURRENT.0.load(Relaxed) {
            UNKNOWN => find_out(),
            number => Self(number),
        }
    }

    #[inline]
    pub(crate) fn is_current(self) -> bool {
        self == Self::current()
    }

    /// The generation of the children that this process forks next.
    pub(crate) fn of_next_child() -> Self {
        Self::current();
        Self(LAST.load(Relaxed) + 1)
    }

    /// Whether the process is a copy that the C library does not know of.
    #[inline]
    pub(crate) fn is_bare_clone(self) -> bool {
        self.0 & BARE_CLONE != 0
    }

    #[inline]
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

#[cold]
fn find_out() -> Generation {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        wipe_in_copies();
        // SAFETY: the handler is sound at any time, and a program's code stays in place.
        unsafe { libc::pthread_atfork(None, None, Some(begin_generation)) };
        enter_generation(0);
    });
    if CURRENT.0.load(Relaxed) == UNKNOWN {
        enter_generation(BARE_CLONE);
    }
    Generation(CURRENT.0.load(Relaxed))
}

/// In a child that the library has cloned, once the C library's state is right.
pub(super) fn begin_in_clone() {
    begin_generation();
}

/// In a child, before any of the program's code runs.
extern "C" fn begin_generation() {
    // Where the kernel does not wipe pages, this is the number of the original.
    CURRENT.0.store(UNKNOWN, Relaxed);
    enter_generation(0);
}

fn enter_generation(bare_clone: u32) {
    let number = LAST.load(Relaxed) + 1;
    // Stored before the number becomes visible, since a thread could fork right afterwards. If
    // several threads arrive here at once, one counts, and a number may be skipped.
    LAST.store(number, Relaxed);
    let number = number | bare_clone;
    let _ = CURRENT
        .0
        .compare_exchange(UNKNOWN, number, Relaxed, Relaxed);
}

/// Where the kernel does not wipe pages (before Linux 4.14, or in a sandbox), only the handler
/// tells copies apart, and bare clones are not noticed.
fn wipe_in_copies() {
    let page = NonNull::from(&CURRENT);
    // SAFETY: the page belongs to `CURRENT` alone, and wiping it in children changes nothing here.
    let _ = unsafe { madvise(page.cast(), size_of::<Page>(), MmapAdvise::MADV_WIPEONFORK) };
}
