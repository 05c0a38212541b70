//! Waiting until a value in shared memory is as one needs it.

mod notifications;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::{MutexGuard, PoisonError};
use crate::crossing::{Crossing, Words, crosses};
use crate::error::Error;
use crate::holders::Holders;
use crate::sys::growing::GrowingMemory;
use crate::sys::memory_file::{Kept, MemoryFile, after};
use crate::sys::monitor::{Deadline, Monitor};
use crate::sys::owner::{Owner, settle};
use crate::sys::shared_words::SharedWords;
use notifications::{MOST_WAITERS, Notifications};

/// Lets processes wait until the value of a [`Mutex`](super::Mutex) has changed.
///
/// ```
/// use multiprocessing::{Condition, Mutex, process};
///
/// let level = Mutex::new(0)?;
/// let changed = Condition::new()?;
/// process::scope(|s| {
///     s.spawn(|| {
///         for _ in 0..3 {
///             *level.lock().unwrap() += 1;
///             changed.notify_one();
///         }
///     });
///     let level = level.lock().unwrap();
///     let level = changed.wait_while(level, |level| *level < 3).unwrap();
///     assert_eq!(*level, 3);
/// })?;
/// # Ok::<(), multiprocessing::Error>(())
/// ```
///
/// (The parent takes the lock after it has started the child: a process that holds one can't start
/// any.)
///
/// It is used as [`std::sync::Condvar`] is, and does what Python's [`Condition`] does. A wait gives
/// the guard away, so that others can change the value, and returns with the lock taken again. A
/// clone is another handle of the same condition; move it into any number of children, or let them
/// borrow it. Use a condition with one mutex.
///
/// A wait may end without a notification, so check the value, or let
/// [`wait_while`](Self::wait_while) do it.
///
/// # When a process dies
///
/// A notification is for any of those who wait when it is made. If one of them is killed before it
/// was woken, another takes its place within 20 ms.
///
/// If a process dies while it holds the mutex, those who wait learn it, though nobody notifies them:
/// within 40 ms each gets a [`PoisonError`]. But a condition does not know who is going to notify:
/// if that process dies while it does not hold the mutex, a wait does not end. Where that can happen,
/// use [`wait_timeout_while`](Self::wait_timeout_while).
///
/// [`Condition`]: https://docs.python.org/3/library/threading.html#condition-objects
#[derive(Clone)]
pub struct Condition {
    waiters: Arc<Waiters>,
}

/// Says whether a wait ended because its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the time was over before there was a notification.
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

type WaitResult<'a, T> = Result<MutexGuard<'a, T>, PoisonError<MutexGuard<'a, T>>>;

type WaitTimeout<'a, T> = (MutexGuard<'a, T>, WaitTimeoutResult);

struct Waiters {
    /// Wakes when there is a notification.
    monitor: Monitor,
    // What follows is only touched inside of the monitor.
    waiting: Holders,
    /// One word: the notifications.
    words: SharedWords,
    memory: Kept,
}

/// Where in its file everything lies; the monitor is at the start.
fn places() -> [usize; 2] {
    let words = after(0, Monitor::SIZE);
    [words, after(words, SharedWords::size(1))]
}

impl Condition {
    /// A condition that nobody waits for yet.
    ///
    /// # Errors
    /// [`Error::System`] if there is not enough memory, or if the folder `/proc`, which tells which
    /// processes live, can't be read.
    pub fn new() -> Result<Self, Error> {
        let waiters = Waiters::new().map_err(|error| Error::system("make a condition", error))?;
        Ok(Self {
            waiters: Arc::new(waiters),
        })
    }

    /// Releases the lock, waits for a notification, and takes the lock again.
    ///
    /// # Errors
    /// [`PoisonError`] if the mutex is poisoned. The error holds the guard.
    ///
    /// # Panics
    /// If 65 536 threads wait.
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> WaitResult<'a, T> {
        let mutex = MutexGuard::mutex(&guard);
        self.waiters.wait(guard, Deadline::NEVER);
        mutex.lock()
    }

    /// Waits as long as `condition` returns true for the value.
    ///
    /// # Errors
    /// # Panics
    /// As [`wait`](Self::wait).
    pub fn wait_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> WaitResult<'a, T> {
        while condition(&mut guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// As [`wait`](Self::wait), but waits for a notification not longer than `timeout`.
    ///
    /// The lock is then waited for as long as it takes.
    ///
    /// # Errors
    /// # Panics
    /// As [`wait`](Self::wait).
    ///
    /// ```
    /// use std::time::Duration;
    /// use multiprocessing::{Condition, Mutex};
    ///
    /// let (level, changed) = (Mutex::new(1)?, Condition::new()?);
    /// let guard = level.lock()?;
    /// let (guard, result) = changed.wait_timeout(guard, Duration::from_millis(1)).unwrap();
    /// assert_eq!((*guard, result.timed_out()), (1, true));
    /// # drop(guard);
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> Result<WaitTimeout<'a, T>, PoisonError<WaitTimeout<'a, T>>> {
        self.wait_until(guard, Deadline::after(timeout))
    }

    /// Waits as long as `condition` returns true for the value, but not longer than `timeout`.
    ///
    /// # Errors
    /// # Panics
    /// As [`wait_timeout`](Self::wait_timeout).
    pub fn wait_timeout_while<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> Result<WaitTimeout<'a, T>, PoisonError<WaitTimeout<'a, T>>> {
        let deadline = Deadline::after(timeout);
        loop {
            if !condition(&mut guard) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            if deadline.is_over() {
                return Ok((guard, WaitTimeoutResult(true)));
            }
            (guard, _) = self.wait_until(guard, deadline)?;
        }
    }

    fn wait_until<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        deadline: Deadline,
    ) -> Result<WaitTimeout<'a, T>, PoisonError<WaitTimeout<'a, T>>> {
        let mutex = MutexGuard::mutex(&guard);
        let result = WaitTimeoutResult(self.waiters.wait(guard, deadline) == End::Timeout);
        match mutex.lock() {
            Ok(guard) => Ok((guard, result)),
            Err(error) => Err(PoisonError::new((error.into_inner(), result))),
        }
    }

    /// Wakes one of those who wait, if anybody does.
    ///
    /// It makes no difference to the condition whether this process holds the mutex.
    pub fn notify_one(&self) {
        self.waiters.notify(1);
    }

    /// Wakes all who wait.
    pub fn notify_all(&self) {
        self.waiters.notify(MOST_WAITERS);
    }
}

/// Why a wait ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Notified,
    Timeout,
    /// The holder of the mutex has died.
    Abandoned,
}

impl Waiters {
    fn new() -> io::Result<Self> {
        let [words, waiting] = places();
        let file = GrowingMemory::file(waiting, Holders::room(MOST_WAITERS))?;
        Ok(Self {
            monitor: Monitor::new(&file)?,
            waiting: Holders::new(&file, waiting, MOST_WAITERS)?,
            words: SharedWords::new(&file, words, 1)?,
            memory: file.keep(),
        })
    }

    fn wait<T>(&self, guard: MutexGuard<'_, T>, deadline: Deadline) -> End {
        let mutex = MutexGuard::mutex(&guard);
        let was_poisoned = mutex.is_poisoned();
        settle();
        let mut inside = self.monitor.enter();
        let waiter = self.waiting.add();
        let waiter =
            waiter.unwrap_or_else(|| panic!("at most {MOST_WAITERS} threads wait for a condition"));
        // Nobody gets inside between this and the sleep, so no notification is missed.
        drop(guard);
        let end = loop {
            inside.sleep(deadline);
            let is_abandoned = !was_poisoned && mutex.is_abandoned();
            // Nobody else could tell that this one has stopped waiting, so it has to get inside.
            inside = self.monitor.enter();
            if let Some(rest) = self.notifications().take(waiter.serial()) {
                self.words[0].store(rest.word(), Relaxed);
                break End::Notified;
            } else if is_abandoned {
                break End::Abandoned;
            } else if deadline.is_over() {
                break End::Timeout;
            }
        };
        self.waiting.remove(&waiter);
        drop(inside);
        end
    }

    fn notify(&self, count: usize) {
        let inside = self.monitor.enter();
        if self.notifications().are_pending() {
            // Those may be for waiters that have been killed, and this one is not.
            self.waiting.forget_dead();
        }
        let before = self.notifications();
        let waiting = self.waiting.count_after(0);
        let newcomers = self.waiting.count_after(before.last());
        let notifications = before.more(count, waiting, newcomers, self.waiting.last_serial());
        self.words[0].store(notifications.word(), Relaxed);
        match count {
            _ if waiting == 0 => {}
            1 => inside.wake_one(),
            _ => inside.wake_all(),
        }
    }

    fn notifications(&self) -> Notifications {
        Notifications::from_word(self.words[0].load(Relaxed))
    }
}

impl Crossing for Condition {
    fn another(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn memory(&self) -> &Kept {
        &self.waiters.memory
    }

    unsafe fn arrive(file: MemoryFile, _: Words, _: Option<Owner>) -> io::Result<Self> {
        let [words, waiting] = places();
        let waiters = Waiters {
            // SAFETY: the caller's promise, and `Waiters::new` made it there.
            monitor: unsafe { Monitor::joined(&file) }?,
            waiting: Holders::joined(&file, waiting, MOST_WAITERS)?,
            words: SharedWords::joined(&file, words, 1)?,
            memory: file.keep(),
        };
        Ok(Self {
            waiters: Arc::new(waiters),
        })
    }
}

crosses!([] Condition);

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}
