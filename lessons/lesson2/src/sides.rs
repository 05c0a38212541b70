//! Two sides that talk with each other, each on a core of its own.
//!
//! Where the system puts them decides how long a message takes. On one core they take turns, and
//! on two each may find the other still awake. Left to itself, the system does now this and now
//! that, and no two runs are alike.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// The two cores. On a machine with one core they are the same.
#[derive(Clone, Copy, Debug)]
pub struct Sides {
    here: CpuSet,
    there: CpuSet,
}

/// The thread that asks stays on its core until this is dropped, and what it starts meanwhile too.
#[derive(Debug)]
#[must_use]
pub struct Here {
    before: CpuSet,
}

/// To the system this is the thread that calls.
const SELF: Pid = Pid::from_raw(0);

impl Sides {
    /// The first two cores that this program may use.
    ///
    /// # Errors
    /// If the system does not say which those are.
    pub fn of_this_machine() -> nix::Result<Self> {
        let all = sched_getaffinity(SELF)?;
        let mut cores = (0..CpuSet::count()).filter(|&core| all.is_set(core) == Ok(true));
        let here = only(cores.next().unwrap_or(0))?;
        let there = cores.next().map_or(Ok(here), only)?;
        Ok(Self { here, there })
    }

    /// Keeps the thread that asks on its core.
    ///
    /// # Errors
    /// If the core has gone meanwhile.
    pub fn stay_here(&self) -> nix::Result<Here> {
        let before = sched_getaffinity(SELF)?;
        sched_setaffinity(SELF, &self.here)?;
        Ok(Here { before })
    }

    /// Keeps the thread that answers on its core until it ends.
    ///
    /// # Errors
    /// As [`stay_here`](Self::stay_here).
    pub fn stay_there(&self) -> nix::Result<()> {
        sched_setaffinity(SELF, &self.there)
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let _ = sched_setaffinity(SELF, &self.before);
    }
}

fn only(core: usize) -> nix::Result<CpuSet> {
    let mut set = CpuSet::new();
    set.set(core)?;
    Ok(set)
}
