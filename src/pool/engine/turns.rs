//! Whose turn it is to use the engine: one thread at a time.
//!
//! A pool may be in one thread, and results that it owes in another. A thread that waits for
//! results keeps the engine while it sleeps, for a second at most, and gathers the results of all.
//! A thread that arrives while the engine is taken is next, so a thread that waits again and again
//! can't starve the others.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use super::Engine;
use crate::sys::bell::{Bell, ring};

pub(in crate::pool) struct Turns {
    engine: Mutex<Engine>,
    /// Held by the thread whose turn is next.
    next: Mutex<()>,
    /// Wakes the thread that holds the engine and sleeps.
    bell: Arc<Bell>,
}

impl Turns {
    pub(in crate::pool) fn new(engine: Engine) -> Self {
        Self {
            bell: Arc::clone(&engine.workers.doorbell),
            engine: Mutex::new(engine),
            next: Mutex::new(()),
        }
    }

    /// Takes the engine for something that does not wait. None of the caller's code may run
    /// meanwhile.
    #[inline]
    pub(in crate::pool) fn take(&self) -> MutexGuard<'_, Engine> {
        match self.engine.try_lock() {
            Ok(engine) => engine,
            Err(TryLockError::Poisoned(engine)) => engine.into_inner(),
            Err(TryLockError::WouldBlock) => self.take_after_another(),
        }
    }

    #[cold]
    fn take_after_another(&self) -> MutexGuard<'_, Engine> {
        // Ring before waiting as well, since the thread that is next may be one that will sleep.
        let _ = ring(&self.bell.rung);
        let _next = locked(&self.next);
        let _ = ring(&self.bell.rung);
        locked(&self.engine)
    }

    /// Takes the engine in order to wait.
    pub(in crate::pool) fn take_to_wait(&self) -> MutexGuard<'_, Engine> {
        let _next = locked(&self.next);
        locked(&self.engine)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
