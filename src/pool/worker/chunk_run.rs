//! A chunk while its worker runs it: which items are the worker's, and how far it has got.

use std::any::Any;

use super::output::ChunkOutput;
use crate::child::{Mailbox, flush};
use crate::pool::shared::table::{Size, Slot};
use crate::sys::checked_file::is_lost;
use crate::sys::clock::now;
use crate::sys::fork::exit_now;

/// The exit code of a worker that had no memory left for a result.
const OUT_OF_MEMORY: i32 = 12;
/// The exit code of a worker whose item took too long. The parent kills it anyway, but it must not
/// go on until then.
pub(super) const TIMED_OUT: i32 = 13;
/// The exit code of a worker whose arena's file was closed by a task.
pub(super) const NO_ARENA: i32 = 15;

pub(super) struct ChunkRun<'a> {
    /// The address of the caller's function, for its runner to call.
    pub(super) task: usize,
    pub(super) input: &'a [u8],
    pub(super) state: &'a mut dyn Any,
    pub(super) mailbox: &'a Mailbox,
    pub(super) output: ChunkOutput<'a>,
    pub(super) scratch: Vec<u8>,
    pub(super) slot: &'a Slot,
    pub(super) size: Size,
    /// How many items this worker has taken.
    pub(super) taken: u64,
    /// An item failed, and the parent may want to know soon.
    pub(super) failed: bool,
    pub(super) is_timed: bool,
}

impl ChunkRun<'_> {
    /// How many items were offered together.
    pub(super) fn count(&self) -> u64 {
        self.size.count
    }

    /// Whether this worker must run item `i`.
    #[inline]
    pub(super) fn may_begin(&mut self, i: u64) -> bool {
        if i < self.taken {
            // The call may have been cancelled.
            i < self.slot.share.end()
        } else {
            self.take_portion()
        }
    }

    fn take_portion(&mut self) -> bool {
        if self.taken == self.size.count {
            return false;
        }
        if self.failed {
            // The parent should learn of it now.
            self.slot.share.give_back();
        }
        let taken = self.slot.share.take(self.size.portion);
        // It can exceed the number of items only if another worker has overwritten this one's
        // share.
        self.taken = taken.unwrap_or(self.taken).min(self.size.count);
        taken.is_some()
    }

    #[inline]
    pub(super) fn begin_item(&self, i: u64) {
        if !self.is_timed {
            self.slot.begin_item(i);
        } else if !self.slot.begin_timed_item(i, now().as_nanos() as u64) {
            exit_now(TIMED_OUT);
        }
    }

    #[inline]
    pub(super) fn finish_item(&mut self, i: u64) {
        let (slot, is_timed) = (self.slot, self.is_timed);
        self.output.publish(slot, || {
            if !is_timed {
                slot.finish_item(i);
                return;
            }
            // A thread that the task left behind may hold stdout. Waiting for it then counts as the
            // item's time, instead of blocking for ever.
            flush();
            if !slot.finish_timed_item(i) {
                exit_now(TIMED_OUT);
            }
        });
    }

    #[inline]
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.output.append(bytes).map_err(|error| {
            if is_lost(&error) {
                self.exit(NO_ARENA, &error.to_string());
            }
            format!("there is no memory for it: {error}")
        })
    }

    pub(super) fn exit_without_memory(&self) -> ! {
        self.exit(OUT_OF_MEMORY, "there is no memory for it")
    }

    pub(super) fn exit(&self, code: i32, reason: &str) -> ! {
        self.mailbox.post_failure(reason);
        flush();
        exit_now(code)
    }
}
