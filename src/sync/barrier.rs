//! A place where processes wait until all of them have arrived.

mod rounds;
mod state;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;

pub use crate::error::BrokenBarrier;
use rounds::Rounds;

use crate::crossing::{Crossing, Words, crosses};
use crate::error::Error;
use crate::holders::Hold;
use crate::sys::memory_file::{Kept, MemoryFile};
use crate::sys::monitor::Deadline;
use crate::sys::owner::Owner;

/// Lets n processes wait for each other: none goes on before all have arrived.
///
/// ```
/// use multiprocessing::{Barrier, process, sync::BrokenBarrier};
///
/// let barrier = Barrier::new(3)?;
/// let mut children = Vec::new();
/// for number in 0..3 {
///     let barrier = barrier.clone();
///     children.push(process::spawn(move || {
///         // Prepare something, then wait for the others.
///         let result = barrier.wait()?;
///         Ok::<_, BrokenBarrier>((number, result.is_leader()))
///     })?);
/// }
/// let mut leaders = 0;
/// for child in children {
///     let (_number, is_leader) = child.join()??;
///     leaders += u32::from(is_leader);
/// }
/// assert_eq!(leaders, 1);
/// # Ok::<(), multiprocessing::Error>(())
/// ```
///
/// It is used like [`std::sync::Barrier`], any number of times. Like Python's, it can break: then
/// everyone who waits or arrives later gets a [`BrokenBarrier`], until somebody calls
/// [`reset`](Self::reset).
///
/// # When a participant dies
///
/// Give each participant a handle of its own: clone the barrier, and move the clone into the
/// child's closure. A process that is killed, exits or panics while it has such a handle breaks the
/// barrier, even before it has arrived. So does any process that dies while it waits. The others
/// learn of it within 40 ms; if all of them arrive within that time, the round may still count the
/// dead process.
///
/// A process may also borrow its parent's handle, as in [`process::scope`](crate::process::scope).
/// Until that process waits, the barrier does not know of it, and can't notice its death. Nor does
/// the barrier break when a participant drops its handle and leaves: the others go on waiting,
/// since another may arrive instead. Where that can happen, use
/// [`wait_timeout`](Self::wait_timeout).
pub struct Barrier {
    rounds: Arc<Rounds>,
    hold: Hold,
}

impl Barrier {
    /// Makes a barrier for `parties` participants.
    ///
    /// # Errors
    /// [`Error::System`] if there is not enough memory, or if the folder `/proc`, which shows which
    /// processes are alive, can't be read.
    ///
    /// # Panics
    /// If `parties` is 0, or more than 2²².
    pub fn new(parties: usize) -> Result<Self, Error> {
        assert!(parties > 0, "a barrier needs at least one participant");
        assert!(
            parties <= state::MOST_PARTIES,
            "there are never that many processes"
        );
        let rounds =
            Rounds::new(parties).map_err(|error| Error::system("make a barrier", error))?;
        let rounds = Arc::new(rounds);
        let hold = rounds.add_handle();
        Ok(Self { rounds, hold })
    }

    /// Waits until all participants have arrived.
    ///
    /// # Errors
    /// [`BrokenBarrier`], which says why the barrier is broken.
    pub fn wait(&self) -> Result<BarrierWaitResult, BrokenBarrier> {
        self.rounds.wait(Deadline::NEVER).map(BarrierWaitResult)
    }

    /// Waits until all participants have arrived, but not longer than `timeout`. If they have not
    /// arrived by then, the barrier is broken for all.
    ///
    /// # Errors
    /// [`BrokenBarrier::Timeout`] if they did not arrive in time, and as [`wait`](Self::wait).
    ///
    /// ```
    /// use std::time::Duration;
    /// use multiprocessing::{Barrier, sync::BrokenBarrier};
    ///
    /// let barrier = Barrier::new(2)?;
    /// let alone = barrier.wait_timeout(Duration::from_millis(1));
    /// assert_eq!(alone.unwrap_err(), BrokenBarrier::Timeout);
    /// assert!(barrier.is_broken());
    /// # Ok::<(), multiprocessing::Error>(())
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> Result<BarrierWaitResult, BrokenBarrier> {
        self.rounds
            .wait(Deadline::after(timeout))
            .map(BarrierWaitResult)
    }

    /// Breaks the barrier: everyone who waits or arrives later gets [`BrokenBarrier::Aborted`].
    pub fn abort(&self) {
        self.rounds.abort();
    }

    /// Makes the barrier usable again. Anyone still waiting gets [`BrokenBarrier::Reset`].
    ///
    /// Participants that died are forgotten. If you replace them, clone a handle for each
    /// replacement.
    pub fn reset(&self) {
        self.rounds.reset();
    }

    /// Whether the barrier is broken.
    pub fn is_broken(&self) -> bool {
        self.rounds.is_broken()
    }
}

impl Clone for Barrier {
    /// Another handle to the same barrier, for another participant.
    ///
    /// # Panics
    /// If there are already 65 536 handles.
    fn clone(&self) -> Self {
        Self {
            rounds: Arc::clone(&self.rounds),
            hold: self.rounds.add_handle(),
        }
    }
}

impl Drop for Barrier {
    fn drop(&mut self) {
        self.rounds.drop_handle(&self.hold, thread::panicking());
    }
}

impl Crossing for Barrier {
    fn another(&self) -> Option<Self> {
        Some(Self {
            rounds: Arc::clone(&self.rounds),
            hold: self.rounds.try_add_handle()?,
        })
    }

    fn memory(&self) -> &Kept {
        self.rounds.memory()
    }

    fn words(&self) -> Words {
        let [record, serial] = self.hold.words();
        [record, serial, self.rounds.parties() as u64]
    }

    fn give_to(&self, heir: Owner) {
        self.rounds.pass_on(&self.hold, Owner::current(), heir);
    }

    unsafe fn arrive(
        file: MemoryFile,
        [record, serial, parties]: Words,
        from: Option<Owner>,
    ) -> io::Result<Self> {
        // SAFETY: the caller's promise.
        let rounds = unsafe { Rounds::joined(file, parties as usize) }?;
        let hold = Hold::from_words([record, serial]);
        if let Some(from) = from
            && !rounds.pass_on(&hold, from, Owner::current())
        {
            return Err(Errno::EPIPE.into());
        }
        Ok(Self {
            rounds: Arc::new(rounds),
            hold,
        })
    }
}

crosses!([] Barrier);

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

/// Says that all have arrived, and whether this process was chosen as the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Whether this process is the leader. Each round has exactly one.
    pub fn is_leader(&self) -> bool {
        self.0
    }
}
