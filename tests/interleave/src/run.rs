//! One actor, run up to its next step.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::rc::Rc;

use crate::places::Places;
use crate::world::{Actor, Life, World};

/// What an actor does next.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    Load(usize),
    Store(usize, u64, bool),
    /// Replaces the value, if it is as expected.
    Exchange(usize, Option<u64>, u64),
    Add(usize, u64),
    Fence,
    Sleep(usize, u64),
    Wake(usize, u64),
    Ring,
    AwaitBellOrDeath,
    Reap,
    Start(usize),
    Kill(usize),
    BeginItem(usize),
}

pub(crate) struct Run {
    pub(crate) world: World,
    pub(crate) places: Rc<Places>,
    pub(crate) actor: usize,
    pub(crate) replayed: usize,
    pub(crate) has_stepped: bool,
    /// Loads are no steps: they only tell whether it is time for the next one.
    pub(crate) is_peeking: bool,
    /// Which of several outcomes of the step is tried, and how many there are.
    pub(crate) choice: usize,
    pub(crate) choices: usize,
}

thread_local! {
    pub(crate) static RUN: RefCell<Option<Run>> = const { RefCell::new(None) };
}

/// Unwinds an actor that has taken its step.
pub(crate) struct Stop;

/// Runs the step, or replays it. `None`: no world is explored, or the word is not part of it.
pub(crate) fn step(make: impl FnOnce(&Places) -> Option<Step>) -> Option<u64> {
    let outcome = RUN.with_borrow_mut(|run| {
        let run = run.as_mut()?;
        let step = make(&run.places)?;
        if run.is_peeking
            && let Step::Load(index) = step
        {
            return Some(Ok(run.world.memory[index]));
        }
        let log = &run.world.actors[run.actor].log;
        if let Some(value) = log.get(run.replayed) {
            run.replayed += 1;
            return Some(Ok(*value));
        }
        if run.has_stepped {
            return Some(Err(Stop));
        }
        let Some(value) = run.execute(step) else {
            return Some(Err(Stop));
        };
        run.has_stepped = true;
        run.replayed += 1;
        run.world.actors[run.actor].log.push(value);
        Some(Ok(value))
    })?;
    Some(outcome.unwrap_or_else(|stop| resume_unwind(Box::new(stop))))
}

impl Run {
    /// `None`: not now.
    fn execute(&mut self, step: Step) -> Option<u64> {
        let actor = self.actor;
        let world = &mut self.world;
        let is_private = |index: usize| self.places.is_private[index];
        world.focus = None;
        match step {
            Step::Load(index) => {
                if is_private(index) {
                    world.focus = Some(actor);
                }
                let buffer = world.actors[actor].buffer.iter().rev();
                let own = buffer.clone().find(|(at, _)| *at == index);
                return Some(own.map_or(world.memory[index], |(_, value)| *value));
            }
            Step::Store(index, value, false) => {
                if is_private(index) {
                    world.focus = Some(actor);
                    world.memory[index] = value;
                } else if !world.is_buffered {
                    world.memory[index] = value;
                } else {
                    world.actors[actor].buffer.push((index, value));
                }
                return Some(0);
            }
            Step::BeginItem(item) => {
                world.focus = Some(actor);
                world.begun[item] += 1;
                return Some(0);
            }
            _ if !world.actors[actor].buffer.is_empty() => return None,
            Step::Store(index, value, true) => world.memory[index] = value,
            Step::Exchange(index, expected, value) => {
                let old = world.memory[index];
                if expected.is_none_or(|expected| expected == old) {
                    world.memory[index] = value;
                }
                return Some(old);
            }
            Step::Add(index, value) => {
                let old = world.memory[index];
                world.memory[index] += value;
                return Some(old);
            }
            Step::Fence => {}
            Step::Sleep(index, expected) => {
                if world.memory[index] == expected {
                    world.actors[actor].life = Life::Asleep(index);
                }
            }
            Step::Wake(index, count) => {
                let mut sleepers = world.sleepers(index);
                self.choices = sleepers.len().max(1);
                sleepers.rotate_left(self.choice);
                for sleeper in sleepers.into_iter().take(count as usize) {
                    world.actors[sleeper].life = Life::Running;
                }
            }
            Step::Ring => world.bell = true,
            Step::AwaitBellOrDeath => {
                if !world.bell && world.with_life(&Life::Dead).is_empty() {
                    return None;
                }
                world.bell = false;
                return Some(world.reap());
            }
            Step::Reap => return Some(world.reap()),
            Step::Start(other) => world.actors[other] = Actor::default(),
            Step::Kill(other) => world.kill(other),
        }
        Some(0)
    }
}
