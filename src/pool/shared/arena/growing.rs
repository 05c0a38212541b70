//! Finding more room for a block that does not fit into its segment.

use std::io;
use std::sync::atomic::Ordering::*;

use super::layout::{Block, HEADER, SMALLEST_SEGMENT, Segment};
use super::writer::Writer;
use crate::sys::memory::page_size;
use crate::sys::window::Window;

impl Writer {
    #[cold]
    pub(super) fn find_more_room(
        &mut self,
        window: &Window,
        block: &mut Block,
        more: u64,
    ) -> io::Result<()> {
        // Twice the room, so that a block that grows item by item is seldom moved.
        let room = block.len.saturating_add(more).max(2 * block.len);
        let room = HEADER.saturating_add(room);
        let Segment { start, .. } = self.segments[self.current];
        if self.current + 1 == self.segments.len() && block.at == start + HEADER {
            // It is alone in the last segment, which can be lengthened.
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

    /// Whether all blocks of a segment have been released.
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

    /// Merges adjacent free segments into one with `room`, and lengthens the last ones. Otherwise
    /// blocks that keep getting larger would leave all their segments behind.
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

    /// Makes the arena long enough to have `room` from `start` on, and returns where it ends.
    fn lengthen(&mut self, window: &Window, start: u64, room: u64) -> io::Result<u64> {
        let end = start
            .checked_add(room)
            .and_then(|end| end.checked_next_multiple_of(page_size() as u64))
            .ok_or(io::ErrorKind::OutOfMemory)?;
        self.mapping.grow(window, end)?;
        Ok(end)
    }
}
