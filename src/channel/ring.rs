//! Messages in shared memory, in a ring that grows.
//!
//! The ring uses the first `capacity` bytes of memory that could grow far beyond that, and each
//! process maps that many before it reads them. A message is its length (8 bytes) followed by its
//! bytes, padded to a multiple of 8. It may wrap around the end of the ring.
//!
//! Only the holder of the queue's lock touches a ring, and it may be killed at any moment. So each
//! step takes effect with a single store. The numbers that describe the contents exist twice, and
//! one pair is current. A step writes the new numbers to the other pair and then switches. Bytes
//! are only written outside the part that is in use by the current numbers.

use std::io;
use std::ops::Range;
use std::ptr;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::*, compiler_fence};

use nix::errno::Errno;

use crate::sys::growing::{GrowingMemory, PAGE};

/// The initial capacity of a ring.
const SMALL: usize = PAGE;

/// A ring with more capacity than this gives it back when it is empty.
const LARGE: usize = 128 << 20;

/// The size of the length that precedes a message, in bytes.
const HEADER: usize = 8;

/// A bit beside the length, which is never that large.
const MARK: u64 = 1 << 63;

pub(super) struct Ring {
    memory: Arc<GrowingMemory>,
    /// The ring extends from here to the end of the memory.
    start: usize,
}

/// The first page. The ring follows, from the second page on.
#[repr(C)]
struct Head {
    /// Which of the two contents is current.
    current: AtomicU64,
    contents: [StoredContents; 2],
}

#[repr(C)]
struct StoredContents {
    capacity: AtomicU64,
    start: AtomicU64,
    used: AtomicU64,
    messages: AtomicU64,
}

/// What is in the ring: the messages in the `used` bytes from `start` on.
#[derive(Clone, Copy, Debug)]
struct Contents {
    capacity: usize,
    start: usize,
    used: usize,
    messages: usize,
}

impl Contents {
    /// The offset in the ring, `distance` bytes after the start.
    fn place(self, distance: usize) -> usize {
        let place = self.start + distance;
        if place < self.capacity {
            place
        } else {
            place - self.capacity
        }
    }

    /// The parts of the ring that hold `len` bytes from `place` on. The second is usually empty.
    fn parts(self, place: usize, len: usize) -> [Range<usize>; 2] {
        let first = len.min(self.capacity - place);
        [place..place + first, 0..len - first]
    }
}

/// An empty ring.
const fn empty(capacity: usize) -> Contents {
    Contents {
        capacity,
        start: 0,
        used: 0,
        messages: 0,
    }
}

/// The bytes of the ring that a message takes up.
fn space_of(message: usize) -> usize {
    HEADER + message.next_multiple_of(HEADER)
}

#[cold]
fn corrupt() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the channel's shared memory is corrupt: a process has written over it",
    )
}

impl Ring {
    /// How much of the memory must be mapped after `start` for a new ring.
    pub(super) const LEAST: usize = PAGE + SMALL;

    /// A ring that was [made](Self::make) there, or will be.
    pub(super) fn existing(memory: &Arc<GrowingMemory>, start: usize) -> Self {
        let memory = Arc::clone(memory);
        Self { memory, start }
    }

    /// Makes it new.
    pub(super) fn make(&self) -> io::Result<()> {
        self.memory.allocate(self.start..self.start + Self::LEAST)?;
        self.set_contents(empty(SMALL));
        Ok(())
    }

    /// Maps this much of the ring in this process.
    fn reach(&self, capacity: usize) -> io::Result<()> {
        let end = self.end(capacity).ok_or(Errno::ENOMEM)?;
        // SAFETY: only the holder of the queue's lock touches the memory, which is this thread, and
        // it has borrowed nothing from it yet.
        unsafe { self.memory.reach(end) }
    }

    /// Where a ring of this capacity ends in the memory.
    fn end(&self, capacity: usize) -> Option<usize> {
        (self.start + PAGE).checked_add(capacity)
    }

    /// Appends a message.
    #[inline]
    pub(super) fn push(&self, message: &[u8]) -> io::Result<()> {
        self.append(message, message.len() as u64)
    }

    /// Appends a message that is told from others when it is taken.
    pub(super) fn push_marked(&self, message: &[u8]) -> io::Result<()> {
        self.append(message, message.len() as u64 | MARK)
    }

    fn append(&self, message: &[u8], header: u64) -> io::Result<()> {
        let mut contents = self.contents()?;
        self.reach(contents.capacity)?;
        let space = space_of(message.len());
        if contents.capacity - contents.used < space {
            contents = self.grow(contents, space)?;
        }
        self.write(contents, contents.used, &header.to_ne_bytes());
        self.write(contents, contents.used + HEADER, message);
        self.set_contents(Contents {
            used: contents.used + space,
            messages: contents.messages + 1,
            ..contents
        });
        Ok(())
    }

    /// Takes the oldest message, if there is one, and returns what `read` makes of its bytes, and of
    /// whether it is marked. If the message wraps around, they are in two parts.
    ///
    /// # Errors
    /// If this process lacks the address space to map the ring, in which case the message stays, or
    /// if a broken process has overwritten the ring.
    #[inline]
    pub(super) fn pop<R>(&self, read: impl FnOnce([&[u8]; 2], bool) -> R) -> io::Result<Option<R>> {
        let contents = self.contents()?;
        if contents.used == 0 {
            return Ok(None);
        }
        self.reach(contents.capacity)?;
        let [header, _] = self.parts(contents, 0, HEADER);
        let header = u64::from_ne_bytes(header.try_into().expect("8 bytes"));
        let len = (header & !MARK) as usize;
        if len > contents.used - HEADER || space_of(len) > contents.used {
            return Err(corrupt());
        }
        let message = read(self.parts(contents, HEADER, len), header & MARK != 0);
        if contents.used == space_of(len) {
            self.clear(contents.capacity, LARGE);
        } else {
            self.set_contents(Contents {
                start: contents.place(space_of(len)),
                used: contents.used - space_of(len),
                messages: contents.messages.saturating_sub(1),
                ..contents
            });
        }
        Ok(Some(message))
    }

    /// How many messages there are.
    pub(super) fn len(&self) -> io::Result<usize> {
        self.contents().map(|contents| contents.messages)
    }

    /// Forgets all messages, and gives the memory back.
    pub(super) fn forget(&self) {
        let capacity = self.contents().map_or(SMALL, |contents| contents.capacity);
        self.clear(capacity, SMALL);
    }

    /// Empties the ring. If it has more capacity than `most`, it becomes small again.
    #[inline]
    fn clear(&self, capacity: usize, most: usize) {
        if capacity <= most {
            self.set_contents(empty(capacity));
        } else {
            self.shrink(capacity);
        }
    }

    #[cold]
    fn shrink(&self, before: usize) {
        self.set_contents(empty(SMALL));
        let [after, before] = [SMALL, before].map(|capacity| self.end(capacity));
        if let (Some(after), Some(before)) = (after, before)
            && after < before
            && self.reach(before - self.start - PAGE).is_ok()
        {
            self.memory.discard(after..before);
        }
    }

    /// Makes room for `space` more bytes.
    fn grow(&self, before: Contents, space: usize) -> io::Result<Contents> {
        let needed = before.used.checked_add(space).ok_or(Errno::ENOMEM)?;
        let after = Contents {
            capacity: needed.max(2 * before.capacity).next_multiple_of(PAGE),
            ..before
        };
        self.reach(after.capacity)?;
        let start = self.start + PAGE;
        self.memory
            .allocate(start + before.capacity..start + after.capacity)?;
        // What wrapped around to the old start now follows the old end. There is room, since the
        // ring has at least doubled.
        let [_, wrapped] = before.parts(before.start, before.used);
        // SAFETY: both parts lie in the mapping, and do not overlap.
        unsafe { ptr::copy_nonoverlapping(self.at(0), self.at(before.capacity), wrapped.len()) };
        self.set_contents(after);
        Ok(after)
    }

    fn write(&self, contents: Contents, distance: usize, bytes: &[u8]) {
        let [first, second] = contents.parts(contents.place(distance), bytes.len());
        let (begin, rest) = bytes.split_at(first.len());
        // SAFETY: the part lies in the ring, and this process has the queue's lock.
        unsafe { ptr::copy_nonoverlapping(begin.as_ptr(), self.at(first.start), begin.len()) };
        // SAFETY: as above.
        unsafe { ptr::copy_nonoverlapping(rest.as_ptr(), self.at(second.start), rest.len()) };
    }

    /// `len` bytes of what is in the ring.
    fn parts(&self, contents: Contents, distance: usize, len: usize) -> [&[u8]; 2] {
        let parts = contents.parts(contents.place(distance), len);
        // SAFETY: the part lies in the ring, holds bytes that were written, and nobody writes to
        // it while this process has the queue's lock.
        parts.map(|part| unsafe { slice::from_raw_parts(self.at(part.start), part.len()) })
    }

    /// The address of the byte at an offset in the ring.
    fn at(&self, offset: usize) -> *mut u8 {
        let at = self.start + PAGE + offset;
        assert!(at <= self.memory.len());
        // SAFETY: the sum lies in the mapping.
        unsafe { self.memory.start().add(at) }.as_ptr()
    }

    fn head(&self) -> &Head {
        // SAFETY: the first page has been mapped since the ring was made.
        let head = unsafe { self.memory.start().add(self.start) };
        // SAFETY: it starts with a `Head`, which consists of atomics alone.
        unsafe { head.cast().as_ref() }
    }

    /// What is in the ring, checked to lie within its capacity.
    fn contents(&self) -> io::Result<Contents> {
        let head = self.head();
        let stored = &head.contents[usize::from(head.current.load(Acquire) == 1)];
        let contents = Contents {
            capacity: stored.capacity.load(Relaxed) as usize,
            start: stored.start.load(Relaxed) as usize,
            used: stored.used.load(Relaxed) as usize,
            messages: stored.messages.load(Relaxed) as usize,
        };
        let Contents {
            capacity,
            start,
            used,
            messages,
        } = contents;
        let is_whole = [start, used].iter().all(|n| n.is_multiple_of(HEADER));
        let is_sound = is_whole
            && capacity.is_multiple_of(PAGE)
            && capacity <= isize::MAX as usize / 4
            && start < capacity
            && used <= capacity
            && messages <= used / HEADER
            && (messages == 0) == (used == 0);
        is_sound.then_some(contents).ok_or_else(corrupt)
    }

    fn set_contents(&self, contents: Contents) {
        let head = self.head();
        let other = u64::from(head.current.load(Relaxed) == 0);
        let stored = &head.contents[usize::from(other == 1)];
        stored.capacity.store(contents.capacity as u64, Relaxed);
        stored.start.store(contents.start as u64, Relaxed);
        stored.used.store(contents.used as u64, Relaxed);
        stored.messages.store(contents.messages as u64, Relaxed);
        head.current.store(other, Release);
        // The next step may write to the pair that was current before.
        compiler_fence(SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz;

    /// Whatever is in the ring, a process that uses it gets an answer.
    #[test]
    fn a_broken_process_writes_over_the_ring() {
        fuzz::rounds(200, |rng| {
            let file = GrowingMemory::file(0, Ring::LEAST).expect("a file");
            let memory = GrowingMemory::new(&file, 0, Ring::LEAST).expect("memory");
            let memory = Arc::new(memory);
            let ring = Ring::existing(&memory, 0);
            ring.make().expect("a ring");
            for _ in 0..rng.usize(..40) {
                ring.push(&fuzz::bytes(rng)).expect("room");
                if rng.bool() {
                    ring.pop(|_, _| ()).expect("a message");
                }
            }
            let head = ring.head();
            let words = [&head.contents[0], &head.contents[1]];
            let words = words.map(|at| [&at.capacity, &at.start, &at.used, &at.messages]);
            for word in words.as_flattened().iter().chain([&&head.current]) {
                if rng.u8(..3) == 0 {
                    let number = match rng.u8(..3) {
                        0 => word.load(Relaxed).wrapping_add(8),
                        1 => word.load(Relaxed) ^ 1 << rng.u32(..64),
                        _ => fuzz::number(rng),
                    };
                    word.store(number, Relaxed);
                }
            }
            ring.write(
                empty(SMALL),
                8 * rng.usize(..8),
                &fuzz::number(rng).to_ne_bytes(),
            );
            for _ in 0..100 {
                let popped = ring.pop(|parts, _| parts.concat().len());
                let pushed = ring.push(&[1; 100]);
                if popped.is_err() && pushed.is_err() {
                    break;
                }
            }
            ring.forget();
            ring.push(b"message").expect("it is new");
            let message = ring.pop(|parts, _| parts.concat()).expect("it is new");
            assert_eq!(message.as_deref(), Some(&b"message"[..]));
        });
    }
}
