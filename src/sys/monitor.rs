//! A lock in shared memory, and a way to sleep until what it guards has changed.
//!
//! Any process may be killed at any moment, and no other may wait for ever because of it. The lock
//! is robust. Waking works like this:
//!
//! - No change is missed. A sleeper reads `wakes` while it holds the lock, and then sleeps only
//!   while that is unchanged. Whoever makes a change also changes `wakes`.
//! - No system call is made to wake nobody. If all processes that ever announced a sleep were found
//!   awake, nobody is asleep. What a waker finds holds for those that `announced` before its
//!   change, so it stores their number (`all_awake`); if another announces a sleep later, the
//!   numbers differ.
//! - A process may be killed after it makes a change and before it wakes anybody, or after it was
//!   woken and before it took what was there. Then others sleep although there is something for
//!   them. So nobody sleeps longer than a [`TICK`] without checking again.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::bells::Bells;
use super::clock::TICK;
use super::fork::is_single_threaded;
use super::futex;
use super::lock::{Denied, Held, Lock};
use super::memory_file::MemoryFile;
use super::patience::Patience;
use super::shared_box::SharedBox;
use super::stat::is_stopped;

/// The presence of another process inside is not reason enough to give up, since it will soon
/// leave. A caller gives up only if that process is found to be stopped, or stays so long that it
/// may be frozen in another way.
const GLANCE: Duration = Duration::from_millis(10);
const LONGEST_STAY: Duration = Duration::from_secs(5);

pub(crate) struct Monitor(SharedBox<Parts>);

struct Parts {
    lock: Lock,
    /// Those waiting for one kind of change, and those waiting for the other.
    sleepers: [Sleepers; 2],
    /// The bells of those waiting for the first kind with `poll`.
    bells: Bells,
}

struct Sleepers {
    /// The futex word that sleepers wait on.
    wakes: AtomicU32,
    /// How many sleeps were announced.
    announced: AtomicU32,
    /// How many had been announced when a waker last found nobody asleep.
    all_awake: AtomicU32,
}

/// Among the threads of all processes, only this one may touch what the monitor guards.
#[must_use = "the lock is released when this is dropped"]
pub(crate) struct Inside<'a> {
    parts: &'a Parts,
    /// The kind of change to sleep for, or to wake for.
    kind: usize,
    held: Held<'a>,
}

impl Monitor {
    /// How many bytes it takes up in a file.
    pub(crate) const SIZE: usize = size_of::<Parts>();

    /// One that lies at the start of the file.
    pub(crate) fn new(file: &MemoryFile) -> io::Result<Self> {
        let initialize = |parts: *mut Parts| {
            // SAFETY: the place is as large as the parts are.
            let lock = unsafe { &raw mut (*parts).lock };
            // SAFETY: it is new memory, which only moves with its mapping.
            unsafe { Lock::make_at(lock) }
        };
        // SAFETY: the lock was made, and the rest is atomics.
        unsafe { SharedBox::new(file, 0, initialize) }.map(Self)
    }

    /// The one that another process has made there.
    ///
    /// # Safety
    /// It must have, by [`new`](Self::new).
    pub(crate) unsafe fn joined(file: &MemoryFile) -> io::Result<Self> {
        // SAFETY: the caller's promise.
        unsafe { SharedBox::joined(file, 0) }.map(Self)
    }

    /// Enters once nobody else is inside.
    ///
    /// It makes no difference whether the previous holder died inside: each step there takes effect
    /// with a single store.
    #[inline]
    pub(crate) fn enter(&self) -> Inside<'_> {
        self.enter_until(Deadline::NEVER)
            .expect("without a deadline, a wait never times out")
    }

    /// As [`enter`](Self::enter), but returns `None` at the deadline if another process has been
    /// stopped inside.
    #[inline]
    pub(crate) fn enter_until(&self, deadline: Deadline) -> Option<Inside<'_>> {
        let limit = deadline.left().map(|left| left.max(GLANCE));
        let held = match self.0.lock.acquire(limit) {
            Ok(held) => held,
            Err(Denied::Busy) => self.outstay()?,
            Err(Denied::Own) => unreachable!("nothing that is done inside enters again"),
        };
        Some(Inside {
            parts: &self.0,
            kind: 0,
            held,
        })
    }

    /// As [`enter`](Self::enter), but does not wait for another process that has been stopped
    /// inside. Returns `None` if there is one and this process has no other threads that could
    /// enter meanwhile.
    pub(crate) fn enter_unless_stopped(&self) -> Option<Inside<'_>> {
        let inside = self.enter_until(Deadline::after(Duration::ZERO));
        match inside {
            None if !is_single_threaded() => Some(self.enter()),
            inside => inside,
        }
    }

    /// Called when the deadline has passed and another process is inside.
    #[cold]
    fn outstay(&self) -> Option<Held<'_>> {
        let end = Deadline::after(LONGEST_STAY);
        while !self.0.lock.holder().is_some_and(is_stopped) && !end.is_over() {
            if let Ok(held) = self.0.lock.acquire(Some(GLANCE)) {
                return Some(held);
            }
        }
        None
    }
}

/// The spin budget of this process, whatever it waits for.
static PATIENCE: Patience = Patience::new();

impl<'a> Inside<'a> {
    /// Selects the second kind of change, to sleep for or to wake for.
    pub(crate) fn second(self) -> Self {
        Self { kind: 1, ..self }
    }

    /// The bells, to be rung before a change.
    #[inline]
    pub(crate) fn bells(&self) -> &Bells {
        &self.parts.bells
    }

    #[inline]
    fn leave(self) -> (&'a Sleepers, Held<'a>) {
        (&self.parts.sleepers[self.kind], self.held)
    }

    /// Leaves, and sleeps until there is a change, but not past the deadline and not longer than a
    /// tick.
    pub(crate) fn sleep(self, deadline: Deadline) {
        let (sleepers, held) = self.leave();
        sleepers.announced.fetch_add(1, Relaxed);
        let wakes = sleepers.wakes.load(Relaxed);
        drop(held);
        let longest = deadline.left().map_or(TICK, |left| left.min(TICK));
        if !PATIENCE.look(1, || sleepers.wakes.load(Relaxed) != wakes) {
            PATIENCE.sleep(|| futex::wait(&sleepers.wakes, wakes, Some(longest)));
        }
    }

    /// Leaves after a change that concerns one sleeper.
    #[inline]
    pub(crate) fn wake_one(self) {
        self.wake(1);
    }

    /// Leaves after a change that concerns all sleepers.
    pub(crate) fn wake_all(self) {
        self.wake(u32::MAX);
    }

    #[inline]
    fn wake(self, count: u32) {
        let (sleepers, held) = self.leave();
        let announced = sleepers.announced.load(Relaxed);
        if announced == sleepers.all_awake.load(Relaxed) {
            return;
        }
        sleepers.wakes.fetch_add(1, Relaxed);
        drop(held);
        if futex::wake(&sleepers.wakes, count) == 0 {
            sleepers.all_awake.store(announced, Relaxed);
        }
    }
}

/// When to stop waiting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    pub(crate) const NEVER: Self = Self(None);

    /// If the timeout is too long for the clock, there is no deadline.
    pub(crate) fn after(limit: Duration) -> Self {
        Self(Instant::now().checked_add(limit))
    }

    pub(crate) fn is_over(self) -> bool {
        self.left() == Some(Duration::ZERO)
    }

    /// The time left, or `None` if there is no deadline.
    pub(crate) fn left(self) -> Option<Duration> {
        Some(self.0?.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn one_who_is_slow_inside_is_waited_for_beyond_the_deadline() {
        let monitor = Monitor::new(&MemoryFile::fixed(Monitor::SIZE)).expect("memory");
        let (inside, entered) = mpsc::channel();
        thread::scope(|s| {
            s.spawn(|| {
                let held = monitor.enter();
                inside.send(()).expect("somebody waits");
                let end = Deadline::after(20 * GLANCE);
                while !end.is_over() {
                    std::hint::spin_loop();
                }
                drop(held);
            });
            entered.recv().expect("it is inside");
            let now = Deadline::after(Duration::ZERO);
            assert!(monitor.enter_until(now).is_some());
        });
    }
}
