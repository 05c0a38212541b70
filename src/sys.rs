//! Thin wrappers over the operating system.
//!
//! Everything here is private to the library, and nothing here depends on the rest of it. Each file
//! wraps one thing, and turns calls that are `unsafe` in general into ones that are safe in the way
//! this library uses them.

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
