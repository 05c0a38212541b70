//! Starting a child: everything that must be right around a fork.
//!
//! A child that has little to do spends its time on page faults. It has to map each part of the
//! program's code anew when it first runs it, so code that every child runs is `#[inline]`: it then
//! lies in one place, in [`start`], and code that is rarely needed lies elsewhere.

use std::io::{self, Stdout, Write};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::unistd::getpid;

use super::handle::{Child, PANICKED};
use super::mailbox::Mailbox;
use super::panics::{Diversion, panic_of};
use crate::error::Error;
use crate::identity::Identity;
use crate::sys::descriptor::{self, Checked, Descriptor};
use crate::sys::fork::{
    LOCKS_HELD, Side, die_with, exit_now, fork, is_single_threaded, names_of_other_threads,
    other_threads,
};
use crate::sys::generation::Generation;
use crate::sys::guarded::Lending;
use crate::sys::lifeline::Lifeline;
use crate::sys::owner::{Expectation, hand_over};
use crate::sys::patience::processors;
use crate::sys::signals::children_are_discarded;
use crate::sys::wait::pidfd_open;
use crate::trace;

/// Which of the parent's library resources a child keeps.
#[derive(Default)]
pub(crate) struct Legacy<'a> {
    pub(crate) descriptors: Vec<&'a Descriptor>,
    /// The starts of the guarded mappings that are lent to it.
    pub(crate) lent: Vec<usize>,
    pub(crate) keeps_stdin: bool,
}

/// Whether this process may start a child now. The start can still fail.
pub(crate) fn can_start() -> bool {
    LOCKS_HELD.load(Relaxed) == 0 && is_single_threaded()
}

/// Starts a child that runs `body` and exits with the code that `body` returns.
///
/// Both processes then have the captures of `body`: the child uses its copy, and the parent drops
/// the original here. What they stand for in shared memory, such as one end of a channel, belongs
/// to the child from then on.
pub(crate) fn start(
    identity: Identity,
    mailbox: Mailbox,
    legacy: Legacy,
    body: impl FnOnce(&Mailbox) -> i32,
) -> Result<Child, Error> {
    let name = identity.name.to_string();
    match other_threads() {
        0 => {}
        count => {
            let threads = names_of_other_threads();
            return Err(Error::ThreadsRunning {
                name,
                count,
                threads,
            });
        }
    }
    if LOCKS_HELD.load(Relaxed) > 0 {
        return Err(Error::LockHeld { name });
    }
    trace::open()?;
    processors(); // or the child would count only those left to it
    // The child flushes this handle too: getting one would mean mapping yet another part of the
    // code.
    let mut stdout = io::stdout();
    let _ = stdout.flush();
    let lending = Lending::of(&legacy.lent)
        .map_err(|error| Error::system(format!("lend memory to {name}"), error))?;
    let children_are_discarded = children_are_discarded();
    let parent = getpid().as_raw();
    let lifeline = Lifeline::if_needed();
    let descriptors = Checked::new();
    let has_descriptors = descriptors.has_any();
    let disguise = Disguise::put_on(identity, &mailbox);
    // SAFETY: there were no other threads above, and nothing since has started one.
    match unsafe { fork() } {
        Ok(Side::Child) => {
            lifeline.as_ref().inspect(|lifeline| lifeline.tie());
            die_with(parent);
            if has_descriptors {
                let kept = legacy.descriptors.iter().copied();
                let kept = kept.chain(mailbox.file());
                // SAFETY: this is a child, just forked, of the next generation, and `descriptors`
                // lives.
                unsafe { descriptor::close_all_but(kept) };
            }
            drop(lending);
            mailbox.assume();
            if !legacy.keeps_stdin {
                descriptor::empty_stdin();
            }
            mem::forget(disguise);
            live(&mailbox, stdout, || {
                trace::process_begins();
                body(&mailbox)
            })
        }
        Ok(Side::Parent { child }) => {
            drop(disguise);
            drop(lending);
            // If the kernel reaps the child by itself, another process may get its pid.
            let pidfd = if children_are_discarded {
                pidfd_open(child).ok().flatten()
            } else {
                None
            };
            let pid = child;
            let child = Child::new(name, pid, mailbox, pidfd, lifeline.map(Lifeline::hold));
            // If this panics, `child` ends the process: nobody else knows of it, and it may have
            // been lent memory.
            hand_over(pid, child.mailbox().handed_over(), body);
            Ok(child)
        }
        Err(source) => {
            drop(disguise);
            Err(Error::system(format!("start {name}"), source))
        }
    }
}

/// Runs a child that has all it needs. It exits with the code that `body` returns.
#[inline]
pub(crate) fn live(mailbox: &Mailbox, stdout: Stdout, body: impl FnOnce() -> i32) -> ! {
    let end = catch_unwind(AssertUnwindSafe(body));
    mailbox.exit_if_copied();
    let code = end.unwrap_or_else(|payload| {
        mailbox.letter().post_panic(&panic_of(&*payload));
        // Dropping it may panic again, and then this child would run on in its parent's code.
        mem::forget(payload);
        PANICKED
    });
    trace::process_ends();
    flush_at_last(stdout);
    exit_now(code)
}

/// Makes the parent look as its child will: its name, and where its panics go.
///
/// The parent puts this on just before the fork and takes it off just after, instead of letting the
/// child change. A child shares its memory with the parent until one of them writes, and the first
/// touch of each page costs it about a microsecond, so a child that has little to do starts a good
/// deal faster this way. No other thread is running that could see the parent in this state.
struct Disguise {
    identity: Option<Identity>,
    panics: Option<Diversion>,
    /// Undoes itself when it is dropped.
    _handover: Expectation,
}

impl Disguise {
    fn put_on(identity: Identity, mailbox: &Mailbox) -> Self {
        Self {
            // SAFETY: the mailbox lives as long as the child runs, which never returns from the
            // frame that owns it; in the parent, this ends right after the fork.
            panics: unsafe { Diversion::into(mailbox, Generation::of_next_child()) },
            // SAFETY: as above.
            _handover: unsafe { Expectation::of(mailbox.handed_over()) },
            identity: Some(identity.assume()),
        }
    }
}

impl Drop for Disguise {
    fn drop(&mut self) {
        if let Some(panics) = self.panics.take() {
            panics.undo();
        }
        self.identity.take().map(Identity::assume);
    }
}

/// Writes out what was printed so far: before a fork, so that a child does not print it again, and
/// before a child exits, so that nothing is lost. (Rust does not buffer stderr.)
pub(crate) fn flush() {
    let _ = io::stdout().flush();
}

/// In a child that is exiting: as [`flush`], but a thread that keeps stdout locked does not keep
/// the child from exiting.
#[inline]
fn flush_at_last(mut stdout: Stdout) {
    if is_single_threaded() {
        let _ = stdout.flush();
    } else {
        flush_beside_threads(stdout);
    }
}

fn flush_beside_threads(mut stdout: Stdout) {
    const PATIENCE: Duration = Duration::from_secs(1);
    let (done, flushed) = mpsc::channel();
    let _ = thread::Builder::new().spawn(move || {
        let _ = stdout.flush();
        done.send(())
    });
    let _ = flushed.recv_timeout(PATIENCE);
}
