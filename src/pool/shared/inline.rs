//! A few bytes that are stored in the table itself: room for a number and its kind.

const CAPACITY: usize = 16;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::pool) struct Inline {
    words: [u64; CAPACITY / 8],
    /// At most [`CAPACITY`].
    len: usize,
}

impl Inline {
    /// Stores all of `parts`, one after another. Returns `None` if they do not fit.
    #[inline]
    pub(in crate::pool) fn of(parts: &[&[u8]]) -> Option<Self> {
        let mut inline = Self::default();
        let fits = parts.iter().all(|part| inline.append(part));
        fits.then_some(inline)
    }

    /// Restores what is stored in a slot. Returns `None` if `len` is impossible.
    #[inline]
    pub(super) fn from_words(words: [u64; CAPACITY / 8], len: u64) -> Option<Self> {
        let len = usize::try_from(len).ok().filter(|&len| len <= CAPACITY)?;
        Some(Self { words, len })
    }

    /// As stored in a slot.
    pub(super) fn words(&self) -> [u64; CAPACITY / 8] {
        self.words
    }

    #[inline]
    pub(in crate::pool) fn len(&self) -> u64 {
        self.len as u64
    }

    pub(in crate::pool) fn bytes(&self) -> &[u8] {
        &bytemuck::bytes_of(&self.words)[..self.len]
    }

    /// Returns false, and changes nothing, if there is no room.
    #[inline]
    pub(in crate::pool) fn append(&mut self, bytes: &[u8]) -> bool {
        let room = &mut bytemuck::bytes_of_mut(&mut self.words)[self.len..];
        let Some(room) = room.get_mut(..bytes.len()) else {
            return false;
        };
        room.copy_from_slice(bytes);
        self.len += bytes.len();
        true
    }

    /// Sets the length, for [`put`](Self::put) to fill. Returns false, and changes nothing, if
    /// there is no room.
    pub(in crate::pool) fn lay_out(&mut self, len: u64) -> bool {
        let fits = len <= CAPACITY as u64;
        if fits {
            self.len = len as usize;
        }
        fits
    }

    /// Replaces bytes, which must be there.
    #[inline]
    pub(in crate::pool) fn put(&mut self, at: usize, bytes: &[u8]) {
        let len = self.len;
        bytemuck::bytes_of_mut(&mut self.words)[..len][at..][..bytes.len()].copy_from_slice(bytes);
    }

    /// Drops what was appended beyond `len`.
    pub(in crate::pool) fn truncate(&mut self, len: u64) {
        self.len = self.len.min(len as usize);
    }
}
