//! The right to use the value of a mutex, and how to get it after its holder died.

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{Ordering::*, compiler_fence};
use std::thread;

use super::{COPY_OF_HOLDER, Mutex, Place};
use crate::error::Error;
use crate::sys::fork::LOCKS_HELD;
use crate::sys::generation::Generation;
use crate::sys::lock::Held;
use crate::sys::owner::Owner;

/// Access to the value of a locked [`Mutex`]. Dropping it releases the lock.
///
/// While it lives, this process can't start a child.
#[must_use = "the lock is released when the guard is dropped"]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// Whether a panic was under way when the guard was made: a guard made in a destructor during a
    /// panic is not poisoned by that panic.
    panicking: bool,
    generation: Generation,
    held: ManuallyDrop<Held<'a>>,
}

// SAFETY: a shared guard gives nothing but a `&T`.
unsafe impl<T: Sync> Sync for MutexGuard<'_, T> {}

impl<'a, T> MutexGuard<'a, T> {
    #[inline]
    pub(super) fn new(mutex: &'a Mutex<T>, held: Held<'a>) -> Self {
        let holder = &mutex.place.place.holder;
        holder.store(Owner::current().word(), Relaxed);
        // This comes before any use of the value: a process that is killed from here on poisons it.
        mutex.place.watched.set_used(true);
        compiler_fence(SeqCst);
        LOCKS_HELD.fetch_add(1, Relaxed);
        Self {
            mutex,
            panicking: thread::panicking(),
            generation: Generation::current(),
            held: ManuallyDrop::new(held),
        }
    }

    /// (Not a method, since the value may have a method with this name.)
    pub(in crate::sync) fn mutex(guard: &Self) -> &'a Mutex<T> {
        guard.mutex
    }

    /// # Panics
    /// In a copy of the process: the lock belongs to the original.
    #[inline]
    #[track_caller]
    fn place(&self) -> &'a Place<T> {
        assert!(self.generation.is_current(), "{COPY_OF_HOLDER}");
        &self.mutex.place.place
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        if !self.generation.is_current() {
            return;
        }
        let place = &self.mutex.place.place;
        if !self.panicking && thread::panicking() {
            place.poisoned.store(true, Relaxed);
        }
        // This comes after every use of the value.
        compiler_fence(SeqCst);
        self.mutex.place.watched.set_used(false);
        place.holder.store(0, Relaxed);
        LOCKS_HELD.fetch_sub(1, Relaxed);
        // SAFETY: this thread holds the lock, in this process, and nothing uses it after this.
        unsafe { ManuallyDrop::drop(&mut self.held) };
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this thread has the lock, so nobody writes; see the module's documentation.
        unsafe { &*self.place().value.get() }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and nobody reads; and the only guard is borrowed.
        unsafe { &mut *self.place().value.get() }
    }
}

impl<T: fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

/// A process ended or panicked while it held the lock; the value may be half-written.
///
/// It corresponds to `std`'s [`PoisonError`](std::sync::PoisonError).
#[derive(thiserror::Error)]
#[error("{}", Error::Poisoned)]
pub struct PoisonError<G> {
    guard: G,
}

impl<G> PoisonError<G> {
    pub(in crate::sync) fn new(guard: G) -> Self {
        Self { guard }
    }

    /// Returns the guard, to repair the value or to use it as it is.
    pub fn into_inner(self) -> G {
        self.guard
    }

    /// Borrows the guard.
    pub fn get_ref(&self) -> &G {
        &self.guard
    }

    /// Borrows the guard.
    pub fn get_mut(&mut self) -> &mut G {
        &mut self.guard
    }
}

impl<G> fmt::Debug for PoisonError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why [`Mutex::try_lock`] or [`Mutex::lock_timeout`] failed.
#[derive(thiserror::Error)]
pub enum TryLockError<G> {
    /// The lock was taken, but the value may be half-written.
    #[error(transparent)]
    Poisoned(PoisonError<G>),
    /// Another process or thread holds the lock.
    #[error("{}", Error::WouldBlock)]
    WouldBlock,
}

impl<G> fmt::Debug for TryLockError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// For `?` in a function that returns an [`Error`].
impl<G> From<PoisonError<G>> for Error {
    fn from(_: PoisonError<G>) -> Self {
        Self::Poisoned
    }
}

/// For `?` in a function that returns an [`Error`].
impl<G> From<TryLockError<G>> for Error {
    fn from(error: TryLockError<G>) -> Self {
        match error {
            TryLockError::Poisoned(_) => Self::Poisoned,
            TryLockError::WouldBlock => Self::WouldBlock,
        }
    }
}
