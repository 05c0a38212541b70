//! A value in shared memory, and the lock that guards it.
//!
//! # Why a `&mut` to the value is unique
//!
//! A guard gives a `&mut T` into memory that other processes map, too. Rust demands that nobody
//! else touches the value meanwhile:
//!
//! 1. The value is only reached through a guard, and only the thread that holds the lock has one.
//!    The lock is a robust mutex of the C library, which excludes the threads of all processes.
//! 2. A guard stays with its thread: it is not [`Send`]. It does not reach another process: a child
//!    would inherit a copy, so while a guard lives, starting a child fails with
//!    [`Error::LockHeld`]. After a guard is leaked, it always fails. References into the value
//!    can't outlive the guard, so none are inherited either. A copy of the process that the library
//!    did not fork (but `fork` or `daemon` did) can't reach the value: its guard panics, using a
//!    reference that it inherited ends it with SIGSEGV, and it neither releases the lock nor can
//!    take it. In a copy made by a bare `clone`, which is `unsafe`, guard and mutex panic, and
//!    existing references must not be used.
//! 3. The kernel releases the lock of a *thread* that ended. If that was the end of its process,
//!    nobody is left who could use the value. Otherwise the thread had leaked its guard, and other
//!    threads may still have references from it. So the mutex records the process that locked it,
//!    and nobody gets the value before that process has ended.
//! 4. The memory stays mapped as long as there is a guard, which borrows the handle. If a guard was
//!    leaked, the last handle does not unmap the memory.
//!
//! A guard can't go to another thread:
//! ```compile_fail,E0277
//! # use multiprocessing::Mutex;
//! let number = Mutex::new(1)?;
//! let guard = number.lock()?;
//! std::thread::scope(|s| {
//!     s.spawn(move || drop(guard));
//! });
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//! Nor outlive the handle it came from:
//! ```compile_fail,E0505
//! # use multiprocessing::Mutex;
//! let number = Mutex::new(1)?;
//! let guard = number.lock()?;
//! drop(number);
//! drop(guard);
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//! Nor a reference outlive the guard:
//! ```compile_fail,E0505
//! # use multiprocessing::Mutex;
//! let number = Mutex::new(1)?;
//! let mut guard = number.lock()?;
//! let inside = &mut *guard;
//! drop(guard);
//! *inside = 2;
//! # Ok::<(), multiprocessing::Error>(())
//! ```
//! Nor may the value hold pointers:
//! ```compile_fail,E0277
//! # use multiprocessing::Mutex;
//! let name = Mutex::new(String::from("Ada"))?;
//! # Ok::<(), multiprocessing::Error>(())
//! ```

mod guard;

use std::cell::UnsafeCell;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use bytemuck::Pod;

pub use guard::{MutexGuard, PoisonError, TryLockError};

use crate::crossing::{Crossing, Words, crosses};
use crate::error::Error;
use crate::sys::clock::TICK;
use crate::sys::guarded::Watched;
use crate::sys::lock::{Denied, Held, Lock};
use crate::sys::memory_file::{Kept, MemoryFile};
use crate::sys::monitor::Deadline;
use crate::sys::owner::Owner;
use crate::sys::shared_box::SharedBox;

/// A value in shared memory that only one process at a time may use.
///
/// ```
/// use multiprocessing::{Mutex, process};
///
/// let counter = Mutex::new(0_u64)?;
/// let mut children = Vec::new();
/// for _ in 0..4 {
///     let counter = counter.clone();
///     children.push(process::spawn(move || {
///         for _ in 0..1000 {
///             *counter.lock().unwrap() += 1;
///         }
///     })?);
/// }
/// for child in children {
///     child.join()?;
/// }
/// assert_eq!(*counter.lock()?, 4000);
/// # Ok::<(), multiprocessing::Error>(())
/// ```
///
/// It is used like [`std::sync::Mutex`]. A clone is another handle to the same value, as with
/// [`Arc`]: move clones into any number of children, or let the children borrow one. The value is
/// [`Pod`]: plain data without pointers, since a pointer means nothing in another process.
///
/// # When the holder dies
///
/// A process may be killed while it holds the lock. The kernel then releases it, so nobody waits
/// for ever; but the value may be half-written. As in `std` when a thread panics with the lock, the
/// mutex is *poisoned*: until somebody calls [`clear_poison`](Self::clear_poison), each `lock`
/// returns a [`PoisonError`], which holds the guard, so that you can repair the value. (A
/// half-written `Pod` may be wrong, but is never invalid.) A holder that panics also poisons the
/// mutex.
///
/// ```
/// use multiprocessing::sync::PoisonError;
/// use multiprocessing::{Mutex, process};
///
/// let pair = Mutex::new([1, 1])?;
/// let seen = pair.clone();
/// let child = process::spawn(move || -> () {
///     let mut pair = seen.lock().unwrap();
///     pair[0] = 2;
///     std::process::abort();
/// })?;
/// assert!(child.join().is_err());
///
/// let mut guard = pair.lock().unwrap_or_else(PoisonError::into_inner);
/// guard[1] = guard[0];
/// pair.clear_poison();
/// drop(guard);
/// assert_eq!(*pair.lock()?, [2, 2]);
/// # Ok::<(), multiprocessing::Error>(())
/// ```
pub struct Mutex<T> {
    place: Arc<Mapped<T>>,
}

type TryLockResult<'a, T> = Result<MutexGuard<'a, T>, TryLockError<MutexGuard<'a, T>>>;

/// The mapping, which is left in place if a leaked guard may still point to it.
struct Mapped<T> {
    /// Dropped first, while the place is mapped.
    watched: Watched,
    place: SharedBox<Place<T>>,
    memory: Kept,
}

/// The panic message when a copy of a process that holds the lock uses the mutex.
const COPY_OF_HOLDER: &str = "this process is a copy, not forked by `multiprocessing`, of one that \
     held the lock of this mutex; drop the guard before you fork or become a daemon";

struct Place<T> {
    lock: Lock,
    /// The process that holds the lock, or held it when its thread died.
    holder: AtomicU64,
    poisoned: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is only reached with the lock; see the module's documentation.
unsafe impl<T: Send> Sync for Place<T> {}
// SAFETY: nothing in it belongs to a thread, except the lock while it is held.
unsafe impl<T: Send> Send for Place<T> {}

impl<T: Pod> Mutex<T> {
    /// Puts `value` into shared memory.
    ///
    /// # Errors
    /// [`Error::System`] if there is not enough memory.
    pub fn new(value: T) -> Result<Self, Error> {
        let initialize = |place: *mut Place<T>| {
            // SAFETY: the place is as large as a `Place`.
            let inside = unsafe { &raw mut (*place).value };
            // SAFETY: it is new memory.
            unsafe { inside.write(UnsafeCell::new(value)) };
            // SAFETY: the place is as large as a `Place`.
            let lock = unsafe { &raw mut (*place).lock };
            // SAFETY: it is new memory, which stays mapped as long as a guard lives.
            unsafe { Lock::make_at(lock) }
        };
        let file = MemoryFile::fixed(size_of::<Place<T>>());
        // SAFETY: the lock and the value were made, and the rest is atomics. The value is only
        // touched with the lock.
        let place = unsafe { SharedBox::new(&file, 0, initialize) };
        let place = place.map_err(|error| Error::system("make a mutex", error))?;
        Ok(Self::of(file, place))
    }
}

impl<T> Mutex<T> {
    fn of(file: MemoryFile, place: SharedBox<Place<T>>) -> Self {
        Self {
            place: Arc::new(Mapped {
                watched: place.watch(),
                place,
                memory: file.keep(),
            }),
        }
    }
}

impl<T: Pod + Send> Crossing for Mutex<T> {
    fn another(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn memory(&self) -> &Kept {
        &self.place.memory
    }

    unsafe fn arrive(file: MemoryFile, _: Words, _: Option<Owner>) -> io::Result<Self> {
        // SAFETY: the caller's promise, and `new` made the value there.
        let place = unsafe { SharedBox::joined(&file, 0) }?;
        Ok(Self::of(file, place))
    }
}

crosses!([T: Pod + Send] Mutex<T>);

impl<T> Mutex<T> {
    /// Waits for the lock as long as another process or thread holds it, even one that was stopped,
    /// as by SIGSTOP.
    ///
    /// # Errors
    /// [`PoisonError`] if the mutex is poisoned. The error holds the guard.
    ///
    /// # Panics
    /// If this thread already holds the lock: it would wait for itself.
    pub fn lock(&self) -> Result<MutexGuard<'_, T>, PoisonError<MutexGuard<'_, T>>> {
        match self.lock_until(Deadline::NEVER) {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(error)) => Err(error),
            Err(TryLockError::WouldBlock) => {
                unreachable!("without a deadline, a wait never times out")
            }
        }
    }

    /// Waits for the lock, but not longer than `timeout`.
    ///
    /// # Errors
    /// [`TryLockError::WouldBlock`] if it was not free in time, and as [`lock`](Self::lock).
    ///
    /// # Panics
    /// As [`lock`](Self::lock).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let count = multiprocessing::Mutex::new(1)?;
    /// let in_time = count.lock_timeout(Duration::from_secs(1)).is_ok_and(|count| *count == 1);
    /// assert!(in_time);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn lock_timeout(
        &self,
        timeout: Duration,
    ) -> Result<MutexGuard<'_, T>, TryLockError<MutexGuard<'_, T>>> {
        self.lock_until(Deadline::after(timeout))
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// [`TryLockError::WouldBlock`] if it is not, and as [`lock`](Self::lock).
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError<MutexGuard<'_, T>>> {
        match self.place().lock.try_acquire() {
            Ok(held) => self.enter(held),
            Err(_) => Err(TryLockError::WouldBlock),
        }
    }

    fn lock_until(&self, deadline: Deadline) -> TryLockResult<'_, T> {
        loop {
            let entered = match self.place().lock.acquire(deadline.left()) {
                Ok(held) => self.enter(held),
                Err(Denied::Busy) => return Err(TryLockError::WouldBlock),
                Err(Denied::Own) => panic!("this thread holds the mutex already"),
            };
            match entered {
                // The thread that leaked its guard has ended, and its process has not.
                Err(TryLockError::WouldBlock) if !deadline.is_over() => thread::sleep(TICK),
                entered => return entered,
            }
        }
    }

    /// With the lock held: gives the value to this thread, unless a leaked guard still exists.
    #[inline]
    fn enter<'a>(&'a self, held: Held<'a>) -> TryLockResult<'a, T> {
        let place = &self.place.place;
        // A holder that released the lock itself is no longer recorded.
        if let Some(holder) = Owner::from_word(place.holder.load(Relaxed)) {
            if holder.is_alive() {
                return Err(TryLockError::WouldBlock);
            }
            place.poisoned.store(true, Relaxed);
        }
        let guard = MutexGuard::new(self, held);
        if place.poisoned.load(Relaxed) {
            Err(TryLockError::Poisoned(PoisonError::new(guard)))
        } else {
            Ok(guard)
        }
    }

    /// Whether a process ended or panicked while it held the lock. It is noticed when the mutex is
    /// next locked.
    ///
    /// # Panics
    /// As [`lock`](Self::lock).
    pub fn is_poisoned(&self) -> bool {
        self.place().poisoned.load(Relaxed)
    }

    /// Whether the next to lock it would learn that the holder has died or panicked.
    pub(super) fn is_abandoned(&self) -> bool {
        let place = self.place();
        let holder = place.holder.load(Relaxed);
        let has_died = Owner::from_word(holder).is_some_and(|holder| !holder.is_alive());
        // If it has released the lock meanwhile, it is no longer recorded.
        place.poisoned.load(Relaxed) || has_died && place.holder.load(Relaxed) == holder
    }

    /// Clears the poison. Call it once the value is consistent again, while you hold the guard that
    /// [`PoisonError::into_inner`] gave.
    pub fn clear_poison(&self) {
        self.place().poisoned.store(false, Relaxed);
    }

    #[inline]
    #[track_caller]
    fn place(&self) -> &Place<T> {
        assert!(!self.place.watched.is_covered(), "{COPY_OF_HOLDER}");
        &self.place.place
    }
}

impl<T> Drop for Mapped<T> {
    fn drop(&mut self) {
        if self.watched.is_covered() {
            return;
        }
        // No handle is left, so any guard that still exists was leaked. Then the lock is held, and
        // the kernel will touch it when the thread ends.
        let holder = Owner::from_word(self.place.holder.load(Relaxed));
        if holder.is_some_and(Owner::is_current) {
            self.place.leak();
        }
    }
}

impl<T> Clone for Mutex<T> {
    /// Another handle to the same value.
    fn clone(&self) -> Self {
        Self {
            place: Arc::clone(&self.place),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Mutex");
        if self.place.watched.is_covered() {
            return shown.finish_non_exhaustive();
        }
        match self.try_lock() {
            Ok(guard) => shown.field("value", &*guard),
            Err(TryLockError::Poisoned(error)) => shown.field("value", &**error.get_ref()),
            Err(TryLockError::WouldBlock) => shown.field("value", &format_args!("<locked>")),
        };
        shown.field("poisoned", &self.is_poisoned()).finish()
    }
}
