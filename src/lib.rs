//! Python's `multiprocessing` in Rust: processes, pools of them, and memory they share.

#![deny(missing_docs)]

#[cfg(not(target_os = "linux"))]
compile_error!("this library needs Linux: it stands on fork, pidfd, memfd and futex");

mod error;
mod sys;
mod wire;

pub mod array;
pub mod pool;
pub mod process;

pub use array::Array;
pub use error::{Cause, ChildError, Error, Panic, Signal, TaskError};
pub use pool::Pool;
pub use wire::Value;
