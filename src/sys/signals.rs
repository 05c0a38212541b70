//! The signal handlers of the program, which are the parent's and not the child's.

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use nix::libc;
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, signal, sigprocmask};

/// The signals whose handlers a child must not inherit: a handler that writes into a pipe of the
/// parent's would do so from the child.
///
/// Left out are real-time signals, which a child gets only from one who knows its pid and means it,
/// and those that report a fault of the code itself (SIGSEGV and its like): their
/// handlers, such as the one by which Rust reports a stack overflow, serve the child as well.
const RESET_IN_CHILD: [Signal; 20] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGPIPE,
    Signal::SIGALRM,
    Signal::SIGTERM,
    Signal::SIGCHLD,
    Signal::SIGCONT,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGURG,
    Signal::SIGXCPU,
    Signal::SIGXFSZ,
    Signal::SIGVTALRM,
    Signal::SIGPROF,
    Signal::SIGWINCH,
    Signal::SIGIO,
];

/// What the program does with its signals, as seen just before a fork.
pub(crate) struct Dispositions {
    caught: Vec<(Signal, libc::sigaction)>,
    /// The kernel reaps children by itself, and their statuses are lost.
    pub(crate) children_are_discarded: bool,
}

impl Dispositions {
    pub(crate) fn read() -> Self {
        let mut caught = Vec::new();
        for signal in RESET_IN_CHILD {
            let action = action_of(signal);
            match action.sa_sigaction {
                libc::SIG_DFL | libc::SIG_IGN => {}
                handler if handler == do_nothing as *const () as usize => {}
                _ => caught.push((signal, action)),
            }
        }
        Self {
            caught,
            children_are_discarded: children_are_discarded(),
        }
    }

    /// Blocks all signals if a handler could otherwise run in the child before it is reset.
    pub(crate) fn block(&self) -> Option<SigSet> {
        if self.caught.is_empty() {
            return None;
        }
        let mut before = SigSet::empty();
        let all = SigSet::all();
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&all), Some(&mut before)).ok()?;
        Some(before)
    }

    /// In the child: back to the default, so that no handler of the parent's runs here.
    #[inline]
    pub(crate) fn reset(&self) {
        for &(caught, _) in &self.caught {
            set(caught, SigHandler::SigDfl);
        }
        if !self.caught.is_empty() {
            INHERITED
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone_from(&self.caught);
        }
    }
}

/// The handlers that this process had when it was forked, and has no more.
static INHERITED: Mutex<Vec<(Signal, libc::sigaction)>> = Mutex::new(Vec::new());

/// Sets them again, except where another was set since.
pub(crate) fn inherit_handlers() {
    let inherited = INHERITED.lock().unwrap_or_else(PoisonError::into_inner);
    for (signal, action) in inherited.iter() {
        if action_of(*signal).sa_sigaction == libc::SIG_DFL {
            // SAFETY: it was in force in the parent, and this process has the same code.
            unsafe { libc::sigaction(*signal as i32, action, ptr::null_mut()) };
        }
    }
}

/// Whether the kernel reaps the children of this process by itself, so that their statuses are lost.
pub(crate) fn children_are_discarded() -> bool {
    let action = action_of(Signal::SIGCHLD);
    action.sa_sigaction == libc::SIG_IGN || action.sa_flags & libc::SA_NOCLDWAIT != 0
}

/// Undoes [`Dispositions::block`].
#[inline]
pub(crate) fn unblock(before: Option<SigSet>) {
    if let Some(before) = before {
        let _ = sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None);
    }
}

/// Sets `signal` to do nothing here and in the children of this process. A program that one of them
/// executes hears it again, which it would not if the signal were ignored.
pub(crate) fn catch_in_vain(signal: Signal) {
    set(signal, SigHandler::Handler(do_nothing));
}

extern "C" fn do_nothing(_: libc::c_int) {}

/// Sets `signal` back to what the kernel does by itself.
pub(crate) fn restore_default(signal: Signal) {
    set(signal, SigHandler::SigDfl);
}

fn set(which: Signal, handler: SigHandler) {
    // SAFETY: the only handler that is ever set does nothing. The old one is not called again, and
    // nothing relies on a handler for its safety.
    let _ = unsafe { signal(which, handler) };
}

fn action_of(signal: Signal) -> libc::sigaction {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null new action only reads the current one into `action`, which is large enough.
    unsafe { libc::sigaction(signal as i32, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all zeroes is a valid `sigaction` (the default one), should the call have failed.
    unsafe { action.assume_init() }
}
