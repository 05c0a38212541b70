//! A worker: it takes chunks off the table and runs them, until the pool is closed.

use std::any::Any;
use std::io;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::arena::{Reader, Writer};
use super::chunk::carry_out;
use super::functions::Functions;
use super::table::Table;
use crate::process::{Mailbox, flush, stand_first};
use crate::sys::bell;
use crate::sys::descriptor::Descriptor;
use crate::sys::fork::exit_now;
use crate::sys::patience;
use crate::sys::window::Window;

/// How often a worker looks for work before it goes to sleep: some microseconds long, about as
/// long as it takes to be woken.
const LOOKS: u32 = 200;

/// A task, or the initializer, may have set a panic hook. Finding out takes as long as a tiny chunk
/// does to run, so after so many chunks in a row it is done once in so many.
const HOOK_CHECKS: u32 = 64;

/// What a worker is given.
pub(super) struct Workplace<'a> {
    pub(super) table: &'a Table,
    pub(super) functions: &'a Functions,
    pub(super) number: usize,
    pub(super) input: &'a Window,
    pub(super) output: &'a Window,
    pub(super) bell: &'a Descriptor,
    /// The parent watches how long each item runs.
    pub(super) is_timed: bool,
    /// The number of chunks after which the worker asks whether it is to leave.
    pub(super) chunks: Option<u64>,
}

/// The time of the monotonic clock, which all processes share.
pub(super) fn now() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from)
}

/// Works until the pool is closed, and returns the exit code.
pub(super) fn work(
    workplace: &Workplace,
    mailbox: &Mailbox,
    state: &mut dyn Any,
) -> io::Result<i32> {
    let table = workplace.table;
    workplace.functions.protect()?;
    let mut reader = Reader::protected();
    let mut writer = Writer::new(workplace.output)?;
    table.set_ready(workplace.number);
    ring(workplace.bell, mailbox);
    let mut in_a_row = 0_u32;
    serve(
        table,
        workplace.number,
        workplace.chunks.unwrap_or(u64::MAX),
        if patience::pays(1) { LOOKS } else { 0 },
        || ring(workplace.bell, mailbox),
        |position| {
            let more_to_come = table.has_work();
            in_a_row = if more_to_come {
                in_a_row.wrapping_add(1)
            } else {
                0
            };
            if in_a_row < HOOK_CHECKS || in_a_row.is_multiple_of(HOOK_CHECKS) {
                stand_first();
            }
            carry_out(
                workplace,
                position,
                &mut reader,
                &mut writer,
                mailbox,
                state,
            )
        },
    )?;
    Ok(0)
}

/// Takes chunks off the table until the pool is closed, or, whenever there were `chunks` of them,
/// the parent lets the worker leave. `run` runs the chunk at a position, and returns whether an
/// item failed. Before each sleep the worker polls the table up to `polls` times.
pub(super) fn serve(
    table: &Table,
    number: usize,
    chunks: u64,
    polls: u32,
    ring: impl Fn(),
    mut run: impl FnMut(u64) -> io::Result<bool>,
) -> io::Result<()> {
    let mut chunks_left = chunks;
    while !table.is_closing() {
        if chunks_left == 0 {
            if table.is_to_leave(number, &ring) {
                break;
            }
            chunks_left = chunks;
        }
        if let Some(position) = table.claim(number) {
            let failed = run(position)?;
            if table.finish(position, number, failed) {
                ring();
            }
            chunks_left -= 1;
        } else {
            table.look(number);
            if !poll(table, polls) {
                table.sleep(number, &ring);
            }
        }
    }
    Ok(())
}

/// Whether there is something to do before the table was looked at `polls` times.
fn poll(table: &Table, polls: u32) -> bool {
    (0..polls).any(|_| {
        std::hint::spin_loop();
        table.has_work() || table.is_closing()
    })
}

/// The exit code of a worker that can't wake its parent.
const NO_BELL: i32 = 14;

/// Wakes the parent.
///
/// If a task has closed the bell, the worker's end wakes the parent, which has all that was
/// finished, and starts another worker.
fn ring(bell: &Descriptor, mailbox: &Mailbox) {
    if let Err(error) = bell::ring(bell) {
        mailbox.leave_failure(&error.to_string());
        flush();
        exit_now(NO_BELL);
    }
}
