//! A few bytes that travel in the table itself, where there is room for a number and what says
//! that it is one.

/// This many, and no more.
const MOST: usize = 16;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Small {
    words: [u64; MOST / 8],
    /// At most [`MOST`].
    len: usize,
}

impl Small {
    /// All of `parts`, one behind the other. `None`: they are too many.
    #[inline]
    pub(super) fn of(parts: &[&[u8]]) -> Option<Self> {
        let mut small = Self::default();
        parts.iter().all(|part| small.append(part)).then_some(small)
    }

    /// What stood in a slot. `None`: no length that a `Small` can have.
    #[inline]
    pub(super) fn from_words(words: [u64; MOST / 8], len: u64) -> Option<Self> {
        let len = usize::try_from(len).ok().filter(|&len| len <= MOST)?;
        Some(Self { words, len })
    }

    /// What is to stand in a slot.
    pub(super) fn words(&self) -> [u64; MOST / 8] {
        self.words
    }

    pub(super) fn len(&self) -> u64 {
        self.len as u64
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &bytemuck::bytes_of(&self.words)[..self.len]
    }

    /// False, and nothing is done: there is no room for them.
    #[inline]
    pub(super) fn append(&mut self, bytes: &[u8]) -> bool {
        let room = &mut bytemuck::bytes_of_mut(&mut self.words)[self.len..];
        let Some(room) = room.get_mut(..bytes.len()) else {
            return false;
        };
        room.copy_from_slice(bytes);
        self.len += bytes.len();
        true
    }

    /// Makes it `len` bytes long. False, and nothing is done: there is no room for them.
    pub(super) fn lay_out(&mut self, len: u64) -> bool {
        let fits = len <= MOST as u64;
        if fits {
            self.len = len as usize;
        }
        fits
    }

    /// Replaces bytes, which must be there.
    #[inline]
    pub(super) fn put(&mut self, at: usize, bytes: &[u8]) {
        let len = self.len;
        bytemuck::bytes_of_mut(&mut self.words)[..len][at..][..bytes.len()].copy_from_slice(bytes);
    }

    /// Takes back what was appended since there were `len` bytes.
    pub(super) fn truncate(&mut self, len: u64) {
        self.len = self.len.min(len as usize);
    }
}
