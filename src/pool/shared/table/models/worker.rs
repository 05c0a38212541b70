//! A worker: its own loop, around chunks of numbered items.

use std::sync::atomic::{AtomicU8, Ordering};

use loom::sync::{Condvar, Mutex};

use super::Shared;
use crate::pool::shared::table::items::{first, output};
use crate::pool::shared::table::serve;
use crate::pool::shared::table::status::ASLEEP;
use crate::pool::shared::table::sync::futex;

/// Counts items, and lets them wait for each other.
pub(super) struct Gate {
    /// How often each was begun. These counters are not part of what is explored.
    begun: Vec<AtomicU8>,
    together: u64,
    inside: Mutex<u64>,
    opened: Condvar,
}

impl Gate {
    pub(super) fn new(items: u64, together: u64) -> Self {
        Self {
            begun: (0..items).map(|_| AtomicU8::new(0)).collect(),
            together,
            inside: Mutex::new(0),
            opened: Condvar::new(),
        }
    }

    fn pass(&self, item: u64) {
        let before = self.begun[item as usize].fetch_add(1, Ordering::Relaxed);
        assert_eq!(before, 0, "item {item} is run twice");
        if self.together == 0 {
            return;
        }
        let mut inside = self.inside.lock().expect("no model goes on after a panic");
        *inside += 1;
        self.opened.notify_all();
        while *inside < self.together {
            inside = self.opened.wait(inside).expect("as above");
        }
    }

    pub(super) fn has_begun(&self, item: u64) -> bool {
        self.begun[item as usize].load(Ordering::Relaxed) > 0
    }
}

pub(super) fn work(worker: usize, shared: &Shared) {
    if shared.starts_idle && worker > 0 {
        futex::wait(&shared.table.status(worker).doing, ASLEEP, None);
        shared.table.start_spinning(worker);
    }
    let ring = || shared.bell.ring();
    let polls = 0;
    serve(
        &shared.table,
        worker,
        shared.chunks_per_worker,
        polls,
        ring,
        |position| Ok(run(position, shared)),
    )
    .expect("a sound worker");
}

/// As `run_chunk`. Returns whether the parent timed an item out.
fn run(position: u64, shared: &Shared) -> bool {
    let slot = shared.table.slot(position);
    let (input, size) = slot.take_input();
    let first = first(input);
    let mut taken = size.first_portion();
    let mut i = 0;
    loop {
        if i == taken {
            match slot.share.take(size.portion) {
                Some(now) if taken < size.count => taken = now,
                _ => break,
            }
        } else if i >= slot.share.end() {
            break;
        }
        // The clock shows the item's number, counted from 1.
        if !shared.is_timed {
            slot.begin_item(i);
        } else if !slot.begin_timed_item(i, first + i + 1) {
            return true;
        }
        shared.gate.pass(first + i);
        slot.set_output(output(first, size.count, i + 1));
        if !shared.is_timed {
            slot.finish_item(i);
        } else if !slot.finish_timed_item(i) {
            return true;
        }
        i += 1;
    }
    if i == 0 {
        slot.set_output(output(first, size.count, 0));
    }
    false
}
