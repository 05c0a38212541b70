//! Copies of a process that the library did not make.
//!
//! A task may fork, or become a daemon. Then two processes are in the middle of the same task. The
//! original goes on. The copy may do what it likes outside the library, but must never return to
//! the code that runs tasks: it would take items, write results and ring bells in the name of the
//! original.

use std::io::{Write, stderr};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::fork::exit_now;
use super::generation::Generation;

/// The exit code of a copy that is stopped.
const STOPPED: i32 = 1;

/// The generation of the last process, on the line from the first one to this, that was not such a
/// copy. The first process is generation 1.
static FORKED_BY_US: AtomicU32 = AtomicU32::new(1);

impl Generation {
    /// In a child that the library has just forked.
    pub(crate) fn mark_forked_by_us(self) {
        FORKED_BY_US.store(self.number(), Relaxed);
    }

    /// Ends the process if it is a copy of the one that belonged to this generation.
    #[inline]
    pub(crate) fn exit_if_copied(self) {
        if !self.is_current() {
            exit();
        }
    }
}

/// What an error adds in such a copy, since inherited handles are not its own.
#[cold]
pub(crate) fn hint() -> &'static str {
    if is_forked_by_us() {
        return "";
    }
    "; this process is a copy that the library did not fork (`daemon` makes one, too), and what it \
     inherited belongs to the original: make it afterwards"
}

/// What to do about a handle that belongs to another process.
#[cold]
pub(crate) fn advice() -> &'static str {
    match is_forked_by_us() {
        true => "the parent process; make one of your own in the child",
        false => {
            "another process, of which this one is a copy that the library did not make (`fork` and \
             `daemon` make such copies); make one of your own here"
        }
    }
}

fn is_forked_by_us() -> bool {
    Generation::current().number() == FORKED_BY_US.load(Relaxed)
}

#[cold]
fn exit() -> ! {
    say("it returned from the code of a task or child, which only the original may do");
    exit_now(STOPPED)
}

/// Says on stderr why this process ends. It takes no lock and allocates nothing: a thread that was
/// not copied may have held the lock, or the allocator's.
pub(super) fn say(why: &str) {
    let mut line = [0; 256];
    let mut rest = &mut line[..];
    let pid = std::process::id();
    let _ = writeln!(
        rest,
        "process {pid}, a copy that was not forked by `multiprocessing`, ends here: {why}"
    );
    let unused = rest.len();
    let used = line.len() - unused;
    // If nobody reads it, there is nobody to tell.
    let _ = nix::unistd::write(stderr(), &line[..used]);
}
