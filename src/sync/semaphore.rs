//! Permits, and who has them.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::crossing::{Crossing, Words, crosses};
use crate::error::Error;
use crate::holders::{Dropped, Hold, Holders};
use crate::sys::growing::GrowingMemory;
use crate::sys::lock::can_be_held;
use crate::sys::memory_file::{Kept, MemoryFile, after};
use crate::sys::monitor::{Deadline, Monitor};
use crate::sys::owner::{Owner, settle};

/// A counting semaphore: at most n processes hold a permit at a time.
///
/// ```
/// use multiprocessing::{Semaphore, process};
///
/// let two_at_a_time = Semaphore::new(2)?;
/// process::scope(|s| {
///     for _ in 0..4 {
///         s.spawn(|| {
///             let permit = two_at_a_time.acquire();
///             // At most two of the four are here at any time.
///             permit.release();
///         });
///     }
/// })?;
/// # Ok::<(), multiprocessing::Error>(())
/// ```
///
/// A clone is another handle to the same semaphore, for any child. Python's `acquire` and `release`
/// are two calls, and the second is easily forgotten. Here `acquire` returns a [`Permit`], which
/// returns to the semaphore when it is dropped.
///
/// # When the holder dies
///
/// When a process ends, its permit is free again, even if the process was killed. The semaphore
/// keeps a list of who holds the permits, and a process that finds none free checks every 20 ms
/// whether a holder has ended. (Python's semaphore only counts, so the permit of a killed process
/// is lost for ever.) A permit that is moved into a child's closure belongs to the child.
///
/// A semaphore guards no memory, so it is never poisoned, and a process that holds a permit may
/// start children.
#[derive(Clone)]
pub struct Semaphore {
    permits: Arc<Permits>,
}

struct Permits {
    /// Wakes when a permit is given back.
    monitor: Monitor,
    /// Only touched inside the monitor.
    holders: Holders,
    count: usize,
    memory: Kept,
}

impl Semaphore {
    /// Makes a semaphore with `permits` permits.
    ///
    /// # Errors
    /// [`Error::System`] if there is not enough memory, or if the folder `/proc`, which shows which
    /// processes are alive, can't be read.
    ///
    /// # Panics
    /// If `permits` is 0, or more than 2³².
    pub fn new(permits: usize) -> Result<Self, Error> {
        assert!(permits > 0, "a semaphore without permits waits for ever");
        assert!(permits <= 1 << 32, "there are never that many processes");
        let permits =
            Permits::new(permits).map_err(|error| Error::system("make a semaphore", error))?;
        Ok(Self {
            permits: Arc::new(permits),
        })
    }

    /// Waits for a permit. It also waits for a process that was stopped, as by SIGSTOP, in the
    /// middle of taking or returning one.
    pub fn acquire(&self) -> Permit {
        self.acquire_until(Deadline::NEVER)
            .expect("without a deadline, a wait never times out")
    }

    /// Waits for a permit, but not longer than `timeout`. Returns `None` if none was free in time.
    ///
    /// That holds even if a process was stopped, as by SIGSTOP, in the middle of taking a permit.
    /// If a process there is waiting for a CPU, this may wait up to 5 s longer. (A process without
    /// other threads never waits to give a permit back.)
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let places = multiprocessing::Semaphore::new(1)?;
    /// let place = places.acquire();
    /// assert!(places.acquire_timeout(Duration::from_millis(1)).is_none());
    /// drop(place);
    /// assert!(places.acquire_timeout(Duration::from_millis(1)).is_some());
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn acquire_timeout(&self, timeout: Duration) -> Option<Permit> {
        self.acquire_until(Deadline::after(timeout))
    }

    /// Takes a permit if one is free: [`acquire_timeout`](Self::acquire_timeout) with a timeout of
    /// 0.
    pub fn try_acquire(&self) -> Option<Permit> {
        self.acquire_timeout(Duration::ZERO)
    }

    fn acquire_until(&self, deadline: Deadline) -> Option<Permit> {
        let hold = self.permits.take(deadline)?;
        Some(Permit {
            permits: Arc::clone(&self.permits),
            hold,
        })
    }
}

impl Permits {
    fn new(permits: usize) -> io::Result<Self> {
        let start = after(0, Monitor::SIZE);
        let file = GrowingMemory::file(start, Holders::room(permits))?;
        Ok(Self {
            monitor: Monitor::new(&file)?,
            holders: Holders::new(&file, start, permits)?,
            count: permits,
            memory: file.keep(),
        })
    }

    fn take(&self, deadline: Deadline) -> Option<Hold> {
        loop {
            let inside = self.monitor.enter_until(deadline)?;
            if let Some(hold) = self.holders.add() {
                return Some(hold);
            }
            if deadline.is_over() {
                return None;
            }
            inside.sleep(deadline);
        }
    }

    fn give_back(&self, hold: &Hold) {
        if !can_be_held() {
            return; // a bare clone, which owns nothing
        }
        settle();
        let Some(inside) = self.monitor.enter_unless_stopped() else {
            // The others see it as soon as they can enter.
            return self.holders.abandon(hold);
        };
        if self.holders.remove(hold) == Dropped::Freed {
            inside.wake_one();
        }
    }
}

impl Crossing for Semaphore {
    fn another(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn memory(&self) -> &Kept {
        &self.permits.memory
    }

    fn words(&self) -> Words {
        [self.permits.count as u64, 0, 0]
    }

    unsafe fn arrive(file: MemoryFile, [count, ..]: Words, _: Option<Owner>) -> io::Result<Self> {
        let count = count as usize;
        let permits = Permits {
            // SAFETY: the caller's promise, and `Permits::new` made it there.
            monitor: unsafe { Monitor::joined(&file) }?,
            holders: Holders::joined(&file, after(0, Monitor::SIZE), count)?,
            count,
            memory: file.keep(),
        };
        Ok(Self {
            permits: Arc::new(permits),
        })
    }
}

crosses!([] Semaphore);

/// One permit of a [`Semaphore`]. Dropping it gives the permit back.
#[must_use = "the permit is given back when it is dropped"]
pub struct Permit {
    permits: Arc<Permits>,
    hold: Hold,
}

impl Permit {
    /// Gives the permit back.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.permits.give_back(&self.hold);
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").finish_non_exhaustive()
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}
