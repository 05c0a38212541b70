//! What the measuring programs of the lessons share: work that keeps a core busy, figures with
//! their spread, how they are printed, and what a program says when it fails.

mod failure;
mod figure;
mod options;
mod print;
mod watch;
mod work;

pub use failure::Failure;
pub use figure::{Figure, measure};
pub use options::between;
pub use print::{bar, cannot_tell, progress, say_if_cores_are_few, table, verdict};
pub use watch::Watch;
pub use work::{cores, count_primes};
