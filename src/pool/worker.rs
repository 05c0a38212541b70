//! A worker: it takes chunks from the table and runs them, until the pool is closed.

mod begin;
mod chunk_run;
mod context;
mod initializer;
mod items;
mod output;
mod run;
mod runner;

use std::any::Any;
use std::io;

use super::shared::arena::{Reader, Writer};
use super::shared::table::serve;
use crate::child::{Mailbox, flush, stand_first};
use crate::sys::bell;
use crate::sys::descriptor::Descriptor;
use crate::sys::fork::exit_now;
use crate::sys::patience;
pub(super) use begin::{begin, errand};
pub(super) use context::Context;
pub(super) use initializer::{Closure, Function, Initializer, Nothing};
pub(super) use run::run_chunk;
pub(super) use runner::{function, function_with_state};

/// How often a worker polls the table before it sleeps: a few microseconds, about as long as
/// waking takes.
const POLLS: u32 = 200;

/// A task, or the initializer, may have set a panic hook. Checking takes as long as running a tiny
/// chunk, so after this many chunks in a row it is done only once in as many.
const HOOK_CHECKS: u32 = 64;

/// The exit code of a worker that can't wake its parent.
const NO_DOORBELL: i32 = 14;

/// Works until the pool is closed, and returns the exit code.
pub(super) fn work(context: &Context, mailbox: &Mailbox, state: &mut dyn Any) -> io::Result<i32> {
    let table = context.table;
    context.functions.protect()?;
    let mut reader = Reader::protected();
    let mut writer = Writer::new(context.output)?;
    let ring = || ring(context.doorbell, mailbox);
    table.set_ready(context.number);
    ring();
    let chunks = context.chunks.unwrap_or(u64::MAX);
    let polls = if patience::pays(1) { POLLS } else { 0 };
    let mut in_a_row = 0_u32;
    serve(table, context.number, chunks, polls, ring, |position| {
        in_a_row = if table.has_work() {
            in_a_row.wrapping_add(1)
        } else {
            0
        };
        if in_a_row < HOOK_CHECKS || in_a_row.is_multiple_of(HOOK_CHECKS) {
            stand_first();
        }
        run_chunk(context, position, &mut reader, &mut writer, mailbox, state)
    })?;
    Ok(0)
}

/// Wakes the parent.
///
/// If a task has closed the doorbell, the worker exits, which wakes the parent instead. The parent
/// keeps all that was finished, and starts another worker.
fn ring(doorbell: &Descriptor, mailbox: &Mailbox) {
    if let Err(error) = bell::ring(doorbell) {
        mailbox.post_failure(&error.to_string());
        flush();
        exit_now(NO_DOORBELL);
    }
}
