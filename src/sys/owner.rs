//! Which process a thing in shared memory belongs to, and whether that process is still alive.
//!
//! Every fork copies the handles in a process's memory, although each stands for one thing. These
//! rules make a handle belong to exactly one process:
//!
//! - It belongs to the process that made it.
//! - If it was moved into a child's closure, it belongs to the child. The parent knows which
//!   handles those are: the ones dropped when it drops its original of the closure, right after the
//!   fork ([`hand_over`]).
//! - It is gone when its owner drops it, or ends, however that happens.
//! - Any other inherited copy may be used, but does not count, and dropping it does nothing.
//!
//! A child may be faster than its parent, and drop a handle before the parent has recorded that it
//! belongs to the child. So a process waits for that record before it checks whose handle it is
//! ([`settle`]).

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering::*};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::{Pid, getpid};

use super::futex;
use super::generation::Generation;
use super::stat::Stat;
use super::wait::is_ended_child;

/// A process, identified by its pid and its start time, in clock ticks since the machine started:
/// other processes may have the same pid, but not at the same time. A time of 0 matches any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner(u64);

/// Linux allows pids up to 2²², which leaves room for a thousand years of ticks.
const PID_BITS: u32 = 22;

impl Owner {
    /// This process.
    #[inline]
    pub(crate) fn current() -> Self {
        /// A child inherits what its parent knew about itself, so the generation is stored with it.
        static KNOWN_BY: AtomicU32 = AtomicU32::new(u32::MAX);
        static KNOWN: AtomicU64 = AtomicU64::new(0);
        let generation = Generation::current().number();
        if KNOWN_BY.load(Acquire) == generation {
            return Self(KNOWN.load(Relaxed));
        }
        let current = Self::of(getpid().as_raw());
        KNOWN.store(current.0, Relaxed);
        KNOWN_BY.store(generation, Release);
        current
    }

    /// A process that has not been reaped. If its start time can't be read, for example for lack of
    /// a descriptor, the pid alone has to do.
    fn of(pid: i32) -> Self {
        let start = Stat::read(pid).map_or(0, |stat| stat.start);
        Self(start << PID_BITS | pid as u64)
    }

    /// Returns `None` if the word is 0, which stands for nobody.
    pub(crate) fn from_word(word: u64) -> Option<Self> {
        (word != 0).then_some(Self(word))
    }

    pub(crate) fn word(self) -> u64 {
        self.0
    }

    pub(crate) fn pid(self) -> i32 {
        (self.0 & ((1 << PID_BITS) - 1)) as i32
    }

    fn start(self) -> u64 {
        self.0 >> PID_BITS
    }

    pub(crate) fn is_current(self) -> bool {
        let current = Self::current();
        self == current
            || self.pid() == current.pid() && (self.start() == 0 || current.start() == 0)
    }

    /// Whether the process is alive. A zombie is not.
    pub(crate) fn is_alive(self) -> bool {
        match Stat::read(self.pid()) {
            Ok(stat) => !stat.has_ended() && (self.start() == 0 || self.start() == stat.start),
            // It is gone, or belongs to another user and is hidden, or no descriptor is left to
            // read with.
            Err(_) => {
                let exists = kill(Pid::from_raw(self.pid()), None) != Err(Errno::ESRCH);
                exists && !is_ended_child(self.pid())
            }
        }
    }

    /// Fails if this system does not show which processes are alive.
    pub(crate) fn check_visible() -> io::Result<()> {
        match Self::current().start() {
            0 => Stat::read(getpid().as_raw()).map(drop),
            _ => Ok(()),
        }
    }
}

/// Whether the process is alive. A zombie is not.
pub(crate) fn runs(pid: i32) -> bool {
    Owner(pid as u64).is_alive()
}

/// Waits until the process `pid` is gone, for when the kernel does not let its parent wait for it.
///
/// A process that nobody reaps stays a zombie, which `/proc` tells from a running process.
pub(crate) fn outlast(pid: i32) {
    const PAUSE: Duration = Duration::from_millis(1);
    while runs(pid) {
        std::thread::sleep(PAUSE);
    }
}

/// The child that owns what this process is dropping right now, or 0.
static HEIR: AtomicI32 = AtomicI32::new(0);

/// The heir with its start time, once the first handle has been passed to it, or 0.
static HEIR_AS_OWNER: AtomicU64 = AtomicU64::new(0);

/// In a child: where its parent records that it has handed everything over. Null in the first
/// process.
static HANDED_OVER: AtomicPtr<AtomicU32> = AtomicPtr::new(ptr::null_mut());

/// The generation of that child. A copy of it waits for no record.
static EXPECTED_BY: AtomicU32 = AtomicU32::new(0);

const NOT_YET: u32 = 0;
const DONE: u32 = 1;
const AWAITED: u32 = 2;

/// In the parent, right after the fork: drops the original of what was moved into `child`, and
/// records in `word` that it has. What `moved` owned in shared memory then belongs to the child.
pub(crate) fn hand_over<T>(child: i32, word: &AtomicU32, moved: T) {
    struct Finish<'a> {
        word: &'a AtomicU32,
        /// A destructor that runs during another handover may also start a child.
        heir_before: i32,
    }
    impl Drop for Finish<'_> {
        fn drop(&mut self) {
            HEIR.store(self.heir_before, Relaxed);
            HEIR_AS_OWNER.store(0, Relaxed);
            record_handover(self.word);
        }
    }
    let _finish = Finish {
        word,
        heir_before: HEIR.swap(child, Relaxed),
    };
    drop(moved);
}

/// In the parent: lets `give` pass what was sent to `child` on to it, and records in `word` that it
/// has.
pub(crate) fn give_to(child: i32, word: &AtomicU32, give: impl FnOnce(Owner)) {
    give(Owner::of(child));
    record_handover(word);
}

fn record_handover(word: &AtomicU32) {
    if word.swap(DONE, Release) == AWAITED {
        futex::wake(word, u32::MAX);
    }
}

/// In a child that was sent handles: [`settle`] waits for `word` from now on.
///
/// # Safety
/// The word must live as long as the process.
pub(crate) unsafe fn expect_handover(word: &AtomicU32) {
    HANDED_OVER.store(word.as_ptr().cast(), Relaxed);
    EXPECTED_BY.store(Generation::current().number(), Relaxed);
}

/// The child that this process is handing something over to, or 0.
pub(crate) fn handover() -> i32 {
    HEIR.load(Relaxed)
}

/// The new owner of what is dropped now, if there is one. What a destructor made during the same
/// handover was not moved into the child.
pub(crate) fn heir(made_during: i32) -> Option<Owner> {
    match handover() {
        0 => None,
        child if child == made_during => None,
        child => {
            let known = Owner(HEIR_AS_OWNER.load(Relaxed));
            let heir = if known.pid() == child {
                known
            } else {
                Owner::of(child)
            };
            HEIR_AS_OWNER.store(heir.0, Relaxed);
            Some(heir)
        }
    }
}

/// While this lives, the process is in the state in which a child starts: [`settle`] waits for
/// `word`, and there is no heir.
pub(crate) struct Expectation {
    word_before: *mut AtomicU32,
    by_before: u32,
    heir_before: i32,
}

impl Expectation {
    /// # Safety
    /// The word must live as long as the expectation: for ever, if that is forgotten.
    pub(crate) unsafe fn of(word: &AtomicU32) -> Self {
        Self {
            word_before: HANDED_OVER.swap(word.as_ptr().cast(), Relaxed),
            by_before: EXPECTED_BY.swap(Generation::of_next_child().number(), Relaxed),
            heir_before: HEIR.swap(0, Relaxed),
        }
    }
}

impl Drop for Expectation {
    fn drop(&mut self) {
        HANDED_OVER.store(self.word_before, Relaxed);
        EXPECTED_BY.store(self.by_before, Relaxed);
        HEIR.store(self.heir_before, Relaxed);
    }
}

/// Waits until the owners of all handles of this process are recorded.
pub(crate) fn settle() {
    if EXPECTED_BY.load(Relaxed) != Generation::current().number() {
        return;
    }
    let word = HANDED_OVER.load(Relaxed);
    // SAFETY: whoever set it made sure that it lives. Null gives no reference.
    let Some(word) = (unsafe { word.as_ref() }) else {
        return;
    };
    while word.load(Acquire) != DONE {
        let _ = word.compare_exchange(NOT_YET, AWAITED, Relaxed, Relaxed);
        futex::wait(word, AWAITED, None);
    }
}
