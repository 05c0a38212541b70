//! Every interleaving of a few actors that share atomics, one step at a time.
//!
//! The atomics here stand in for the standard ones in tests. Where no world is explored they are the
//! same. In a world, each operation is a step: the explorer runs one actor up to its next operation,
//! stops it there, and tries every order in which the actors' steps can follow each other, with a
//! kill at any of them.
//!
//! An actor is a function that is run from its beginning for each step it takes; what its earlier
//! operations returned is replayed from a log. So a state of the world is plain data: the shared
//! words, the logs, which actors sleep and which are dead. A state that was seen before need not be
//! explored again.
//!
//! As on x86, a plain store waits in its processor's buffer, where only the actor itself sees it,
//! until it reaches memory; fences, exchanges and system calls wait until the buffer is empty. A
//! missing fence shows here just as it would there. (Weaker processors than x86 are not modelled.)

mod actions;
mod atomics;
mod next;
mod places;
mod run;
mod world;

pub use actions::{
    all_items_are_begun, await_bell_or_death, begin_item, kill, leave, reap, ring, somebody_died,
    start, until,
};
pub use atomics::{AtomicU32, AtomicU64, AtomicUsize, fence, futex};
pub use places::{Places, Word};
pub use world::{Actor, Life, World};
