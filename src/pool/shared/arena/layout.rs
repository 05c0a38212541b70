//! Where things lie in an arena.

use std::io;
use std::sync::atomic::Ordering::Release;

use crate::sys::file_mapping::FileMapping;
use crate::sys::window::Window;

/// The room at the start of a segment for the count of released blocks: a cache line.
pub(super) const HEADER: u64 = 64;
/// In the header of the first segment: how often the memory was freed.
pub(super) const TRIMS: u64 = 8;
/// Blocks start at multiples of this, which suits all plain types.
pub(super) const ALIGNMENT: u64 = 16;
pub(super) const SMALLEST_SEGMENT: u64 = 64 << 10;

/// Bytes in an arena.
#[derive(Clone, Copy, Debug)]
pub(in crate::pool) struct Block {
    /// Where its segment starts.
    pub(in crate::pool) segment: u64,
    pub(in crate::pool) at: u64,
    pub(in crate::pool) len: u64,
}

/// Makes the file of an arena.
pub(in crate::pool) fn new_window() -> io::Result<Window> {
    let window = Window::new()?;
    window.allocate(0..SMALLEST_SEGMENT)?;
    Ok(window)
}

/// Tells the writer that a block is no longer read. An impossible block is ignored.
pub(in crate::pool) fn release(mapping: &FileMapping, segment: u64) {
    if segment.is_multiple_of(ALIGNMENT) && segment + 8 <= mapping.len() {
        mapping.word(segment).fetch_add(1, Release);
    }
}

pub(super) struct Segment {
    pub(super) start: u64,
    pub(super) end: u64,
    /// How many blocks were made since the segment was last empty.
    pub(super) blocks: u64,
}

/// The segment that an arena begins with.
pub(super) const FIRST_SEGMENT: Segment = Segment {
    start: 0,
    end: SMALLEST_SEGMENT,
    blocks: 0,
};
