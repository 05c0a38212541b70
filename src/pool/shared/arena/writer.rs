//! The writing end of an arena.

use std::io;
use std::sync::atomic::Ordering::*;

use super::layout::{
    ALIGNMENT, Block, FIRST_SEGMENT, HEADER, SMALLEST_SEGMENT, Segment, TRIMS, release,
};
use crate::sys::file_mapping::FileMapping;
use crate::sys::window::Window;

/// The writing end.
pub(in crate::pool) struct Writer {
    pub(super) mapping: FileMapping,
    pub(super) segments: Vec<Segment>,
    /// The segment in which the next block starts, and where in it.
    pub(super) current: usize,
    pub(super) next: u64,
    /// The segment that holds what was last published of the open block.
    pub(super) published: usize,
    /// How often the memory had been freed when the segments were laid out.
    trims: u64,
}

impl Writer {
    /// Makes a writer for a window made by [`new_window`]. It must be the window's only writer.
    pub(in crate::pool) fn new(window: &Window) -> io::Result<Self> {
        Ok(Self {
            mapping: FileMapping::new(window, SMALLEST_SEGMENT)?,
            segments: vec![FIRST_SEGMENT],
            current: 0,
            next: HEADER,
            published: 0,
            trims: 0,
        })
    }

    /// Starts as if nothing had ever been written, and frees all but the first segment.
    #[cold]
    fn start_anew(&mut self) {
        self.mapping.shrink(SMALLEST_SEGMENT);
        self.mapping.word(0).store(0, Relaxed);
        self.segments.truncate(1);
        self.segments[0] = FIRST_SEGMENT;
        (self.current, self.published, self.next) = (0, 0, HEADER);
    }

    /// Called by the parent on its own arena: frees the memory if it exceeds `kept` and nothing is
    /// in use.
    pub(in crate::pool) fn trim(&mut self, window: &Window, kept: u64) {
        let is_done =
            |segment: &Segment| self.mapping.word(segment.start).load(Acquire) == segment.blocks;
        if self.mapping.len() > kept && self.segments.iter().all(is_done) {
            window.discard_from(SMALLEST_SEGMENT);
            self.start_anew();
        }
    }

    /// Called by a worker before it writes for a chunk: notices if the parent has freed what was
    /// here.
    #[inline]
    pub(in crate::pool) fn renew(&mut self) {
        let trims = self.mapping.word(TRIMS).load(Acquire);
        if trims != self.trims {
            self.trims = trims;
            self.start_anew();
        }
    }

    /// Starts a block. [`close`](Self::close) ends it.
    #[inline]
    pub(in crate::pool) fn open(&mut self) -> Block {
        self.rewind();
        self.published = self.current;
        Block {
            segment: self.segments[self.current].start,
            at: self.next,
            len: 0,
        }
    }

    /// Restarts the segment if it is half full and all its blocks were released.
    #[inline]
    fn rewind(&mut self) {
        let segment = &mut self.segments[self.current];
        if self.next <= segment.start.midpoint(segment.end) {
            return;
        }
        let done = self.mapping.word(segment.start);
        if done.load(Acquire) == segment.blocks {
            done.store(0, Relaxed);
            segment.blocks = 0;
            self.next = segment.start + HEADER;
        }
    }

    /// Makes the block that was opened last, which must be empty, `len` bytes long, for
    /// [`put`](Self::put) to fill. The block may move.
    pub(in crate::pool) fn lay_out(
        &mut self,
        window: &Window,
        block: &mut Block,
        len: u64,
    ) -> io::Result<()> {
        if block.at.saturating_add(len) > self.segments[self.current].end {
            self.find_more_room(window, block, len)?;
        }
        block.len = len;
        Ok(())
    }

    /// Copies `bytes` into the open block at `at`.
    #[inline(always)]
    pub(in crate::pool) fn put(&mut self, at: u64, bytes: &[u8]) {
        self.mapping.write(at, bytes);
    }

    /// Fills `len` bytes of the open block with `byte`.
    pub(in crate::pool) fn fill(&mut self, at: u64, len: u64, byte: u8) {
        self.mapping.fill(at, len, byte);
    }

    /// Appends to the block that was opened last. The block may move.
    #[inline]
    pub(in crate::pool) fn append(
        &mut self,
        window: &Window,
        block: &mut Block,
        bytes: &[u8],
    ) -> io::Result<()> {
        let end = block.at + block.len + bytes.len() as u64;
        if end > self.segments[self.current].end {
            self.find_more_room(window, block, bytes.len() as u64)?;
        }
        self.mapping.write(block.at + block.len, bytes);
        block.len += bytes.len() as u64;
        Ok(())
    }

    /// Called when readers have been told where the open block lies. Its bytes stay there, even if
    /// the block moves, until the next place is published: the writer may be killed in between.
    #[inline]
    pub(in crate::pool) fn publish(&mut self) {
        self.published = self.current;
    }

    /// Bytes of a block.
    ///
    /// # Safety
    /// Nobody may write to them as long as the slice lives.
    pub(in crate::pool) unsafe fn bytes(&self, at: u64, len: u64) -> &[u8] {
        // SAFETY: the caller's promise.
        unsafe { self.mapping.bytes(at, len) }
    }

    /// As [`release`], by the writer itself.
    pub(in crate::pool) fn release(&self, segment: u64) {
        release(&self.mapping, segment);
    }

    /// Completes the block.
    #[inline]
    pub(in crate::pool) fn close(&mut self, block: Block) {
        self.segments[self.current].blocks += 1;
        self.next = (block.at + block.len).next_multiple_of(ALIGNMENT);
    }
}
