//! Explains why a copy of a process ends when it touches what belongs exclusively to its original.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr;

use nix::libc;

use super::copies::say;

/// The program's own action for SIGSEGV, and a function that says whether an address is covered.
static BEFORE: Before = Before(UnsafeCell::new(None));

type IsCovered = fn(usize) -> bool;

struct Before(UnsafeCell<Option<(libc::sigaction, IsCovered)>>);

// SAFETY: it is written right after a fork, when there is one thread, and then only read.
unsafe impl Sync for Before {}

/// In a copy: from now on, touching covered memory leaves a message on stderr before it ends the
/// process as before. `is_covered` is called in a signal handler.
pub(super) fn explain(is_covered: IsCovered) {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null new action only reads the current one into `action`, which is large enough.
    unsafe { libc::sigaction(libc::SIGSEGV, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all zeroes is a valid `sigaction` (the default one), should the call have failed.
    let before = unsafe { action.assume_init() };
    let mut ours = before;
    ours.sa_sigaction = on_fault as *const () as usize;
    if before.sa_sigaction == ours.sa_sigaction {
        return;
    }
    ours.sa_flags |= libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: this is the only thread, and the handler that reads it is not set yet.
    unsafe { *BEFORE.0.get() = Some((before, is_covered)) };
    // SAFETY: the handler is sound at any time.
    unsafe { libc::sigaction(libc::SIGSEGV, &raw const ours, ptr::null_mut()) };
}

/// Gives way to the previous handler, which runs when the instruction faults again.
extern "C" fn on_fault(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel passes the description of the fault.
    let info = unsafe { &*info };
    // SAFETY: SIGSEGV has an address.
    let address = unsafe { info.si_addr() } as usize;
    // SAFETY: it was written before this handler was set, and is not written again.
    let Some((before, is_covered)) = (unsafe { &*BEFORE.0.get() }) else {
        return;
    };
    if is_covered(address) {
        say(
            "it touched shared memory that belongs to its original alone; make arrays and take \
             locks afterwards",
        );
    }
    // SAFETY: the kernel copies `before`, which was the action before this one.
    unsafe { libc::sigaction(libc::SIGSEGV, before, ptr::null_mut()) };
}
