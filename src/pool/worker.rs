//! A worker: it takes chunks off the table and runs them, until the pool is closed.

use std::any::Any;
use std::io;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::arena::{Reader, Writer};
use super::chunk::carry_out;
use super::table::Table;
use crate::process::Mailbox;
use crate::sys::descriptor::Descriptor;
use crate::sys::patience;

/// How often a worker looks for work before it goes to sleep: some microseconds long, about as
/// long as it takes to be woken.
const LOOKS: u32 = 200;

/// What a worker is given.
pub(super) struct Workplace<'a> {
    pub(super) table: &'a Table,
    pub(super) number: usize,
    pub(super) input: &'a Descriptor,
    pub(super) output: &'a Descriptor,
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
    let mut reader = Reader::default();
    let mut writer = Writer::new(workplace.output)?;
    table.set_ready(workplace.number);
    ring(workplace.bell);
    let chunks = workplace.chunks.unwrap_or(u64::MAX);
    let mut chunks_left = chunks;
    loop {
        if chunks_left == 0 {
            if table.is_to_leave(workplace.number, || ring(workplace.bell)) {
                break;
            }
            chunks_left = chunks;
        }
        if let Some(position) = table.claim(workplace.number) {
            let failed = carry_out(
                workplace,
                position,
                &mut reader,
                &mut writer,
                mailbox,
                state,
            )?;
            if table.finish(position, workplace.number, failed) {
                ring(workplace.bell);
            }
            chunks_left -= 1;
        } else if table.is_closing() {
            break;
        } else {
            wait_for_work(workplace);
        }
    }
    Ok(0)
}

fn wait_for_work(workplace: &Workplace) {
    let table = workplace.table;
    table.look(workplace.number);
    let looks = if patience::pays(1) { LOOKS } else { 0 };
    for _ in 0..looks {
        if table.has_work() || table.is_closing() {
            return;
        }
        std::hint::spin_loop();
    }
    table.sleep(workplace.number, || ring(workplace.bell));
}

/// Wakes the parent.
fn ring(bell: &Descriptor) {
    // The only failure is a counter that is full, and then the parent has reason enough to wake.
    let _ = nix::unistd::write(bell, &1_u64.to_ne_bytes());
}
