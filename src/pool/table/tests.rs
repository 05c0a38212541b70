//! The protocol of table, parent and workers, in every interleaving of their steps and of kills.
//!
//! Some scenarios have too many to be tried each time: they leave out what needs many switches
//! from one actor to another. With `EXPLORE_ALL` set in the environment nothing is left out; that
//! takes minutes and some gigabytes, and is for `cargo test --release`.

use std::collections::HashSet;
use std::hash::{BuildHasher, Hash, RandomState};
use std::rc::Rc;

use super::desk::ASLEEP;
use super::steps::{self, Life, Places, World};
use super::*;
use crate::pool::arena::Block;
use crate::pool::small::Small;

/// Where in the table the parent offers one chunk after the other. The ring passes over slots that
/// a slow chunk holds, so these are positions that it may come to, and two share a slot.
const POSITIONS: [u64; 6] = [0, 1, SLOTS, SLOTS + 1, 2 * SLOTS, 2 * SLOTS + 1];

/// A chunk of items. In the table, an item is one byte, and its place in the input is its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Chunk {
    first: u64,
    count: u64,
}

impl Chunk {
    fn rest(self, begun: u64) -> Self {
        Self {
            first: self.first + begun,
            count: self.count - begun,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Outcome {
    Result,
    Lost,
    /// Nobody wants it any more.
    Withdrawn,
}

/// What the actors remember between the steps that are logged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Locals {
    parent: Parent,
    tasks: Vec<Option<Task>>,
}

/// It does what the engine does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Parent {
    phase: Phase,
    backlog: Vec<Chunk>,
    offered: Vec<(u64, Chunk)>,
    next: usize,
    outcomes: Vec<Option<Outcome>>,
    /// The item whose time was declared over.
    condemned: Option<u64>,
}

/// What is tried.
#[derive(Clone, Copy)]
struct Scenario {
    workers: usize,
    chunks: &'static [u64],
    kills: usize,
    /// At most this many chunks are offered at a time.
    room: usize,
    /// The parent wants to be woken by the last chunk only.
    is_patient: bool,
    /// As soon as the chunks are offered, nobody wants them any more.
    is_cancelled: bool,
    /// Workers that die are replaced.
    has_replacements: bool,
    /// The parent ends whatever item it sees running, once.
    is_timed: bool,
    /// Who has nothing to do sleeps as in a real pool. Otherwise, it goes on when there is
    /// something to do, by magic.
    sleeps: bool,
    /// To begin with, the first worker looks for work and the others sleep. The parent calls
    /// workers to each chunk alone.
    starts_idle: bool,
    /// No item from this one on ends before all are begun.
    needs_all: Option<u64>,
    /// Workers take one item of a chunk at a time, and the parent takes back what it can for those
    /// that have nothing to do.
    shares: bool,
    /// Workers give back what they have not taken with the first item.
    gives_back: bool,
    /// Stores wait in buffers.
    is_buffered: bool,
    /// The most switches from an actor that could go on to another, unless all are asked for.
    switches: usize,
}

impl Scenario {
    fn items(&self) -> u64 {
        self.chunks.iter().sum()
    }

    fn size(&self, chunk: Chunk) -> Size {
        Size {
            count: chunk.count,
            portion: if self.shares { 1 } else { chunk.count },
        }
    }
}

fn tell(parent: &mut Parent, table: &Table, scenario: &Scenario) {
    let mut told = 0;
    while parent.offered.len() < scenario.room && !parent.backlog.is_empty() {
        let position = POSITIONS[parent.next];
        if parent
            .offered
            .iter()
            .any(|(other, _)| other % SLOTS == position % SLOTS)
        {
            parent.next += 1;
            continue;
        }
        parent.next += 1;
        let chunk = parent.backlog.remove(0);
        let slot = table.slot(position);
        slot.set_input(input(chunk), scenario.size(chunk));
        table.offer(position);
        parent.offered.push((position, chunk));
        told += 1;
        if scenario.starts_idle {
            table.call(told);
            told = 0;
        }
    }
    if told > 0 && scenario.sleeps {
        table.call(told);
    }
}

/// An item of a chunk is its own input, and its own result.
fn input(chunk: Chunk) -> Input {
    match Small::of(&[&[chunk.first as u8]]) {
        Some(small) if chunk.count == 1 => Input::Small(small),
        _ => Input::At {
            at: chunk.first,
            len: chunk.count,
        },
    }
}

/// The first item of the chunk that has this input.
fn first(input: Input) -> u64 {
    match input {
        Input::Small(small) => small.bytes()[0].into(),
        Input::At { at, .. } => at,
    }
}

fn output(first: u64, count: u64, finished: u64) -> Output {
    match Small::of(&[&[first as u8]]) {
        Some(small) if count == 1 => Output::Small(small),
        _ => Output::In(Block {
            segment: 0,
            at: first,
            len: finished,
        }),
    }
}

/// How many items of the chunk have their results in `output`.
fn finished(chunk: Chunk, output: Output) -> u64 {
    match output {
        Output::Small(small) => {
            assert!([&[][..], &[chunk.first as u8]].contains(&small.bytes()));
            small.len()
        }
        Output::In(block) => {
            assert_eq!(block.at, chunk.first);
            block.len
        }
    }
}

fn settle_item(parent: &mut Parent, item: u64, outcome: Outcome) {
    let place = &mut parent.outcomes[item as usize];
    assert_eq!(*place, None, "item {item} comes twice");
    *place = Some(outcome);
}

fn gather(parent: &mut Parent, table: &Table, scenario: &Scenario) -> bool {
    let mut found = false;
    let mut untouched = 0;
    for (position, chunk) in parent.offered.clone() {
        match table.state(position) {
            Some(State::Done(_)) => {
                let finished = finished(chunk, table.slot(position).output());
                let end = table.slot(position).share.end();
                assert!(finished == end || scenario.is_cancelled);
                table.clear(position);
                parent.offered.retain(|(other, _)| *other != position);
                for item in chunk.first..chunk.first + finished {
                    settle_item(parent, item, Outcome::Result);
                }
                if scenario.is_cancelled {
                    withdraw(parent, chunk, finished);
                } else if finished < chunk.count {
                    parent.backlog.insert(0, chunk.rest(finished));
                }
                found = true;
            }
            Some(State::Ready) if untouched == scenario.workers => break,
            Some(State::Ready) => untouched += 1,
            _ => {}
        }
    }
    if found {
        tell(parent, table, scenario);
    }
    found
}

fn cancel(parent: &mut Parent, table: &Table) {
    for (position, chunk) in parent.offered.clone() {
        if table.revoke(position) {
            parent.offered.retain(|(other, _)| *other != position);
            withdraw(parent, chunk, 0);
        } else {
            table.slot(position).share.cancel();
        }
    }
}

/// Offers what can be taken back, if workers have nothing to do.
fn balance(parent: &mut Parent, table: &Table, scenario: &Scenario) -> bool {
    let mut found = false;
    while scenario.shares
        && parent.backlog.is_empty()
        && parent.offered.len() < scenario.workers.min(scenario.room)
    {
        let ends = parent.offered.iter().enumerate();
        let halved = ends
            .filter_map(|(i, (position, _))| Some((i, table.slot(*position).share.halve(1)?)))
            .next();
        let Some((i, end)) = halved else { break };
        let chunk = &mut parent.offered[i].1;
        let rest = chunk.rest(end);
        chunk.count = end;
        parent.backlog.push(rest);
        tell(parent, table, scenario);
        found = true;
    }
    found
}

/// All items of the chunk but the first ones, which were begun.
fn withdraw(parent: &mut Parent, chunk: Chunk, begun: u64) {
    for item in chunk.first + begun..chunk.first + chunk.count {
        settle_item(parent, item, Outcome::Withdrawn);
    }
}

fn any_done(parent: &Parent, table: &Table) -> bool {
    let mut offered = parent.offered.iter();
    offered.any(|(position, _)| matches!(table.state(*position), Some(State::Done(_))))
}

fn settle(parent: &mut Parent, table: &Table, worker: usize, scenario: &Scenario) {
    for (position, chunk) in parent.offered.clone() {
        if table.state(position) != Some(State::Claimed(worker)) {
            continue;
        }
        let (progress, output) = (
            table.slot(position).progress(),
            table.slot(position).output(),
        );
        table.clear(position);
        parent.offered.retain(|(other, _)| *other != position);
        let mut begun = progress.finished;
        assert!(
            begun == 0 || finished(chunk, output) >= begun,
            "the results of finished items are there"
        );
        for item in chunk.first..chunk.first + begun {
            settle_item(parent, item, Outcome::Result);
        }
        if progress.running && begun < chunk.count {
            settle_item(parent, chunk.first + begun, Outcome::Lost);
            begun += 1;
        }
        if scenario.is_cancelled {
            withdraw(parent, chunk, begun);
        } else if begun < chunk.count {
            parent.backlog.insert(0, chunk.rest(begun));
        }
    }
}

fn condemn(parent: &mut Parent, table: &Table) {
    for (position, chunk) in parent.offered.clone() {
        if parent.condemned.is_none()
            && let Some(State::Claimed(worker)) = table.state(position)
            && let Some((i, _)) = table.slot(position).running_since()
            && table.slot(position).condemn(i)
        {
            parent.condemned = Some(chunk.first + i);
            steps::kill(1 + worker);
        }
    }
}

/// Where in its waiting the parent is. What it does from one to the next is told in the log of its
/// steps; between them it remembers nothing but [`Parent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Begin,
    Cancel,
    Look,
    Want,
    LookAgain,
    Sleep,
    Awake { ended: u64 },
    LookOnceMore { ended: u64 },
    Bury { ended: u64 },
    Replace { worker: usize, ended: u64 },
}

/// A phase of the engine's waiting.
fn wait(locals: &mut Locals, table: &Table, scenario: &Scenario) {
    let parent = &mut locals.parent;
    let phase = parent.phase;
    parent.phase = match phase {
        Phase::Begin => {
            tell(parent, table, scenario);
            if scenario.is_cancelled {
                Phase::Cancel
            } else {
                Phase::Look
            }
        }
        Phase::Cancel => {
            cancel(parent, table);
            Phase::Look
        }
        Phase::Look if parent.backlog.is_empty() && parent.offered.is_empty() => {
            table.close();
            return steps::leave();
        }
        Phase::Look if balance(parent, table, scenario) | gather(parent, table, scenario) => {
            Phase::Look
        }
        Phase::Look if !scenario.sleeps => {
            steps::until(|| steps::somebody_died() || any_done(parent, table));
            Phase::LookOnceMore {
                ended: steps::bury(),
            }
        }
        Phase::Look => Phase::Want,
        Phase::Want => {
            let last = parent.offered.last().expect("what is waited for").0;
            let first = parent.offered[0].0;
            let position = if scenario.is_patient { last } else { first };
            let can_share =
                scenario.shares && parent.offered.iter().any(|(_, chunk)| chunk.count > 1);
            table.want(position, can_share);
            Phase::LookAgain
        }
        Phase::LookAgain if gather(parent, table, scenario) || balance(parent, table, scenario) => {
            Phase::Awake { ended: 0 }
        }
        Phase::LookAgain => {
            if scenario.is_timed {
                condemn(parent, table);
            }
            Phase::Sleep
        }
        Phase::Sleep => Phase::Awake {
            ended: steps::await_bell_or_death(),
        },
        Phase::Awake { ended } => {
            table.want_nothing();
            Phase::LookOnceMore { ended }
        }
        Phase::LookOnceMore { ended } => {
            gather(parent, table, scenario);
            Phase::Bury { ended }
        }
        Phase::Bury { ended: 0 } => Phase::Look,
        Phase::Bury { ended } => {
            let actor = ended.trailing_zeros() as usize;
            let worker = actor - 1;
            table.clean_desk(worker);
            settle(parent, table, worker, scenario);
            tell(parent, table, scenario);
            if scenario.sleeps {
                table.call_all();
            }
            let ended = ended & !(1 << actor);
            if scenario.has_replacements {
                Phase::Replace { worker, ended }
            } else {
                Phase::Bury { ended }
            }
        }
        Phase::Replace { worker, ended } => {
            steps::start(1 + worker);
            locals.tasks[worker] = None;
            Phase::Bury { ended }
        }
    };
}

/// What a worker is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Task {
    position: u64,
    /// The first item of the chunk and how many there are, once the worker has looked.
    chunk: Option<Chunk>,
    /// The next item of the chunk.
    i: u64,
    /// How many items of it the worker has taken.
    taken: u64,
}

/// A part of a worker's loop: it takes a chunk, runs an item of it, or finishes it.
fn work(worker: usize, locals: &mut Locals, table: &Table, scenario: &Scenario) {
    let task = &mut locals.tasks[worker];
    let Some(Task {
        position,
        chunk,
        i,
        taken,
    }) = *task
    else {
        if let Some(position) = table.claim(worker) {
            *task = Some(Task {
                position,
                chunk: None,
                i: 0,
                taken: 0,
            });
        } else if table.is_closing() {
            steps::leave();
        } else if scenario.sleeps {
            table.look(worker);
            if !table.has_work() {
                table.sleep(worker, steps::ring);
            }
        } else {
            steps::until(|| table.has_work() || table.is_closing());
        }
        return;
    };
    let slot = table.slot(position);
    let Some(Chunk { first, count }) = chunk else {
        let (input, size) = slot.take_input();
        let chunk = Chunk {
            first: first(input),
            count: size.count,
        };
        *task = Some(Task {
            position,
            chunk: Some(chunk),
            i: 0,
            taken: size.first_portion(),
        });
        return;
    };
    if i == taken && taken < count {
        if scenario.gives_back {
            slot.share.give_back();
        }
        if let Some(taken) = slot.share.take(1) {
            *task = Some(Task {
                position,
                chunk,
                i,
                taken,
            });
            return;
        }
    }
    if i == taken || i >= slot.share.end() {
        *task = None;
        if count > 1 {
            slot.set_output(output(first, count, i));
        }
        if table.finish(position, worker, false) {
            steps::ring();
        }
        return;
    }
    slot.begin_item(i, None);
    steps::begin_item(first + i);
    if scenario.needs_all.is_some_and(|from| first + i >= from) {
        steps::until(steps::all_items_are_begun);
    }
    let output = output(first, count, i + 1);
    *task = Some(Task {
        position,
        chunk,
        i: i + 1,
        taken,
    });
    slot.set_output(output);
    if !scenario.is_timed {
        slot.finish_item(i);
    } else if !slot.finish_timed_item(i) {
        steps::kill(1 + worker);
    }
}

fn places(table: &Table, scenario: &Scenario) -> Places {
    let mut places = Places::default();
    let head = table.head();
    places.add(&head.end.0, false);
    places.add(&head.hint.0, false);
    places.add(&head.wanted.0, false);
    places.add(&head.can_share.0, false);
    places.add(&head.closing.0, false);
    for worker in 0..scenario.workers {
        places.add(&table.desk(worker).doing, false);
        // Whether it is ready is for initializers; it is only cleaned here.
        places.add(&table.desk(worker).ready, true);
    }
    for position in [0, 1] {
        let slot = table.slot(position);
        places.add(&slot.state, false);
        // These belong to the claimant as long as it lives, or to the parent; but a parent that
        // watches the time looks at the progress while the claimant is at work.
        places.add(&slot.progress, !scenario.is_timed);
        places.add(&slot.started, true);
        for own in [
            &slot.small[0],
            &slot.small[1],
            &slot.small_len,
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
fn explore(scenario: Scenario) {
    let table = Table::new(scenario.workers).expect("a table");
    let doing = |worker| &table.desk(worker).doing;
    let sleepers = if scenario.starts_idle {
        table.look(0);
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
        condemned: None,
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
    // Two hashes, that no two states of millions are taken for the same.
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

/// Nothing can happen any more.
fn check_end(world: &World, parent: &Parent, scenario: &Scenario) {
    let gone = world.with_life(&Life::Gone).len();
    let dead = world.with_life(&Life::Dead).len();
    assert!(
        gone + dead == world.actors.len() && world.actors[0].life == Life::Gone,
        "somebody sleeps for ever: {world:?} {parent:?}"
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
            assert_eq!(parent.condemned, Some(item as u64), "an innocent item");
        }
    }
}

const SCENARIO: Scenario = Scenario {
    workers: 2,
    chunks: &[1, 1],
    kills: 0,
    room: 2,
    is_patient: false,
    is_cancelled: false,
    has_replacements: true,
    is_timed: false,
    sleeps: false,
    starts_idle: false,
    needs_all: None,
    shares: false,
    gives_back: false,
    is_buffered: true,
    switches: ALL,
};

/// More switches than there are steps.
const ALL: usize = 1000;

/// Explores with a parent that wants to know of each chunk, and with one that waits for all.
#[track_caller]
fn explore_both(scenario: Scenario) {
    for is_patient in [false, true] {
        explore(Scenario {
            is_patient,
            ..scenario
        });
    }
}

#[test]
fn one_worker_is_killed_at_any_step_and_its_successor_too() {
    let scenario = Scenario {
        workers: 1,
        is_buffered: false,
        ..SCENARIO
    };
    explore(Scenario {
        chunks: &[3],
        kills: 1,
        ..scenario
    });
    explore(Scenario {
        chunks: &[2, 1],
        kills: 2,
        switches: 3,
        ..scenario
    });
}

#[test]
fn two_workers_want_one_chunk_and_one_is_killed_at_any_step() {
    explore(Scenario {
        chunks: &[2],
        kills: 1,
        is_buffered: false,
        switches: 1,
        ..SCENARIO
    });
}

#[test]
fn two_workers_share_three_chunks() {
    explore(Scenario {
        chunks: &[1, 1, 1],
        switches: 1,
        ..SCENARIO
    });
}

#[test]
fn a_slot_is_used_again_and_again() {
    explore(Scenario {
        chunks: &[1, 1, 1],
        room: 1,
        switches: 2,
        ..SCENARIO
    });
    explore(Scenario {
        workers: 1,
        chunks: &[1, 1, 1],
        room: 1,
        kills: 1,
        ..SCENARIO
    });
}

#[test]
fn what_nobody_wants_is_taken_back() {
    let scenario = Scenario {
        chunks: &[2, 1],
        is_cancelled: true,
        is_buffered: false,
        ..SCENARIO
    };
    explore(Scenario {
        workers: 1,
        kills: 1,
        ..scenario
    });
    explore(Scenario {
        switches: 2,
        sleeps: true,
        ..scenario
    });
}

#[test]
fn nobody_sleeps_for_ever() {
    let scenario = Scenario {
        sleeps: true,
        ..SCENARIO
    };
    explore_both(Scenario {
        workers: 1,
        switches: 3,
        ..scenario
    });
    explore_both(Scenario {
        chunks: &[1],
        switches: 2,
        ..scenario
    });
    explore_both(Scenario {
        chunks: &[1, 1],
        switches: 1,
        ..scenario
    });
}

#[test]
fn nobody_sleeps_for_ever_when_a_worker_is_killed() {
    let scenario = Scenario {
        sleeps: true,
        kills: 1,
        is_buffered: false,
        ..SCENARIO
    };
    explore_both(Scenario {
        workers: 1,
        chunks: &[1],
        switches: 2,
        ..scenario
    });
    explore_both(Scenario {
        chunks: &[1],
        switches: 1,
        has_replacements: false,
        ..scenario
    });
}

#[test]
fn nobody_sleeps_while_a_chunk_waits() {
    let scenario = Scenario {
        sleeps: true,
        starts_idle: true,
        ..SCENARIO
    };
    explore(Scenario {
        needs_all: Some(0),
        switches: 2,
        ..scenario
    });
    // Nobody counts on a worker that was killed while it looked for work, or called another.
    for room in [1, 2] {
        explore(Scenario {
            room,
            kills: 1,
            has_replacements: false,
            is_buffered: false,
            switches: 0,
            ..scenario
        });
    }
}

#[test]
fn only_an_item_whose_time_is_over_is_ended() {
    let scenario = Scenario {
        workers: 1,
        chunks: &[2],
        sleeps: true,
        is_timed: true,
        is_buffered: false,
        ..SCENARIO
    };
    explore(Scenario {
        switches: 4,
        ..scenario
    });
    explore(Scenario {
        kills: 1,
        switches: 2,
        ..scenario
    });
}

#[test]
fn nobody_is_idle_while_another_has_more_than_it_is_at() {
    let scenario = Scenario {
        chunks: &[2],
        shares: true,
        sleeps: true,
        needs_all: Some(0),
        ..SCENARIO
    };
    explore_both(Scenario {
        switches: 1,
        ..scenario
    });
    explore(Scenario {
        starts_idle: true,
        switches: 1,
        ..scenario
    });
    // Who ends the short one, which the parent does not want to know of, helps with the long one.
    explore(Scenario {
        chunks: &[1, 2],
        needs_all: Some(1),
        is_patient: true,
        switches: 2,
        ..scenario
    });
}

#[test]
fn each_item_is_run_once_wherever_it_goes() {
    let scenario = Scenario {
        chunks: &[2],
        shares: true,
        is_buffered: false,
        ..SCENARIO
    };
    explore(Scenario {
        chunks: &[3],
        switches: 2,
        ..scenario
    });
    explore(Scenario {
        kills: 1,
        switches: 1,
        ..scenario
    });
    explore(Scenario {
        gives_back: true,
        kills: 1,
        switches: 1,
        ..scenario
    });
    explore(Scenario {
        is_cancelled: true,
        switches: 2,
        ..scenario
    });
}
