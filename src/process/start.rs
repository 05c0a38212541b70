//! Starting a child: everything that must be right around a fork.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;

use super::child::Child;
use super::identity::Identity;
use super::mailbox::Mailbox;
use crate::error::Error;
use crate::sys::descriptor::{self, Descriptor};
use crate::sys::fork::{LOCKS_HELD, Side, die_with, exit_now, fork, other_threads};
use crate::sys::memory;
use crate::sys::signals::{self, Dispositions};
use crate::sys::wait::pidfd_open;

/// The exit code of a child that panicked, as of any Rust program that does.
const PANICKED: i32 = 101;

/// What a child keeps of the library's things that its parent holds.
#[derive(Default)]
pub(crate) struct Legacy<'a> {
    pub(crate) descriptors: Vec<&'a Descriptor>,
    /// The starts of the guarded mappings that are lent to it.
    pub(crate) lent: Vec<usize>,
}

/// Starts a child that runs `body` and leaves with the code that `body` returns.
///
/// Both processes have the captures of `body` now: the child its copy, which it uses, and the
/// parent the original, which is dropped here. So a channel's sender that was moved into a child
/// is gone from the parent.
pub(crate) fn start(
    identity: Identity,
    mailbox: Mailbox,
    legacy: Legacy,
    body: impl FnOnce(&Mailbox) -> i32,
) -> Result<Child, Error> {
    let name = identity.name.to_string();
    match other_threads() {
        0 => {}
        count => return Err(Error::ThreadsRunning { name, count }),
    }
    if LOCKS_HELD.load(Relaxed) > 0 {
        return Err(Error::LockHeld { name });
    }
    flush();
    let signals = Dispositions::read();
    let parent = std::process::id();
    let mask = signals.block();
    match fork() {
        Ok(Side::Child) => {
            die_with(parent);
            signals.reset();
            signals::unblock(mask);
            let kept = legacy.descriptors.iter().copied().chain(mailbox.file());
            descriptor::close_all_but(kept.collect::<Vec<_>>().as_slice());
            memory::withhold_all_but(&legacy.lent);
            identity.assume();
            mailbox.receive_panics();
            let code = catch_unwind(AssertUnwindSafe(|| body(&mailbox))).unwrap_or(PANICKED);
            flush();
            exit_now(code)
        }
        Ok(Side::Parent { child }) => {
            signals::unblock(mask);
            // A child that the kernel reaps by itself may lose its pid to another process.
            let pidfd = if signals.children_are_discarded {
                pidfd_open(child).ok().flatten()
            } else {
                None
            };
            Ok(Child::new(name, child, mailbox, pidfd))
        }
        Err(source) => {
            signals::unblock(mask);
            Err(Error::system(format!("start {name}"), source))
        }
    }
}

/// Writes out what was printed so far: before a fork, so that a child does not print it again;
/// before a child leaves, so that nothing is lost.
pub(crate) fn flush() {
    let _ = io::stdout().flush();
    let _ = io::stderr().flush();
}
