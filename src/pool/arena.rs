//! Bytes on their way through shared memory: one process writes them, others read them.
//!
//! An arena is a window of a nameless file (a memfd), of which its writer maps as much as is in use,
//! and more as needed. It consists of segments, and a segment of a header and blocks, one behind the other. The reader
//! of a block says in the segment's header when it is done with it; when all of a segment's blocks
//! are done with, the writer uses the segment again. So neither side waits for the other, and
//! there is no lock that a killed process could hold.
//!
//! When nothing in an arena is in use, the parent may give its memory back, and says so in the
//! header of the first segment. The writer then starts anew with an arena as small as at first.
//!
//! The file is sealed against shrinking, so a mapped byte never goes away (no SIGBUS), and room is
//! allocated before it is used, so a full machine is an error of [`Writer::append`] or
//! [`Writer::lay_out`].

#[cfg(test)]
mod tests;

use std::io;
use std::rc::Rc;
use std::sync::atomic::Ordering::*;

use crate::sys::memory::{FileMapping, page_size};
use crate::sys::window::Window;

/// The room at the start of a segment for the count of blocks that are done with. A cache line.
const HEADER: u64 = 64;
/// In the header of the first segment: how often the memory was given back.
const TRIMS: u64 = 8;
/// Blocks start at multiples of this, which suits all plain types.
const ALIGNMENT: u64 = 16;
const SMALLEST_SEGMENT: u64 = 64 << 10;

/// Bytes in an arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Where the segment starts that it is in.
    pub(super) segment: u64,
    pub(super) at: u64,
    pub(super) len: u64,
}

struct Segment {
    start: u64,
    end: u64,
    /// Blocks that were made since the segment was last empty.
    blocks: u64,
}

/// The one that an arena begins with.
const FIRST_SEGMENT: Segment = Segment {
    start: 0,
    end: SMALLEST_SEGMENT,
    blocks: 0,
};

/// The writing end.
pub(super) struct Writer {
    mapping: FileMapping,
    segments: Vec<Segment>,
    /// The segment in which the next block starts, and where in it.
    current: usize,
    next: u64,
    /// The segment that holds what was last published of the block that is open.
    published: usize,
    /// How often the memory had been given back when the segments were laid out.
    trims: u64,
}

/// Makes the place of an arena.
pub(super) fn new_window() -> io::Result<Window> {
    let window = Window::new()?;
    window.allocate(0..SMALLEST_SEGMENT)?;
    Ok(window)
}

impl Writer {
    /// Writes into a window made by [`new_window`], of which this must be the only writer.
    pub(super) fn new(window: &Window) -> io::Result<Self> {
        Ok(Self {
            mapping: FileMapping::new(window, SMALLEST_SEGMENT)?,
            segments: vec![FIRST_SEGMENT],
            current: 0,
            next: HEADER,
            published: 0,
            trims: 0,
        })
    }

    /// As if nothing had ever been written: all but the first segment was given back.
    #[cold]
    fn start_anew(&mut self) {
        self.mapping.shrink(SMALLEST_SEGMENT);
        self.mapping.word(0).store(0, Relaxed);
        self.segments.truncate(1);
        self.segments[0] = FIRST_SEGMENT;
        (self.current, self.published, self.next) = (0, 0, HEADER);
    }

    /// By the parent, on its own arena: gives the memory back, if it is more than `kept` and
    /// nothing is in use.
    pub(super) fn trim(&mut self, window: &Window, kept: u64) {
        let is_done =
            |segment: &Segment| self.mapping.word(segment.start).load(Acquire) == segment.blocks;
        if self.mapping.len() > kept && self.segments.iter().all(is_done) {
            window.discard_from(SMALLEST_SEGMENT);
            self.start_anew();
        }
    }

    /// By a worker, before it writes for a chunk: looks whether the parent has given back what was
    /// here.
    #[inline]
    pub(super) fn renew(&mut self) {
        let trims = self.mapping.word(TRIMS).load(Acquire);
        if trims != self.trims {
            self.trims = trims;
            self.start_anew();
        }
    }

    /// Starts a block, which ends with [`close`](Self::close).
    #[inline]
    pub(super) fn open(&mut self) -> Block {
        self.rewind();
        self.published = self.current;
        Block {
            segment: self.segments[self.current].start,
            at: self.next,
            len: 0,
        }
    }

    /// Starts the segment again, if it is half full, and all in it is done with.
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

    /// Makes the block that was opened last, and is empty, `len` bytes long, for
    /// [`put`](Self::put) to fill. The block may move.
    pub(super) fn lay_out(
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

    /// Fills bytes of the block that is open.
    #[inline(always)]
    pub(super) fn put(&mut self, at: u64, bytes: &[u8]) {
        self.mapping.write(at, bytes);
    }

    /// Appends to the block that was opened last. The block may move.
    #[inline]
    pub(super) fn append(
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

    /// Somebody was told where the open block lies. It stays there, even when the block moves,
    /// until the next place is published: the writer may be killed in between.
    #[inline]
    pub(super) fn publish(&mut self) {
        self.published = self.current;
    }

    /// Bytes of a block that was written.
    ///
    /// # Safety
    /// Nobody may write to them as long as the slice lives.
    pub(super) unsafe fn bytes(&self, at: u64, len: u64) -> &[u8] {
        // SAFETY: the caller's promise.
        unsafe { self.mapping.bytes(at, len) }
    }

    /// As [`release`], by the writer itself.
    pub(super) fn release(&self, segment: u64) {
        release(&self.mapping, segment);
    }

    /// The block is complete.
    #[inline]
    pub(super) fn close(&mut self, block: Block) {
        self.segments[self.current].blocks += 1;
        self.next = (block.at + block.len).next_multiple_of(ALIGNMENT);
    }

    #[cold]
    fn find_more_room(&mut self, window: &Window, block: &mut Block, more: u64) -> io::Result<()> {
        // Twice the room, so that a block that grows item by item is seldom moved.
        let room = block.len.saturating_add(more).max(2 * block.len);
        let room = HEADER.saturating_add(room);
        let Segment { start, .. } = self.segments[self.current];
        if self.current + 1 == self.segments.len() && block.at == start + HEADER {
            // It is alone in the last segment, and can stay.
            self.segments[self.current].end = self.lengthen(window, start, room)?;
            return Ok(());
        }
        self.current = if let Some(free) = self.free_segment(room) {
            free
        } else if let Some(merged) = self.merge_segments(window, room)? {
            merged
        } else {
            self.add_segment(window, room)?
        };
        let segment = &self.segments[self.current];
        self.mapping.word(segment.start).store(0, Relaxed);
        let moved = Block {
            segment: segment.start,
            at: segment.start + HEADER,
            len: block.len,
        };
        self.mapping.copy_within(block.at, moved.at, block.len);
        self.next = moved.at;
        *block = moved;
        Ok(())
    }

    /// Whether all blocks of a segment are done with.
    fn is_free(&self, index: usize) -> bool {
        let Segment { start, blocks, .. } = self.segments[index];
        index != self.current
            && index != self.published
            && self.mapping.word(start).load(Acquire) == blocks
    }

    /// The smallest free segment with `room`.
    fn free_segment(&mut self, room: u64) -> Option<usize> {
        let len = |index: &usize| self.segments[*index].end - self.segments[*index].start;
        let free = (0..self.segments.len()).filter(|index| self.is_free(*index));
        let index = free.filter(|index| len(index) >= room).min_by_key(len)?;
        self.segments[index].blocks = 0;
        Some(index)
    }

    /// Makes free segments that lie together one with `room`, and the last ones longer: otherwise
    /// blocks that get larger and larger would leave all their segments behind.
    fn merge_segments(&mut self, window: &Window, room: u64) -> io::Result<Option<usize>> {
        let count = self.segments.len();
        let mut first = 0;
        for last in 0..count {
            if !self.is_free(last) {
                first = last + 1;
                continue;
            }
            let start = self.segments[first].start;
            let mut end = self.segments[last].end;
            if end - start < room && last + 1 == count {
                end = self.lengthen(window, start, room)?;
            }
            if end - start >= room {
                let blocks = 0;
                self.segments[first] = Segment { start, end, blocks };
                self.segments.drain(first + 1..=last);
                for index in [&mut self.current, &mut self.published] {
                    if *index > last {
                        *index -= last - first;
                    }
                }
                return Ok(Some(first));
            }
        }
        Ok(None)
    }

    fn add_segment(&mut self, window: &Window, room: u64) -> io::Result<usize> {
        let start = self.mapping.len();
        // Each segment is larger than the last, up to a megabyte, so that there are few of them.
        let usual = start.clamp(SMALLEST_SEGMENT, 1 << 20);
        let end = self.lengthen(window, start, room.max(usual))?;
        self.segments.push(Segment {
            start,
            end,
            blocks: 0,
        });
        Ok(self.segments.len() - 1)
    }

    /// Makes the arena so long that there is `room` from `start` on, and returns where it ends.
    fn lengthen(&mut self, window: &Window, start: u64, room: u64) -> io::Result<u64> {
        let end = start
            .checked_add(room)
            .and_then(|end| end.checked_next_multiple_of(page_size() as u64))
            .ok_or(io::ErrorKind::OutOfMemory)?;
        self.mapping.grow(window, end)?;
        Ok(end)
    }
}

/// The reading end.
#[derive(Default)]
pub(super) struct Reader {
    /// A stray write to the mapping ends the process.
    is_protected: bool,
    /// `None` until something is read: of many workers, some may never have anything to say.
    mapping: Option<Rc<FileMapping>>,
    /// Where the last block ended that was read since the memory was given back.
    seen: u64,
}

impl Reader {
    /// For a process that gives no block back. It can't write to the arena by accident, not even
    /// to the counts in the headers.
    pub(super) fn protected() -> Self {
        Self {
            is_protected: true,
            ..Self::default()
        }
    }

    /// By the parent, when nothing in the arena is in use, and its writer will not use it before it
    /// is told to: gives the memory back, if it is more than `kept`.
    pub(super) fn trim(&mut self, window: &Window, kept: u64) {
        if self.seen > kept
            && let Some(mapping) = &self.mapping
        {
            self.seen = 0;
            window.discard_from(SMALLEST_SEGMENT);
            mapping.word(TRIMS).fetch_add(1, Release);
        }
    }

    /// A mapping that holds the bytes from `at` on, `len` of them.
    ///
    /// # Errors
    /// If there are no such bytes.
    #[inline]
    pub(super) fn mapping(
        &mut self,
        window: &Window,
        at: u64,
        len: u64,
    ) -> io::Result<&Rc<FileMapping>> {
        let end = at.checked_add(len).ok_or(io::ErrorKind::InvalidData)?;
        if self
            .mapping
            .as_ref()
            .is_none_or(|mapping| end > mapping.len())
        {
            let mapping = FileMapping::of_all(window, SMALLEST_SEGMENT)?;
            if self.is_protected {
                mapping.protect_from_writes()?;
            }
            self.mapping = Some(Rc::new(mapping));
        }
        let mapping = self.mapping.as_ref().filter(|mapping| end <= mapping.len());
        let mapping = mapping.ok_or(io::ErrorKind::InvalidData)?;
        self.seen = self.seen.max(end);
        Ok(mapping)
    }
}

/// Tells the writer that a block is done with. A block that cannot be is passed over.
pub(super) fn release(mapping: &FileMapping, segment: u64) {
    if segment.is_multiple_of(ALIGNMENT) && segment + 8 <= mapping.len() {
        mapping.word(segment).fetch_add(1, Release);
    }
}
