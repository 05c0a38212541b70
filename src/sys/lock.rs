//! A lock in shared memory that is released when its holder dies.
//!
//! It is the C library's robust mutex. Each thread keeps a list of the robust mutexes it holds, in
//! its own memory, and the kernel walks that list when the thread ends, however it ends: it marks
//! each mutex and wakes one waiter. So nobody waits for the dead. This type does not report that
//! the holder died: code that must know what was left half-done has to record what it does anyway.

use std::cell::UnsafeCell;
use std::io;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};

use super::generation::Generation;

#[repr(transparent)]
pub(crate) struct Lock(UnsafeCell<libc::pthread_mutex_t>);

// SAFETY: a mutex is made to be used by several threads, and this one by several processes.
unsafe impl Sync for Lock {}

/// This thread holds the lock until this is dropped.
///
/// A copy of the process does not hold it. If one could be made meanwhile, the copy must forget
/// this.
pub(crate) struct Held<'a> {
    lock: &'a Lock,
    /// A mutex must be unlocked by the thread that locked it.
    not_send: PhantomData<*mut ()>,
}

/// Why the lock was not acquired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    Busy,
    /// This thread already holds it.
    Own,
}

/// The part of a robust mutex's word that names its holder.
const FUTEX_TID_MASK: u32 = 0x3fff_ffff;

/// The lock is usually held for less time than it takes to sleep and be woken.
const SPINS: u32 = 100;

impl Lock {
    /// Makes a new lock at `place`.
    ///
    /// # Safety
    /// `place` must be valid for writes and not be in use. The lock must stay there, and mapped in
    /// each thread that holds it for as long as it does.
    pub(crate) unsafe fn make_at(place: *mut Self) -> io::Result<()> {
        let mut attributes = MaybeUninit::uninit();
        let attributes: *mut libc::pthread_mutexattr_t = attributes.as_mut_ptr();
        // SAFETY: the place for the attributes is writable.
        check(unsafe { libc::pthread_mutexattr_init(attributes) })?;
        // SAFETY: the attributes were initialized, here and below.
        check(unsafe {
            libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED)
        })?;
        // SAFETY: as above.
        check(unsafe {
            libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST)
        })?;
        // SAFETY: as above.
        check(unsafe {
            libc::pthread_mutexattr_settype(attributes, libc::PTHREAD_MUTEX_ERRORCHECK)
        })?;
        // SAFETY: `Lock` is a `pthread_mutex_t`, and the caller promises a place for it.
        check(unsafe { libc::pthread_mutex_init(place.cast(), attributes) })
    }

    /// Waits for the lock as long as it takes, or for at most `limit`.
    #[inline]
    pub(crate) fn acquire(&self, limit: Option<Duration>) -> Result<Held<'_>, Denied> {
        assert_known_to_libc();
        for _ in 0..SPINS {
            match self.try_once() {
                Err(Denied::Busy) => std::hint::spin_loop(),
                done => return done,
            }
        }
        match limit {
            // SAFETY: a `Lock` is only made by `make_at`.
            None => self.entered(unsafe { libc::pthread_mutex_lock(self.0.get()) }),
            Some(limit) => self.entered(lock_until_over(self.0.get(), limit)),
        }
    }

    #[inline]
    pub(crate) fn try_acquire(&self) -> Result<Held<'_>, Denied> {
        assert_known_to_libc();
        self.try_once()
    }

    /// The thread that holds the lock, by its id in its own namespace. It may have released the
    /// lock since.
    pub(crate) fn holder(&self) -> Option<i32> {
        // SAFETY: the lock word comes first in glibc's mutex, since the kernel has to find it there
        // for robust mutexes, and it is only changed atomically.
        let word = unsafe { AtomicU32::from_ptr(self.0.get().cast()) };
        match word.load(Relaxed) & FUTEX_TID_MASK {
            0 => None,
            thread => Some(thread as i32),
        }
    }

    #[inline]
    fn try_once(&self) -> Result<Held<'_>, Denied> {
        // SAFETY: a `Lock` is only made by `make_at`.
        self.entered(unsafe { libc::pthread_mutex_trylock(self.0.get()) })
    }

    #[inline]
    fn entered(&self, code: i32) -> Result<Held<'_>, Denied> {
        match code {
            0 => {}
            libc::EOWNERDEAD => {
                // SAFETY: this thread has just got the mutex, from a holder that died.
                unsafe { libc::pthread_mutex_consistent(self.0.get()) };
            }
            libc::EDEADLK => return Err(Denied::Own),
            libc::EBUSY | libc::ETIMEDOUT => return Err(Denied::Busy),
            code => unreachable!("a robust mutex fails with {}", Errno::from_raw(code)),
        }
        Ok(Held {
            lock: self,
            not_send: PhantomData,
        })
    }
}

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this thread holds the mutex, since a `Held` is made by the thread that got it,
        // and stays there; a copy of the process forgets it.
        unsafe { libc::pthread_mutex_unlock(self.lock.0.get()) };
    }
}

/// Whether this process can hold a lock. A bare clone can't: the C library mistakes its thread for
/// the one that was cloned, and the kernel would not release its locks.
#[inline]
pub(crate) fn can_be_held() -> bool {
    !Generation::current().is_bare_clone()
}

#[inline]
fn assert_known_to_libc() {
    assert!(
        can_be_held(),
        "a process made by a bare `clone` can't use locks; make it by `fork` or `process::spawn`"
    );
}

/// Locks, or fails once `limit` has passed, which setting the machine's clock does not affect.
fn lock_until_over(mutex: *mut libc::pthread_mutex_t, limit: Duration) -> i32 {
    let Ok(now) = clock_gettime(ClockId::CLOCK_MONOTONIC) else {
        return libc::ETIMEDOUT;
    };
    let longest = Duration::from_secs(u32::MAX.into());
    let end = now + TimeSpec::from_duration(limit.min(longest));
    // SAFETY: the mutex is one that `make_at` made, and the end lives through the call.
    unsafe { pthread_mutex_clocklock(mutex, libc::CLOCK_MONOTONIC, end.as_ref()) }
}

// In glibc since 2.30, and in POSIX since 2024, but not yet in the `libc` crate.
unsafe extern "C" {
    fn pthread_mutex_clocklock(
        mutex: *mut libc::pthread_mutex_t,
        clock: libc::clockid_t,
        end: *const libc::timespec,
    ) -> libc::c_int;
}

fn check(code: i32) -> io::Result<()> {
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}
