//! Thin wrappers over the operating system.
//!
//! Everything here is private to the library, and nothing here knows the rest of it.
//! Each file wraps one thing, and turns the calls that are `unsafe` in general into ones that
//! are safe as this library uses them.
//!
//! | concern | files |
//! |---|---|
//! | processes: starting them | `fork`, `clone`, `code` (addresses of functions), `signals` |
//! | … watching and ending them | `wait`, `stat`, `lifeline`, `program_group` |
//! | … telling them apart | `generation`, `copies` (those not made here), `owner` (of a handle) |
//! | shared memory: mappings | `memory`, `growing`, `guarded` and `trespass` (one process at a time) |
//! | … small things in it | `shared_box`, `shared_part`, `shared_words`, `atomic` |
//! | … the pool's arenas | `window`, `file_mapping` |
//! | waiting: for memory | `futex`, `lock`, `monitor`, `patience` (spinning), `clock` |
//! | … for descriptors | `bell`, `bells`, `remote_bell` |
//! | descriptors | `descriptor`, `checked_file`, `letters` (sent to another process) |
//! | errors of system calls | `call` |

#[cfg(any(loom, not(test)))]
pub(crate) mod atomic;
pub(crate) mod bell;
pub(crate) mod bells;
pub(crate) mod call;
pub(crate) mod checked_file;
pub(crate) mod clock;
pub(crate) mod clone;
pub(crate) mod code;
pub(crate) mod copies;
pub(crate) mod descriptor;
pub(crate) mod file_mapping;
pub(crate) mod fork;
pub(crate) mod futex;
pub(crate) mod generation;
pub(crate) mod growing;
pub(crate) mod guarded;
pub(crate) mod letters;
pub(crate) mod lifeline;
pub(crate) mod lock;
pub(crate) mod memory;
pub(crate) mod memory_file;
pub(crate) mod monitor;
pub(crate) mod owner;
pub(crate) mod patience;
pub(crate) mod program_group;
pub(crate) mod remote_bell;
pub(crate) mod shared_box;
pub(crate) mod shared_part;
pub(crate) mod shared_words;
pub(crate) mod signals;
pub(crate) mod stat;
mod trespass;
pub(crate) mod wait;
pub(crate) mod window;
