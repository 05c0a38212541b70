//! A worker: it takes chunks off the table, runs them, and leaves the results in its arena.

use std::any::Any;
use std::io;
use std::mem::transmute;
use std::ptr::with_exposed_provenance;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::arena::{Reader, Writer};
use super::small::Small;
use super::table::{Input, Output, Size, Slot, Table};
use crate::process::{Mailbox, flush};
use crate::sys::descriptor::Descriptor;
use crate::sys::fork::exit_now;
use crate::sys::patience;
use crate::trace;

/// The exit code of a worker that had no memory left for a result.
const OUT_OF_MEMORY: i32 = 12;
/// The exit code of a worker whose item was not done in time. The parent kills it anyway, but it
/// must not go on until then.
const CONDEMNED: i32 = 13;
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
    /// The number of chunks after which the worker leaves.
    pub(super) chunks: Option<u64>,
}

/// The code by which a worker runs a chunk, made for the types of its items.
pub(super) type Run = fn(&mut Task);

/// A chunk in the hands of a worker.
pub(super) struct Task<'a> {
    /// The address of the function to be called, for [`Run`] to make sense of.
    pub(super) call: usize,
    pub(super) input: &'a [u8],
    pub(super) state: &'a mut dyn Any,
    pub(super) mailbox: &'a Mailbox,
    pub(super) scratch: Vec<u8>,
    /// An item failed, and the parent may want to know soon.
    pub(super) failed: bool,
    slot: &'a Slot,
    size: Size,
    /// How many items this worker has taken.
    taken: u64,
    writer: &'a mut Writer,
    file: &'a Descriptor,
    output: Output,
    /// The slot does not say yet what the output is.
    is_output_new: bool,
    is_timed: bool,
}

impl Task<'_> {
    /// How many items were offered together.
    pub(super) fn count(&self) -> u64 {
        self.size.count
    }

    /// Whether item `i` is to be run, and is this worker's.
    #[inline]
    pub(super) fn may_begin(&mut self, i: u64) -> bool {
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
    pub(super) fn begin_item(&self, i: u64) {
        let now = self.is_timed.then(|| now().as_nanos() as u64);
        self.slot.begin_item(i, now);
    }

    #[inline]
    pub(super) fn finish_item(&mut self, i: u64) {
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

    pub(super) fn output_len(&self) -> u64 {
        match self.output {
            Output::Small(small) => small.len(),
            Output::In(block) => block.len,
        }
    }

    /// Makes `len` bytes of the results, which [`put`](Self::put) fills.
    pub(super) fn lay_out(&mut self, len: u64) -> io::Result<()> {
        self.is_output_new = true;
        if let Output::Small(small) = &mut self.output {
            if small.lay_out(len) {
                return Ok(());
            }
            self.output = Output::In(self.writer.open());
        }
        if let Output::In(block) = &mut self.output {
            self.writer.lay_out(self.file, block, len)?;
        }
        Ok(())
    }

    /// Fills bytes that were laid out. Inlined where the caller knows how many, this is one move.
    #[inline(always)]
    pub(super) fn put(&mut self, at: u64, bytes: &[u8]) {
        match &mut self.output {
            Output::Small(small) => {
                small.put(at as usize, bytes);
                self.is_output_new = true;
            }
            Output::In(block) => self.writer.put(block.at + at, bytes),
        }
    }

    #[inline]
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), String> {
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
        let appended = self.writer.append(self.file, block, bytes);
        appended.map_err(|error| format!("there is no memory for it: {error}"))
    }

    /// Takes back what was appended since the output was `len` long.
    pub(super) fn truncate(&mut self, len: u64) {
        match &mut self.output {
            Output::Small(small) => small.truncate(len),
            Output::In(block) => block.len = len,
        }
    }

    pub(super) fn leave_without_memory(&self) -> ! {
        self.mailbox.leave_failure("there is no memory for it");
        flush();
        exit_now(OUT_OF_MEMORY)
    }
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
    let mut reader = Reader::new(workplace.input)?;
    let mut writer = Writer::new(workplace.output)?;
    table.set_ready(workplace.number);
    ring(workplace.bell);
    let mut chunks_left = workplace.chunks.unwrap_or(u64::MAX);
    while chunks_left > 0 {
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

pub(super) fn carry_out(
    workplace: &Workplace,
    position: u64,
    reader: &mut Reader,
    writer: &mut Writer,
    mailbox: &Mailbox,
    state: &mut dyn Any,
) -> io::Result<bool> {
    let slot = workplace.table.slot(position);
    let (input, size) = slot.take_input();
    let input = match &input {
        Input::Small(small) => small.bytes(),
        &Input::At { at, len } => {
            let input = reader.mapping(workplace.input, at, len)?;
            // SAFETY: the parent wrote these bytes before it offered the chunk, and leaves them
            // alone until the chunk is done.
            unsafe { input.bytes(at, len) }
        }
    };
    // SAFETY: only the parent writes this word, and it wrote the address of a `Run`; a worker is a
    // fork of the parent, with the same code at the same addresses.
    let run =
        unsafe { transmute::<*const (), Run>(with_exposed_provenance(slot.run.load(Relaxed))) };
    let mut task = Task {
        call: slot.call.load(Relaxed),
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
        file: workplace.output,
        is_timed: workplace.is_timed,
    };
    trace::chunk_begins(size.count);
    run(&mut task);
    trace::chunk_ends();
    let (output, failed) = (task.output, task.failed);
    if let Output::In(block) = output {
        writer.close(block);
        // If nobody wanted any item, its room is given back all the same.
        slot.set_output(output);
    }
    // What the tasks printed is out before their results are. With time limits it is already.
    if !workplace.is_timed {
        flush();
    }
    Ok(failed)
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
