//! Signal handlers. A child inherits its parent's, as with any `fork`: libraries that install a
//! handler once, and then keep a registry in memory, find both in the child as they left them.

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use nix::libc;
use nix::sys::signal::{SigHandler, Signal, signal};

/// Signals that report a fault of the code itself. Their handlers, such as the one with which Rust
/// reports a stack overflow, belong to the code, which is the same in a child.
const FAULTS: [Signal; 5] = [
    Signal::SIGSEGV,
    Signal::SIGBUS,
    Signal::SIGILL,
    Signal::SIGFPE,
    Signal::SIGTRAP,
];

/// Ctrl-C is left to the parent.
static SPARES_SIGINT: AtomicBool = AtomicBool::new(false);

/// Leaves Ctrl-C, which reaches all processes of a terminal, to the parent: if the signal would end
/// this process or a child of it, it now does nothing. A program that one of them executes gets the
/// signal again, which it would not if the signal were ignored.
pub(crate) fn leave_sigint_to_parent() {
    SPARES_SIGINT.store(true, Relaxed);
    if action_of(libc::SIGINT).sa_sigaction == libc::SIG_DFL {
        set(Signal::SIGINT, SigHandler::Handler(do_nothing));
    }
}

/// Resets every signal that has a handler to what it does in a program without handlers.
pub(crate) fn reset_handlers() {
    for number in 1..=libc::SIGRTMAX() {
        let handler = action_of(number).sa_sigaction;
        let is_fault = FAULTS.iter().any(|&fault| fault as i32 == number);
        if !is_fault && handler != libc::SIG_DFL && handler != libc::SIG_IGN {
            set_default(number);
        }
    }
    if SPARES_SIGINT.load(Relaxed) {
        leave_sigint_to_parent();
    }
}

/// Whether the kernel reaps the children of this process by itself, so that their statuses are
/// lost.
pub(crate) fn children_are_discarded() -> bool {
    let action = action_of(libc::SIGCHLD);
    action.sa_sigaction == libc::SIG_IGN || action.sa_flags & libc::SA_NOCLDWAIT != 0
}

extern "C" fn do_nothing(_: libc::c_int) {}

/// Makes a write to a pipe that nobody reads end this process.
pub(crate) fn die_of_broken_pipe() {
    set_default(libc::SIGPIPE);
}

/// By number, as real-time signals have no name.
fn set_default(number: libc::c_int) {
    // SAFETY: no handler is installed, and nothing relies on the old one for its safety.
    unsafe { libc::signal(number, libc::SIG_DFL) };
}

fn set(which: Signal, handler: SigHandler) {
    // SAFETY: the only handler that is ever set does nothing. The old one is not called again, and
    // nothing relies on a handler for safety.
    let _ = unsafe { signal(which, handler) };
}

fn action_of(number: libc::c_int) -> libc::sigaction {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null new action only reads the current one into `action`, which is large enough.
    unsafe { libc::sigaction(number, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all zeroes is a valid `sigaction` (the default one), should the call have failed.
    unsafe { action.assume_init() }
}
