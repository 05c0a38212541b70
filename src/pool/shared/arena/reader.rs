//! The reading end of an arena.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Release;

use super::layout::{SMALLEST_SEGMENT, TRIMS};
use crate::sys::file_mapping::FileMapping;
use crate::sys::window::Window;

/// The reading end.
#[derive(Default)]
pub(in crate::pool) struct Reader {
    /// A stray write to the mapping ends the process.
    is_protected: bool,
    /// `None` until something is read, since some workers may never have a result.
    mapping: Option<Arc<FileMapping>>,
    /// Where the last block read since the memory was freed ended.
    seen: u64,
}

impl Reader {
    /// A reader for a process that releases no blocks. It can't write to the arena by accident, not
    /// even to the counts in the headers.
    pub(in crate::pool) fn protected() -> Self {
        Self {
            is_protected: true,
            ..Self::default()
        }
    }

    /// Called by the parent when nothing in the arena is in use, and its writer will not use it
    /// until told to: frees the memory if it exceeds `kept`.
    pub(in crate::pool) fn trim(&mut self, window: &Window, kept: u64) {
        if self.seen > kept
            && let Some(mapping) = &self.mapping
        {
            self.seen = 0;
            window.discard_from(SMALLEST_SEGMENT);
            mapping.word(TRIMS).fetch_add(1, Release);
        }
    }

    /// A mapping that holds `len` bytes from `at` on.
    ///
    /// # Errors
    /// If there are no such bytes.
    #[inline]
    pub(in crate::pool) fn mapping(
        &mut self,
        window: &Window,
        at: u64,
        len: u64,
    ) -> io::Result<&Arc<FileMapping>> {
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
            self.mapping = Some(Arc::new(mapping));
        }
        let mapping = self.mapping.as_ref().filter(|mapping| end <= mapping.len());
        let mapping = mapping.ok_or(io::ErrorKind::InvalidData)?;
        self.seen = self.seen.max(end);
        Ok(mapping)
    }
}
