//! The panics of a child, which its parent reports.
//!
//! A panic hook notes each panic with its location. Only the payload tells which of them ended the
//! child, or a task in it: the program may have set a hook since, and
//! [`resume_unwind`](std::panic::resume_unwind), with which rayon passes on a panic of its threads,
//! calls no hook. So the payload gives the message, and the last note with that message gives the
//! location.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::Cell;
use std::panic::{self, PanicHookInfo};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use nix::unistd::{getpid, gettid};

use super::mailbox::{Letter, Mailbox};
use crate::error::Panic;
use crate::sys::generation::Generation;

type Hook = dyn Fn(&PanicHookInfo) + Send + Sync;

/// The program's own hook, which [`listen`] calls.
#[derive(Clone)]
struct Program {
    hook: Arc<Box<Hook>>,
    /// The program has set none, so this is the default hook, which prints.
    is_default: bool,
}

static PROGRAM: Mutex<Option<Program>> = Mutex::new(None);

/// Panics that may yet be reported, from the oldest to the newest.
static NOTES: Mutex<Vec<Panic>> = Mutex::new(Vec::new());
static HAS_NOTES: AtomicBool = AtomicBool::new(false);
const MOST_NOTES: usize = 16;

/// Where a panic of the main thread is left at once, so that it arrives even from a program that is
/// compiled to abort on a panic. Null in a process that is not a child.
static LETTER: AtomicPtr<Letter> = AtomicPtr::new(ptr::null_mut());

/// The generation that owns the letter. A copy that the child makes of itself has none.
static CHILD: AtomicU32 = AtomicU32::new(0);

/// While this is in effect, panics are noted, and left in a mailbox.
///
/// Only panics in threads and in copies are printed, unless the program has set a hook.
pub(crate) struct Diversion {
    letter_before: *mut Letter,
    child_before: u32,
    program_before: Option<Program>,
}

impl Diversion {
    /// Leaves the main thread's panics in `child` in the mailbox.
    ///
    /// Returns `None` if a panic is already under way: then the hook can't be changed, and a second
    /// panic aborts.
    ///
    /// # Safety
    /// The mailbox must live until this is undone, or, if it never is, as long as the process.
    pub(crate) unsafe fn into(mailbox: &Mailbox, child: Generation) -> Option<Self> {
        if thread::panicking() {
            return None;
        }
        let program_before = locked(&PROGRAM).clone();
        stand_first();
        let letter = ptr::from_ref(mailbox.letter()).cast_mut();
        Some(Self {
            letter_before: LETTER.swap(letter, Relaxed),
            child_before: CHILD.swap(child.number(), Relaxed),
            program_before,
        })
    }

    pub(super) fn undo(self) {
        LETTER.store(self.letter_before, Relaxed);
        CHILD.store(self.child_before, Relaxed);
        let program = std::mem::replace(&mut *locked(&PROGRAM), self.program_before);
        if !self.letter_before.is_null() {
            return; // this process is itself a child, and keeps listening
        }
        let _changing = Changing::begin();
        drop(panic::take_hook());
        if let Some(program) = program.filter(|program| !program.is_default) {
            let hook = Arc::into_inner(program.hook);
            panic::set_hook(hook.expect("the other owner would be a panic under way"));
        }
    }
}

/// In a child: if the program has set a hook since, makes it the one that [`listen`] calls.
pub(crate) fn stand_first() {
    let _changing = Changing::begin();
    let current = panic::take_hook();
    if !is_same(&*current, &*listener()) {
        let is_default = is_same(&*current, &*panic::take_hook());
        *locked(&PROGRAM) = Some(Program {
            hook: Arc::new(current),
            is_default,
        });
    }
    panic::set_hook(listener());
}

#[inline(never)]
fn listener() -> Box<Hook> {
    let sentinel = Sentinel;
    Box::new(move |info| {
        let _owned = &sentinel;
        listen(info);
    })
}

/// Dropped with a listener, when the program sets another hook. It then puts a listener before
/// that.
struct Sentinel;

impl Drop for Sentinel {
    fn drop(&mut self) {
        let is_child = !LETTER.load(Relaxed).is_null();
        // While a panic is under way, the hook can't be changed.
        if is_child && !Changing::is_under_way() && !thread::panicking() {
            stand_first();
        }
    }
}

thread_local! {
    static IS_CHANGING: Cell<bool> = const { Cell::new(false) };
}

/// While this lives, it is the library that changes the hook.
struct Changing {
    before: bool,
}

impl Changing {
    fn begin() -> Self {
        Self {
            before: IS_CHANGING.replace(true),
        }
    }

    fn is_under_way() -> bool {
        IS_CHANGING.get()
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        IS_CHANGING.set(self.before);
    }
}

/// Whether both are the same function: their captures and their code lie at the same addresses.
#[allow(
    ambiguous_wide_pointer_comparisons,
    reason = "each is boxed at one place"
)]
fn is_same(a: &Hook, b: &Hook) -> bool {
    ptr::eq(a, b)
}

/// The hook of a child.
fn listen(info: &PanicHookInfo) {
    thread_local! {
        /// The program's hook may call the previous one, which is this one.
        static IS_LISTENING: Cell<bool> = const { Cell::new(false) };
    }
    if IS_LISTENING.replace(true) {
        return;
    }
    let panic = Panic {
        message: info.payload_as_str().unwrap_or(NO_MESSAGE).to_owned(),
        location: info.location().map(ToString::to_string).unwrap_or_default(),
        backtrace: backtrace(),
    };
    let is_main = gettid() == getpid() && Generation::current().number() == CHILD.load(Relaxed);
    // SAFETY: `Diversion::into` was promised that the letter lives as long as it is noted here.
    if let Some(letter) = unsafe { LETTER.load(Relaxed).as_ref() }
        && is_main
    {
        letter.post_panic(&panic);
    }
    note(panic);
    let program = locked(&PROGRAM).clone();
    if let Some(program) = program
        && !(is_main && program.is_default)
    {
        (program.hook)(info);
    }
    IS_LISTENING.set(false);
}

fn note(panic: Panic) {
    let mut notes = locked(&NOTES);
    if notes.len() == MOST_NOTES {
        notes.remove(0);
    }
    notes.push(panic);
    HAS_NOTES.store(true, Relaxed);
}

/// In a child: forgets the panics noted so far, which were caught. Returns whether there were any.
#[inline]
pub(crate) fn forget_caught() -> bool {
    let any = HAS_NOTES.load(Relaxed);
    if any {
        let mut notes = locked(&NOTES);
        HAS_NOTES.store(false, Relaxed);
        notes.clear();
    }
    any
}

/// The panic that unwound with `payload`.
pub(crate) fn panic_of(payload: &(dyn Any + Send)) -> Panic {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or(NO_MESSAGE);
    let notes = locked(&NOTES);
    let note = notes.iter().rev().find(|note| note.message == message);
    note.cloned().unwrap_or_else(|| Panic {
        message: message.to_owned(),
        location: UNKNOWN_LOCATION.to_owned(),
        backtrace: None,
    })
}

const NO_MESSAGE: &str = "(no message)";
const UNKNOWN_LOCATION: &str = "an unknown place";

/// The backtrace, if `RUST_BACKTRACE` asks for it.
fn backtrace() -> Option<String> {
    let backtrace = Backtrace::capture();
    (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
