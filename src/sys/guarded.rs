//! Shared memory that only one process may use at a time, and how copies of that process lose it.
//!
//! A `&mut` into shared memory promises that nobody else touches it. Every copy of the process has
//! a copy of the `&mut`, so in a copy the memory must be out of reach before any of the program's
//! code runs there. Two things ensure that:
//!
//! - In each child that `fork` or `daemon` makes, a handler (`pthread_atfork`) covers the addresses
//!   with a mapping that nobody can touch. They stay taken, so nothing else is ever mapped there.
//! - An array is not copied in the first place (`MADV_DONTFORK`), so it is absent even in a bare
//!   `clone`, which runs no handlers.
//!
//! A copy that touches the memory anyway is ended by SIGSEGV. A child that the library forks has
//! what was lent to it; see [`Lending`].
//!
//! The value of a mutex is covered if the original held the lock. Not copying it would take two
//! system calls per lock. So a bare `clone` does have it, and there the guard refuses access.

use std::cell::UnsafeCell;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::io;
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use nix::errno::Errno;
use nix::libc;
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous};

use super::fork::{LOCKS_HELD, exit_now};
use super::generation::Generation;
use super::memory::SharedMemory;
use super::trespass;

/// The guarded mappings of this process, by where they start.
static REGISTRY: Mutex<BTreeMap<usize, Entry>> = Mutex::new(BTreeMap::new());

/// The library is forking a child, so no message is needed if that child touches what it must not.
static FORK_IS_OURS: AtomicBool = AtomicBool::new(false);

struct Entry {
    len: usize,
    use_of_it: Arc<AtomicU8>,
}

/// Copies may have it, since nobody here uses it.
const FREE: u8 = 0;
/// It is in use, and copies must not touch it.
const IN_USE: u8 = 1;
/// As above, but the child that is being forked gets it.
const LENT: u8 = 2;
/// This process is a copy of one that used it.
const COVERED: u8 = 3;

/// The registration of a mapping, which records whether this process uses it.
#[derive(Debug)]
pub(crate) struct Watched {
    start: usize,
    use_of_it: Arc<AtomicU8>,
}

impl Watched {
    /// Guards a mapping that this process is not using yet.
    pub(crate) fn new(memory: &SharedMemory) -> Self {
        install_handlers();
        let watched = Self {
            start: memory.start().as_ptr() as usize,
            use_of_it: Arc::new(AtomicU8::new(FREE)),
        };
        let entry = Entry {
            len: memory.len(),
            use_of_it: Arc::clone(&watched.use_of_it),
        };
        registry().insert(watched.start, entry);
        watched
    }

    #[inline]
    pub(crate) fn set_used(&self, used: bool) {
        self.use_of_it
            .store(if used { IN_USE } else { FREE }, Relaxed);
    }

    #[inline]
    pub(crate) fn is_covered(&self) -> bool {
        self.use_of_it.load(Relaxed) == COVERED
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        registry().remove(&self.start);
    }
}

/// Shared memory that this process has exclusively, except for what it lends.
#[derive(Debug)]
pub(crate) struct Guarded {
    _watched: Watched,
    memory: SharedMemory,
    generation: Generation,
}

impl Guarded {
    pub(crate) fn new(memory: SharedMemory) -> io::Result<Self> {
        let watched = Watched::new(&memory);
        watched.set_used(true);
        copy_on_fork(memory.start(), memory.len(), false)?;
        Ok(Self {
            _watched: watched,
            memory,
            generation: Generation::current(),
        })
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        self.memory.start()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // In a bare clone, something else may be at these addresses.
        if !self.generation.is_current() {
            self.memory.leak();
        }
    }
}

/// While this lives, a child that this process forks gets certain guarded mappings. It is dropped
/// on both sides of the fork.
pub(crate) struct Lending(Vec<(NonNull<u8>, usize, Arc<AtomicU8>)>);

impl Lending {
    /// Lends the mappings that begin at `starts`.
    pub(crate) fn of(starts: &[usize]) -> io::Result<Self> {
        FORK_IS_OURS.store(true, Relaxed);
        let mut lending = Self(Vec::new());
        if starts.is_empty() {
            return Ok(lending);
        }
        let registry = registry();
        for start in starts {
            let entry = registry.get(start).zip(NonNull::new(*start as *mut u8));
            let (entry, start) = entry.ok_or(Errno::EFAULT)?;
            copy_on_fork(start, entry.len, true)?;
            entry.use_of_it.store(LENT, Relaxed);
            let lent = (start, entry.len, Arc::clone(&entry.use_of_it));
            lending.0.push(lent);
        }
        Ok(lending)
    }
}

impl Drop for Lending {
    fn drop(&mut self) {
        FORK_IS_OURS.store(false, Relaxed);
        for (start, len, use_of_it) in &self.0 {
            use_of_it.store(IN_USE, Relaxed);
            // If it is refused, the handler covers it in copies, as it does in any case.
            let _ = copy_on_fork(*start, *len, false);
        }
    }
}

fn copy_on_fork(start: NonNull<u8>, len: usize, copied: bool) -> Result<(), Errno> {
    let advice = if copied {
        MmapAdvise::MADV_DOFORK
    } else {
        MmapAdvise::MADV_DONTFORK
    };
    // SAFETY: the range is one of the library's mappings; nothing changes in this process.
    unsafe { madvise(start.cast(), len, advice) }
}

fn registry() -> MutexGuard<'static, BTreeMap<usize, Entry>> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether `address` lies in a covered mapping, if that is known without waiting: for signal
/// handlers.
fn is_covered(address: usize) -> bool {
    let Ok(registry) = REGISTRY.try_lock() else {
        return false;
    };
    let below = registry.range(..=address).next_back();
    below.is_some_and(|(start, entry)| {
        address - start < entry.len && entry.use_of_it.load(Relaxed) == COVERED
    })
}

// The fork

/// The registry's lock, which the forking thread holds, so that the child finds it whole.
struct HeldAcrossFork(UnsafeCell<Option<MutexGuard<'static, BTreeMap<usize, Entry>>>>);

// SAFETY: only the thread that holds the lock, and is forking, touches it.
unsafe impl Sync for HeldAcrossFork {}

static HELD_ACROSS_FORK: HeldAcrossFork = HeldAcrossFork(UnsafeCell::new(None));

fn install_handlers() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // The generation's handler runs first in the child, because it is installed first.
        Generation::current();
        // SAFETY: each handler says why it is sound.
        unsafe { libc::pthread_atfork(Some(before_fork), Some(in_parent), Some(in_child)) };
    });
}

extern "C" fn before_fork() {
    let held = registry();
    // SAFETY: this thread holds the lock.
    unsafe { *HELD_ACROSS_FORK.0.get() = Some(held) };
}

extern "C" fn in_parent() {
    // SAFETY: this thread, which forked, holds the lock.
    drop(unsafe { (*HELD_ACROSS_FORK.0.get()).take() });
}

extern "C" fn in_child() {
    // SAFETY: the only thread of this process is a copy of the one that holds the lock.
    let Some(registry) = (unsafe { (*HELD_ACROSS_FORK.0.get()).take() }) else {
        return;
    };
    if LOCKS_HELD.load(Relaxed) > 0 {
        // They were the original's.
        LOCKS_HELD.store(0, Relaxed);
    }
    let mut covered = false;
    for (start, entry) in &*registry {
        if entry.use_of_it.load(Relaxed) == IN_USE {
            cover(*start, entry.len);
            entry.use_of_it.store(COVERED, Relaxed);
            covered = true;
        }
    }
    if covered && !FORK_IS_OURS.load(Relaxed) {
        trespass::explain(is_covered);
    }
}

/// Puts an inaccessible mapping over one of the library's, or where one was.
fn cover(start: usize, len: usize) {
    let flags = MapFlags::MAP_PRIVATE | MapFlags::MAP_FIXED | MapFlags::MAP_NORESERVE;
    let covered = NonZeroUsize::new(start)
        .zip(NonZeroUsize::new(len))
        .ok_or(Errno::EINVAL)
        // SAFETY: these addresses hold one of the library's mappings, or nothing if it was not
        // copied, and no other code has run since. References into it must not be used here, and
        // from now on using them ends the process.
        .and_then(|(start, len)| unsafe {
            mmap_anonymous(Some(start), len, ProtFlags::PROT_NONE, flags)
        });
    let covered: Result<NonNull<c_void>, _> = covered;
    if covered.is_err() {
        exit_now(1);
    }
}
