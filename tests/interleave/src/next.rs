//! What can come next in a world.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use crate::places::Places;
use crate::run::{RUN, Run, Stop};
use crate::world::{Actor, Life, World};

impl World {
    /// What can come next: for each, the world and whether the actor's function has ended.
    /// `actors`: all, the first of which is never killed by chance.
    pub fn next<P: Clone>(
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
