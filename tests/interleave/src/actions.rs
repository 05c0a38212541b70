//! What actors do beside using atomics.

use std::panic::resume_unwind;

use crate::run::{RUN, Step, Stop, step};
use crate::world::Life;

/// The function of this actor is not begun again.
pub fn leave() {
    RUN.with_borrow_mut(|run| {
        if let Some(run) = run {
            run.world.actors[run.actor].life = Life::Gone;
        }
    });
}

pub fn ring() {
    step(|_| Some(Step::Ring));
}

/// The actor goes on when `is_so`, without asking all the time.
pub fn until(is_so: impl Fn() -> bool) {
    let peek = |is_peeking| {
        RUN.with_borrow_mut(|run| {
            let run = run.as_mut().expect("a world");
            run.is_peeking = is_peeking;
            (
                run.replayed == run.world.actors[run.actor].log.len(),
                run.has_stepped,
            )
        })
    };
    let (is_now, has_stepped) = peek(true);
    if is_now && (has_stepped || !is_so()) {
        resume_unwind(Box::new(Stop));
    }
    peek(false);
}

pub fn somebody_died() -> bool {
    RUN.with_borrow(|run| {
        let run = run.as_ref().expect("a world");
        !run.world.with_life(&Life::Dead).is_empty()
    })
}

pub fn all_items_are_begun() -> bool {
    RUN.with_borrow(|run| {
        let run = run.as_ref().expect("a world");
        !run.world.begun.contains(&0)
    })
}

/// The actors that have died, as a mask.
pub fn reap() -> u64 {
    step(|_| Some(Step::Reap)).expect("a world")
}

/// The actors that have died, as a mask.
pub fn await_bell_or_death() -> u64 {
    step(|_| Some(Step::AwaitBellOrDeath)).expect("a world")
}

pub fn start(actor: usize) {
    step(|_| Some(Step::Start(actor)));
}

pub fn kill(actor: usize) {
    step(|_| Some(Step::Kill(actor)));
}

pub fn begin_item(item: u64) {
    step(|_| Some(Step::BeginItem(item as usize)));
}
