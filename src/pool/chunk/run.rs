//! A chunk in the hands of a worker, and the loop that runs its items.

use std::any::Any;
use std::io;
use std::mem::needs_drop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;

use super::{NOT_SENT, PANIC, UNREADABLE, VALUE, most_inputs, next_value};
use crate::pool::arena::{Reader, Writer};
use crate::pool::small::Small;
use crate::pool::table::{Input, Output, Size, Slot};
use crate::pool::worker::{Workplace, now};
use crate::process::{Mailbox, flush, forget_caught, panic_of};
use crate::sys::checked_file::is_lost;
use crate::sys::fork::exit_now;
use crate::sys::window::Window;
use crate::trace;
use crate::wire::{self, Portable};

/// Why a worker leaves that was offered what no parent offers.
const CORRUPT: &str = "the pool's shared memory is corrupt: another worker has written over it";

/// The exit code of a worker that had no memory left for a result.
const OUT_OF_MEMORY: i32 = 12;
/// The exit code of a worker whose arena's file was closed by a task.
const NO_ARENA: i32 = 15;
/// The exit code of a worker that has used up its time. The parent kills it anyway, but it must not
/// go on until then.
const CONDEMNED: i32 = 13;

/// The code by which a worker runs a chunk, made for the types of its items.
pub(in crate::pool) type Run = fn(&mut ChunkRun);

/// A chunk in the hands of a worker.
pub(in crate::pool) struct ChunkRun<'a> {
    /// The address of the function to be called, for [`Run`] to make sense of.
    pub(in crate::pool) call: usize,
    input: &'a [u8],
    state: &'a mut dyn Any,
    mailbox: &'a Mailbox,
    scratch: Vec<u8>,
    /// An item failed, and the parent may want to know soon.
    failed: bool,
    slot: &'a Slot,
    size: Size,
    /// How many items this worker has taken.
    taken: u64,
    writer: &'a mut Writer,
    window: &'a Window,
    output: Output,
    /// The slot does not say yet what the output is.
    is_output_new: bool,
    is_timed: bool,
}

impl ChunkRun<'_> {
    /// How many items were offered together.
    fn count(&self) -> u64 {
        self.size.count
    }

    /// Whether item `i` is to be run, and is this worker's.
    #[inline]
    fn may_begin(&mut self, i: u64) -> bool {
        if i < self.taken {
            // Nobody may want it any more.
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
            // The parent is to hear of it now.
            self.slot.share.give_back();
        }
        let taken = self.slot.share.take(self.size.portion);
        // More than there are could be only if another worker had written to this one's share.
        self.taken = taken.unwrap_or(self.taken).min(self.size.count);
        taken.is_some()
    }

    #[inline]
    fn begin_item(&self, i: u64) {
        if !self.is_timed {
            self.slot.begin_item(i);
        } else if !self.slot.begin_timed_item(i, now().as_nanos() as u64) {
            exit_now(CONDEMNED);
        }
    }

    #[inline]
    fn finish_item(&mut self, i: u64) {
        if self.is_output_new {
            self.slot.set_output(self.output);
        }
        if !self.is_timed {
            self.slot.finish_item(i);
        } else {
            // Somebody may hold stdout, as a thread that the task left behind. Then this takes the
            // item's time, and not for ever that of nobody.
            flush();
            if !self.slot.finish_timed_item(i) {
                exit_now(CONDEMNED);
            }
        }
        if self.is_output_new {
            self.writer.publish();
            self.is_output_new = false;
        }
    }

    fn output_len(&self) -> u64 {
        match self.output {
            Output::Small(small) => small.len(),
            Output::In(block) => block.len,
        }
    }

    /// Makes `len` bytes of the results, which [`put`](Self::put) fills.
    fn lay_out(&mut self, len: u64) -> io::Result<()> {
        self.is_output_new = true;
        if let Output::Small(small) = &mut self.output {
            if small.lay_out(len) {
                return Ok(());
            }
            self.output = Output::In(self.writer.open());
        }
        if let Output::In(block) = &mut self.output {
            self.writer.lay_out(self.window, block, len)?;
        }
        Ok(())
    }

    /// Fills bytes that were laid out. Inlined where the caller knows how many, this is one move.
    #[inline(always)]
    fn put(&mut self, at: u64, bytes: &[u8]) {
        match &mut self.output {
            Output::Small(small) => {
                small.put(at as usize, bytes);
                self.is_output_new = true;
            }
            Output::In(block) => self.writer.put(block.at + at, bytes),
        }
    }

    #[inline]
    fn append(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.is_output_new = true;
        if let Output::Small(small) = &mut self.output {
            if small.append(bytes) {
                return Ok(());
            }
            let small = *small;
            self.output = Output::In(self.writer.open());
            self.append_to_block(small.bytes())?;
        }
        self.append_to_block(bytes)
    }

    #[inline]
    fn append_to_block(&mut self, bytes: &[u8]) -> Result<(), String> {
        let Output::In(block) = &mut self.output else {
            return Ok(());
        };
        let appended = self.writer.append(self.window, block, bytes);
        appended.map_err(|error| {
            if is_lost(&error) {
                self.leave(NO_ARENA, &error.to_string());
            }
            format!("there is no memory for it: {error}")
        })
    }

    /// Takes back what was appended since the output was `len` long.
    fn truncate(&mut self, len: u64) {
        match &mut self.output {
            Output::Small(small) => small.truncate(len),
            Output::In(block) => block.len = len,
        }
    }

    fn leave_without_memory(&self) -> ! {
        self.leave(OUT_OF_MEMORY, "there is no memory for it")
    }

    fn leave(&self, code: i32, reason: &str) -> ! {
        self.mailbox.leave_failure(reason);
        flush();
        exit_now(code)
    }
}

/// Runs the chunk at `position`, which the worker has claimed. Returns whether an item failed.
pub(in crate::pool) fn carry_out(
    workplace: &Workplace,
    position: u64,
    reader: &mut Reader,
    writer: &mut Writer,
    mailbox: &Mailbox,
    state: &mut dyn Any,
) -> io::Result<bool> {
    let slot = workplace.table.slot(position);
    writer.renew();
    let (input, size) = slot.take_input();
    let input = match &input {
        Input::Small(small) => small.bytes(),
        &Input::At { at, len } => {
            let input = reader.mapping(workplace.input, at, len)?;
            // SAFETY: the parent wrote these bytes before it offered the chunk, and leaves them
            // alone until the chunk is done. No worker can write to its mapping of them.
            unsafe { input.bytes(at, len) }
        }
    };
    let function = workplace.functions.get(slot.function.load(Relaxed));
    let Some((run, call)) = function else {
        return Err(io::Error::other(CORRUPT));
    };
    let mut chunk = ChunkRun {
        call,
        input,
        state,
        mailbox,
        scratch: Vec::new(),
        failed: false,
        slot,
        size,
        taken: size.first_portion(),
        output: if size.count > 1 {
            Output::In(writer.open())
        } else {
            Output::Small(Small::default())
        },
        is_output_new: true,
        writer,
        window: workplace.output,
        is_timed: workplace.is_timed,
    };
    trace::chunk_begins(size.count);
    run(&mut chunk);
    trace::chunk_ends();
    let (output, failed) = (chunk.output, chunk.failed);
    if let Output::In(block) = output {
        writer.close(block);
        // If nobody wanted any item, its room is given back all the same.
        slot.set_output(output);
    }
    // What the tasks printed is out before their results are. With time limits it is already.
    if !workplace.is_timed {
        flush();
    } else if slot.is_condemned() {
        exit_now(CONDEMNED);
    }
    Ok(failed)
}

/// Runs the items of a chunk; `T`, `R` and what `call` is are known here alone.
pub(in crate::pool) fn run<T: Portable, R: Portable>(
    chunk: &mut ChunkRun,
    mut call: impl FnMut(&mut dyn Any, T) -> R,
) {
    if chunk.count() > most_inputs::<T>(chunk.input) {
        chunk.leave(1, CORRUPT);
    }
    if let Some(size) = wire::fixed_size::<R>() {
        // If there is no room, it is the first item's fault, and perhaps not that of the others.
        chunk.begin_item(0);
        let len = chunk.count().saturating_mul(size as u64 + 1);
        if let Err(error) = chunk.lay_out(len) {
            if is_lost(&error) {
                // An earlier task did that. All items of this chunk go to another worker.
                chunk.slot.begin_none();
                chunk.leave(NO_ARENA, &error.to_string());
            }
            chunk.leave_without_memory();
        }
    }
    let mut next = 0;
    let mut rest = chunk.input;
    let mut finished_len = chunk.output_len();
    // Where a task panics, the loop is begun anew with the next item.
    while let Err(payload) = catch_unwind(AssertUnwindSafe(|| {
        let (mut i, mut inputs) = (next, rest);
        while chunk.may_begin(i) {
            let input = next_value::<T>(&mut inputs);
            (next, rest, finished_len) = (i + 1, inputs, chunk.output_len());
            // A task may have caught a panic, which must not be taken for the end of a later one.
            if forget_caught() {
                chunk.mailbox.clear();
            }
            chunk.begin_item(i);
            match input.map(wire::decode::<T>) {
                Some(Ok(input)) => {
                    let result = call(&mut *chunk.state, input);
                    leave_result(chunk, i, &result);
                    if needs_drop::<R>() {
                        drop(result);
                        chunk.mailbox.leave_if_copied();
                    }
                }
                Some(Err(error)) => leave_failure::<R>(chunk, i, UNREADABLE, &error.to_string()),
                None => leave_failure::<R>(chunk, i, UNREADABLE, "the input ends too early"),
            }
            chunk.finish_item(i);
            i += 1;
        }
    })) {
        chunk.mailbox.leave_if_copied();
        let panic = panic_of(&*payload).to_text(usize::MAX);
        // Dropping what somebody panicked with could panic.
        std::mem::forget(payload);
        // To drop a result may panic, too, when it was left already.
        if wire::fixed_size::<R>().is_none() {
            chunk.truncate(finished_len);
        }
        leave_failure::<R>(chunk, next - 1, PANIC, &panic);
        chunk.finish_item(next - 1);
    }
}

#[inline]
fn leave_result<R: Portable>(chunk: &mut ChunkRun, i: u64, result: &R) {
    chunk.mailbox.leave_if_copied();
    let left = match (wire::fixed_size::<R>(), wire::as_bytes(result)) {
        (Some(size), Some(bytes)) => {
            chunk.put(i * size as u64, bytes);
            put_kind(chunk, size, i, VALUE);
            return;
        }
        (_, Some(bytes)) => append_text(chunk, &[VALUE], bytes),
        (_, None) => encode_and_append(chunk, result),
    };
    if let Err(reason) = left {
        leave_failure::<R>(chunk, i, NOT_SENT, &reason);
    }
}

/// The kind of result `i` where values are of this `size`.
#[inline(always)]
fn put_kind(chunk: &mut ChunkRun, size: usize, i: u64, kind: u8) {
    chunk.put(chunk.count() * size as u64 + i, &[kind]);
}

fn encode_and_append<R: Portable>(chunk: &mut ChunkRun, result: &R) -> Result<(), String> {
    let mut scratch = std::mem::take(&mut chunk.scratch);
    scratch.clear();
    let encoded = wire::encode(result, &mut scratch);
    chunk.mailbox.leave_if_copied();
    let appended = encoded
        .map_err(|error| error.to_string())
        .and_then(|()| append_text(chunk, &[VALUE], &scratch));
    chunk.scratch = scratch;
    appended
}

/// Appends `kind`, the length of the text, and the text, or nothing.
fn append_text(chunk: &mut ChunkRun, kind: &[u8], bytes: &[u8]) -> Result<(), String> {
    let start = chunk.output_len();
    let len = (bytes.len() as u64).to_le_bytes();
    let appended = [kind, &len, bytes]
        .iter()
        .try_for_each(|part| chunk.append(part));
    if appended.is_err() {
        chunk.truncate(start);
    }
    appended
}

#[cold]
fn leave_failure<R: Portable>(chunk: &mut ChunkRun, i: u64, kind: u8, reason: &str) {
    chunk.mailbox.leave_if_copied();
    chunk.failed = true;
    let appended = if let Some(size) = wire::fixed_size::<R>() {
        put_kind(chunk, size, i, kind);
        append_text(chunk, &[], reason.as_bytes())
    } else {
        append_text(chunk, &[kind], reason.as_bytes())
    };
    if appended.is_err() {
        // There is no memory even for the reason. The parent sees what is left of it.
        chunk.leave_without_memory();
    }
}
