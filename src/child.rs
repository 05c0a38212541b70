//! A child process, whoever starts it: its fork, what it leaves in its mailbox, how its panics are
//! reported, and its end.

mod answer;
mod broken_pipe;
mod handle;
mod mailbox;
mod panics;
mod start;

pub(crate) use answer::{answer, no_room, start_typed};
pub(crate) use broken_pipe::ends_on_broken_pipe;
pub use broken_pipe::exit_on_broken_pipe;
pub(crate) use handle::{Child, lend, lent, readable};
pub(crate) use mailbox::Mailbox;
pub(crate) use panics::{Diversion, forget_caught, panic_of, stand_first};
pub(crate) use start::{Legacy, can_start, flush, live, start};
