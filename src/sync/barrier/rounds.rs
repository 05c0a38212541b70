//! The rounds of a barrier, and who has arrived in the current one.
//!
//! Everything is done inside a monitor, with one exception: a participant that can't enter it in
//! time, because another process is stopped inside, breaks the barrier from outside. So the state
//! is only changed by compare-and-swap.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::*};

use super::state::{Phase, State};
use crate::error::BrokenBarrier;
use crate::holders::{Dropped, Hold, Holders};
use crate::sys::growing::GrowingMemory;
use crate::sys::lock::can_be_held;
use crate::sys::memory_file::{Kept, MemoryFile, after};
use crate::sys::monitor::{Deadline, Monitor};
use crate::sys::owner::{Owner, settle};
use crate::sys::shared_words::SharedWords;

const MOST_HANDLES: usize = 1 << 16;

pub(super) struct Rounds {
    /// Wakes sleepers when a round ends, and when the last waiting participant has left a barrier
    /// that is being reset.
    monitor: Monitor,
    /// The processes that have a handle; only touched inside the monitor.
    handles: Holders,
    /// The state, the reason why the barrier is broken, and then the process of each participant
    /// that has arrived.
    words: SharedWords,
    memory: Kept,
}

/// Where in its file everything lies; the monitor is at the start.
struct Places {
    words: usize,
    handles: usize,
}

impl Places {
    fn of(parties: usize) -> Self {
        let words = after(0, Monitor::SIZE);
        Self {
            words,
            handles: after(words, SharedWords::size(2 + parties)),
        }
    }
}

/// A participant that has arrived.
#[derive(Clone, Copy)]
struct Arrival {
    round: u32,
    place: usize,
}

impl Rounds {
    pub(super) fn new(parties: usize) -> io::Result<Self> {
        let places = Places::of(parties);
        let file = GrowingMemory::file(places.handles, Holders::room(MOST_HANDLES))?;
        Ok(Self {
            monitor: Monitor::new(&file)?,
            handles: Holders::new(&file, places.handles, MOST_HANDLES)?,
            words: SharedWords::new(&file, places.words, 2 + parties)?,
            memory: file.keep(),
        })
    }

    /// The rounds that another process has made, for `parties` participants.
    ///
    /// # Safety
    /// It must have, in this file.
    pub(super) unsafe fn joined(file: MemoryFile, parties: usize) -> io::Result<Self> {
        let places = Places::of(parties);
        Ok(Self {
            // SAFETY: the caller's promise.
            monitor: unsafe { Monitor::joined(&file) }?,
            handles: Holders::joined(&file, places.handles, MOST_HANDLES)?,
            words: SharedWords::joined(&file, places.words, 2 + parties)?,
            memory: file.keep(),
        })
    }

    pub(super) fn memory(&self) -> &Kept {
        &self.memory
    }

    pub(super) fn parties(&self) -> usize {
        self.places().len()
    }

    pub(super) fn try_add_handle(&self) -> Option<Hold> {
        let _inside = self.monitor.enter();
        self.handles.add()
    }

    /// Passes a handle on to another process, if it is `from`'s. Returns whether it was.
    pub(super) fn pass_on(&self, hold: &Hold, from: Owner, to: Owner) -> bool {
        let _inside = self.monitor.enter();
        self.handles.pass_on(hold, from, to)
    }

    /// # Panics
    /// If there are too many handles.
    pub(super) fn add_handle(&self) -> Hold {
        self.try_add_handle()
            .unwrap_or_else(|| panic!("a barrier has at most {MOST_HANDLES} handles"))
    }

    /// A participant that panics breaks the barrier.
    pub(super) fn drop_handle(&self, hold: &Hold, panicking: bool) {
        if !can_be_held() {
            return; // a bare clone, which owns nothing
        }
        settle();
        let inside = self.monitor.enter();
        if self.handles.remove(hold) == Dropped::Freed && panicking {
            self.break_up(BrokenBarrier::Died {
                pid: std::process::id(),
            });
            inside.wake_all();
        }
    }

    /// Waits until all have arrived. Returns whether this was the last one.
    pub(super) fn wait(&self, deadline: Deadline) -> Result<bool, BrokenBarrier> {
        let mut arrival: Option<Arrival> = None;
        loop {
            let inside = self.monitor.enter_until(deadline);
            let state = self.state();
            if let Some(arrival) = arrival {
                if state.round != arrival.round {
                    return Ok(false);
                }
                if state.phase != Phase::Open {
                    self.leave(arrival);
                    if let Some(inside) = inside {
                        inside.wake_all();
                    }
                    return Err(self.reason());
                }
            } else if state.phase == Phase::Broken {
                return Err(self.reason());
            }
            let Some(inside) = inside else {
                self.break_up(BrokenBarrier::Timeout);
                continue;
            };
            if state.phase == Phase::Resetting {
                if self.all_have_left() {
                    self.change(state, state.next_round());
                    continue;
                }
            } else if let Some(dead) = self.handles.find_dead(self.waiting(state)) {
                self.break_up(BrokenBarrier::Died {
                    pid: dead.pid() as u32,
                });
                inside.wake_all();
                continue;
            } else if arrival.is_none() {
                if state.arrived + 1 >= self.places().len() {
                    if self.change(state, state.next_round()) {
                        inside.wake_all();
                        return Ok(true);
                    }
                    continue;
                }
                self.places()[state.arrived].store(Owner::current().word(), Relaxed);
                if !self.change(state, state.with_one_more()) {
                    continue;
                }
                arrival = Some(Arrival {
                    round: state.round,
                    place: state.arrived,
                });
            }
            if deadline.is_over() {
                self.break_up(BrokenBarrier::Timeout);
                inside.wake_all();
                continue;
            }
            inside.sleep(deadline);
        }
    }

    pub(super) fn abort(&self) {
        let inside = self.monitor.enter();
        self.break_up(BrokenBarrier::Aborted);
        inside.wake_all();
    }

    pub(super) fn reset(&self) {
        let inside = self.monitor.enter();
        self.handles.forget_dead();
        let state = self.state();
        match state.phase {
            Phase::Open if state.arrived == 0 => return,
            Phase::Open => self.give_reason(BrokenBarrier::Reset),
            Phase::Broken | Phase::Resetting => {}
        }
        self.change(state, state.in_phase(Phase::Resetting));
        inside.wake_all();
    }

    pub(super) fn is_broken(&self) -> bool {
        let inside = self.monitor.enter();
        let state = self.state();
        if state.phase == Phase::Open
            && let Some(dead) = self.handles.find_dead(self.waiting(state))
        {
            self.break_up(BrokenBarrier::Died {
                pid: dead.pid() as u32,
            });
            inside.wake_all();
        }
        self.state().phase == Phase::Broken
    }

    /// Breaks the barrier, if it is not broken yet.
    fn break_up(&self, reason: BrokenBarrier) {
        loop {
            let state = self.state();
            if state.phase == Phase::Broken {
                return;
            }
            self.give_reason(reason);
            if self.change(state, state.in_phase(Phase::Broken)) {
                return;
            }
        }
    }

    fn word(&self) -> &AtomicU64 {
        &self.words[0]
    }

    fn state(&self) -> State {
        State::from_word(self.word().load(Acquire))
    }

    fn change(&self, from: State, to: State) -> bool {
        let changed = self
            .word()
            .compare_exchange(from.word(), to.word(), AcqRel, Relaxed);
        changed.is_ok()
    }

    fn reason(&self) -> BrokenBarrier {
        BrokenBarrier::from_word(self.words[1].load(Relaxed))
    }

    fn give_reason(&self, reason: BrokenBarrier) {
        self.words[1].store(reason.word(), Relaxed);
    }

    fn places(&self) -> &[AtomicU64] {
        &self.words[2..]
    }

    /// The processes that have arrived in this round and have not left.
    fn waiting(&self, state: State) -> impl Iterator<Item = Owner> {
        let places = self.places().iter().take(state.arrived);
        places.filter_map(|place| Owner::from_word(place.load(Relaxed)))
    }

    /// Leaves a barrier that is broken or reset.
    fn leave(&self, arrival: Arrival) {
        self.places()[arrival.place].store(0, Relaxed);
    }

    fn all_have_left(&self) -> bool {
        !self.waiting(self.state()).any(Owner::is_alive)
    }
}
