//! The panics of a child, which its parent reports.

use std::panic::{self, PanicHookInfo};
use std::ptr::NonNull;
use std::sync::Arc;
use std::thread;

use nix::unistd::{getpid, gettid};

use super::mailbox::{Letter, Mailbox};
use crate::sys::generation::Generation;

type Hook = dyn Fn(&PanicHookInfo) + Send + Sync;

/// From when this is made until it is undone, the message of a panic is left in a mailbox, and is
/// not printed.
///
/// It is left by the panic hook, at once, so that it arrives even from a program that is compiled
/// to abort on a panic. Threads that the child starts, and copies of it, print theirs as ever.
pub(super) struct Diversion {
    before: Arc<Box<Hook>>,
}

impl Diversion {
    /// `None` where a panic is under way already: then the hook can't be changed, and a second
    /// panic aborts.
    ///
    /// # Safety
    /// The mailbox must live until this is undone, or, if it never is, as long as the process.
    pub(super) unsafe fn into(mailbox: &Mailbox) -> Option<Self> {
        if thread::panicking() {
            return None;
        }
        // SAFETY: the caller promises that it lives as long as the hook that uses it.
        let letter: &'static Letter = unsafe { NonNull::from(mailbox.letter()).as_ref() };
        let child = Generation::of_next_child();
        let before = Arc::new(panic::take_hook());
        let print = Arc::clone(&before);
        panic::set_hook(Box::new(move |panic| {
            if gettid() != getpid() || !child.is_current() {
                return print(panic);
            }
            let place = panic.location().map(ToString::to_string);
            letter.leave_panic(place.as_deref().unwrap_or_default(), message(panic));
        }));
        Some(Self { before })
    }

    pub(super) fn undo(self) {
        drop(panic::take_hook());
        let before = Arc::into_inner(self.before);
        panic::set_hook(before.expect("the other owner was the hook just removed"));
    }
}

fn message<'a>(panic: &'a PanicHookInfo) -> &'a str {
    panic.payload_as_str().unwrap_or("(no message)")
}
