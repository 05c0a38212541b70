//! The results of a chunk while they are written: in the table as long as they are few bytes, then
//! in the worker's arena.

use std::io;

use crate::pool::shared::arena::Writer;
use crate::pool::shared::inline::Inline;
use crate::pool::shared::table::{Output, Slot};
use crate::sys::window::Window;

pub(super) struct ChunkOutput<'a> {
    writer: &'a mut Writer,
    window: &'a Window,
    output: Output,
    /// The slot does not yet say what the output is.
    is_new: bool,
}

impl<'a> ChunkOutput<'a> {
    /// The output of a chunk of `count` items. Only a single result may lie in the table: a worker
    /// that is killed while it writes the next one must leave the earlier ones.
    pub(super) fn new(writer: &'a mut Writer, window: &'a Window, count: u64) -> Self {
        let output = if count > 1 {
            Output::In(writer.open())
        } else {
            Output::Inline(Inline::default())
        };
        Self {
            writer,
            window,
            output,
            is_new: true,
        }
    }

    #[inline]
    pub(super) fn len(&self) -> u64 {
        match self.output {
            Output::Inline(inline) => inline.len(),
            Output::In(block) => block.len,
        }
    }

    /// Makes room for `len` bytes, which [`put`](Self::put) fills.
    pub(super) fn lay_out(&mut self, len: u64) -> io::Result<()> {
        self.is_new = true;
        if let Output::Inline(inline) = &mut self.output {
            if inline.lay_out(len) {
                return Ok(());
            }
            self.output = Output::In(self.writer.open());
        }
        if let Output::In(block) = &mut self.output {
            self.writer.lay_out(self.window, block, len)?;
        }
        Ok(())
    }

    /// Fills bytes that were laid out. If it is inlined where the size is known, this is one move.
    #[inline(always)]
    pub(super) fn put(&mut self, at: u64, bytes: &[u8]) {
        match &mut self.output {
            Output::Inline(inline) => {
                inline.put(at as usize, bytes);
                self.is_new = true;
            }
            Output::In(block) => self.writer.put(block.at + at, bytes),
        }
    }

    /// Fills bytes that were laid out with `byte`.
    pub(super) fn fill(&mut self, at: u64, len: u64, byte: u8) {
        match &mut self.output {
            Output::Inline(inline) => {
                (at..at + len).for_each(|at| inline.put(at as usize, &[byte]));
            }
            Output::In(block) => self.writer.fill(block.at + at, len, byte),
        }
    }

    #[inline]
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.is_new = true;
        if let Output::Inline(inline) = &mut self.output {
            if inline.append(bytes) {
                return Ok(());
            }
            let inline = *inline;
            self.output = Output::In(self.writer.open());
            self.append_to_block(inline.bytes())?;
        }
        self.append_to_block(bytes)
    }

    #[inline]
    fn append_to_block(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Output::In(block) = &mut self.output else {
            return Ok(());
        };
        self.writer.append(self.window, block, bytes)
    }

    /// Drops what was appended beyond `len`.
    pub(super) fn truncate(&mut self, len: u64) {
        match &mut self.output {
            Output::Inline(inline) => inline.truncate(len),
            Output::In(block) => block.len = len,
        }
    }

    /// Records in the slot where the results are, then calls `finish`, which marks the item as
    /// finished.
    #[inline]
    pub(super) fn publish(&mut self, slot: &Slot, finish: impl FnOnce()) {
        if self.is_new {
            slot.set_output(self.output);
        }
        finish();
        if self.is_new {
            self.writer.publish();
            self.is_new = false;
        }
    }

    /// Called when no more results are added.
    pub(super) fn close(self, slot: &Slot) {
        if let Output::In(block) = self.output {
            self.writer.close(block);
            // If nobody wanted any item, its room must be released all the same.
            slot.set_output(self.output);
        }
    }
}
