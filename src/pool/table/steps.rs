//! Every interleaving of a few actors that share atomics, one step at a time.
//!
//! The types here stand in for the standard ones in the tests of the table. Where no world is
//! explored they are the same. In a world, each operation is a step: the explorer runs one actor
//! up to its next operation, stops it there, and tries every order in which the actors' steps can
//! follow each other, with a kill at any of them.
//!
//! An actor is a function that is run from its beginning for each step it takes; what its earlier
//! operations returned is replayed from a log. So a state of the world is plain data: the shared
//! words, the logs, who sleeps and who is dead. A state that was seen before is not explored again.
//!
//! As on x86, a plain store waits in its processor's buffer, where only the actor itself sees it,
//! until it reaches memory; fences, exchanges and system calls wait until the buffer is empty. A
//! missing fence shows here just as it would there. (Weaker processors than x86 are not modelled.)

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::atomic::{self, Ordering};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Life {
    #[default]
    Running,
    /// On the word with this index.
    Asleep(usize),
    /// Killed, with stores under way.
    Dying,
    /// Nobody has buried it.
    Dead,
    Gone,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Actor {
    pub(crate) life: Life,
    /// What its operations have returned since its function was last begun.
    log: Vec<u64>,
    /// Stores that have not reached memory: index and value.
    buffer: Vec<(usize, u64)>,
}

/// Which words the actors share.
#[derive(Debug, Default)]
pub(crate) struct Places {
    indices: HashMap<usize, usize>,
    initial: Vec<u64>,
    /// Words that only one actor uses at a time, as agreed by means of others: their steps need
    /// not be interleaved with those of other actors, but the actor may be killed at each.
    is_private: Vec<bool>,
}

impl Places {
    pub(crate) fn add(&mut self, word: &impl Word, is_private: bool) {
        self.indices.insert(word.at(), self.initial.len());
        self.initial.push(word.value());
        self.is_private.push(is_private);
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    memory: Vec<u64>,
    pub(crate) actors: Vec<Actor>,
    bell: bool,
    pub(crate) kills_left: usize,
    /// Stores wait in buffers.
    is_buffered: bool,
    /// How often each item was begun.
    pub(crate) begun: Vec<u8>,
    switches: Option<Switches>,
    /// Only this actor moves next: nobody else could tell the difference.
    focus: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Switches {
    left: usize,
    last: usize,
}

/// What an actor does next.
#[derive(Clone, Copy)]
enum Step {
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
    Bury,
    Start(usize),
    Kill(usize),
    BeginItem(usize),
}

struct Run {
    world: World,
    places: Rc<Places>,
    actor: usize,
    replayed: usize,
    has_stepped: bool,
    /// Loads are no steps: they only tell whether it is time for the next one.
    is_peeking: bool,
    /// Which of several outcomes of the step is tried, and how many there are.
    choice: usize,
    choices: usize,
}

thread_local! {
    static RUN: RefCell<Option<Run>> = const { RefCell::new(None) };
}

struct Stop;

/// An atomic of any width.
pub(crate) trait Word {
    fn at(&self) -> usize;
    fn value(&self) -> u64;
}

/// Runs the step, or replays it. `None`: no world is explored, or the word is not part of it.
fn step(make: impl FnOnce(&Places) -> Option<Step>) -> Option<u64> {
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
                return Some(world.bury());
            }
            Step::Bury => return Some(world.bury()),
            Step::Start(other) => world.actors[other] = Actor::default(),
            Step::Kill(other) => world.kill(other),
        }
        Some(0)
    }
}

impl World {
    pub(crate) fn new(
        places: &Places,
        actors: usize,
        items: usize,
        kills: usize,
        is_buffered: bool,
    ) -> Self {
        Self {
            memory: places.initial.clone(),
            actors: vec![Actor::default(); actors],
            bell: false,
            kills_left: kills,
            is_buffered,
            begun: vec![0; items],
            switches: None,
            focus: None,
        }
    }

    /// Leaves out what needs more than `most` switches from an actor that could go on to another.
    pub(crate) fn with_switches(self, most: usize) -> Self {
        let switches = Switches {
            left: most,
            last: 0,
        };
        Self {
            switches: Some(switches),
            ..self
        }
    }

    /// The actor sleeps on the word from the beginning.
    pub(crate) fn put_to_sleep(&mut self, actor: usize, word: &impl Word, places: &Places) {
        self.actors[actor].life = Life::Asleep(places.indices[&word.at()]);
    }

    pub(crate) fn with_life(&self, life: &Life) -> Vec<usize> {
        let actors = self.actors.iter().enumerate();
        let actors = actors.filter(|(_, actor)| actor.life == *life);
        actors.map(|(number, _)| number).collect()
    }

    fn sleepers(&self, index: usize) -> Vec<usize> {
        self.with_life(&Life::Asleep(index))
    }

    /// The actors that have died, as a mask.
    fn bury(&mut self) -> u64 {
        let mut mask = 0;
        for dead in self.with_life(&Life::Dead) {
            self.actors[dead].life = Life::Gone;
            mask |= 1 << dead;
        }
        mask
    }

    fn kill(&mut self, actor: usize) {
        if matches!(self.actors[actor].life, Life::Running | Life::Asleep(_)) {
            self.actors[actor].life = Life::Dying;
        }
    }

    /// What can come next: for each, the world and whether the actor's function has ended.
    /// `actors`: all, the first of which is never killed by chance.
    pub(crate) fn next<P: Clone>(
        &self,
        locals: &P,
        places: &Rc<Places>,
        act: &dyn Fn(usize, &mut P),
    ) -> Vec<(World, P)> {
        let next = self.next_in_focus(locals, places, act);
        if next.is_empty() && self.focus.is_some() {
            // It has to wait for others.
            let mut world = self.clone();
            world.focus = None;
            return world.next_in_focus(locals, places, act);
        }
        next
    }

    fn next_in_focus<P: Clone>(
        &self,
        locals: &P,
        places: &Rc<Places>,
        act: &dyn Fn(usize, &mut P),
    ) -> Vec<(World, P)> {
        let mut next = Vec::new();
        let last = self.switches.as_ref().map(|switches| switches.last);
        let mut last_could_go_on = false;
        let mut switched = Vec::new();
        for (number, actor) in self.actors.iter().enumerate() {
            if self.focus.is_some_and(|focus| focus != number) {
                continue;
            }
            let is_alive = matches!(actor.life, Life::Running | Life::Asleep(_));
            if number > 0 && self.kills_left > 0 && is_alive {
                let mut world = self.clone();
                world.focus = None;
                world.kills_left -= 1;
                world.kill(number);
                next.push((world, locals.clone()));
            }
            if actor.life == Life::Dying && actor.buffer.is_empty() {
                let mut world = self.clone();
                world.actors[number] = Actor {
                    life: Life::Dead,
                    ..Actor::default()
                };
                next.push((world, locals.clone()));
            }
            if !actor.buffer.is_empty() {
                last_could_go_on |= last == Some(number);
                let mut world = self.clone();
                let (index, value) = world.actors[number].buffer.remove(0);
                world.memory[index] = value;
                next.push((world, locals.clone()));
            }
            if actor.life == Life::Running {
                if last.is_none_or(|last| last == number) {
                    let before = next.len();
                    self.advance(number, locals, places, act, &mut next);
                    last_could_go_on |= next.len() > before;
                } else {
                    self.advance(number, locals, places, act, &mut switched);
                }
            }
        }
        for (mut world, locals) in switched {
            if let Some(switches) = &mut world.switches
                && last_could_go_on
            {
                let Some(left) = switches.left.checked_sub(1) else {
                    continue;
                };
                switches.left = left;
            }
            next.push((world, locals));
        }
        next
    }

    fn advance<P: Clone>(
        &self,
        actor: usize,
        locals: &P,
        places: &Rc<Places>,
        act: &dyn Fn(usize, &mut P),
        next: &mut Vec<(World, P)>,
    ) {
        let mut choice = 0;
        loop {
            let run = Run {
                world: self.clone(),
                places: Rc::clone(places),
                actor,
                replayed: 0,
                has_stepped: false,
                is_peeking: false,
                choice,
                choices: 1,
            };
            let before = RUN.replace(Some(run));
            assert!(before.is_none(), "a world in a world");
            let mut local = locals.clone();
            let ended = catch_unwind(AssertUnwindSafe(|| act(actor, &mut local)));
            let run = RUN.take().expect("the run that was put there");
            let mut world = run.world;
            if let Some(switches) = &mut world.switches {
                switches.last = actor;
            }
            match ended {
                Ok(()) => {
                    // From the beginning again, with nothing to remember but `local`.
                    world.actors[actor].log.clear();
                    next.push((world, local));
                }
                Err(payload) if payload.is::<Stop>() => {
                    if run.has_stepped {
                        next.push((world, locals.clone()));
                    }
                }
                Err(payload) => resume_unwind(payload),
            }
            choice += 1;
            if choice >= run.choices {
                return;
            }
        }
    }
}

/// The function of this actor is not begun again.
pub(crate) fn leave() {
    RUN.with_borrow_mut(|run| {
        if let Some(run) = run {
            run.world.actors[run.actor].life = Life::Gone;
        }
    });
}

pub(crate) fn ring() {
    step(|_| Some(Step::Ring));
}

/// The actor goes on when `is_so`, without asking all the time.
pub(crate) fn until(is_so: impl Fn() -> bool) {
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

pub(crate) fn somebody_died() -> bool {
    RUN.with_borrow(|run| {
        let run = run.as_ref().expect("a world");
        !run.world.with_life(&Life::Dead).is_empty()
    })
}

pub(crate) fn all_items_are_begun() -> bool {
    RUN.with_borrow(|run| {
        let run = run.as_ref().expect("a world");
        !run.world.begun.contains(&0)
    })
}

/// The actors that have died, as a mask.
pub(crate) fn bury() -> u64 {
    step(|_| Some(Step::Bury)).expect("a world")
}

/// The actors that have died, as a mask.
pub(crate) fn await_bell_or_death() -> u64 {
    step(|_| Some(Step::AwaitBellOrDeath)).expect("a world")
}

pub(crate) fn start(actor: usize) {
    step(|_| Some(Step::Start(actor)));
}

pub(crate) fn kill(actor: usize) {
    step(|_| Some(Step::Kill(actor)));
}

pub(crate) fn begin_item(item: u64) {
    step(|_| Some(Step::BeginItem(item as usize)));
}

pub(crate) fn fence(order: Ordering) {
    if step(|_| Some(Step::Fence)).is_none() {
        atomic::fence(order);
    }
}

/// In place of [`crate::sys::futex`].
pub(crate) mod futex {
    use super::{AtomicU32, Step, Word, step};

    pub(crate) fn wait(word: &AtomicU32, expected: u32, _: Option<std::time::Duration>) {
        step(|places| {
            Some(Step::Sleep(
                *places.indices.get(&word.at())?,
                expected.into(),
            ))
        });
    }

    pub(crate) fn wake(word: &AtomicU32, count: u32) {
        step(|places| Some(Step::Wake(*places.indices.get(&word.at())?, count.into())));
    }
}

macro_rules! atomics {
    ($($name:ident: $value:ty;)*) => {$(
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub(crate) struct $name(atomic::$name);

        impl Word for $name {
            fn at(&self) -> usize {
                std::ptr::from_ref(self) as usize
            }

            fn value(&self) -> u64 {
                self.0.load(Ordering::Relaxed) as u64
            }
        }

        #[allow(dead_code, reason = "not all types are used in all ways")]
        impl $name {
            fn step(&self, make: impl FnOnce(usize) -> Step) -> Option<$value> {
                Some(step(|places| Some(make(*places.indices.get(&self.at())?)))? as $value)
            }

            pub(crate) fn load(&self, order: Ordering) -> $value {
                self.step(Step::Load).unwrap_or_else(|| self.0.load(order))
            }

            pub(crate) fn store(&self, value: $value, order: Ordering) {
                let is_fence = order == Ordering::SeqCst;
                if self.step(|at| Step::Store(at, value as u64, is_fence)).is_none() {
                    self.0.store(value, order);
                }
            }

            pub(crate) fn swap(&self, value: $value, order: Ordering) -> $value {
                self.step(|at| Step::Exchange(at, None, value as u64))
                    .unwrap_or_else(|| self.0.swap(value, order))
            }

            pub(crate) fn compare_exchange(
                &self,
                old: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                match self.step(|at| Step::Exchange(at, Some(old as u64), new as u64)) {
                    Some(seen) if seen == old => Ok(seen),
                    Some(seen) => Err(seen),
                    None => self.0.compare_exchange(old, new, success, failure),
                }
            }

            pub(crate) fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                self.step(|at| Step::Add(at, value as u64))
                    .unwrap_or_else(|| self.0.fetch_add(value, order))
            }
        }
    )*};
}

atomics! {
    AtomicU32: u32;
    AtomicU64: u64;
    AtomicUsize: usize;
}
