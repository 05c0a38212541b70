//! Where a child leaves its outcome, for its parent to read once the child has ended.
//!
//! A mailbox is a page of shared memory, and, for an answer that may be long, a nameless file
//! beside it. The child fills it and leaves; it never waits for the parent, whatever the length of
//! its answer. The parent looks only after it has reaped the child, so the two never touch the
//! mailbox at the same time, and a child that was killed half-way has left no finished outcome.

mod letter;
mod pages;

use std::cell::Cell;
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::*};

pub(super) use self::letter::Letter;
use self::letter::{ANSWER, ANSWER_IN_FILE, CAPACITY, EMPTY, NOT_READ, NOT_SENT, PANIC, shortened};
use self::pages::{Page, SparePages};
use crate::error::{Cause, Panic};
use crate::sys::descriptor::Descriptor;
use crate::sys::generation::Generation;
use crate::sys::memory::nameless_file;

/// No child has begun to use the mailbox; the other bits hold the number of the attempt to start
/// one. (A pid has at most 22 bits.)
const ATTEMPT: u32 = 1 << 31;

/// What the parent found.
pub(crate) enum Outcome {
    Answer(Vec<u8>),
    Failed(Cause),
    Nothing,
}

#[derive(Debug)]
pub(crate) struct Mailbox {
    /// `Some` until it is dropped.
    page: Option<Page>,
    file: Option<Descriptor>,
    generation: Generation,
    /// The only process that may leave something here.
    child: Cell<Generation>,
}

impl Mailbox {
    /// A mailbox for an answer of type `T`, for a forked child to inherit.
    pub(crate) fn of<T>() -> io::Result<Self> {
        Self::with_page_from::<T>(&pages::INHERITED_PAGES)
    }

    /// A mailbox for an answer of type `T`, to be sent to a child that inherits nothing.
    pub(crate) fn to_send<T>() -> io::Result<Self> {
        Self::with_page_from::<T>(&pages::SENT_PAGES)
    }

    fn with_page_from<T>(pages: &Mutex<SparePages>) -> io::Result<Self> {
        // A type that owns nothing on the heap has a short encoding, though nested enums in it
        // may each take up several times their size in memory.
        let may_be_long = std::mem::needs_drop::<T>() || 16 * size_of::<T>() > CAPACITY;
        let page = pages::take(pages)?;
        let mailbox = Self {
            page: Some(page),
            file: may_be_long.then(|| nameless_file(c"answer")).transpose()?,
            generation: Generation::current(),
            child: Cell::new(Generation::current()),
        };
        mailbox.letter().handed_over.store(0, Relaxed);
        mailbox.letter().child.store(ATTEMPT, Relaxed);
        mailbox.letter().kind.store(EMPTY, Relaxed);
        Ok(mailbox)
    }

    /// In a child that was sent the mailbox: the page is at `at` in `pages`.
    ///
    /// # Safety
    /// The file must have that page, and never get shorter.
    pub(crate) unsafe fn received(
        pages: impl AsFd,
        at: u64,
        file: Option<Descriptor>,
    ) -> io::Result<Self> {
        // SAFETY: the caller's promise.
        let page = unsafe { Page::received(pages, at) }?;
        Ok(Self {
            page: Some(page),
            file,
            generation: Generation::current(),
            child: Cell::new(Generation::current()),
        })
    }

    /// In the parent: the file that holds the page, and where in it, if it can be sent.
    pub(crate) fn address(&self) -> Option<(&Descriptor, u64)> {
        self.page.as_ref()?.address()
    }

    /// In the parent: what the next child it starts must pass to [`begin`](Self::begin).
    pub(crate) fn attempt(&self) -> u32 {
        self.letter().child.load(Relaxed)
    }

    /// In a child that was sent the mailbox, before any of the program's code: announces the child.
    /// Returns false if the parent has given up this attempt.
    pub(crate) fn begin(&self, attempt: u32) -> bool {
        let child = &self.letter().child;
        let pid = std::process::id();
        child
            .compare_exchange(attempt, pid, AcqRel, Relaxed)
            .is_ok()
    }

    /// In the parent, if it can't learn whether the last attempt made a child: returns the child's
    /// pid if it has begun. Otherwise the child will exit before it runs any of the program's code.
    pub(crate) fn give_up(&self) -> Option<i32> {
        let child = &self.letter().child;
        let attempt = self.attempt();
        let next = attempt.wrapping_add(1) | ATTEMPT;
        let pid = match attempt & ATTEMPT {
            0 => attempt,
            _ => child
                .compare_exchange(attempt, next, AcqRel, Acquire)
                .err()?,
        };
        Some(pid as i32)
    }

    /// The file, which the child must keep open.
    pub(crate) fn file(&self) -> Option<&Descriptor> {
        self.file.as_ref()
    }

    #[inline]
    pub(super) fn letter(&self) -> &Letter {
        let page = self.page.as_ref().expect("only `drop` takes the page");
        page.letter()
    }

    /// In the child: makes this mailbox its own.
    pub(crate) fn assume(&self) {
        self.child.set(Generation::current());
        Generation::current().mark_forked_by_us();
    }

    /// In the child, after code that is not the library's: ends the process if it is a copy made by
    /// that code.
    #[inline]
    pub(crate) fn exit_if_copied(&self) {
        self.child.get().exit_if_copied();
    }

    /// For [`owner::hand_over`](crate::sys::owner::hand_over).
    pub(crate) fn handed_over(&self) -> &AtomicU32 {
        &self.letter().handed_over
    }

    /// In the child: leaves the encoded answer.
    #[inline]
    pub(crate) fn post_answer(&self, answer: &[u8]) {
        self.exit_if_copied();
        if answer.len() <= CAPACITY {
            self.letter().write(ANSWER, answer);
        } else {
            self.post_long_answer(answer);
        }
    }

    fn post_long_answer(&self, answer: &[u8]) {
        match self.write_file(answer) {
            Ok(()) => self.letter().write(ANSWER_IN_FILE, &[]),
            Err(error) => self.post_failure(&error.to_string()),
        }
    }

    /// In the child: clears a panic that was left here but then caught.
    #[cold]
    pub(crate) fn clear(&self) {
        self.exit_if_copied();
        self.letter().kind.store(EMPTY, Release);
    }

    /// In the child: leaves the reason why there is no answer.
    pub(crate) fn post_failure(&self, reason: &str) {
        self.exit_if_copied();
        self.letter().write(NOT_SENT, shortened(reason).as_bytes());
    }

    /// In the child: leaves the reason why what it was sent could not be read.
    pub(crate) fn post_unread(&self, reason: &str) {
        self.exit_if_copied();
        self.letter().write(NOT_READ, shortened(reason).as_bytes());
    }

    /// In the parent, after the child has ended: what it left.
    pub(crate) fn open(&self) -> Outcome {
        let (kind, bytes) = self.letter().read();
        let text = || String::from_utf8_lossy(&bytes).into_owned();
        match kind {
            ANSWER => Outcome::Answer(bytes),
            ANSWER_IN_FILE => match self.read_file() {
                Ok(bytes) => Outcome::Answer(bytes),
                Err(error) => Outcome::Failed(Cause::Encode(error.to_string())),
            },
            PANIC => Outcome::Failed(Cause::Panic(Panic::from_text(&text()))),
            NOT_READ => Outcome::Failed(Cause::Decode(text())),
            NOT_SENT => Outcome::Failed(Cause::Encode(text())),
            _ => Outcome::Nothing,
        }
    }

    fn write_file(&self, answer: &[u8]) -> io::Result<()> {
        let file = self.file.as_ref();
        let file = file.ok_or_else(|| io::Error::other("it is longer than its type allows"))?;
        file.file()?.write_all(answer)
    }

    fn read_file(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if let Some(file) = &self.file {
            // A broken child may have made the file longer than it is filled.
            let metadata = file.file()?.metadata()?;
            if metadata.len() > 512 * metadata.blocks() {
                return Err(io::Error::other("the memory it was left in is corrupt"));
            }
            file.file()?.rewind()?;
            file.file()?.read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        if let Some(page) = self.page.take() {
            pages::give_back(page, self.generation);
        }
    }
}
