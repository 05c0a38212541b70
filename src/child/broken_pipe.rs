//! Programs that end quietly when nobody reads their output any more.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::sys::signals;

static ENDS_ON_BROKEN_PIPE: AtomicBool = AtomicBool::new(false);

/// Lets this program end quietly when nobody reads its output any more, as in `program | head -1`.
///
/// That is what Unix programs do, by the signal SIGPIPE. A Rust program ignores the signal, and
/// panics in `println!` instead. Call this first in `main`. It holds for the children too: when
/// one ends by SIGPIPE, the parent that learns of it ends the same way.
pub fn exit_on_broken_pipe() {
    signals::die_of_broken_pipe();
    ENDS_ON_BROKEN_PIPE.store(true, Relaxed);
}

pub(crate) fn ends_on_broken_pipe() -> bool {
    ENDS_ON_BROKEN_PIPE.load(Relaxed)
}
