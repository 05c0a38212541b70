//! The parent, which does what the engine does.

use super::model::{Locals, Outcome, Scenario};
use crate::pool::shared::table::items::{Chunk, finished, input};
use crate::pool::shared::table::{SLOTS, State, Table};

/// Where in the table the parent offers one chunk after another. The ring skips slots that a slow
/// chunk holds, so these are positions that it may reach, and two share a slot.
const POSITIONS: [u64; 6] = [0, 1, SLOTS, SLOTS + 1, 2 * SLOTS, 2 * SLOTS + 1];

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Parent {
    pub(super) phase: Phase,
    pub(super) backlog: Vec<Chunk>,
    pub(super) offered: Vec<(u64, Chunk)>,
    pub(super) next: usize,
    pub(super) outcomes: Vec<Option<Outcome>>,
    /// The item that was timed out.
    pub(super) timed_out: Option<u64>,
}

fn wake_workers(parent: &mut Parent, table: &Table, scenario: &Scenario) {
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
            table.wake(told);
            told = 0;
        }
    }
    if told > 0 && scenario.sleeps {
        table.wake(told);
    }
}

fn record(parent: &mut Parent, item: u64, outcome: Outcome) {
    let place = &mut parent.outcomes[item as usize];
    assert_eq!(*place, None, "item {item} comes twice");
    *place = Some(outcome);
}

fn gather(parent: &mut Parent, table: &Table, scenario: &Scenario) -> bool {
    let mut found = false;
    let mut untouched = 0;
    for (position, chunk) in parent.offered.clone() {
        match table.state(position) {
            Some(State::Done { .. }) => {
                let finished = finished(chunk, table.slot(position).output());
                let end = table.slot(position).share.end();
                assert!(finished == end || scenario.is_cancelled);
                table.clear(position);
                parent.offered.retain(|(other, _)| *other != position);
                for item in chunk.first..chunk.first + finished {
                    record(parent, item, Outcome::Result);
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
        wake_workers(parent, table, scenario);
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

/// Offers what can be taken back, if workers are idle.
fn steal(parent: &mut Parent, table: &Table, scenario: &Scenario) -> bool {
    let mut found = false;
    while scenario.shares
        && parent.backlog.is_empty()
        && parent.offered.len() < scenario.workers.min(scenario.room)
    {
        let ends = parent.offered.iter().enumerate();
        let halved = ends
            .filter_map(|(i, (position, _))| Some((i, table.slot(*position).share.steal_half(1)?)))
            .next();
        let Some((i, end)) = halved else { break };
        let chunk = &mut parent.offered[i].1;
        let rest = chunk.rest(end);
        chunk.count = end;
        parent.backlog.push(rest);
        wake_workers(parent, table, scenario);
        found = true;
    }
    found
}

/// Withdraws all items of the chunk except the first `begun`.
fn withdraw(parent: &mut Parent, chunk: Chunk, begun: u64) {
    for item in chunk.first + begun..chunk.first + chunk.count {
        record(parent, item, Outcome::Withdrawn);
    }
}

fn any_done(parent: &Parent, table: &Table) -> bool {
    let mut offered = parent.offered.iter();
    offered.any(|(position, _)| matches!(table.state(*position), Some(State::Done { .. })))
}

fn recover(parent: &mut Parent, table: &Table, worker: usize, scenario: &Scenario) {
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
            record(parent, item, Outcome::Result);
        }
        if progress.running && begun < chunk.count {
            record(parent, chunk.first + begun, Outcome::Lost);
            begun += 1;
        }
        if scenario.is_cancelled {
            withdraw(parent, chunk, begun);
        } else if begun < chunk.count {
            parent.backlog.insert(0, chunk.rest(begun));
        }
    }
}

fn time_out(parent: &mut Parent, table: &Table) {
    for (position, chunk) in parent.offered.clone() {
        if parent.timed_out.is_none()
            && let Some(State::Claimed(worker)) = table.state(position)
            && let Some((i, _)) = table.slot(position).running_since()
            && table.slot(position).time_out(i)
        {
            parent.timed_out = Some(chunk.first + i);
            interleave::kill(1 + worker);
        }
    }
}

/// Where the parent is in its waiting. The log of its steps records what it does within a phase;
/// between phases it remembers nothing but [`Parent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    Begin,
    Cancel,
    Look,
    Want,
    LookAgain,
    Sleep,
    Awake { ended: u64 },
    LookOnceMore { ended: u64 },
    Reap { ended: u64 },
    Replace { worker: usize, ended: u64 },
}

/// A phase of the engine's waiting.
pub(super) fn wait(locals: &mut Locals, table: &Table, scenario: &Scenario) {
    let parent = &mut locals.parent;
    let phase = parent.phase;
    parent.phase = match phase {
        Phase::Begin => {
            wake_workers(parent, table, scenario);
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
            return interleave::leave();
        }
        Phase::Look if steal(parent, table, scenario) | gather(parent, table, scenario) => {
            Phase::Look
        }
        Phase::Look if !scenario.sleeps => {
            interleave::until(|| interleave::somebody_died() || any_done(parent, table));
            Phase::LookOnceMore {
                ended: interleave::reap(),
            }
        }
        Phase::Look => Phase::Want,
        Phase::Want => {
            let last = parent.offered.last().expect("what is waited for").0;
            let first = parent.offered[0].0;
            let position = if scenario.is_patient { last } else { first };
            let wake_when_idle =
                scenario.shares && parent.offered.iter().any(|(_, chunk)| chunk.count > 1);
            table.request_wake(position, wake_when_idle);
            Phase::LookAgain
        }
        Phase::LookAgain if gather(parent, table, scenario) || steal(parent, table, scenario) => {
            Phase::Awake { ended: 0 }
        }
        Phase::LookAgain => {
            if scenario.is_timed {
                time_out(parent, table);
            }
            Phase::Sleep
        }
        Phase::Sleep => Phase::Awake {
            ended: interleave::await_bell_or_death(),
        },
        Phase::Awake { ended } => {
            table.cancel_wake();
            Phase::LookOnceMore { ended }
        }
        Phase::LookOnceMore { ended } => {
            gather(parent, table, scenario);
            Phase::Reap { ended }
        }
        Phase::Reap { ended: 0 } => Phase::Look,
        Phase::Reap { ended } => {
            let actor = ended.trailing_zeros() as usize;
            let worker = actor - 1;
            table.reset_status(worker);
            recover(parent, table, worker, scenario);
            wake_workers(parent, table, scenario);
            if scenario.sleeps {
                table.wake_all();
            }
            let ended = ended & !(1 << actor);
            if scenario.has_replacements {
                Phase::Replace { worker, ended }
            } else {
                Phase::Reap { ended }
            }
        }
        Phase::Replace { worker, ended } => {
            interleave::start(1 + worker);
            locals.tasks[worker] = None;
            Phase::Reap { ended }
        }
    };
}
