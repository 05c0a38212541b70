//! Programs that end quietly once nobody reads their output.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::sys::signals;

static ENDS_ON_BROKEN_PIPE: AtomicBool = AtomicBool::new(false);

/// Lets this program end quietly once nobody reads its output, as in `program | head -1`.
///
/// Unix programs do that through the signal SIGPIPE. A Rust program ignores the signal, and panics
/// in `println!` instead. Call this first in `main`. It applies to children too: when a child is
/// ended by SIGPIPE, its parent ends the same way once it learns of it.
pub fn exit_on_broken_pipe() {
    signals::die_of_broken_pipe();
    ENDS_ON_BROKEN_PIPE.store(true, Relaxed);
}

pub(crate) fn ends_on_broken_pipe() -> bool {
    ENDS_ON_BROKEN_PIPE.load(Relaxed)
}
