//! Where a child leaves its outcome, for its parent to read once the child has ended.
//!
//! A mailbox is a page of shared memory, and, for an answer that may be long, a nameless file
//! beside it. The child fills it and leaves; it never waits for the parent, whatever the length
//! of its answer. The parent looks only after it has reaped the child, so the two never touch the
//! mailbox at the same time, and a child that was killed half-way left no finished outcome.

use std::cell::Cell;
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::*};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Cause, Panic};
use crate::sys::descriptor::Descriptor;
use crate::sys::generation::Generation;
use crate::sys::memory::{SharedMemory, nameless_file, page_size};

/// Nothing was left: the child still runs, or ended by surprise.
const EMPTY: u32 = 0;
/// The bytes are the encoded answer.
const ANSWER: u32 = 1;
/// The bytes are a panic as text.
const PANIC: u32 = 2;
/// The bytes say why the answer could not be sent.
const NOT_SENT: u32 = 3;
/// The encoded answer is in the file.
const ANSWER_IN_FILE: u32 = 4;
/// The bytes say why what was sent to the child could not be read.
const NOT_READ: u32 = 5;

const PAGE: usize = 4096;
const CAPACITY: usize = PAGE - 16;

/// No child has begun to use the mailbox; in the other bits is the number of the attempt to start it.
/// (A pid has at most 22 bits.)
const ATTEMPT: u32 = 1 << 31;

/// What a page holds.
#[repr(C)]
pub(super) struct Letter {
    /// Where the parent says that what was moved into the child is the child's.
    handed_over: AtomicU32,
    /// The pid of the child, which says so where its parent may not learn it otherwise.
    child: AtomicU32,
    kind: AtomicU32,
    len: AtomicU32,
    bytes: [AtomicU8; CAPACITY],
}

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
    /// A mailbox for an answer of type `T`, which children that are forked inherit.
    pub(crate) fn of<T>() -> io::Result<Self> {
        Self::with_page_from::<T>(&INHERITED_PAGES)
    }

    /// A mailbox for an answer of type `T` that can be sent to a child which inherits nothing.
    pub(crate) fn to_send<T>() -> io::Result<Self> {
        Self::with_page_from::<T>(&SENT_PAGES)
    }

    fn with_page_from<T>(pages: &Mutex<SparePages>) -> io::Result<Self> {
        // A type that owns nothing on the heap has a short encoding, though nested enums in it
        // may each take up several times their size in memory.
        let may_be_long = std::mem::needs_drop::<T>() || 16 * size_of::<T>() > CAPACITY;
        let page = take_spare_page(pages)?;
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
        let start = at - at % page_size() as u64;
        let before = (at - start) as usize;
        // SAFETY: the caller's promise.
        let memory = unsafe { SharedMemory::of_file(pages, start, before + PAGE) }?;
        Ok(Self {
            page: Some(Page {
                sheet: Arc::new(Sheet { memory, file: None }),
                number: before / PAGE,
            }),
            file,
            generation: Generation::current(),
            child: Cell::new(Generation::current()),
        })
    }

    /// In the parent: the file in which the page is, and where, if it can be sent.
    pub(crate) fn address(&self) -> Option<(&Descriptor, u64)> {
        let page = self.page.as_ref()?;
        let file = page.sheet.file.as_ref()?;
        Some((file, (page.number * PAGE) as u64))
    }

    /// In the parent: what the child that it starts next must [`begin`](Self::begin) with.
    pub(crate) fn attempt(&self) -> u32 {
        self.letter().child.load(Relaxed)
    }

    /// In a child that was sent the mailbox, before any code of the program's: says that it is
    /// there. False: its parent has given up this attempt.
    pub(crate) fn begin(&self, attempt: u32) -> bool {
        let child = &self.letter().child;
        let pid = std::process::id();
        child
            .compare_exchange(attempt, pid, AcqRel, Relaxed)
            .is_ok()
    }

    /// In the parent, which can't learn whether the last attempt has made a child: either there is
    /// one, whose pid this returns, or it will leave before it runs any code of the program's.
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

    /// In the child: this is the one whose mailbox it is.
    pub(crate) fn assume(&self) {
        self.child.set(Generation::current());
        Generation::current().mark_forked_by_us();
    }

    /// In the child, after code that is not the library's: ends the process if it is a copy that
    /// this code has made.
    #[inline]
    pub(crate) fn leave_if_copied(&self) {
        self.child.get().leave_if_copied();
    }

    /// For [`owner::hand_over`](crate::sys::owner::hand_over).
    pub(crate) fn handed_over(&self) -> &AtomicU32 {
        &self.letter().handed_over
    }

    /// In the child: leaves the encoded answer.
    #[inline]
    pub(crate) fn leave_answer(&self, answer: &[u8]) {
        self.leave_if_copied();
        if answer.len() <= CAPACITY {
            self.letter().write(ANSWER, answer);
        } else {
            self.leave_long_answer(answer);
        }
    }

    fn leave_long_answer(&self, answer: &[u8]) {
        match self.write_file(answer) {
            Ok(()) => self.letter().write(ANSWER_IN_FILE, &[]),
            Err(error) => self.leave_failure(&error.to_string()),
        }
    }

    /// In the child: a panic that was left here was caught, and is of no more concern.
    #[cold]
    pub(crate) fn clear(&self) {
        self.leave_if_copied();
        self.letter().kind.store(EMPTY, Release);
    }

    /// In the child: leaves the reason why there is no answer.
    pub(crate) fn leave_failure(&self, reason: &str) {
        self.leave_if_copied();
        self.letter().write(NOT_SENT, shortened(reason).as_bytes());
    }

    /// In the child: leaves the reason why what it was sent could not be read.
    pub(crate) fn leave_unread(&self, reason: &str) {
        self.leave_if_copied();
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
        let file =
            file.ok_or_else(|| io::Error::other("it is longer than its type lets expect"))?;
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

impl Letter {
    /// In the child: leaves a panic, with as much of its message and backtrace as there is room for.
    pub(super) fn leave_panic(&self, panic: &Panic) {
        self.write(PANIC, panic.to_text(CAPACITY).as_bytes());
    }

    #[inline]
    fn write(&self, kind: u32, bytes: &[u8]) {
        self.kind.store(EMPTY, Release);
        let bytes = &bytes[..bytes.len().min(CAPACITY)];
        for (slot, byte) in self.bytes.iter().zip(bytes) {
            slot.store(*byte, Relaxed);
        }
        self.len.store(bytes.len() as u32, Relaxed);
        self.kind.store(kind, Release);
    }

    fn read(&self) -> (u32, Vec<u8>) {
        let kind = self.kind.load(Acquire);
        let len = self.len.load(Relaxed) as usize;
        let bytes = self.bytes.iter().take(len);
        (kind, bytes.map(|byte| byte.load(Relaxed)).collect())
    }
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(CAPACITY)]
}

/// A page of a mapping that may have several: each child that is forked copies all mappings of its
/// parent, so there are to be few.
#[derive(Debug)]
struct Page {
    sheet: Arc<Sheet>,
    number: usize,
}

#[derive(Debug)]
struct Sheet {
    memory: SharedMemory,
    /// Where it can be sent: what it is a mapping of.
    file: Option<Descriptor>,
}

impl Sheet {
    fn new(len: usize, to_send: bool) -> io::Result<Self> {
        if !to_send {
            let memory = SharedMemory::allocated(len)?;
            return Ok(Self { memory, file: None });
        }
        let file = nameless_file(c"mailboxes")?;
        file.file()?.set_len(len as u64)?;
        // SAFETY: the file is that long, and sealed against getting shorter.
        let memory = unsafe { SharedMemory::of_file(file.file()?, 0, len) }?;
        memory.allocate(0..len)?;
        let file = Some(file);
        Ok(Self { memory, file })
    }
}

impl Page {
    #[inline]
    fn letter(&self) -> &Letter {
        // SAFETY: whoever made the page counted the sheet's.
        let start = unsafe { self.sheet.memory.start().add(self.number * PAGE) };
        // SAFETY: the page is mapped as long as `self` lives, starts at a multiple of 4096, and is
        // as long as a `Letter`, which is made of atomics alone: every bit pattern is one, and
        // shared references may be used to change it.
        unsafe { start.cast::<Letter>().as_ref() }
    }
}

/// Pages that mailboxes were done with, or that no mailbox has had yet, and the generation that may
/// use them: a child that took its parent's spare pages would write into the mailboxes of its
/// parent's later children.
///
/// Those of one kind are inherited by children, those of the other are sent to them.
static INHERITED_PAGES: Mutex<SparePages> = Mutex::new(SparePages::new(Generation::NONE, false));
static SENT_PAGES: Mutex<SparePages> = Mutex::new(SparePages::new(Generation::NONE, true));

struct SparePages {
    generation: Generation,
    pages: Vec<Page>,
    /// How many pages the next sheet has: twice as many as the last, so that one who starts a
    /// single child pays for no more than one.
    next_sheet: usize,
    to_send: bool,
}

impl SparePages {
    const fn new(generation: Generation, to_send: bool) -> Self {
        Self {
            generation,
            pages: Vec::new(),
            next_sheet: 1,
            to_send,
        }
    }
}

const MOST_SPARE_PAGES: usize = 64;

fn take_spare_page(pages: &Mutex<SparePages>) -> io::Result<Page> {
    let mut spare = spare_pages(pages);
    if let Some(page) = spare.pages.pop() {
        return Ok(page);
    }
    let count = spare.next_sheet;
    let sheet = Arc::new(Sheet::new(count * PAGE, spare.to_send)?);
    spare.next_sheet = (2 * count).min(MOST_SPARE_PAGES);
    let page = |number| Page {
        sheet: Arc::clone(&sheet),
        number,
    };
    spare.pages.extend((1..count).map(page));
    Ok(page(0))
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let is_sent = self.address().is_some();
        let pages = if is_sent {
            &SENT_PAGES
        } else {
            &INHERITED_PAGES
        };
        let mut spare = spare_pages(pages);
        if self.generation == spare.generation && spare.pages.len() < MOST_SPARE_PAGES {
            spare.pages.extend(self.page.take());
        }
    }
}

fn spare_pages(pages: &Mutex<SparePages>) -> MutexGuard<'_, SparePages> {
    let mut spare = pages.lock().unwrap_or_else(PoisonError::into_inner);
    if !spare.generation.is_current() {
        *spare = SparePages::new(Generation::current(), spare.to_send);
    }
    spare
}
