//! The state word of a slot.

/// How many chunks can be offered at the same time. There are few in tests, to keep laps short.
pub(in crate::pool) const SLOTS: u64 = if cfg!(loom) {
    2
} else if cfg!(test) {
    32
} else {
    2048
};
/// Worker numbers are smaller than this. More workers would not get a chunk anyway.
pub(in crate::pool) const MOST_WORKERS: usize = 1 << 11;

const EMPTY: u64 = 0;
const READY: u64 = 1;
const CLAIMED: u64 = 2;
const DONE: u64 = 3;
const FAILED: u64 = 4;

/// What the state word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pool) enum State {
    Empty,
    Ready,
    Claimed(usize),
    Done {
        worker: usize,
        /// Some of its items failed.
        failed: bool,
    },
}

/// The state as a word: three bits of state, eleven of worker, and the rest of lap.
pub(super) fn word(position: u64, state: State) -> u64 {
    let (state, worker) = match state {
        State::Empty => (EMPTY, 0),
        State::Ready => (READY, 0),
        State::Claimed(worker) => (CLAIMED, worker),
        State::Done { worker, failed } => (if failed { FAILED } else { DONE }, worker),
    };
    (position / SLOTS) << 14 | (worker as u64) << 3 | state
}

/// Returns `None` if the word belongs to another lap than `position`.
pub(super) fn state(position: u64, word: u64) -> Option<State> {
    let worker = (word >> 3) as usize % MOST_WORKERS;
    (word >> 14 == position / SLOTS).then_some(match word & 7 {
        READY => State::Ready,
        CLAIMED => State::Claimed(worker),
        done @ (DONE | FAILED) => State::Done {
            worker,
            failed: done == FAILED,
        },
        _ => State::Empty,
    })
}
