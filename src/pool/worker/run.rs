//! One chunk, from the table and back onto it.

use std::any::Any;
use std::io;
use std::sync::atomic::Ordering::Relaxed;

use super::chunk_run::{ChunkRun, TIMED_OUT};
use super::context::Context;
use super::items::CORRUPT;
use super::output::ChunkOutput;
use super::runner::runner;
use crate::child::{Mailbox, flush};
use crate::pool::shared::arena::{Reader, Writer};
use crate::pool::shared::table::Input;
use crate::sys::fork::exit_now;
use crate::trace;

/// Runs the chunk at `position`, which the worker has claimed. Returns whether an item failed.
pub(in crate::pool) fn run_chunk(
    context: &Context,
    position: u64,
    reader: &mut Reader,
    writer: &mut Writer,
    mailbox: &Mailbox,
    state: &mut dyn Any,
) -> io::Result<bool> {
    let slot = context.table.slot(position);
    writer.renew();
    let (input, size) = slot.take_input();
    let input = match &input {
        Input::Inline(inline) => inline.bytes(),
        &Input::At { at, len } => {
            let input = reader.mapping(context.input, at, len)?;
            // SAFETY: the parent wrote these bytes before it offered the chunk, and leaves them
            // alone until the chunk is done. No worker can write to its mapping of them.
            unsafe { input.bytes(at, len) }
        }
    };
    let Some(function) = context.functions.get(slot.function.load(Relaxed)) else {
        return Err(io::Error::other(CORRUPT));
    };
    // SAFETY: only the parent can write functions, and it registers what `function` and
    // `function_with_state` made.
    let run = unsafe { runner(function) };
    let mut chunk = ChunkRun {
        task: function.task,
        input,
        state,
        mailbox,
        output: ChunkOutput::new(writer, context.output, size.count),
        scratch: Vec::new(),
        slot,
        size,
        taken: size.first_portion(),
        failed: false,
        is_timed: context.is_timed,
    };
    trace::chunk_begins(size.count);
    run(&mut chunk);
    trace::chunk_ends();
    let failed = chunk.failed;
    chunk.output.close(slot);
    // What the tasks printed must be out before their results. If items are timed, it already is.
    if !context.is_timed {
        flush();
    } else if slot.is_timed_out() {
        exit_now(TIMED_OUT);
    }
    Ok(failed)
}
