//! A worker, which does what the workers of a pool do.

use super::model::{Locals, Scenario};
use crate::pool::shared::table::Table;
use crate::pool::shared::table::items::{Chunk, first, output};

/// What a worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Task {
    pub(super) position: u64,
    /// The first item of the chunk and how many there are, once the worker has looked.
    pub(super) chunk: Option<Chunk>,
    /// The next item of the chunk.
    pub(super) i: u64,
    /// How many items of it the worker has taken.
    pub(super) taken: u64,
}

/// One step of a worker's loop: takes a chunk, runs an item of it, or finishes it.
pub(super) fn work(worker: usize, locals: &mut Locals, table: &Table, scenario: &Scenario) {
    let task = &mut locals.tasks[worker];
    let Some(Task {
        position,
        chunk,
        i,
        taken,
    }) = *task
    else {
        if table.is_closing() {
            interleave::leave();
        } else if let Some(position) = table.claim(worker) {
            *task = Some(Task {
                position,
                chunk: None,
                i: 0,
                taken: 0,
            });
        } else if scenario.sleeps {
            table.start_spinning(worker);
            if !table.has_work() {
                table.sleep(worker, interleave::ring);
            }
        } else {
            interleave::until(|| table.has_work() || table.is_closing());
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
            interleave::ring();
        }
        return;
    }
    slot.begin_item(i);
    interleave::begin_item(first + i);
    if scenario.needs_all.is_some_and(|from| first + i >= from) {
        interleave::until(interleave::all_items_are_begun);
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
        interleave::kill(1 + worker);
    }
}
