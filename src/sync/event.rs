//! A flag that processes can wait for.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::*};
use std::time::Duration;

use crate::crossing::{Crossing, Words, crosses};
use crate::error::Error;
use crate::sys::memory_file::{Kept, MemoryFile, after};
use crate::sys::monitor::{Deadline, Monitor};
use crate::sys::owner::Owner;
use crate::sys::shared_box::SharedBox;

/// A flag that any process can set, and that any number of processes can wait for.
///
/// ```
/// use multiprocessing::{Event, process};
///
/// let ready = Event::new()?;
/// let seen = ready.clone();
/// let child = process::spawn(move || {
///     seen.wait();
///     6 * 7
/// })?;
/// // Prepare something, then:
/// ready.set();
/// assert_eq!(child.join()?, 42);
/// # Ok::<(), multiprocessing::Error>(())
/// ```
///
/// It works like Python's [`Event`]. A clone is another handle to the same event: move clones into
/// any number of children, or let the children borrow one. Whatever a process wrote to shared
/// memory before it called [`set`](Self::set) is visible to those whose [`wait`](Self::wait)
/// returned because of it.
///
/// # When a process dies
///
/// A process that is killed while it waits, sets or clears does not affect any other. But an event
/// does not know who is going to set it. If that process dies first, `wait` does not return. To
/// wait for something that may fail, use [`wait_timeout`](Self::wait_timeout), or a
/// [`channel`](crate::channel()), whose receiver learns when the last sender is gone.
///
/// [`Event`]: https://docs.python.org/3/library/threading.html#event-objects
#[derive(Clone)]
pub struct Event {
    flag: Arc<Flag>,
}

struct Flag {
    /// Wakes when the event is set.
    monitor: Monitor,
    /// The lowest bit says whether it is set, the others count how often it has been.
    word: SharedBox<AtomicU64>,
    memory: Kept,
}

const IS_SET: u64 = 1;
const ONCE: u64 = 2;

impl Event {
    /// Makes an event that is not set.
    ///
    /// # Errors
    /// [`Error::System`] if there is not enough memory.
    pub fn new() -> Result<Self, Error> {
        let flag = Flag::new().map_err(|error| Error::system("make an event", error))?;
        Ok(Self {
            flag: Arc::new(flag),
        })
    }

    /// Sets the event, and wakes everyone who waits for it.
    pub fn set(&self) {
        let set = |word: u64| Some(word.wrapping_add(ONCE) | IS_SET);
        let _ = self.flag.word.fetch_update(Release, Relaxed, set);
        self.flag.monitor.enter().wake_all();
    }

    /// Clears the event: from now on, a [`wait`](Self::wait) waits until it is set again.
    ///
    /// Processes that were waiting when it was set return, even if it is cleared right afterwards.
    pub fn clear(&self) {
        self.flag.word.fetch_and(!IS_SET, AcqRel);
    }

    /// Whether the event is set.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.flag.word.load(Acquire) & IS_SET != 0
    }

    /// Waits until the event is set. Returns at once if it already is.
    pub fn wait(&self) {
        let is_set = self.flag.wait(Deadline::NEVER);
        debug_assert!(
            is_set,
            "a wait without a deadline ends when the event is set"
        );
    }

    /// Waits until the event is set, but not longer than `timeout`. Returns whether it was set.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let stop = multiprocessing::Event::new()?;
    /// assert!(!stop.wait_timeout(Duration::from_millis(1)));
    /// stop.set();
    /// assert!(stop.wait_timeout(Duration::from_millis(1)));
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.flag.wait(Deadline::after(timeout))
    }
}

impl Flag {
    fn new() -> io::Result<Self> {
        let at = after(0, Monitor::SIZE);
        let file = MemoryFile::fixed(at + size_of::<AtomicU64>());
        Ok(Self {
            monitor: Monitor::new(&file)?,
            // SAFETY: the value is an atomic, for which zeroes, and all other bits, are a value.
            word: unsafe { SharedBox::new(&file, at, |_| Ok(())) }?,
            memory: file.keep(),
        })
    }

    fn wait(&self, deadline: Deadline) -> bool {
        let first = self.word.load(Acquire);
        let was_set = || {
            let word = self.word.load(Acquire);
            word & IS_SET != 0 || word / ONCE != first / ONCE
        };
        while !was_set() {
            if deadline.is_over() {
                return false;
            }
            if let Some(inside) = self.monitor.enter_until(deadline)
                && !was_set()
            {
                inside.sleep(deadline);
            }
        }
        true
    }
}

impl Crossing for Event {
    fn another(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn memory(&self) -> &Kept {
        &self.flag.memory
    }

    unsafe fn arrive(file: MemoryFile, _: Words, _: Option<Owner>) -> io::Result<Self> {
        let flag = Flag {
            // SAFETY: the caller's promise, and `Flag::new` made it there.
            monitor: unsafe { Monitor::joined(&file) }?,
            // SAFETY: as above.
            word: unsafe { SharedBox::joined(&file, after(0, Monitor::SIZE)) }?,
            memory: file.keep(),
        };
        Ok(Self {
            flag: Arc::new(flag),
        })
    }
}

crosses!([] Event);

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("is_set", &self.is_set())
            .finish_non_exhaustive()
    }
}
