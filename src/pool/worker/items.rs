//! The loop that runs the items of a chunk. Only this file knows their types.

use std::any::Any;
use std::mem::needs_drop;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::chunk_run::{ChunkRun, NO_ARENA};
use crate::child::{forget_caught, panic_of};
use crate::pool::shared::encoding::{
    NOT_DECODED, NOT_ENCODED, PANIC, VALUE, most_items, next_value,
};
use crate::sys::checked_file::is_lost;
use crate::wire::{self, Portable};

/// Why a worker leaves when it was offered something no parent offers.
pub(super) const CORRUPT: &str =
    "the pool's shared memory is corrupt: another worker has written over it";

pub(super) fn run_items<T: Portable, R: Portable>(
    chunk: &mut ChunkRun,
    mut call: impl FnMut(&mut dyn Any, T) -> R,
) {
    if chunk.count() > most_items::<T>(chunk.input) {
        chunk.exit(1, CORRUPT);
    }
    if let Some(size) = wire::fixed_size::<R>() {
        lay_out(chunk, size);
    }
    let mut next = 0;
    let mut rest = chunk.input;
    let mut finished_len = chunk.output.len();
    // After a panic, the loop starts again with the next item.
    while let Err(payload) = catch_unwind(AssertUnwindSafe(|| {
        let (mut i, mut inputs) = (next, rest);
        while chunk.may_begin(i) {
            let input = next_value::<T>(&mut inputs);
            (next, rest, finished_len) = (i + 1, inputs, chunk.output.len());
            // A panic that a task caught must not be mistaken for the cause of a later end.
            if forget_caught() {
                chunk.mailbox.clear();
            }
            chunk.begin_item(i);
            match input.map(wire::decode::<T>) {
                Some(Ok(input)) => {
                    let result = call(&mut *chunk.state, input);
                    write_result(chunk, i, &result);
                    if needs_drop::<R>() {
                        drop(result);
                        chunk.mailbox.exit_if_copied();
                    }
                }
                Some(Err(error)) => write_failure::<R>(chunk, i, NOT_DECODED, &error.to_string()),
                None => write_failure::<R>(chunk, i, NOT_DECODED, "the input is truncated"),
            }
            chunk.finish_item(i);
            i += 1;
        }
    })) {
        chunk.mailbox.exit_if_copied();
        let panic = panic_of(&*payload).to_text(usize::MAX);
        // Dropping the payload could panic.
        std::mem::forget(payload);
        // So could dropping a result that was already left.
        if wire::fixed_size::<R>().is_none() {
            chunk.output.truncate(finished_len);
        }
        write_failure::<R>(chunk, next - 1, PANIC, &panic);
        chunk.finish_item(next - 1);
    }
}

/// Makes room for all results. Each has `size` bytes and a kind, initially that of a value.
fn lay_out(chunk: &mut ChunkRun, size: usize) {
    // Without room, the first item fails, but not necessarily the others.
    chunk.begin_item(0);
    let len = chunk.count().saturating_mul(size as u64 + 1);
    if let Err(error) = chunk.output.lay_out(len) {
        if is_lost(&error) {
            // An earlier task closed the file, so all items of this chunk go to another worker.
            chunk.slot.begin_none();
            chunk.exit(NO_ARENA, &error.to_string());
        }
        chunk.exit_without_memory();
    }
    // Most are values, so their kind need not be written later.
    let count = chunk.size.count;
    chunk.output.fill(count * size as u64, count, VALUE);
}

#[inline]
fn write_result<R: Portable>(chunk: &mut ChunkRun, i: u64, result: &R) {
    chunk.mailbox.exit_if_copied();
    let left = match (wire::fixed_size::<R>(), wire::as_bytes(result)) {
        (Some(size), Some(bytes)) => {
            chunk.output.put(i * size as u64, bytes);
            return;
        }
        (_, Some(bytes)) => append_text(chunk, &[VALUE], bytes),
        (_, None) => encode_and_append(chunk, result),
    };
    if let Err(reason) = left {
        write_failure::<R>(chunk, i, NOT_ENCODED, &reason);
    }
}

/// Marks result `i` as a failure, if values have this `size`.
fn put_kind(chunk: &mut ChunkRun, size: usize, i: u64, kind: u8) {
    chunk
        .output
        .put(chunk.size.count * size as u64 + i, &[kind]);
}

fn encode_and_append<R: Portable>(chunk: &mut ChunkRun, result: &R) -> Result<(), String> {
    let mut scratch = std::mem::take(&mut chunk.scratch);
    scratch.clear();
    let encoded = wire::encode(result, &mut scratch);
    chunk.mailbox.exit_if_copied();
    let appended = encoded
        .map_err(|error| error.to_string())
        .and_then(|()| append_text(chunk, &[VALUE], &scratch));
    chunk.scratch = scratch;
    appended
}

/// Appends `kind`, the length of the text, and the text, or nothing.
fn append_text(chunk: &mut ChunkRun, kind: &[u8], bytes: &[u8]) -> Result<(), String> {
    let start = chunk.output.len();
    let len = (bytes.len() as u64).to_le_bytes();
    let appended = [kind, &len, bytes]
        .iter()
        .try_for_each(|part| chunk.append(part));
    if appended.is_err() {
        chunk.output.truncate(start);
    }
    appended
}

#[cold]
fn write_failure<R: Portable>(chunk: &mut ChunkRun, i: u64, kind: u8, reason: &str) {
    chunk.mailbox.exit_if_copied();
    chunk.failed = true;
    let appended = if let Some(size) = wire::fixed_size::<R>() {
        put_kind(chunk, size, i, kind);
        append_text(chunk, &[], reason.as_bytes())
    } else {
        append_text(chunk, &[kind], reason.as_bytes())
    };
    if appended.is_err() {
        // There is no memory even for the reason. The parent reports what is left of it.
        chunk.exit_without_memory();
    }
}
