//! Every state that a scenario can reach.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;

use interleave::{Life, Places, World};

use super::model::{Locals, Outcome, Scenario};
use super::parent::{Parent, Phase, wait};
use super::worker::work;
use crate::pool::shared::table::items::Chunk;
use crate::pool::shared::table::status::ASLEEP;

use crate::pool::shared::table::*;

fn places(table: &Table, scenario: &Scenario) -> Places {
    let mut places = Places::default();
    let head = table.head();
    places.add(&head.end.0, false);
    places.add(&head.hint.0, false);
    places.add(&head.wake_at.0, false);
    places.add(&head.wake_when_idle.0, false);
    places.add(&head.closing.0, false);
    for worker in 0..scenario.workers {
        places.add(&table.status(worker).doing, false);
        // `ready` is for initializers; it is only reset here.
        places.add(&table.status(worker).ready, true);
    }
    for position in [0, 1] {
        let slot = table.slot(position);
        places.add(&slot.state, false);
        // These belong to the claimant as long as it lives, and otherwise to the parent; but a
        // parent that enforces timeouts reads the progress while the claimant is at work.
        places.add(&slot.progress, !scenario.is_timed);
        places.add(&slot.started, true);
        for own in [
            &slot.inline[0],
            &slot.inline[1],
            &slot.inline_len,
            &slot.input_at,
            &slot.input_len,
            &slot.output_segment,
            &slot.output_at,
            &slot.output_len,
            &slot.count,
            &slot.portion,
        ] {
            places.add(own, true);
        }
        let is_own = !scenario.is_cancelled && !scenario.shares;
        places.add(slot.share.as_word(), is_own);
    }
    places
}

/// Explores all that can happen, and prints the number of different states.
#[track_caller]
pub(super) fn explore(scenario: Scenario) {
    let table = Table::new(scenario.workers).expect("a table");
    let doing = |worker| &table.status(worker).doing;
    let sleepers = if scenario.starts_idle {
        table.start_spinning(0);
        1..scenario.workers
    } else {
        0..0
    };
    for worker in sleepers.clone() {
        doing(worker).store(ASLEEP, Relaxed);
    }
    let places = Rc::new(places(&table, &scenario));
    let mut first = 0;
    let chunks = scenario.chunks.iter().map(|&count| {
        first += count;
        Chunk {
            first: first - count,
            count,
        }
    });
    let parent = Parent {
        phase: Phase::Begin,
        backlog: chunks.collect(),
        offered: Vec::new(),
        next: 0,
        outcomes: vec![None; scenario.items() as usize],
        timed_out: None,
    };
    let locals = Locals {
        parent,
        tasks: vec![None; scenario.workers],
    };
    let act = |actor: usize, locals: &mut Locals| match actor.checked_sub(1) {
        None => wait(locals, &table, &scenario),
        Some(worker) => work(worker, locals, &table, &scenario),
    };
    let items = scenario.items() as usize;
    let mut world = World::new(
        &places,
        1 + scenario.workers,
        items,
        scenario.kills,
        scenario.is_buffered,
    );
    for worker in sleepers {
        world.put_to_sleep(1 + worker, doing(worker), &places);
    }
    let world = if std::env::var_os("EXPLORE_ALL").is_none() {
        world.with_switches(scenario.switches)
    } else {
        world
    };
    let mut seen = HashSet::new();
    // Two hashes, so that no two of millions of states are taken for the same.
    let hashers = [RandomState::new(), RandomState::new()];
    let key = |state: &(World, Locals)| hashers.each_ref().map(|hasher| hasher.hash_one(state));
    let mut open = vec![(world, locals)];
    seen.insert(key(&open[0]));
    while let Some((world, locals)) = open.pop() {
        let next = world.next(&locals, &places, &act);
        if next.is_empty() {
            check_end(&world, &locals.parent, &scenario);
        }
        for state in next {
            if seen.insert(key(&state)) {
                open.push(state);
            }
        }
    }
    println!("{} states", seen.len());
}

/// Checks a state in which nothing more can happen.
fn check_end(world: &World, parent: &Parent, scenario: &Scenario) {
    let gone = world.with_life(&Life::Gone).len();
    let dead = world.with_life(&Life::Dead).len();
    assert!(
        gone + dead == world.actors.len() && world.actors[0].life == Life::Gone,
        "somebody never wakes: {world:?} {parent:?}"
    );
    for (item, outcome) in parent.outcomes.iter().enumerate() {
        let begun = world.begun[item];
        assert!(begun <= 1, "item {item} was begun {begun} times");
        match outcome {
            Some(Outcome::Result) => assert_eq!(begun, 1, "item {item} was not run"),
            Some(Outcome::Withdrawn) => assert_eq!(begun, 0, "item {item} was run"),
            Some(Outcome::Lost) => {}
            None => panic!("item {item} is forgotten"),
        }
        if scenario.is_timed && scenario.kills == 0 && *outcome == Some(Outcome::Lost) {
            assert_eq!(
                parent.timed_out,
                Some(item as u64),
                "an item that was not timed out"
            );
        }
    }
}

/// Explores with a parent that is notified of each chunk, and with one that waits for all.
#[track_caller]
pub(super) fn explore_both(scenario: Scenario) {
    for is_patient in [false, true] {
        explore(Scenario {
            is_patient,
            ..scenario
        });
    }
}
