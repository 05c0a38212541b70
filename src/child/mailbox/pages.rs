//! The pages that mailboxes occupy, which are reused.

use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::letter::{Letter, PAGE};
use crate::sys::descriptor::Descriptor;
use crate::sys::generation::Generation;
use crate::sys::memory::{SharedMemory, nameless_file, page_size};

/// A page of a mapping that may have several. Each fork copies all of the parent's mappings, so
/// there should be few.
#[derive(Debug)]
pub(super) struct Page {
    sheet: Arc<Sheet>,
    number: usize,
}

#[derive(Debug)]
struct Sheet {
    memory: SharedMemory,
    /// The file it maps, if it can be sent.
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
    /// The page at offset `at` in a file that this process was sent.
    ///
    /// # Safety
    /// The file must have that page, and never get shorter.
    pub(super) unsafe fn received(file: impl AsFd, at: u64) -> io::Result<Self> {
        let start = at - at % page_size() as u64;
        let before = (at - start) as usize;
        // SAFETY: the caller's promise.
        let memory = unsafe { SharedMemory::of_file(file, start, before + PAGE) }?;
        Ok(Self {
            sheet: Arc::new(Sheet { memory, file: None }),
            number: before / PAGE,
        })
    }

    /// The file that holds the page, and where in it, if it can be sent.
    pub(super) fn address(&self) -> Option<(&Descriptor, u64)> {
        let file = self.sheet.file.as_ref()?;
        Some((file, (self.number * PAGE) as u64))
    }

    #[inline]
    pub(super) fn letter(&self) -> &Letter {
        // SAFETY: whoever made the page counted the sheet's.
        let start = unsafe { self.sheet.memory.start().add(self.number * PAGE) };
        // SAFETY: the page is mapped as long as `self` lives, starts at a multiple of 4096, and is
        // as long as a `Letter`, which is made of atomics alone: every bit pattern is one, and
        // shared references may be used to change it.
        unsafe { start.cast::<Letter>().as_ref() }
    }
}

/// Pages that no mailbox uses, and the generation that may use them: a child that took its parent's
/// spare pages would write into the mailboxes of its parent's later children.
///
/// Pages of one kind are inherited by children, pages of the other are sent to them.
pub(super) static INHERITED_PAGES: Mutex<SparePages> =
    Mutex::new(SparePages::new(Generation::NONE, false));
pub(super) static SENT_PAGES: Mutex<SparePages> =
    Mutex::new(SparePages::new(Generation::NONE, true));

pub(super) struct SparePages {
    generation: Generation,
    pages: Vec<Page>,
    /// How many pages the next sheet has: twice as many as the last, so that starting a single
    /// child takes only one.
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

pub(super) fn take(pages: &Mutex<SparePages>) -> io::Result<Page> {
    let mut spare = spare_pages(pages);
    while let Some(page) = spare.pages.pop() {
        // The program may have closed the file.
        let file = page.sheet.file.as_ref();
        if file.is_none_or(|file| file.file().is_ok()) {
            return Ok(page);
        }
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

/// Takes back the page of a mailbox that was made in `generation`.
pub(super) fn give_back(page: Page, generation: Generation) {
    let pages = match page.address() {
        Some(_) => &SENT_PAGES,
        None => &INHERITED_PAGES,
    };
    let mut spare = spare_pages(pages);
    if generation == spare.generation && spare.pages.len() < MOST_SPARE_PAGES {
        spare.pages.push(page);
    }
}

fn spare_pages(pages: &Mutex<SparePages>) -> MutexGuard<'_, SparePages> {
    let mut spare = pages.lock().unwrap_or_else(PoisonError::into_inner);
    if !spare.generation.is_current() {
        *spare = SparePages::new(Generation::current(), spare.to_send);
    }
    spare
}
